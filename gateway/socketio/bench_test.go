package socketio

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"parley/chat"
)

// listeners is how many connections get each event, and round how many events are
// sent before it is the other server's turn.
const (
	listeners = 100
	round     = 50
)

// BenchmarkFanOut100 compares the CPU time of one delivery to one of 100
// WebSocket connections over loopback with that of a bare loop over gorilla's
// PreparedMessage, the clients being another process. Events are sent one by one,
// each once the last is everywhere, so that none are joined. "ratio" is ours
// divided by the bare one.
//
//	go test ./gateway/socketio -run - -bench FanOut100 -benchtime 2000x
func BenchmarkFanOut100(b *testing.B) {
	w := open(b)
	room := w.room("ann")
	ours := startAudience(b, w.URL, `40/chat,{"token":"ann"}`, "ready")
	bare := &bareServer{}
	server := httptest.NewServer(bare)
	b.Cleanup(server.Close)
	b.Cleanup(bare.close)
	theirs := startAudience(b, server.URL, "", "hello")

	m := chat.Message{ID: "0198a000-0000-7000-8000-000000000000", Room: room, Sender: "ann", Text: strings.Repeat("text ", 12), Type: chat.ContentText, Status: chat.StatusComplete, CreatedAt: start}
	version := int64(0)
	publish := func() {
		version++
		m.Version, m.BornVersion, m.Seq = version, version, version
		w.hub.Publish(chat.Event{Kind: chat.EventMessage, Room: room, Version: version, Epoch: "e1", Message: &m})
	}
	frame, _ := w.door.formats["/chat"].Encode(chat.Event{Kind: chat.EventMessage, Room: room, Version: 1, Epoch: "e1", Message: &m}, "0123456789ab.1")
	broadcast := func() { bare.broadcast(b, frame.Text()) }
	for range 2 * round { // warms both up
		publish()
		ours.wait(b, listeners)
		broadcast()
		theirs.wait(b, listeners)
	}
	var mine, others time.Duration
	b.ResetTimer()
	for n := 0; n < b.N; n += round {
		mine += cpu(func() {
			for range round {
				publish()
				ours.wait(b, listeners)
			}
		})
		others += cpu(func() {
			for range round {
				broadcast()
				theirs.wait(b, listeners)
			}
		})
	}
	b.StopTimer()
	deliveries := float64((b.N+round-1)/round*round) * listeners
	b.ReportMetric(float64(mine.Nanoseconds())/deliveries/1e3, "µs/delivery")
	b.ReportMetric(float64(others.Nanoseconds())/deliveries/1e3, "bare-µs/delivery")
	b.ReportMetric(float64(mine)/float64(others), "ratio")
}

// cpu returns the time that this process has worked for f.
func cpu(f func()) time.Duration {
	used := func() time.Duration {
		var u syscall.Rusage
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before := used()
	f()
	return used() - before
}

// bareServer is what there is to compare with.
type bareServer struct {
	mu    sync.Mutex
	conns []*websocket.Conn
}

func (s *bareServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	s.mu.Lock()
	s.conns = append(s.conns, ws)
	s.mu.Unlock()
	_ = ws.WriteMessage(websocket.TextMessage, []byte("hello"))
}

func (s *bareServer) broadcast(b *testing.B, text []byte) {
	pm, err := websocket.NewPreparedMessage(websocket.TextMessage, text)
	if err != nil {
		b.Fatal(err)
	}
	for _, ws := range s.conns {
		if err := ws.WritePreparedMessage(pm); err != nil {
			b.Fatal(err)
		}
	}
}

func (s *bareServer) close() {
	for _, ws := range s.conns {
		_ = ws.Close()
	}
}

// audience is another process that holds the connections and counts what comes.
type audience struct {
	in  io.Writer
	out *bufio.Reader
}

// audienceEnv makes the test binary an audience: the address, what to send first
// and what to wait for.
const audienceEnv = "PARLEY_BENCH_AUDIENCE"

func startAudience(b *testing.B, url, hello, until string) *audience {
	b.Helper()
	cmd := exec.Command(os.Args[0]) //nolint:gosec // this program
	cmd.Env = append(os.Environ(), audienceEnv+"="+strings.Join([]string{url, hello, until}, "\n"))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	a := &audience{in: in, out: bufio.NewReader(out)}
	a.wait(b, 0)
	return a
}

// wait returns once n more events have come.
func (a *audience) wait(b *testing.B, n int) {
	if _, err := fmt.Fprintln(a.in, n); err != nil {
		b.Fatal(err)
	}
	if _, err := a.out.ReadString('\n'); err != nil {
		b.Fatal(err)
	}
}

// attend is the audience's main: it ends with its standard input.
func attend(spec string) {
	parts := strings.SplitN(spec, "\n", 3)
	var got atomic.Int64
	change := make(chan struct{}, 1)
	url := "ws" + strings.TrimPrefix(parts[0], "http") + "/realtime/?EIO=4&transport=websocket"
	for range listeners {
		ws, _, err := websocket.DefaultDialer.Dial(url, nil)
		if err != nil {
			panic(err)
		}
		if parts[1] != "" {
			_ = ws.WriteMessage(websocket.TextMessage, []byte(parts[1]))
		}
		for data := ""; !strings.Contains(data, parts[2]); {
			_, d, err := ws.ReadMessage()
			if err != nil {
				panic(err)
			}
			data = string(d)
		}
		go func() {
			for {
				_, data, err := ws.ReadMessage()
				if err != nil {
					return
				}
				if string(data) == "2" {
					_ = ws.WriteMessage(websocket.TextMessage, []byte("3"))
					continue
				}
				got.Add(1)
				select {
				case change <- struct{}{}:
				default:
				}
			}
		}()
	}
	for want := int64(0); ; {
		var n int64
		if _, err := fmt.Scanln(&n); err != nil {
			return
		}
		for want += n; got.Load() < want; {
			<-change
		}
		fmt.Println()
	}
}

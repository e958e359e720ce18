package delivery

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"parley/test/harness"
)

// dialers is how many clients shake hands at once.
const dialers = 128

// rush is a crowd of raw clients that send CONNECT in the same breath as their
// WebSocket handshake, before the server has said OPEN.
type rush struct {
	server *harness.Server
	tokens []string
	dialer websocket.Dialer
}

func newRush(t *testing.T, env ...string) *rush {
	r := &rush{
		server: harness.Start(t, append(env, unlimited)...),
		dialer: websocket.Dialer{ReadBufferSize: 512, WriteBufferSize: 512, HandshakeTimeout: harness.Patience},
	}
	for i := range 50 {
		user := fmt.Sprintf("user-%d", i)
		r.server.Room(t, user)
		r.tokens = append(r.tokens, harness.Token(t, user, "user"))
	}
	return r
}

// connect dials and sends CONNECT.
func (r *rush) connect(i int) (*websocket.Conn, error) {
	url := "ws://" + r.server.Addr + "/realtime/?EIO=4&transport=websocket"
	ws, response, err := r.dialer.Dial(url, nil)
	if err != nil {
		return nil, err
	}
	_ = response.Body.Close()
	return ws, ws.WriteMessage(websocket.TextMessage, []byte(`40/chat,{"token":"`+r.tokens[i%len(r.tokens)]+`"}`))
}

// answered waits for the CONNECT to be answered and for the socket's `ready`.
func answered(ws *websocket.Conn) error {
	_ = ws.SetReadDeadline(time.Now().Add(harness.Patience))
	for _, want := range []string{`0{`, `40/chat,{"sid":`, `42/chat,["ready",`} {
		_, frame, err := ws.ReadMessage()
		if err != nil {
			return fmt.Errorf("waiting for %s: %w", want, err)
		}
		if !bytes.HasPrefix(frame, []byte(want)) {
			return fmt.Errorf("want %s, got %.80s", want, frame)
		}
	}
	return nil
}

// each runs a function for n clients, many at once.
func each(n int, run func(i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(n, dialers) {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				run(int(i))
			}
		})
	}
	all.Wait()
}

// raiseFiles lets this process have n files open; the server, a Go program too,
// raises its own limit.
func raiseFiles(t *testing.T, n uint64) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Max < n {
		t.Fatalf("this test needs %d files open, the hard limit is %d", n, limit.Max)
	}
	limit.Cur = max(limit.Cur, n)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
}

func TestEveryConnectIsAnswered(t *testing.T) {
	n := harness.Sized(1000, 4000)
	raiseFiles(t, uint64(n)+1000) //nolint:gosec // small
	r := newRush(t)
	for round := range harness.Sized(1, 5) {
		conns, errs := make([]*websocket.Conn, n), make([]error, n)
		began := time.Now()
		each(n, func(i int) {
			if conns[i], errs[i] = r.connect(i); errs[i] == nil {
				errs[i] = answered(conns[i])
			}
		})
		took := time.Since(began)
		failed := 0
		for i, err := range errs {
			if err != nil {
				failed++
				if failed < 10 {
					t.Errorf("client %d: %v", i, err)
				}
			}
			if conns[i] != nil {
				_ = conns[i].Close()
			}
		}
		t.Logf("round %d: %d clients in %v, %.0f a second, %d were not answered", round, n, took, float64(n)/took.Seconds(), failed)
	}
}

// Clients that hang up while they are being let in leave nothing behind.
func TestHastyGoodbyes(t *testing.T) {
	n := harness.Sized(600, 6000)
	ops := harness.FreeAddr(t)
	r := newRush(t, "PARLEY_OPS_ADDR="+ops)
	each(n, func(i int) {
		ws, err := r.connect(i)
		if err != nil {
			t.Errorf("client %d: %v", i, err)
			return
		}
		if i%3 == 0 {
			_ = answered(ws)
		}
		if i%2 == 0 {
			_ = ws.WriteMessage(websocket.TextMessage, []byte("41/chat,"))
		}
		_ = ws.Close()
	})
	harness.Eventually(t, harness.Patience, func() (bool, string) {
		open, sessions := harness.Metric(t, ops, "parley_connections"), harness.Metric(t, ops, "parley_sessions")
		return open == 0 && sessions == 0, fmt.Sprintf("%v connections and %v sessions are left", open, sessions)
	})
	if strings.Contains(r.server.Log(), "level=ERROR") {
		t.Errorf("the server complains:\n%.4000s", r.server.Log())
	}
}

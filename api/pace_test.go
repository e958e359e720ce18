package api

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestFilePace holds that a body may be slow and may not stall, over a real
// connection, and that time that passes here is not the client's.
func TestFilePace(t *testing.T) {
	for _, c := range []struct {
		name   string
		pace   pace
		client func(net.Conn) // what is sent, after which the client waits
		server func()         // what passes between two reads
		slow   bool
	}{
		{"at once", pace{time.Minute, 1 << 20}, send("hello"), nothing, false},
		{"stalled", pace{50 * time.Millisecond, 1}, send("hell"), nothing, true},
		{"a byte now and then", pace{50 * time.Millisecond, 1 << 20}, drip(t, 40, 5*time.Millisecond), nothing, true},
		{"slow and steady", pace{time.Minute, 1}, drip(t, 40, 2*time.Millisecond), nothing, false},
		{"a slow server", pace{50 * time.Millisecond, 1 << 20}, send("hello"), func() { time.Sleep(60 * time.Millisecond) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := make(chan error, 1)
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body := newFormBody(r.Body, http.NewResponseController(w), c.pace)
				one := make([]byte, 1)
				var err error
				for err == nil {
					_, err = body.Read(one)
					c.server()
				}
				if !errors.Is(err, io.EOF) {
					err = body.fault(err)
				} else if err = r.Context().Err(); err == nil {
					err = io.EOF
				}
				got <- err
			}))
			defer srv.Close()
			conn, err := net.Dial("tcp", srv.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			length := "5"
			if strings.Contains(c.name, "now and then") || strings.Contains(c.name, "steady") {
				length = "40"
			}
			_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: "+length+"\r\n\r\n")
			c.client(conn)
			want := io.EOF
			if c.slow {
				want = errSlow
			}
			if err := <-got; !errors.Is(err, want) {
				t.Errorf("%v, want %v", err, want)
			}
		})
	}
}

func nothing() {}

func send(text string) func(net.Conn) {
	return func(c net.Conn) { _, _ = io.WriteString(c, text) }
}

// drip sends n bytes, one at a time; the server may hang up meanwhile.
func drip(t *testing.T, n int, every time.Duration) func(net.Conn) {
	return func(c net.Conn) {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for range n {
			select {
			case <-tick.C:
			case <-t.Context().Done():
				return
			}
			if _, err := io.WriteString(c, "x"); err != nil {
				return
			}
		}
	}
}

// TestFileNames holds what becomes of a name.
func TestFileNames(t *testing.T) {
	long := strings.Repeat("ä", 300)
	for name, want := range map[string]string{
		"photo.png": "photo.png", "../../etc/passwd": "passwd", `C:\Users\ann\x.txt`: "x.txt", "/": "file", "": "file", "..": "file", " . ": "file",
		"a\r\nSet-Cookie: x=1.png": "aSet-Cookie: x=1.png", "a\x00b.txt": "ab.txt", "exe.\u202egnp.exe": "exe.gnp.exe", "\u2066a\u2069\u2028b": "ab",
		"a\xffb": "a\ufffdb", `say "hi".txt`: `say "hi".txt`, "  \u00e4\u5b57\U0001f44d\u200d\U0001f4bb.txt ": "\u00e4\u5b57\U0001f44d\u200d\U0001f4bb.txt",
		long: long[:2*255], long + ".jpeg": long[:2*250] + ".jpeg", "a." + long: "a." + long[:2*253], ".": "file", "dir/": "file",
	} {
		if got := fileName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

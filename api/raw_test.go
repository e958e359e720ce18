package api_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parley/api"
)

// rawDoors stands in for the raw doors: it hijacks, and echoes line by line.
type rawDoors struct{ t *testing.T }

func (h rawDoors) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") == "" {
		_, _ = io.WriteString(w, "raw "+r.URL.Path)
		return
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		h.t.Error(err)
		return
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
	for {
		line, err := buffered.ReadString('\n')
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, line)
	}
}

// TestRaw holds which requests the raw doors get, and that nothing stands between:
// no deadline of the server's for a request, and no log of the query.
func TestRaw(t *testing.T) {
	var observed []string
	d := open(t, func(o *api.Options) {
		o.Raw = rawDoors{t}
		o.Observe = func(method, route string, _ int, _ time.Duration) { observed = append(observed, method+" "+route) }
	})
	for _, path := range []string{"/ws", "/ws/", "/ws/chat/s1", "/ws/chat/s1/", "/ws/chat/s%201?token=s3cret"} {
		if got := d.call("", "GET", path, ""); !strings.HasPrefix(got.body, "raw /ws") || got.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %+v", path, got)
		}
	}
	for _, path := range []string{"/", "/wsx", "/ws/chat", "/ws/chat/", "/ws/chat/a/b", "/ws/chat//", "/ws/x", "/WS"} {
		check(t, d.call("", "GET", path+"?token=s3cret", ""), 404, "~NOT_FOUND")
	}
	check(t, d.call("", "GET", "/", "", "Upgrade", "h2c"), 404, "~NOT_FOUND")
	if strings.Contains(d.log.String(), "s3cret") {
		t.Error(d.log.String())
	}
	for _, route := range observed {
		if route != "GET " && route != "GET /" { // nothing, or the start page
			t.Errorf("observed %q", route)
		}
	}
	check(t, open(t).call("", "GET", "/ws", "", "Upgrade", "websocket"), 404, "~NOT_FOUND")
}

// TestRawOutlivesDeadlines holds that what was hijacked stays open past the
// server's deadlines for a request.
func TestRawOutlivesDeadlines(t *testing.T) {
	const deadline = 50 * time.Millisecond
	handler := open(t, func(o *api.Options) { o.Raw = rawDoors{t} }).Config.Handler
	server := httptest.NewUnstartedServer(handler)
	server.Config.ReadTimeout, server.Config.WriteTimeout = deadline, deadline
	server.Start()
	defer server.Close()
	for target, upgrade := range map[string]string{
		"/?token=s3cret": "websocket", "/ws?token=s3cret": "WebSocket", "/ws/chat/s1?token=s3cret": "h2c, websocket", "/": "h2c, WebSocket",
	} {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		_ = conn.SetDeadline(begin.Add(10 * time.Second))
		_, _ = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n", target, upgrade)
		in := bufio.NewReader(conn)
		if line, err := in.ReadString('\n'); err != nil || !strings.Contains(line, "101") {
			t.Fatalf("%s, %s: %q %v", target, upgrade, line, err)
		}
		_, _ = in.ReadString('\n')
		for tick := time.NewTicker(deadline / 2); time.Since(begin) < 3*deadline; <-tick.C {
			_, _ = io.WriteString(conn, "hello\n")
			if line, err := in.ReadString('\n'); err != nil || line != "hello\n" {
				t.Fatalf("%s, %s: %q %v", target, upgrade, line, err)
			}
		}
		_ = conn.Close()
	}
}

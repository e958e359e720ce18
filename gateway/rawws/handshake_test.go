package rawws

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"parley/chat"
)

// TestRefusals has every way not to be let in: an error, then the close code.
func TestRefusals(t *testing.T) {
	var open atomic.Int64
	w := openWorld(t, func(o *Options) {
		o.AllowOrigin = func(origin string) bool { return origin == "https://shop.example" }
		o.Admit = func(r *http.Request) (*chat.Error, func(), error) {
			open.Add(1)
			release := func() { open.Add(-1) }
			if r.Header.Get("X-Many") != "" {
				return &chat.Error{Code: chat.CodeRateLimited, Message: "Too many connections"}, release, nil
			}
			return nil, release, nil
		}
	})
	mine, closed := w.session("ann"), w.session("bob")
	if err := w.chat.CloseSession(t.Context(), actor("bob"), closed); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path, name, value, code string
		status                  websocket.StatusCode
	}{
		{"/", "", "", "unauthenticated", 4401},
		{"/ws", "", "", "unauthenticated", 4401},
		{"/ws/?token=", "", "", "unauthenticated", 4401},
		{"/ws?token=nobody", "", "", "unauthenticated", 4401},
		{"/ws?token=old", "", "", "token_expired", 4401},
		{"/ws?token=ann", "Authorization", "Bearer old", "token_expired", 4401},
		{"/ws?token=blocked", "", "", "blocked", 4403},
		{"/ws?token=broken", "", "", "internal", 1011},
		{"/ws?token=panic", "", "", "internal", 1011},
		{"/ws?token=ann", "Origin", "https://evil.example", "forbidden", 4403},
		{"/ws?token=ann", "X-Many", "yes", "rate_limited", 1013},
		{"/ws/chat/" + mine + "?token=old", "", "", "token_expired", 4401},
		{"/ws/chat?token=ann", "", "", "not_found", 4404},
		{"/ws/chat/?token=ann", "", "", "not_found", 4404},
		{"/ws/chat/nothing?token=ann", "", "", "not_found", 4404},
		{"/ws/chat/a/b/?token=ann", "", "", "not_found", 4404},
		{"/ws/chat/" + mine + "?token=bob", "", "", "forbidden", 4403},
		{"/ws/chat/" + closed + "/?token=bob", "", "", "not_found", 4408},
	} {
		header := []string{}
		if c.name != "" {
			header = []string{c.name, c.value}
		}
		w.dial(c.path, header...).ends(c.code, c.status)
	}
	for _, path := range []string{"/?token=ann", "/ws?token=ann", "/ws/?token=ann"} {
		w.dial(path, "Origin", "https://shop.example").await("connection")
	}
	w.dial("/ws?token=old", "Authorization", `ann`).await("connection")
	w.dial("/ws/chat/"+mine+"/", "Authorization", "Bearer ann").await("session_info")
	ended(w)
	eventually(t, "every admission is released", func() bool { return open.Load() == 0 })
}

// ended waits until no connection is left, after cutting them.
func ended(w *world) {
	w.t.Helper()
	w.doors.mu.Lock()
	for c := range w.doors.conns {
		c.cut()
	}
	w.doors.mu.Unlock()
	eventually(w.t, "all connections are gone", func() bool { a, b := w.doors.Connections(); return a+b == 0 })
}

type limited struct{}

func (limited) Error() string             { return "too many" }
func (limited) RetryAfterSeconds() string { return "7" }

// TestPlainHTTP has what is answered before there is a WebSocket.
func TestPlainHTTP(t *testing.T) {
	w := openWorld(t, func(o *Options) {
		o.Admit = func(r *http.Request) (*chat.Error, func(), error) {
			switch r.Header.Get("X-Many") {
			case "twice":
				return nil, nil, limited{}
			case "closing":
				return nil, nil, errors.New("closing")
			}
			return nil, nil, nil
		}
	})
	upgrade := []string{"Connection: keep-alive, Upgrade", "Upgrade: WebSocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="}
	for _, c := range []struct {
		line   string
		header []string
		status int
		name   string
	}{
		{"GET /ws", nil, 426, "UPGRADE_REQUIRED"},
		{"GET /ws/", nil, 426, "UPGRADE_REQUIRED"},
		{"POST /ws/chat/x/", nil, 426, "UPGRADE_REQUIRED"},
		{"GET /nothing", upgrade, 404, "NOT_FOUND"},
		{"GET /wschat", upgrade, 404, "NOT_FOUND"},
		{"GET /ws/chatter", upgrade, 404, "NOT_FOUND"},
		{"POST /ws", upgrade, 405, "METHOD_NOT_ALLOWED"},
		{"GET /ws", upgrade[:3], 400, "INVALID_ARGUMENTS"},
		{"GET /ws", []string{upgrade[0], upgrade[1], "Sec-WebSocket-Version: 8", upgrade[3]}, 400, "INVALID_ARGUMENTS"},
		{"GET /ws", append([]string{"X-Many: twice"}, upgrade...), 429, "TOO_MANY_REQUESTS"},
		{"GET /ws", append([]string{"X-Many: closing"}, upgrade...), 503, "UNAVAILABLE"},
	} {
		res := w.raw(c.line, c.header...)
		body, _ := io.ReadAll(res.Body)
		var e httpError
		if json.Unmarshal(body, &e) != nil || res.StatusCode != c.status || e.Status != c.status || e.Name != c.name || e.Message == "" {
			t.Errorf("%s: %d %s, want %d %s", c.line, res.StatusCode, body, c.status, c.name)
		}
		if c.status == 429 && res.Header.Get("Retry-After") != "7" {
			t.Errorf("429 without Retry-After")
		}
		if c.status == 426 && res.Header.Get("Upgrade") != "websocket" {
			t.Errorf("426 without Upgrade")
		}
	}
	if a, b := w.doors.Connections(); a+b != 0 {
		t.Errorf("%d connections are left", a+b)
	}
}

// raw sends one request and returns its answer.
func (w *world) raw(line string, header ...string) *http.Response {
	w.t.Helper()
	conn := w.wire(line, header...)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

// wire sends one request on a TCP connection of its own.
func (w *world) wire(line string, header ...string) *net.TCPConn {
	w.t.Helper()
	conn, err := net.Dial("tcp", w.Listener.Addr().String())
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	head := append([]string{line + " HTTP/1.1", "Host: localhost"}, header...)
	if _, err := io.WriteString(conn, strings.Join(head, "\r\n")+"\r\n\r\n"); err != nil {
		w.t.Fatal(err)
	}
	return conn.(*net.TCPConn)
}

// mute opens a connection whose client says and answers nothing by itself.
func (w *world) mute(path string) (*net.TCPConn, *bufio.Reader) {
	w.t.Helper()
	conn := w.wire("GET "+path, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")
	r := bufio.NewReader(conn)
	res, err := http.ReadResponse(r, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		w.t.Fatal(res, err)
	}
	return conn, r
}

// TestRefusedAreNotWaitedFor has clients that were refused and do nothing: they
// are gone soon, and hold nothing.
func TestRefusedAreNotWaitedFor(t *testing.T) {
	w := openWorld(t)
	before := time.Now()
	for range 20 {
		w.mute("/ws?token=old")
	}
	eventually(t, "all are gone", func() bool { a, _ := w.doors.Connections(); return a == 0 })
	if d := time.Since(before); d > patience/2 {
		t.Errorf("that took %v", d)
	}
}

// TestCodesAreWhole has a close code for every code.
func TestCodesAreWhole(t *testing.T) {
	for _, code := range chat.Codes {
		if closeCodes[code] == 0 {
			t.Errorf("%s has no close code", code)
		}
	}
	for e, want := range map[*chat.Error]websocket.StatusCode{
		chat.ErrSessionClosed: 4408, chat.ErrSessionReplaced: 4409, chat.ErrSessionNotFound: 4404,
		chat.ErrTokenExpired: 4401, chat.ErrBlocked: 4403, chat.ErrClosing: 1012, chat.ErrBusy: 1013,
	} {
		if got := closeCode(e); got != want {
			t.Errorf("%v closes with %d, want %d", e, got, want)
		}
	}
}

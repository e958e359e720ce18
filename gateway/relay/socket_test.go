package relay

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"parley/gateway"
	"parley/gateway/engineio"
)

func say(t *testing.T, ws *websocket.Conn, text string) {
	t.Helper()
	if err := ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func hear(t *testing.T, ws *websocket.Conn, want string) {
	t.Helper()
	if _, data, err := ws.ReadMessage(); err != nil || string(data) != want {
		t.Fatalf("got %.100q %v, want %.100q", data, err, want)
	}
}

func TestSocketThroughAnother(t *testing.T) {
	ns := nodesOf(t, "a", "b")
	ws := ns[1].upgrade(ns[0].connect())
	for i := range 200 {
		text := fmt.Sprintf("4%d %s", i, strings.Repeat("x", i*500))
		say(t, ws, text)
		hear(t, ws, text)
	}
	_ = ws.Close()
	eventually(t, "both ends to be gone", func() bool { return ns[1].open() == 0 && len(ns[0].engine.Conns()) == 0 })
	if not, did := ns[1].passedOn(Socket); not != 0 || did != 1 {
		t.Errorf("%d were passed on, %d not", did, not)
	}
}

// TestSocketOutlivesTimeouts: the server's deadlines are not those of a WebSocket.
func TestSocketOutlivesTimeouts(t *testing.T) {
	t.Parallel()
	a := nodesOf(t, "a")[0]
	b := startNode(t, "b", a.others, func(s *http.Server) {
		s.ReadTimeout, s.WriteTimeout = 100*time.Millisecond, 150*time.Millisecond
	})
	ws := b.upgrade(a.connect())
	time.Sleep(400 * time.Millisecond) // until they are over
	say(t, ws, "4x")
	hear(t, ws, "4x")
}

// TestSocketEnds with whoever ends first, and nothing of it is left.
func TestSocketEnds(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(ns []*node, ws *websocket.Conn)
		code int // what the client reads; 0 for the connection's end
	}{
		{"the session's node closes", func(ns []*node, _ *websocket.Conn) { ns[0].engine.Conns()[0].Close() }, websocket.CloseNormalClosure},
		{"the session's node is gone", func(ns []*node, _ *websocket.Conn) { ns[0].engine.Conns()[0].Drop(); ns[0].close() }, websocket.CloseNormalClosure},
		{"the node between is cut", func(ns []*node, _ *websocket.Conn) {
			ended, end := context.WithCancel(context.Background())
			end()
			ns[1].relay.Drain(ended, gateway.Drain{})
		}, 0},
		{"the client closes", func(_ []*node, ws *websocket.Conn) { _ = ws.Close() }, 0},
		{"the client is cut", func(_ []*node, ws *websocket.Conn) {
			_ = ws.NetConn().(*net.TCPConn).SetLinger(0)
			_ = ws.Close()
		}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ns := nodesOf(t, "a", "b")
			ws := ns[1].upgrade(ns[0].connect())
			say(t, ws, "4x")
			hear(t, ws, "4x")
			tt.end(ns, ws)
			_, _, err := ws.ReadMessage()
			if tt.code != 0 && !websocket.IsCloseError(err, tt.code) || err == nil {
				t.Errorf("the client reads %v", err)
			}
			eventually(t, "both ends to be gone", func() bool { return ns[1].open() == 0 && len(ns[0].engine.Conns()) == 0 })
		})
	}
}

// TestClientThatStays: a client that does not go, and one that does not read either,
// hold nothing once their session has ended.
func TestClientThatStays(t *testing.T) {
	small := &websocket.Dialer{NetDial: func(network, addr string) (net.Conn, error) {
		conn, err := net.Dial(network, addr)
		if err == nil {
			_ = conn.(*net.TCPConn).SetReadBuffer(4 << 10)
		}
		return conn, err
	}}
	for _, tt := range []struct {
		name string
		sent int // bytes to the client
	}{{"it does not go", 0}, {"it does not read", 900_000}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ns := nodesOf(t, "a", "b")
			_ = ns[1].upgradeBy(small, ns[0].connect())
			c := ns[0].engine.Conns()[0]
			eventually(t, "the upgrade", func() bool { return !c.Polling() })
			c.Send(engineio.Message([]byte(strings.Repeat("x", tt.sent))))
			if tt.sent > 0 { // until it is on its way as far as it gets
				time.Sleep(100 * time.Millisecond)
			}
			c.Close()
			eventually(t, "the session to end", func() bool { return len(ns[0].engine.Conns()) == 0 })
			eventually(t, "the passage to end", func() bool { return ns[1].open() == 0 })
		})
	}
}

// TestUpgradeRefused: what is no WebSocket is not let through.
func TestUpgradeRefused(t *testing.T) {
	ns := nodesOf(t, "a", "b")
	query := strings.Replace(ns[0].connect(), "polling", "websocket", 1)
	if a := ns[1].do(http.MethodGet, query, ""); a.status != http.StatusBadRequest || !strings.Contains(a.body, "Bad request") {
		t.Errorf("without an upgrade: %v", a)
	}
	if a := ns[1].do(http.MethodGet, query, "", "Connection", "Upgrade", "Upgrade", "h2c"); a.status != http.StatusBadRequest {
		t.Errorf("to something else: %v", a)
	}
	if a := ns[1].do(http.MethodPost, query, "4x", "Connection", "Upgrade", "Upgrade", "websocket"); a.status != http.StatusMethodNotAllowed {
		t.Errorf("by POST: %v", a)
	}
	if ns[1].open() != 0 {
		t.Error("something is still on its way")
	}
}

func TestDrainPolls(t *testing.T) {
	t.Parallel()
	ns := nodesOf(t, "a", "b")
	queries := []string{ns[0].connect(), ns[0].connect(), ns[0].connect()}
	var polls []<-chan response
	for _, q := range queries {
		polls = append(polls, ns[1].later(http.MethodGet, q))
	}
	eventually(t, "the polls to pass", func() bool { return ns[1].open() == len(polls) })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ns[1].relay.Drain(ctx, gateway.Drain{})
	for i, p := range polls {
		if a := recv(t, p, "a poll"); a.status != 200 || a.body != "6" {
			t.Errorf("a poll that waited: %v", a)
		}
		// The session goes on, by whichever node.
		ns[1].do(http.MethodPost, queries[i], "4x")
		if a := ns[0].do(http.MethodGet, queries[i], ""); a.body != "4x" {
			t.Errorf("then: %v", a)
		}
	}
	if a := ns[1].do(http.MethodGet, queries[0], ""); a.status != 200 || a.body != "6" || a.took > 5*time.Second {
		t.Errorf("a poll that comes late: %v", a)
	}
}

func TestDrainSockets(t *testing.T) {
	t.Parallel()
	ns := nodesOf(t, "a", "b")
	through, own := ns[1].upgrade(ns[0].connect()), ns[0].upgrade(ns[0].connect())
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, _, err := through.ReadMessage()
		ended <- err
	}()
	ns[1].relay.Drain(ctx, gateway.Drain{})
	if ctx.Err() != nil {
		t.Fatal("it was not the other node that ended it")
	}
	if err := recv(t, ended, "the end"); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("the client reads %v", err)
	}
	say(t, own, "4x")
	hear(t, own, "4x")
	_, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(ns[1].URL, "http")+path+"?"+
		strings.Replace(ns[0].connect(), "polling", "websocket", 1), nil)
	if err == nil || res.StatusCode != http.StatusBadRequest {
		t.Errorf("one that comes late: %v", res)
	}
}

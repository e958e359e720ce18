package socketio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"parley/chat"
	"parley/gateway"
	"parley/gateway/engineio"
)

var ids = regexp.MustCompile(`"(sid|pid)":"[^"]{24}"`)

// TestConnectShapes pins CONNECT, `ready` and every CONNECT_ERROR.
func TestConnectShapes(t *testing.T) {
	var admission Admission
	w := open(t, func(o *Options) {
		o.Admit = func(*http.Request) (Admission, error) { return admission, nil }
	})
	r := w.room("ann")
	if _, err := w.chat.Post(t.Context(), actor("ann"), chat.Draft{Room: r, Text: "x", Type: chat.ContentText}); err != nil {
		t.Fatal(err)
	}
	var lines []line
	note := func(what string, p frame) {
		data := plain(ids.ReplaceAll(p.data, []byte(`"$1":"<$1>"`)))
		lines = append(lines, line{what, []any{string(p.kind), p.nsp, data}})
	}
	for _, tt := range []struct {
		what, nsp string
		auth      any
	}{
		{"a token", "/chat", map[string]string{"token": "ann"}},
		{"accessToken", "/chat", map[string]string{"accessToken": "Bearer bob"}},
		{"authorization", "/chat/", map[string]any{"token": nil, "authorization": "ann"}},
		{"no auth", "/chat", nil},
		{"an unknown token", "/chat", map[string]string{"token": "eve"}},
		{"a token of another kind", "/chat", map[string]any{"token": 7}},
		{"an expired token", "/chat", map[string]string{"token": "old"}},
		{"a blocked user", "/chat", map[string]string{"token": "blocked"}},
		{"a broken store", "/chat/", map[string]string{"token": "broken"}},
		{"the root", "/", map[string]string{"token": "ann"}},
		{"the root without auth", "/", nil},
		{"another namespace", "/admin", map[string]string{"token": "ann"}},
		{"another namespace without auth", "/admin", nil},
	} {
		c := w.dial(tt.nsp)
		p := c.join(tt.auth)
		note(tt.what, p)
		if p.kind == '0' {
			note("then", c.next())
		}
	}
	admission.Refusal = chat.RateLimited(1500 * time.Millisecond)
	note("too many connections", w.dial("/chat").join(map[string]string{"token": "ann"}))
	admission.Refusal = nil
	late := w.dial("/chat")
	w.door.mu.Lock()
	w.door.draining = true
	w.door.mu.Unlock()
	note("draining", late.join(map[string]string{"token": "ann"}))
	golden(t, "connect", lines)
}

// TestAdmission: a handshake is refused while draining, and whatever Admit
// counted is given back.
func TestAdmission(t *testing.T) {
	released, refusal := make(chan struct{}, 1), error(nil)
	w := open(t, func(o *Options) {
		o.Admit = func(*http.Request) (Admission, error) {
			return Admission{Release: func() { released <- struct{}{} }}, refusal
		}
	})
	c := w.connect("ann")
	c.cut()
	select {
	case <-released:
	case <-time.After(patience):
		t.Error("a connection that has ended still counts")
	}
	status := func() int {
		t.Helper()
		res, err := w.Client().Get(w.URL + "/realtime/?EIO=4&transport=polling")
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	refusal = errors.New("too many")
	if got := status(); got != http.StatusServiceUnavailable {
		t.Errorf("not admitted: %d", got)
	}
	refusal = nil
	w.door.Drain(t.Context(), gateway.Drain{})
	if got := status(); got != http.StatusServiceUnavailable {
		t.Errorf("draining: %d", got)
	}
}

// TestBothNamespaces are the same rooms and events, on one connection too.
func TestBothNamespaces(t *testing.T) {
	w := open(t)
	r := w.room("ann", "bob")
	one, two := w.connect("ann"), w.dial("/chat/")
	two.join(map[string]string{"token": "bob"})
	two.await("ready")
	if ack := one.call("message", `"`+r+`","to both"`); code(ack) != "" {
		t.Fatalf("%s", ack)
	}
	if got := two.await("message"); got.nsp != "/chat/" || !strings.Contains(string(got.data), "to both") {
		t.Errorf("got %s %s", got.nsp, got.data)
	}
	// A second namespace on the same connection is a second socket.
	one.nsp = "/chat/"
	if p := one.join(map[string]string{"token": "ann"}); p.kind != '0' || p.nsp != "/chat/" {
		t.Fatalf("%c %s %s", p.kind, p.nsp, p.data)
	}
	one.await("ready")
	two.call("message", `"`+r+`","thrice"`)
	var got []string
	for _, p := range one.settle() {
		got = append(got, p.nsp+" "+p.name())
	}
	slices.Sort(got)
	if !slices.Equal(got, []string{"/chat message", "/chat/ message"}) {
		t.Errorf("got %v", got)
	}
	// Leaving one leaves the other.
	one.send("1/chat/,")
	one.nsp = "/chat"
	one.call("ping", "")
	eventually(t, "two sessions to be left", func() bool { n, _ := w.hub.Sessions(); return n == 2 })
}

// TestOneSocketPerNamespace: a second CONNECT to a namespace that is taken ends
// the connection.
func TestOneSocketPerNamespace(t *testing.T) {
	w := open(t)
	c := w.connect("ann")
	c.connecting(map[string]string{"token": "ann"})
	for {
		p, err := c.read()
		if err != nil {
			break
		}
		if p.kind == '0' {
			t.Fatal("a second socket was made")
		}
	}
	eventually(t, "the connection to be gone", func() bool { return w.door.Connections() == 0 })
}

// TestNothingBeforeConnect: packets of every kind that a stranger may send end
// the connection and reach no handler.
func TestNothingBeforeConnect(t *testing.T) {
	w := open(t)
	r := w.room("ann")
	for _, text := range []string{
		`2/chat,1["message","` + r + `","x"]`, `2["message"]`, `1/chat,`, `0/chat,{`, `0/chat,{"token":"ann"}}`,
		`4/chat,"x"`, `9`, ``, `2/chat,1["connect"]`,
	} {
		c := w.dial("/chat")
		c.send(text)
		if p, err := c.read(); err == nil {
			t.Errorf("%q was answered: %c %s", text, p.kind, p.data)
		} else if !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
			t.Errorf("%q: %v", text, err)
		}
	}
	view, err := w.chat.Room(t.Context(), actor("ann"), r)
	if err != nil || view.Seq != 0 {
		t.Errorf("%d messages were posted: %v", view.Seq, err)
	}
	eventually(t, "the connections to be gone", func() bool { return w.door.Connections() == 0 })
}

// TestGoneWhileConnecting: clients that go away anywhere between CONNECT and
// `ready` leave no socket and no live session behind.
func TestGoneWhileConnecting(t *testing.T) {
	w := open(t)
	w.room("ann")
	var dials []*client
	for range 300 {
		dials = append(dials, w.dial("/chat"))
	}
	for i, c := range dials {
		c.connecting(map[string]string{"token": "ann"})
		time.Sleep(time.Duration(i) * 5 * time.Microsecond)
		c.cut()
	}
	eventually(t, "the connections to be gone", func() bool { return w.door.Connections() == 0 })
	eventually(t, "the sessions to be detached", func() bool {
		connected, _ := w.hub.Sessions()
		return connected == 0
	})
	for _, name := range Namespaces {
		eventually(t, "the library's sockets to be gone", func() bool { return w.door.io.Of(name, nil).Sockets().Len() == 0 })
	}
}

// TestSlowConnect: a client that leaves while its rooms are being read leaves no
// session behind.
func TestSlowConnect(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	w := open(t)
	w.store.heads = func() { close(entered); <-leave }
	c := w.dial("/chat")
	c.connecting(map[string]string{"token": "ann"})
	<-entered
	c.cut()
	close(leave)
	eventually(t, "the connection to be gone", func() bool { return w.door.Connections() == 0 })
	eventually(t, "the session to be detached", func() bool {
		connected, _ := w.hub.Sessions()
		return connected == 0
	})
}

// TestNothingIsMissedFromConnectOn: what is posted once a client knows that it is
// connected reaches it live, however soon.
func TestNothingIsMissedFromConnectOn(t *testing.T) {
	w := open(t)
	r := w.room("ann")
	for i := range 100 {
		c := w.dial("/chat")
		c.connecting(map[string]string{"token": "ann"})
		if p, err := c.read(); err != nil || p.kind != '0' {
			t.Fatalf("CONNECT was answered %c %s, %v", p.kind, p.data, err)
		}
		text := fmt.Sprintf("hello %d", i)
		if _, err := w.chat.Post(t.Context(), actor("ann"), chat.Draft{Room: r, Text: text, Type: chat.ContentText}); err != nil {
			t.Fatal(err)
		}
		if p := c.await("message"); !strings.Contains(string(p.data), text) {
			t.Fatalf("after %q came %s", text, p.data)
		}
		c.cut()
	}
}

// TestTokenEnds: the client is told why, gets a DISCONNECT, and the connection is
// closed behind it.
func TestTokenEnds(t *testing.T) {
	w := open(t)
	for name, end := range map[string]func(c *client){
		"token_expired": func(c *client) { c.call("auth:refresh", `"ann:1ms"`) },
		"blocked": func(*client) {
			w.hub.Publish(chat.Event{Kind: chat.EventUserRevoked, User: "ann", Blocked: true})
		},
	} {
		c := w.connect("ann")
		end(c)
		p := c.await("exception")
		var body struct{ Code string }
		if _ = json.Unmarshal(p.args()[1], &body); body.Code != name {
			t.Errorf("%s: %s", name, p.data)
		}
		c.await("conduit_error")
		if p := c.next(); p.kind != '1' || p.nsp != "/chat" {
			t.Errorf("%s: then came %c %s", name, p.kind, p.data)
		}
		if _, err := c.read(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
			t.Errorf("%s: in the end %v", name, err)
		}
	}
	eventually(t, "the sessions to be gone", func() bool {
		connected, waiting := w.hub.Sessions()
		return connected+waiting == 0
	})
}

// TestEndBeforeConnectIsAnswered: a session that is being resumed may be ended
// before its socket is there. The client is told nothing then; it comes back.
func TestEndBeforeConnectIsAnswered(t *testing.T) {
	w := open(t)
	conns := make(chan *engineio.Conn, 1)
	eio := engineio.NewServer(engineio.Options{Open: func(c *engineio.Conn) engineio.Handler {
		conns <- c
		return w.door.open(c)
	}})
	w.Server.Config.Handler = eio
	c := w.dial("/chat")
	conn := <-conns
	var l *link
	w.door.mu.Lock()
	for l = range w.door.links {
	}
	w.door.mu.Unlock()
	newPeer(l, "/chat").End(chat.ErrBlocked)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if p, err := c.read(); err == nil {
		t.Errorf("the client got %c %s", p.kind, p.data)
	}
	select {
	case <-conn.Done():
	case <-ctx.Done():
		t.Error("the connection stays")
	}
}

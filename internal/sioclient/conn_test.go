package sioclient

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestDecodePacket(t *testing.T) {
	tests := []struct {
		frame, namespace, payload string
		kind                      byte
		id                        uint64
		hasID                     bool
	}{
		{frame: `2/chat,["message",{"seq":1}]`, kind: packetEvent, namespace: "/chat", payload: `["message",{"seq":1}]`},
		{frame: `2["a"]`, kind: packetEvent, namespace: "/", payload: `["a"]`},
		{frame: `3/chat,17[{"ok":true}]`, kind: packetAck, namespace: "/chat", id: 17, hasID: true, payload: `[{"ok":true}]`},
		{frame: `30[]`, kind: packetAck, namespace: "/", hasID: true, payload: `[]`},
		{frame: `1/chat,`, kind: packetDisconnect, namespace: "/chat"},
		{frame: `1/chat`, kind: packetDisconnect, namespace: "/chat"},
		{frame: `0/chat,{"sid":"x"}`, kind: packetConnect, namespace: "/chat", payload: `{"sid":"x"}`},
	}
	for _, tt := range tests {
		p, err := decodePacket([]byte(tt.frame))
		if err != nil {
			t.Errorf("%s: %v", tt.frame, err)
			continue
		}
		if p.kind != tt.kind || string(p.namespace) != tt.namespace || p.id != tt.id || p.hasID != tt.hasID || string(p.payload) != tt.payload {
			t.Errorf("%s: got %c %s %d %v %s", tt.frame, p.kind, p.namespace, p.id, p.hasID, p.payload)
		}
	}
	for _, bad := range []string{"", "x", `51-["a"]`, "2" + strings.Repeat("9", 20) + "[]"} {
		if _, err := decodePacket([]byte(bad)); !errors.Is(err, errMalformed) {
			t.Errorf("%q: got %v, want errMalformed", bad, err)
		}
	}
}

func TestAppendPacket(t *testing.T) {
	if got := string(appendPacket(nil, packetEvent, "/chat", 7, []byte(`["a"]`))); got != `42/chat,7["a"]` {
		t.Error(got)
	}
	if got := string(appendPacket(nil, packetConnect, "/", 0, nil)); got != `40` {
		t.Error(got)
	}
}

// recorder keeps what a connection handed over.
type recorder struct {
	events chan string
	acks   chan uint64
}

func newRecorder() *recorder {
	return &recorder{events: make(chan string, 16), acks: make(chan uint64, 16)}
}

func (r *recorder) Event(args []byte)       { r.events <- string(args) }
func (r *recorder) Ack(id uint64, _ []byte) { r.acks <- id }

// serve starts a server that runs script on each connection.
func serve(t *testing.T, script func(ws *websocket.Conn)) string {
	t.Helper()
	upgrader := websocket.Upgrader{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/realtime/" || r.URL.RawQuery != "EIO=4&transport=websocket" {
			http.NotFound(w, r)
			return
		}
		ws, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		script(ws)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func write(ws *websocket.Conn, frames ...string) {
	for _, frame := range frames {
		_ = ws.WriteMessage(websocket.TextMessage, []byte(frame))
	}
}

func read(ws *websocket.Conn) string {
	_, frame, _ := ws.ReadMessage()
	return string(frame)
}

func dial(t *testing.T, o Options) (*Conn, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return Dial(ctx, o)
}

func TestConversation(t *testing.T) {
	seen := make(chan string, 4)
	address := serve(t, func(ws *websocket.Conn) {
		write(ws, `0{"sid":"e","pingInterval":25000}`)
		seen <- read(ws)
		write(ws, "2", `40/chat,{"sid":"s"}`, `42/other,["ignored"]`, `42/chat,["ready",{}]`)
		seen <- read(ws)
		seen <- read(ws)
		write(ws, `43/chat,9[{"ok":true}]`, `42/chat,["`+strings.Repeat("x", 10_000)+`"]`, `41/chat,`)
		_ = read(ws)
	})
	r := newRecorder()
	c, err := dial(t, Options{URL: address, Auth: map[string]string{"token": "abc"}, Handler: r})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := <-r.events; got != `["ready",{}]` {
		t.Error(got)
	}
	if err := c.Emit(9, []byte(`["message","r"]`)); err != nil {
		t.Fatal(err)
	}
	if got := <-r.acks; got != 9 {
		t.Error(got)
	}
	if got := <-r.events; len(got) != 10_004 {
		t.Errorf("long event has %d bytes", len(got))
	}
	<-c.Done()
	if !errors.Is(c.Err(), ErrDisconnected) {
		t.Error(c.Err())
	}
	for _, want := range []string{`40/chat,{"token":"abc"}`, "3", `42/chat,9["message","r"]`} {
		if got := <-seen; got != want {
			t.Errorf("server saw %s, want %s", got, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	address := serve(t, func(ws *websocket.Conn) {
		write(ws, `0{}`)
		read(ws)
		write(ws, `44/chat,{"message":"16 UNAUTHENTICATED: no","data":{"code":"unauthenticated"}}`)
		read(ws)
	})
	_, err := dial(t, Options{URL: address, Handler: newRecorder()})
	var refusal *ConnectError
	if !errors.As(err, &refusal) || !strings.HasPrefix(refusal.Message, "16 ") {
		t.Errorf("got %v", err)
	}
	if _, err := dial(t, Options{URL: address, Path: "/elsewhere/", Handler: newRecorder()}); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("got %v", err)
	}
}

func TestHandshakeEndsWithContext(t *testing.T) {
	address := serve(t, func(ws *websocket.Conn) {
		write(ws, `0{}`)
		read(ws)
		read(ws)
	})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := Dial(ctx, Options{URL: address, Handler: newRecorder()}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

package examples_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"parley/test/harness"
)

// rawSocket is a WebSocket to which somebody types.
type rawSocket struct {
	t    *testing.T
	conn *websocket.Conn
}

func dialRaw(t *testing.T, url string) *rawSocket {
	t.Helper()
	conn, res, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	t.Cleanup(func() { _ = conn.Close() })
	return &rawSocket{t: t, conn: conn}
}

func (r *rawSocket) sends(frame string) {
	r.t.Helper()
	if err := r.conn.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
		r.t.Fatal(err)
	}
}

// wants reads until a frame that begins as told, and answers pings meanwhile as
// the page says.
func (r *rawSocket) wants(start string) {
	r.t.Helper()
	if err := r.conn.SetReadDeadline(time.Now().Add(harness.Patience)); err != nil {
		r.t.Fatal(err)
	}
	for {
		_, frame, err := r.conn.ReadMessage()
		if err != nil {
			r.t.Fatalf("no frame %s: %v", start, err)
		}
		if string(frame) == "2" {
			r.sends("3")
		}
		if strings.HasPrefix(string(frame), start) {
			return
		}
	}
}

// TestFrames sends the page's frames over a bare WebSocket and expects what its
// table says, in its order.
func TestFrames(t *testing.T) {
	const name = "Bruno, and any WebSocket"
	s := harness.Start(t, "PARLEY_HEARTBEAT_INTERVAL=500ms", "PARLEY_HEARTBEAT_TIMEOUT=1s")
	room := s.Room(t, "alice")
	doc := clients(t)
	url := filled(strings.TrimSpace(doc.block(t, name, "text", 0)), s, "", "")
	frames := strings.Split(strings.TrimSpace(doc.block(t, name, "text", 1)), "\n")
	var seen []string
	for _, row := range doc.rows(t, name) {
		start, _, _ := strings.Cut(spans(row[0])[0], "...")
		seen = append(seen, strings.TrimSuffix(start, "{"))
	}
	if len(frames) != 4 || len(seen) != 6 {
		t.Fatalf("%q %q", frames, seen)
	}

	r := dialRaw(t, url)
	for _, frame := range frames {
		r.sends(filled(frame, s, harness.Token(t, "alice", "user"), room))
	}
	for _, start := range seen {
		r.wants(start)
	}
	// The server still has us, past the time that it gives a client to answer.
	for range 4 {
		r.wants("2")
	}
	r.sends(`42/chat,9["ping"]`)
	r.wants(`43/chat,9[{"ok":true`)

	refused := dialRaw(t, url)
	refused.sends(filled(frames[0], s, "wrong", room))
	start, _, _ := strings.Cut(spans(doc.rows(t, name)[1][0] + doc.rows(t, name)[1][1])[1], "...")
	refused.wants(start)
}

// TestBareSockets talks with the assistant over the page's two bare WebSockets.
func TestBareSockets(t *testing.T) {
	const name = "The assistant, over a bare WebSocket"
	s := harness.Start(t)
	token := harness.Token(t, "alice", "user")
	doc := clients(t)
	fill := func(code string) string {
		code = strings.ReplaceAll(filled(code, s, token, ""), "$"+token, "$TOKEN")
		return strings.ReplaceAll(code, "localhost:8000", s.Addr)
	}
	r := dialRaw(t, fill(strings.TrimSpace(doc.block(t, name, "text", 0))))
	r.sends(strings.TrimSpace(doc.block(t, name, "text", 1)))
	for _, kind := range []string{"stream-start", "stream-token", "stream-end"} {
		r.wants(`{"type":"` + kind + `"`)
	}
	url := sh(t, t.TempDir(), []string{"TOKEN=" + token}, fill(doc.block(t, name, "sh", 0)))
	session := dialRaw(t, strings.TrimSpace(url))
	session.sends(`{"message":"Hello","message_type":"text"}`)
	for _, kind := range []string{"response_start", "response_chunk", "response_complete"} {
		session.wants(`{"type":"` + kind + `"`)
	}
}

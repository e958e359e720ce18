package streams

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"parley/test/harness"
)

// dawdler is a connection at any door that takes ten kilobytes a second, until it
// is told to hurry. It puts together the replies that it is sent.
type dawdler struct {
	door  string
	conn  *websocket.Conn
	hurry chan struct{}
	done  chan struct{} // closed when the connection has ended

	mu      sync.Mutex
	ready   bool
	replies map[string]*reading // by id; an open one of a session has none
	wrong   []string
}

// reading is a reply as it was read.
type reading struct {
	text, status string
	pieces       int
}

// throttled is a socket that is read slowly.
type throttled struct {
	net.Conn
	hurry <-chan struct{}
}

func (c throttled) Read(p []byte) (int, error) {
	select {
	case <-c.hurry:
		return c.Conn.Read(p)
	case <-time.After(100 * time.Millisecond):
		return c.Conn.Read(p[:min(len(p), 1000)])
	}
}

// dawdlers are alice's, at each door; also the room of her session.
func (h *house) dawdlers(t *testing.T) (all []*dawdler, room string) {
	t.Helper()
	token := harness.Token(t, "alice", "user")
	status, answer := h.Call(t, http.MethodPost, "/chatbot/default/session", token, nil)
	session, _ := answer["session_id"].(string)
	if room, _ = answer["conversation_id"].(string); status != http.StatusOK {
		t.Fatalf("no session: %d %v", status, answer)
	}
	for _, one := range [][2]string{
		{"Socket.IO", "/realtime/?EIO=4&transport=websocket"}, {"tokens", "/?token=" + token}, {"sessions", "/ws/chat/" + session + "?token=" + token},
	} {
		d := &dawdler{door: one[0], hurry: make(chan struct{}), done: make(chan struct{}), replies: map[string]*reading{}}
		d.dial(t, h, one[1], token)
		all = append(all, d)
	}
	return all, room
}

// dial connects and waits until the server has let the client in.
func (d *dawdler) dial(t *testing.T, h *house, path, token string) {
	t.Helper()
	small := func(_, _ string, c syscall.RawConn) (err error) {
		return c.Control(func(fd uintptr) {
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 8<<10) //nolint:gosec // a descriptor
		})
	}
	dialer := websocket.Dialer{NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{Control: small}).DialContext(ctx, network, addr)
		return throttled{conn, d.hurry}, err
	}}
	conn, res, err := dialer.DialContext(t.Context(), strings.Replace(h.URL, "http", "ws", 1)+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	d.conn = conn
	go d.run(token)
	t.Cleanup(func() {
		_ = conn.Close()
		<-d.done
	})
	harness.Eventually(t, harness.Patience, func() (bool, string) {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.ready, d.door + " is not ready"
	})
}

func (d *dawdler) run(token string) {
	defer close(d.done)
	for {
		_, data, err := d.conn.ReadMessage()
		if err != nil {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.wrong = append(d.wrong, "the connection ended: "+err.Error())
			return
		}
		switch text := string(data); {
		case strings.HasPrefix(text, "0{"): // Engine.IO is open: connect to the namespace
			_ = d.conn.WriteMessage(websocket.TextMessage, []byte(`40/chat,{"token":"`+token+`"}`))
		case text == "2":
			_ = d.conn.WriteMessage(websocket.TextMessage, []byte("3"))
		case strings.HasPrefix(text, "42/chat,"):
			var args []json.RawMessage
			var f frame
			if json.Unmarshal(data[len("42/chat,"):], &args) == nil && len(args) > 1 && json.Unmarshal(args[1], &f) == nil {
				_ = json.Unmarshal(args[0], &f.Type)
				d.take(f)
			}
		case strings.HasPrefix(text, "{"):
			var f frame
			if json.Unmarshal(data, &f) == nil {
				d.take(f)
			}
		}
	}
}

// take takes in an event of any door.
func (d *dawdler) take(f frame) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.replies[f.MessageID]
	begins := f.Type == "stream-start" || f.Type == "response_start"
	if r == nil && !begins && (strings.HasPrefix(f.Type, "stream-") || strings.HasPrefix(f.Type, "response_")) {
		d.wrong = append(d.wrong, f.Type+" before its start: "+f.MessageID)
		return
	}
	switch f.Type {
	case "ready", "connection", "session_info":
		d.ready = true
	case "stream-start", "response_start":
		if r != nil {
			d.wrong = append(d.wrong, "began twice: "+f.MessageID)
		}
		d.replies[f.MessageID] = &reading{}
	case "stream-token":
		if f.Offset != units(r.text) {
			d.wrong = append(d.wrong, fmt.Sprintf("a token of %s at %d, where %d are known", f.MessageID, f.Offset, units(r.text)))
			return
		}
		r.text, r.pieces = r.text+f.Token, r.pieces+1
	case "response_chunk":
		r.text, r.pieces = r.text+f.Chunk, r.pieces+1
	case "stream-end":
		r.status = f.Status
	case "response_complete":
		r.status = f.Status
		delete(d.replies, "")
		d.replies[f.SessionReply] = r
	}
}

// whole waits for the end of a reply and holds it against what was said.
func (d *dawdler) whole(t *testing.T, want streamed) {
	t.Helper()
	id := want.closed.ID
	var r reading
	harness.Eventually(t, harness.Patience, func() (bool, string) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.replies[id] != nil {
			r = *d.replies[id]
		}
		return r.status != "", fmt.Sprintf("%s has %d pieces of %s, and no end: %.300q", d.door, r.pieces, id, d.wrong)
	})
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, text := range d.wrong {
		t.Errorf("%s: %.300s", d.door, text)
	}
	t.Logf("%s: %d tokens in %d pieces", d.door, fastTokens, r.pieces)
	if r.text != want.text || r.status != "complete" {
		t.Errorf("%s: %s, %d bytes of %d", d.door, r.status, len(r.text), len(want.text))
	}
	if r.pieces >= fastTokens {
		t.Errorf("%s: %d tokens came in %d pieces", d.door, fastTokens, r.pieces)
	}
}

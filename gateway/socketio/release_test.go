package socketio

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

// sids are the ids of the open sessions.
func (w *world) sids() []string {
	var ids []string
	for _, c := range w.door.eio.Conns() {
		ids = append(ids, c.ID())
	}
	return ids
}

// TestReleaseSocket: the client is told, what it has sent is answered, and the
// connection closes behind that; again has no effect, and nobody else is sent away.
func TestReleaseSocket(t *testing.T) {
	w := open(t)
	r := w.room("ann", "bob")
	ann := w.connect("ann")
	sid := w.sids()[0]
	bob := w.connect("bob")
	release := w.store.hold()
	ann.emit("message", `"`+r+`","x"`)
	p := w.peerOf("ann")
	eventually(t, "the message to be there", func() bool { return p.acks.Pending() == 1 })
	for range 3 {
		w.door.Release(sid)
	}
	w.door.Release("unknown")
	ann.await("draining")
	release()
	acks, drains := 0, 0
	for {
		p, err := ann.read()
		if err != nil {
			if !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
				t.Errorf("it ends with %v", err)
			}
			break
		}
		switch {
		case p.kind == '3':
			acks++
		case p.kind == '2' && p.name() == "draining":
			drains++
		}
	}
	if acks != 1 || drains != 0 {
		t.Errorf("%d acks came, and %d more goodbyes", acks, drains)
	}
	bob.call("ping", "")
}

// TestReleasePoll: a poll that waits is answered, and the session goes on.
func TestReleasePoll(t *testing.T) {
	w := open(t)
	get := func(query string) string {
		res, err := http.Get(w.URL + "/realtime/?EIO=4&transport=polling" + query)
		if err != nil {
			return err.Error()
		}
		defer func() { _ = res.Body.Close() }()
		b, _ := io.ReadAll(res.Body)
		return string(b)
	}
	defer http.DefaultClient.CloseIdleConnections()
	if open := get(""); !strings.HasPrefix(open, "0{") {
		t.Fatalf("no OPEN: %s", open)
	}
	sid := w.sids()[0]
	w.door.Release(sid) // nobody waits
	for range 2 {
		answer := make(chan string, 1)
		go func() { answer <- get("&sid=" + sid) }()
		got := ""
		eventually(t, "the poll to be answered", func() bool {
			w.door.Release(sid)
			select {
			case got = <-answer:
				return true
			default:
				return false
			}
		})
		if got != "6" {
			t.Errorf("answered was %q", got)
		}
	}
	if w.door.Connections() != 1 {
		t.Error("the session is gone")
	}
}

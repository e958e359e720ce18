package socketio

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"parley/gateway"
	"parley/gateway/engineio"
)

// TestDrain: every client is told, what it has sent is answered, and the
// connection closes behind that without a DISCONNECT, so that it comes back.
func TestDrain(t *testing.T) {
	w := open(t)
	r := w.room("ann", "bob")
	idle, busy := w.connect("bob"), w.connect("ann")
	release := w.store.hold()
	const count = 50
	for range count {
		busy.emit("message", fmt.Sprintf(`%q,"x"`, r))
	}
	busy.emit("history", fmt.Sprintf("%q", r)) // waits for all of them
	busy.emit("ping", "")
	p := w.peerOf("ann")
	eventually(t, "the events to be there", func() bool {
		return p.acks.Pending() == count+1 && len(p.link.inbox) == 2
	})
	drained := make(chan struct{})
	go func() {
		w.door.Drain(t.Context(), gateway.Drain{})
		close(drained)
	}()
	for _, c := range []*client{idle, busy} {
		if got := c.await("draining"); string(got.args()[1]) != `{"reconnectInMs":0}` || len(got.args()) != 2 {
			t.Errorf("got %s", got.data)
		}
	}
	busy.emit("ping", "") // too late: not answered
	release()
	for id := 1; id <= count+2; {
		p, err := busy.read()
		if err != nil {
			t.Fatalf("ack %d did not come: %v", id, err)
		}
		if p.kind == '3' {
			if p.id != id {
				t.Fatalf("ack %d came in place of %d", p.id, id)
			}
			id++
		}
	}
	for _, c := range []*client{idle, busy} {
		for {
			p, err := c.read()
			if err == nil && p.kind == '2' {
				continue
			}
			if !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
				t.Errorf("in the end came %c %s %v", p.kind, p.data, err)
			}
			break
		}
	}
	select {
	case <-drained:
	case <-time.After(patience):
		t.Error("Drain does not return")
	}
}

// TestDrainDoesNotWaitForTheGone: a client that goes away with events pending
// does not hold up the drain, nor does one that never reads.
func TestDrainDoesNotWaitForTheGone(t *testing.T) {
	w := open(t)
	r := w.room("ann")
	c := w.connect("ann")
	release := w.store.hold()
	defer release()
	for range 3 {
		c.emit("message", fmt.Sprintf(`%q,"x"`, r))
	}
	p := w.peerOf("ann")
	eventually(t, "the events to be there", func() bool { return p.acks.Pending() == 3 })
	drained := make(chan struct{})
	go func() {
		w.door.Drain(t.Context(), gateway.Drain{})
		close(drained)
	}()
	c.await("draining")
	c.cut()
	select {
	case <-drained:
	case <-time.After(patience):
		t.Error("Drain does not return")
	}
}

// TestDrainIsCut when its context ends.
func TestDrainIsCut(t *testing.T) {
	w := open(t)
	r := w.room("ann")
	c := w.connect("ann")
	release := w.store.hold()
	defer release()
	c.emit("message", fmt.Sprintf(`%q,"x"`, r))
	p := w.peerOf("ann")
	eventually(t, "the event to be there", func() bool { return p.acks.Pending() == 1 })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w.door.Drain(ctx, gateway.Drain{})
	if n := w.door.Connections(); n != 0 {
		t.Errorf("%d connections are left", n)
	}
}

// TestOpenedWhileDraining: a connection that was admitted before the drain and
// opened after it does not stay.
func TestOpenedWhileDraining(t *testing.T) {
	w := open(t)
	w.door.mu.Lock()
	w.door.draining = true
	w.door.mu.Unlock()
	eio := engineio.NewServer(engineio.Options{Open: w.door.open})
	w.Server.Config.Handler = eio // as if the door had admitted it
	c := w.dial("/chat")
	if p, err := c.read(); err == nil {
		t.Errorf("got %c %s", p.kind, p.data)
	}
	eventually(t, "it to be gone", func() bool { return w.door.Connections() == 0 })
}

// peerOf returns a user's socket.
func (w *world) peerOf(user string) *peer {
	w.door.mu.Lock()
	defer w.door.mu.Unlock()
	for l := range w.door.links {
		if p := l.peer("/chat"); p != nil && p.identity.ID == user {
			return p
		}
	}
	return nil
}

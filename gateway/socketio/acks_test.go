package socketio

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/chat"
	"parley/gateway"
)

// TestAcksInOrder mixes events that are answered at once, that wait for the
// store, that read, and that are refused: acks come in the order of the events,
// and each event sees the effects of those before it.
func TestAcksInOrder(t *testing.T) {
	w := open(t)
	r := w.room("ann")
	c := w.connect("ann")
	release := w.store.hold()
	const rounds = 100
	var sent []int
	for range rounds {
		sent = append(sent,
			c.emit("message", fmt.Sprintf(`%q,"x"`, r)),
			c.emit("message", `"no such room","x"`),
			c.emit("no such event", ``),
			c.emit("ping", ``),
			c.emit("history", fmt.Sprintf(`{"roomId":%q,"limit":1}`, r)),
		)
	}
	release()
	var got []int
	posted := 0
	for len(got) < len(sent) {
		p := c.next()
		if p.kind != '3' {
			continue
		}
		got = append(got, p.id)
		if len(got)%5 == 1 {
			posted++
		}
		var a []struct{ Messages []struct{ Seq int } }
		if len(got)%5 == 0 {
			if decode(p.data, &a); len(a[0].Messages) != 1 || a[0].Messages[0].Seq != posted {
				t.Fatalf("after %d messages the history ends with %s", posted, p.data)
			}
		}
	}
	if !slices.Equal(got, sent) {
		t.Errorf("acks came in the order %v", got)
	}
}

// TestBacklogIsBounded: a connection is not read while too many of its events
// are under way, and loses none of them.
func TestBacklogIsBounded(t *testing.T) {
	w := open(t)
	r := w.room("ann")
	c := w.connect("ann")
	release := w.store.hold()
	const count = 3 * (gateway.MaxAnswers + maxInbox)
	for range count {
		c.emit("message", fmt.Sprintf(`%q,"x"`, r))
	}
	p := w.peerOf("ann")
	eventually(t, "the backlog", func() bool {
		return p.acks.Pending() == gateway.MaxAnswers && len(p.link.inbox) == maxInbox
	})
	release()
	for id := 1; id <= count; {
		if p := c.next(); p.kind == '3' {
			if p.id != id {
				t.Fatalf("ack %d came in place of %d", p.id, id)
			}
			id++
		}
	}
	if ack := c.call("ping", ""); code(ack) != "" || len(p.link.inbox) > 1 {
		t.Errorf("afterwards: %s, %d in the inbox", ack, len(p.link.inbox))
	}
}

// TestShutOut: what a user has sent and what is not begun when they are blocked
// has no effect any more.
func TestShutOut(t *testing.T) {
	w := open(t)
	r := w.room("ann", "bob")
	c := w.connect("ann")
	release := w.store.hold()
	c.emit("message", fmt.Sprintf(`%q,"begun"`, r))
	c.emit("leave", fmt.Sprintf("%q", r)) // waits for the message
	c.emit("message", fmt.Sprintf(`%q,"not begun"`, r))
	p := w.peerOf("ann")
	eventually(t, "the events to be there", func() bool {
		return p.acks.Pending() == 2 && len(p.link.inbox) == 2
	})
	w.hub.Publish(chat.Event{Kind: chat.EventUserRevoked, User: "ann", Blocked: true})
	c.await("exception")
	eventually(t, "the connection to be gone", func() bool { return w.door.Connections() == 0 })
	release()
	if _, err := w.chat.Post(t.Context(), actor("bob"), chat.Draft{Room: r, Text: "behind them", Type: chat.ContentText}); err != nil {
		t.Fatal(err)
	}
	view, err := w.chat.Room(t.Context(), actor("ann"), r)
	if err != nil || view.Seq != 2 {
		t.Errorf("the room stands at %d: %v", view.Seq, err)
	}
}

// TestNothingOnceEnded: from the moment that a session has ended nothing that its
// client sends takes effect, though its connection is still being closed.
func TestNothingOnceEnded(t *testing.T) {
	w := open(t)
	r := w.room("ann", "bob")
	c := w.connect("ann")
	p := w.peerOf("ann")
	p.session.Close() // and nobody has closed the connection yet
	c.emit("message", fmt.Sprintf(`%q,"too late"`, r))
	c.emit("leave", fmt.Sprintf("%q", r))
	c.send("41/chat,") // which is handled behind them
	select {
	case <-p.gone:
	case <-time.After(10 * time.Second):
		t.Fatal("the goodbye was not handled")
	}
	view, err := w.chat.Room(t.Context(), actor("ann"), r)
	if err != nil || view.Seq != 0 {
		t.Errorf("the room stands at %d: %v", view.Seq, err)
	}
}

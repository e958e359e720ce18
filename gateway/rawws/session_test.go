package rawws

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"parley/chat"
)

// TestSessionEnds has every way in which a session's socket ends.
func TestSessionEnds(t *testing.T) {
	w := openWorld(t)
	id := w.session("ann")
	first := w.visit("ann", id)
	w.dial("/ws/chat/"+id+"?token=bob").ends("forbidden", 4403) // does not touch ann's
	first.settle()
	second := w.visit("ann", id)
	first.ends("conflict", 4409)
	second.settle()
	other := w.session("ann")
	second.ends("conflict", 4409)
	third := w.visit("ann", other)
	if err := w.chat.CloseSession(t.Context(), actor("ann"), other); err != nil {
		t.Fatal(err)
	}
	third.ends("not_found", 4408)

	idle := w.session("bob")
	c := w.visit("bob", idle)
	w.later.Add(int64(chat.SessionIdle))
	if n, err := w.chat.SweepSessions(t.Context()); n == 0 || err != nil {
		t.Fatal(n, err)
	}
	c.ends("not_found", 4408)
}

// TestSessionOutlivesItsSocket keeps a session as long as its socket is open, and
// for the grace behind it.
func TestSessionOutlivesItsSocket(t *testing.T) {
	w := openWorld(t)
	w.chat.SessionGrace = 40 * time.Millisecond
	id := w.session("ann")
	c := w.visit("ann", id)
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan struct{})
	go func() { w.doors.Run(ctx); close(ran) }()
	for range 3 {
		w.later.Add(int64(w.chat.SessionGrace))
		at := w.chat.Now()
		eventually(t, "the open socket is noted", func() bool { return !w.one(id).SeenAt.Before(at) })
		if _, err := w.chat.SweepSessions(ctx); err != nil {
			t.Fatal(err)
		}
	}
	c.settle()
	c.lose()
	eventually(t, "the socket is given up", func() bool { _, n := w.doors.Connections(); return n == 0 })
	w.later.Add(int64(w.chat.SessionGrace) - 1e6)
	if n, err := w.chat.SweepSessions(ctx); n != 0 || err != nil {
		t.Fatal("closed within the grace", err)
	}
	w.later.Add(2e6)
	if n, err := w.chat.SweepSessions(ctx); n != 1 || err != nil {
		t.Fatal("not closed after the grace", n, err)
	}
	w.dial("/ws/chat/"+id+"?token=ann").ends("not_found", 4408)
	stop()
	<-ran
}

func (w *world) one(session string) chat.Session {
	w.t.Helper()
	one, err := w.store.Session(w.t.Context(), session)
	if err != nil {
		w.t.Fatal(err)
	}
	return one
}

// TestUseIsNotedNowAndThen notes a session's use, but not with every message.
func TestUseIsNotedNowAndThen(t *testing.T) {
	w := openWorld(t)
	id := w.session("ann")
	c := w.visit("ann", id)
	say := func(after time.Duration) time.Time {
		w.later.Add(int64(after))
		c.call(`{"message":"x"}`)
		return w.one(id).UsedAt
	}
	first := say(time.Minute)
	if !first.Equal(w.chat.Now()) {
		t.Errorf("the first use is of %v", first)
	}
	if again := say(usedEvery - 1e6); !again.Equal(first) {
		t.Error("noted with the next message")
	}
	if later := say(1e6); !later.Equal(w.chat.Now()) {
		t.Error("not noted after a while")
	}
}

// TestUnprovenReplyComesAgain has a client that may not have got the end of a
// reply, for it answers no pings, and one that has.
func TestUnprovenReplyComesAgain(t *testing.T) {
	for _, proven := range []bool{false, true} {
		w := openWorld(t)
		id := w.session("ann")
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		ws, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(w.URL, "http")+"/ws/chat/"+id+"?token=ann", &websocket.DialOptions{ //nolint:bodyclose // it has none
			OnPingReceived: func(context.Context, []byte) bool { return proven },
		})
		if err != nil {
			t.Fatal(err)
		}
		c := &client{t, ws}
		c.await("session_info")
		c.call(`{"message":"x"}`)
		w.reply().say("one").end(chat.StatusComplete)
		c.await("response_start")
		c.await("response_chunk")
		one := field(c.await("response_complete"), "message_id")
		c.settle()
		c.settle() // the server has read the pong by now
		c.call(`{"message":"y"}`)
		r := w.reply()
		c.await("response_start")
		c.lose()
		r.say("while it is away").end(chat.StatusComplete)

		// Whether or not the server knows of the loss by now.
		back := w.visit("ann", id)
		m := back.await("response_complete")
		if !proven {
			if field(m, "message_id") != one {
				t.Errorf("the unproven reply did not come again: %s", m)
			}
			m = back.await("response_complete")
		}
		if field(m, "full_response") != "while it is away" {
			t.Errorf("what was closed meanwhile came as %s", m)
		}
		if rest := back.settle(); len(rest) != 0 {
			t.Errorf("and then %s", rest)
		}
		back.settle()
		back.lose()
		again := w.visit("ann", id)
		if rest := again.settle(); len(rest) != 0 {
			t.Errorf("what was proven came again: %s", rest)
		}
	}
}

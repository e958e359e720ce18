package socketio

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"parley/chat"
)

// key returns the key of the one conversation in the inbox.
func (w *world) key() string {
	w.t.Helper()
	all, _, err := w.chat.Inbox(w.t.Context(), actor("ada"), chat.ConversationQuery{})
	if err != nil || len(all) != 1 {
		w.t.Fatal(all, err)
	}
	return all[0].Key
}

// queue tells everybody who waits their place.
func (w *world) queue(told func()) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() { w.chat.RunQueue(ctx); close(done) }()
	told()
	cancel()
	<-done
}

// connects connects a user once more and writes down what it gets first.
func (s *script) connects(user, name string) {
	s.t.Helper()
	c := s.w.dial("/chat")
	c.join(map[string]string{"token": user})
	for _, p := range c.settle() {
		s.write(name+" gets", plain(p.data))
	}
	c.cut()
}

// TestConversationShapes pins what a customer and the agents are told of a
// conversation on its way from the bot to a person and back, and what a new
// connection is told of it.
func TestConversationShapes(t *testing.T) {
	s := play(t, "ann", "ada")
	ctx, ada := t.Context(), actor("ada")
	if err := s.w.chat.EnsureDefault(ctx); err != nil {
		t.Fatal(err)
	}
	s.on("ann", "message", `"what?"`)
	s.w.reply().Append("never en")
	s.does("a reply begins", nil)
	s.on("ann", "human-escalation", `{"reason":"it talks in circles"}`)
	key := s.w.key()
	s.w.later.Store(int64(90*time.Second + 999*time.Millisecond))
	s.write("90 seconds later", nil)
	s.connects("ann", "ann's new socket")
	s.w.queue(func() { s.gets("ann", "conversation-state") })
	_, err := s.w.chat.Claim(ctx, ada, key)
	s.does("ada claims", err)
	s.connects("ann", "ann's new socket")
	s.connects("ada", "ada's new socket")
	s.on("ada", "message", fmt.Sprintf(`%q,"how can I help?"`, chat.ConversationOf("ann")))
	s.on("ann", "human-escalation", ``)
	_, err = s.w.chat.Note(ctx, ada, key, "they are <angry>")
	s.does("ada writes a note", err)
	name := "Ann"
	_, err = s.w.chat.UpdateContact(ctx, ada, key, chat.Contact{Name: &name})
	s.does("ada changes the contact", err)
	_, err = s.w.chat.Release(ctx, ada, key)
	s.does("ada releases", err)
	_, err = s.w.chat.HandBack(ctx, ada, key)
	s.does("ada hands back", err)
	s.on("ann", "message", `"and now?"`)
	r := s.w.reply()
	r.Append("now it is me")
	s.w.finish(r)
	s.does("the bot answers", nil)
	_, err = s.w.chat.Resolve(ctx, ada, key)
	s.does("ada resolves", err)
	s.does("ada erases", s.w.chat.EraseConversation(ctx, ada, key))
	s.connects("ann", "ann's new socket")
	golden(t, "conversations", s.lines)
}

// TestStateIsRecovered: a client that comes back in time gets the news it missed as
// it was told, and no other.
func TestStateIsRecovered(t *testing.T) {
	w := open(t)
	ann := w.connect("ann")
	ann.call("message", `"hello"`)
	ann.call("human-escalation", ``)
	ann.cut()
	eventually(t, "the loss", func() bool { n, _ := w.hub.Sessions(); return n == 0 })
	c, e := w.settled("ann")
	c.await("conversation-state")
	if len(c.settle()) != 0 {
		t.Error("it was told more than once")
	}
	e.Offset = w.latest(c, e)
	c.cut()
	eventually(t, "the loss", func() bool { n, _ := w.hub.Sessions(); return n == 0 })
	if _, err := w.chat.Claim(t.Context(), actor("ada"), w.key()); err != nil {
		t.Fatal(err)
	}
	c, ok := w.back("/chat", e)
	if !ok {
		t.Fatal("not recovered")
	}
	var states []json.RawMessage
	for _, p := range c.settle() {
		if p.name() == "conversation-state" {
			states = append(states, field(p, "state"))
		}
	}
	if len(states) != 1 || string(states[0]) != `"assigned"` {
		t.Errorf("told %s", states)
	}
}

// latest posts once and returns the offset of what comes of it.
func (w *world) latest(c *client, e ends) string {
	w.t.Helper()
	w.post(e.Token, chat.Me, "still there?")
	return c.await("message").offset()
}

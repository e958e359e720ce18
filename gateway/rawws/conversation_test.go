package rawws

import (
	"context"
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

// agents has the agent do something with the one conversation.
func (s *script) agent(what string, do func(ctx context.Context, a chat.Actor, key string) (chat.ConversationView, error)) {
	s.t.Helper()
	_, err := do(s.t.Context(), actor("ada"), s.w.key())
	s.happens("ada "+what, err)
}

// queued tells who waits their place, and writes it down.
func (s *script) queued(name string) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan struct{})
	go func() { s.w.chat.RunQueue(ctx); close(done) }()
	s.gets(name, 1)
	cancel()
	<-done
}

// connects connects once more and writes down what comes.
func (s *script) connects(path string) {
	s.t.Helper()
	c := s.w.dial(path)
	c.send(`{"type":"ping"}`)
	for m := c.next(); field(m, "type") != "pong"; m = c.next() {
		s.write("a new connection gets", m)
	}
	c.lose()
}

// handOver plays a conversation from the bot to a person and back, with a reply in
// each of the bot's turns.
func (s *script) handOver(path, room, question string) {
	w := s.w
	s.sends("ann", question)
	open := w.reply().say("never en")
	s.happens("the reply goes on", nil)
	s.sends("ann", `{"type":"human-escalation","reason":"it talks in circles"}`)
	<-open.stopped
	open.Done() // it was closed under its writer
	w.later.Store(int64(90*time.Second + 999*time.Millisecond))
	s.connects(path)
	s.queued("ann")
	s.agent("claims", w.chat.Claim)
	s.connects(path)
	w.post("ada", room, "How can I help?")
	s.happens("ada writes", nil)
	s.agent("hands back", w.chat.HandBack)
	s.connects(path)
	s.sends("ann", question)
	w.reply().say("now it is me").end(chat.StatusComplete)
	s.happens("the bot answers", nil)
	s.agent("resolves", w.chat.Resolve)
	s.connects(path)
}

// TestTokenHandOver pins what 002's client is told.
func TestTokenHandOver(t *testing.T) {
	s := newScript(t)
	first := s.join("ann", s.w.dial("/ws?token=ann")).next()
	s.w.session("ann") // whose room is none of this connection's business
	s.handOver("/ws?token=ann", field(first, "conversation"), `{"type":"chat","content":"what?"}`)
	golden(t, "tokens-handover", s.lines)
}

// TestSessionHandOver pins what 003's client is told.
func TestSessionHandOver(t *testing.T) {
	s := newScript(t)
	id := s.w.session("ann")
	one, err := s.w.store.Session(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	path := "/ws/chat/" + id + "?token=ann"
	s.join("ann", s.w.dial(path)).await("session_info")
	// A new socket takes the session over: the hand-over is played without.
	s.handOver("/ws?token=ann", one.Room, `{"message":"what?"}`)
	s.connects(path)
	golden(t, "sessions-handover", s.lines)
}

package chat_test

import (
	"errors"
	"testing"
	"time"

	"parley/chat"
)

// TestSessions: one active session a user, whose conversation outlives it.
func TestSessions(t *testing.T) {
	w, l := newTalk(t)
	one, err := w.OpenSession(w.ctx(), ann, chat.DefaultChatbot)
	w.ok(err)
	equal(t, "name", one.ChatbotName, "Assistant")
	equal(t, "previous", len(one.Previous), 0)
	w.post(ann, one.Room, "hello")
	equal(t, "asked", l.asked[0].Room.Chatbot, chat.DefaultChatbot)
	w.bus.take()
	two, err := w.OpenSession(w.ctx(), ann, chat.DefaultChatbot)
	w.ok(err)
	equal(t, "the conversation", two.Room, one.Room)
	equal(t, "previous", two.Previous[0].Text, "hello")
	events := w.bus.take()
	same(t, "events", column(events, func(e chat.Event) chat.EventKind { return e.Kind }), []chat.EventKind{chat.EventSessionClosed})
	equal(t, "who", events[0].Origin, one.ID)
	equal(t, "why", events[0].Replaced, true)
	for name, c := range map[string]struct {
		actor chat.Actor
		id    string
		want  error
	}{
		"closed":    {ann, one.ID, chat.ErrSessionClosed},
		"unknown":   {ann, "nobody's", chat.ErrSessionNotFound},
		"malformed": {ann, "", chat.ErrSessionNotFound},
	} {
		if _, _, err := w.EnterSession(w.ctx(), c.actor, c.id); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, _, err = w.EnterSession(w.ctx(), bob, two.ID)
	check(t, err, chat.CodeForbidden, "")
	check(t, w.CloseSession(w.ctx(), bob, two.ID), chat.CodeNotFound, "")
	check(t, w.CloseSession(w.ctx(), ann, one.ID), chat.CodeNotFound, "")
	w.ok(w.CloseSession(w.ctx(), ann, two.ID))
	equal(t, "told", w.bus.take()[0].Replaced, false)
	_, err = w.OpenSession(w.ctx(), ann, "no-bot")
	check(t, err, chat.CodeNotFound, chat.ErrChatbotNotFound.Message)
	_, err = w.OpenSession(w.ctx(), gil, chat.DefaultChatbot)
	w.ok(err)
}

// TestSessionsEnd: without its socket a session ends after the grace, unused or
// never entered after idle, and not before.
func TestSessionsEnd(t *testing.T) {
	now := begin
	w, _ := newTalk(t, func(o *chat.Options) { o.Now = func() time.Time { return now } })
	session := func(a chat.Actor) string {
		s, err := w.OpenSession(w.ctx(), a, chat.DefaultChatbot)
		w.ok(err)
		return s.ID
	}
	never, gone, stays := session(ann), session(bob), session(cid)
	_, _, err := w.EnterSession(w.ctx(), bob, gone)
	w.ok(err)
	w.ok(w.LeftSession(w.ctx(), gone, 7))
	after := func(d time.Duration, want int) {
		t.Helper()
		now = now.Add(d)
		w.ok(w.SeenSessions(w.ctx(), map[string]int64{stays: 0}))
		n, err := w.SweepSessions(w.ctx())
		w.ok(err)
		equal(t, "closed after "+d.String(), n, want)
	}
	after(chat.SessionGrace-time.Millisecond, 0)
	after(time.Millisecond, 1)
	s, err := w.db.Session(w.ctx(), gone)
	w.ok(err)
	equal(t, "closed", s.ClosedAt.Equal(now), true)
	equal(t, "seen", s.SeenVersion, 7)
	w.ok(w.UsedSession(w.ctx(), stays))
	after(chat.SessionIdle-chat.SessionGrace, 1)
	s, err = w.db.Session(w.ctx(), never)
	w.ok(err)
	equal(t, "never entered", s.ClosedAt.IsZero(), false)
	after(chat.SessionIdle, 1)
}

// TestMissedReplies: a client that returns is given the replies that were closed
// since it was last known to have seen everything.
func TestMissedReplies(t *testing.T) {
	w, l := newTalk(t)
	s, err := w.OpenSession(w.ctx(), ann, chat.DefaultChatbot)
	w.ok(err)
	for _, text := range []string{"one", "two"} {
		w.post(ann, s.Room, text)
		r := w.begin(l.asked[len(l.asked)-1])
		r.Append("re: " + text)
		w.ok(r.Close(w.ctx(), chat.StatusComplete, 0, 0))
		r.Done()
	}
	for seen, want := range map[int64][]string{0: {"re: one", "re: two"}, 2: {"re: two"}, 3: {"re: two"}, 4: nil} {
		w.ok(w.LeftSession(w.ctx(), s.ID, seen))
		one := s.Session
		one.SeenVersion = seen
		ms, err := w.SessionReplies(w.ctx(), one)
		w.ok(err)
		same(t, "missed", column(ms, func(m chat.Message) string { return m.Text }), want)
	}
}

package chat_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"parley/chat"
)

// TestQuestionGoneBeforeItsReply: what was deleted while it waited is not
// answered, what was edited is answered as it is now, and whoever is blocked is
// not answered at all.
func TestQuestionGoneBeforeItsReply(t *testing.T) {
	w, l := newTalk(t)
	q := w.question(l, ann, "a secret")
	_, err := w.Edit(w.ctx(), ann, q.Message.ID, "no secret")
	w.ok(err)
	r := w.begin(q)
	equal(t, "the question", r.Asked().Text, "no secret")
	w.ok(w.StopReply(w.ctx(), ann, r.ID()))
	_, err = w.Delete(w.ctx(), ann, q.Message.ID)
	w.ok(err)
	_, err = w.OpenReply(w.ctx(), q, func() {})
	check(t, err, chat.CodeNotFound, "")
	q = w.question(l, bob, "what?")
	_, err = w.db.UpdateUser(w.ctx(), "bob", func(u *chat.User) error {
		u.Blocked = true
		return nil
	})
	w.ok(err)
	if _, err = w.OpenReply(w.ctx(), q, func() {}); !errors.Is(err, chat.ErrBlocked) {
		t.Errorf("of a blocked user: %v", err)
	}
}

// TestClearHistoryWhileAReplyBegins: a reply that is being opened, here or on
// another node, does not outlive the clearing.
func TestClearHistoryWhileAReplyBegins(t *testing.T) {
	w, l := newTalk(t)
	other := chat.NewService(chat.Options{Store: w.db, Bus: w.bus, Now: w.Now, NewID: w.NewID, Assistant: &listener{}})
	for name, clearer := range map[string]*chat.Service{"here": w.Service, "elsewhere": other} {
		q, cleared := w.question(l, ann, "what?"), make(chan error, 1)
		var once sync.Once
		w.bus.hook(func(e chat.Event) {
			if e.Kind == chat.EventStreamStart { // the reply is stored, and known to nobody yet
				once.Do(func() { go func() { cleared <- clearer.ClearHistory(context.Background(), ann) }() })
			}
		})
		r := w.begin(q)
		w.ok(<-cleared)
		r.Append("an answer to what was cleared")
		check(t, r.Close(w.ctx(), chat.StatusComplete, 0, 0), chat.CodeNotFound, "")
		ms, _, _, err := w.ConversationHistory(w.ctx(), ann, 0, 10)
		w.ok(err)
		equal(t, name, len(ms), 0)
	}
}

// TestRepeatedQuestion: a question whose node ended before its reply began is
// asked again when its client repeats it, one that was answered is not.
func TestRepeatedQuestion(t *testing.T) {
	w, l := newTalk(t)
	nonce := "n"
	d := says(chat.Me, "what?")
	d.Nonce = &nonce
	for i, want := range []int{1, 2} {
		_, err := w.Post(w.ctx(), ann, d)
		w.ok(err)
		equal(t, fmt.Sprint("asked after post ", i+1), len(l.asked), want)
	}
	r := w.begin(l.asked[1])
	for range 2 {
		_, err := w.Post(w.ctx(), ann, d)
		w.ok(err)
		equal(t, "asked", len(l.asked), 2)
		if r != nil {
			w.ok(r.Close(w.ctx(), chat.StatusComplete, 0, 0))
			r.Done()
			r = nil
		}
	}
}

// TestSweepBehindANewOwner: a lost reply under an older owner is closed without
// its text.
func TestSweepBehindANewOwner(t *testing.T) {
	w, l := newTalk(t)
	q := w.question(l, ann, "what?")
	r := w.begin(q)
	r.Append("bot text")
	w.ok(r.Checkpoint(w.ctx()))
	w.submit(chat.Command{Room: q.Room.ID, Decide: func(st chat.State) (chat.Effects, error) {
		st.Room.OwnerEpoch++
		return chat.Effects{Room: &st.Room}, nil
	}})
	r.Done()
	w.bus.take()
	_, err := w.SweepReplies(w.ctx(), 0)
	w.ok(err)
	e := w.bus.take()[0]
	equal(t, "text", e.Message.Text, "")
	equal(t, "status", e.Message.Status, chat.StatusCancelled)
}

// TestSessionAfterManyMessages: however much was said meanwhile, the reply that
// was missed is found, and no reply that was seen comes again.
func TestSessionAfterManyMessages(t *testing.T) {
	w, l := newTalk(t)
	one, err := w.OpenSession(w.ctx(), ann, chat.DefaultChatbot)
	w.ok(err)
	for i := range 60 {
		w.post(ann, one.Room, fmt.Sprint("question ", i))
		if i%20 == 0 {
			r := w.begin(l.asked[len(l.asked)-1])
			r.Append(fmt.Sprint("answer ", i))
			w.ok(r.Close(w.ctx(), chat.StatusComplete, 0, 0))
			r.Done()
		}
	}
	w.ok(w.SeenSessions(w.ctx(), map[string]int64{one.ID: 30}))
	s, _, err := w.EnterSession(w.ctx(), ann, one.ID)
	w.ok(err)
	ms, err := w.SessionReplies(w.ctx(), s)
	w.ok(err)
	same(t, "missed", column(ms, func(m chat.Message) string { return m.Text }), []string{"answer 40"})
}

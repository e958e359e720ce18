package socketio

import (
	"context"
	"time"

	"parley/chat"
)

// bot is an assistant whose replies the test writes.
type bot struct{ asked chan chat.Question }

func (*bot) Admit(string) error    { return nil }
func (b *bot) Ask(q chat.Question) { b.asked <- q }
func (*bot) Forget(string)         {}

// reply opens a reply to the last question; whoever stops it, cancels it.
func (w *world) reply() *chat.Reply {
	w.t.Helper()
	var r *chat.Reply
	r = w.replyStopped(func() {
		go func() {
			_ = r.Close(context.Background(), chat.StatusCancelled, 0, 0)
			r.Done()
		}()
	})
	return r
}

// replyStopped is reply with what happens when it is stopped.
func (w *world) replyStopped(stop func()) *chat.Reply {
	w.t.Helper()
	var q chat.Question
	select {
	case q = <-w.bot.asked:
	case <-time.After(patience):
		w.t.Fatal("nothing was asked")
	}
	for len(w.bot.asked) > 0 {
		q = <-w.bot.asked
	}
	r, err := w.chat.OpenReply(w.t.Context(), q, stop)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// finish closes a reply as it stands.
func (w *world) finish(r *chat.Reply) {
	w.t.Helper()
	if err := r.Close(w.t.Context(), chat.StatusComplete, 0, 0); err != nil {
		w.t.Fatal(err)
	}
	r.Done()
}

package chat_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"parley/chat"
)

// listener keeps what is asked; its answers are the test's.
type listener struct {
	asked  []chat.Question
	forgot []string
	refuse error
}

func (l *listener) Admit(string) error  { return l.refuse }
func (l *listener) Ask(q chat.Question) { l.asked = append(l.asked, q) }
func (l *listener) Forget(room string)  { l.forgot = append(l.forgot, room) }
func newTalk(t *testing.T, change ...func(*chat.Options)) (*world, *listener) {
	t.Helper()
	l := &listener{}
	w := newWorld(t, append([]func(*chat.Options){func(o *chat.Options) { o.Assistant = l }}, change...)...)
	w.ok(w.EnsureDefault(w.ctx()))
	return w, l
}

// question asks the assistant something and returns what it is told.
func (w *world) question(l *listener, a chat.Actor, text string) chat.Question {
	w.t.Helper()
	w.post(a, chat.Me, text)
	if len(l.asked) == 0 {
		w.t.Fatal("nothing was asked")
	}
	return l.asked[len(l.asked)-1]
}

// begin opens a reply that stop ends as its writer would.
func (w *world) begin(q chat.Question) *chat.Reply {
	w.t.Helper()
	stopped := make(chan struct{}, 1)
	r, err := w.OpenReply(w.ctx(), q, func() {
		select {
		case stopped <- struct{}{}:
		default:
		}
	})
	w.ok(err)
	go func() {
		select {
		case <-stopped:
			_ = r.Close(context.Background(), chat.StatusCancelled, 0, 0)
			r.Done()
		case <-w.ctx().Done():
		}
	}()
	return r
}

// TestOwnConversation: me is one room of one's own, made with the first message
// and known by its real name alone.
func TestOwnConversation(t *testing.T) {
	w, l := newTalk(t)
	q := w.question(l, ann, "hello")
	room := chat.ConversationOf("ann")
	equal(t, "room", q.Room.ID, room)
	equal(t, "chatbot", q.Room.Chatbot, chat.DefaultChatbot)
	equal(t, "seq", q.Message.Seq, 1)
	events := w.bus.take()
	same(t, "events", column(events, func(e chat.Event) chat.EventKind { return e.Kind }),
		[]chat.EventKind{chat.EventRoomJoined, chat.EventMessage})
	equal(t, "joined in front of the first message", events[0].At, 0)
	for name, id := range map[string]string{"me": chat.Me, "its id": room} {
		view, err := w.Room(w.ctx(), ann, id)
		w.ok(err)
		equal(t, name, view.ID, room)
	}
	w.post(ann, room, "again")
	equal(t, "asked by its id", len(l.asked), 2)
	_, err := w.Room(w.ctx(), bob, room)
	check(t, err, chat.CodeNotFound, chat.ErrRoomNotFound.Message)
	_, err = w.Post(w.ctx(), bob, says(room, "x"))
	check(t, err, chat.CodeNotFound, "")
	ms, count, more, err := w.ConversationHistory(w.ctx(), ann, 0, 1)
	w.ok(err)
	same(t, "the newest", texts(ms), []string{"again"})
	equal(t, "all", count, 2)
	equal(t, "more", more, true)
	ms, _, _, err = w.ConversationHistory(w.ctx(), gil, 0, 10)
	w.ok(err)
	equal(t, "a guest's, who never wrote", len(ms), 0)
	for name, err := range map[string]error{
		"leave":  w.LeaveRoom(w.ctx(), ann, chat.Me),
		"delete": w.DeleteRoom(w.ctx(), ann, chat.Me),
		"add":    w.AddUsers(w.ctx(), ann, chat.Me, []string{"bob"}),
	} {
		if chat.CodeOf(err) != chat.CodeForbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	answer, err := w.SyncRooms(w.ctx(), ann, map[string]string{chat.Me: ""})
	w.ok(err)
	equal(t, "sync under its real name", len(answer[room].Messages), 2)
}

// TestReplyTakesItsPlaceAtTheEnd: a streamed reply is in no list until it is
// closed, gets its seq then, and is one message.
func TestReplyTakesItsPlaceAtTheEnd(t *testing.T) {
	w, l := newTalk(t)
	q := w.question(l, ann, "what?")
	before := w.state(q.Room.ID)
	w.bus.take()
	r := w.begin(q)
	_, err := w.OpenReply(w.ctx(), q, func() {})
	if !errors.Is(err, chat.ErrReplyOpen) {
		t.Errorf("a second reply: %v", err)
	}
	r.Append("Héy ")
	r.Append("😀!")
	w.ok(r.Checkpoint(w.ctx()))
	open := w.OpenReplies(q.Room.ID)
	equal(t, "text so far", open[0].Text, "Héy 😀!")
	equal(t, "its code units", open[0].Units, 7)
	equal(t, "the room's version has not moved", w.state(q.Room.ID).Version, before.Version)
	ms, _, _, err := w.ConversationHistory(w.ctx(), ann, 0, 10)
	w.ok(err)
	same(t, "while it is written", texts(ms), []string{"what?"})
	stored, err := w.db.Message(w.ctx(), r.ID())
	w.ok(err)
	equal(t, "checkpoint", stored.Text, "Héy 😀!")
	later := w.post(ann, chat.Me, "meanwhile")
	equal(t, "a message meanwhile", later.Seq, 2)
	r.Ground([]chat.Source{{Document: "d", Passage: "p"}})
	w.ok(r.Close(w.ctx(), chat.StatusComplete, 3, 4))
	r.Done()
	check(t, r.Close(w.ctx(), chat.StatusFailed, 0, 0), chat.CodeNotFound, "")
	check(t, r.Checkpoint(w.ctx()), chat.CodeNotFound, "")
	events := w.bus.take()
	last := events[len(events)-1]
	same(t, "events", column(events, func(e chat.Event) chat.EventKind { return e.Kind }),
		[]chat.EventKind{chat.EventStreamStart, chat.EventStreamToken, chat.EventStreamToken, chat.EventMessage, chat.EventMessage})
	same(t, "offsets", []int{events[1].Offset, events[2].Offset}, []int{0, 4})
	equal(t, "seq", last.Message.Seq, 3)
	equal(t, "status", last.Message.Status, chat.StatusComplete)
	equal(t, "role", last.Message.RoleIn("ann"), chat.FromAssistant)
	equal(t, "answers", last.Message.ReplyTo, q.Message.ID)
	equal(t, "tokens", last.Message.Reply.CompletionTokens, 4)
	same(t, "sources", last.Message.Reply.Sources, []chat.Source{{Document: "d", Passage: "p"}})
	ms, _, _, err = w.ConversationHistory(w.ctx(), ann, 0, 10)
	w.ok(err)
	same(t, "afterwards", texts(ms), []string{"what?", "meanwhile", "Héy 😀!"})
	view, err := w.Room(w.ctx(), ann, chat.Me)
	w.ok(err)
	equal(t, "unread", view.Unread, 1)
	equal(t, "last message", view.LastMessage.ID, r.ID())
}

// TestStop: whoever takes part may stop a reply, and it is closed when they are answered.
func TestStop(t *testing.T) {
	w, l := newTalk(t)
	q := w.question(l, ann, "what?")
	r := w.begin(q)
	r.Append("some")
	check(t, w.StopReply(w.ctx(), bob, r.ID()), chat.CodeNotFound, chat.ErrMessageNotFound.Message)
	check(t, w.StopReply(w.ctx(), ann, q.Message.ID), chat.CodeNotFound, "")
	check(t, w.StopReply(w.ctx(), ann, ""), chat.CodeInvalid, "")
	w.ok(w.StopReply(w.ctx(), ann, r.ID()))
	m, err := w.db.Message(w.ctx(), r.ID())
	w.ok(err)
	equal(t, "status", m.Status, chat.StatusCancelled)
	equal(t, "text", m.Text, "some")
	w.ok(w.StopReply(w.ctx(), ann, r.ID()))
	_, err = w.OpenReply(w.ctx(), q, func() {})
	w.ok(err)
}

// TestLostReply: what its node no longer writes to is closed as interrupted, with
// what was last stored, and what a node writes is left alone.
func TestLostReply(t *testing.T) {
	now := begin
	w, l := newTalk(t, func(o *chat.Options) { o.Now = func() time.Time { return now } })
	q := w.question(l, ann, "what?")
	r := w.begin(q)
	r.Append("stored")
	w.ok(r.Checkpoint(w.ctx()))
	r.Append(" and lost")
	now = now.Add(2 * chat.ReplyLease)
	n, err := w.SweepReplies(w.ctx(), chat.ReplyLease)
	w.ok(err)
	equal(t, "closed by its own node", n, 0)
	other := chat.NewService(chat.Options{Store: w.db, Bus: w.bus, Now: w.Now, NewID: w.NewID})
	w.bus.take()
	n, err = other.SweepReplies(w.ctx(), 3*chat.ReplyLease)
	w.ok(err)
	equal(t, "closed within its lease", n, 0)
	n, err = other.SweepReplies(w.ctx(), chat.ReplyLease)
	w.ok(err)
	equal(t, "closed", n, 1)
	e := w.bus.take()[0]
	equal(t, "status", e.Message.Status, chat.StatusInterrupted)
	equal(t, "text", e.Message.Text, "stored")
	check(t, r.Checkpoint(w.ctx()), chat.CodeNotFound, "")
	equal(t, "nothing is open", w.state(q.Room.ID).OpenReply, "")
}

// TestClearHistory: the messages are gone, seq goes on, nonces stay known, the
// open reply is stopped and earlier cursors cannot be served.
func TestClearHistory(t *testing.T) {
	w, l := newTalk(t)
	nonce := "n"
	d := says(chat.Me, "first")
	d.Nonce = &nonce
	first, err := w.Post(w.ctx(), ann, d)
	w.ok(err)
	r := w.begin(w.question(l, ann, "what?"))
	r.Append("some")
	room := chat.ConversationOf("ann")
	old := w.state(room).Version
	w.bus.take()
	w.ok(w.ClearHistory(w.ctx(), ann))
	same(t, "questions dropped", l.forgot, []string{room})
	events := w.bus.take()
	equal(t, "the reply first", events[0].Message.Status, chat.StatusCancelled)
	equal(t, "then the clearing", events[1].Kind, chat.EventHistoryCleared)
	equal(t, "its version", events[1].Version, old+2)
	ms, count, _, err := w.ConversationHistory(w.ctx(), ann, 0, 10)
	w.ok(err)
	equal(t, "messages", len(ms)+int(count), 0)
	again, err := w.Post(w.ctx(), ann, d)
	w.ok(err)
	equal(t, "a nonce from before", again.Message.ID, first.Message.ID)
	_, err = w.OpenReply(w.ctx(), l.asked[0], func() {})
	check(t, err, chat.CodeNotFound, "")
	equal(t, "seq goes on", w.post(ann, chat.Me, "new").Seq, 4)
	for cursor, resync := range map[string]bool{w.cursor(old): true, w.cursor(old + 2): false, "": false} {
		answer, err := w.SyncRooms(w.ctx(), ann, map[string]string{room: cursor})
		w.ok(err)
		if answer[room].Resync != resync || (!resync && len(answer[room].Messages) != 1) {
			t.Errorf("cursor %q: %+v", cursor, answer[room])
		}
	}
}

// TestTooManyQuestions: what is refused is not stored, and a repetition costs nothing.
func TestTooManyQuestions(t *testing.T) {
	allowed := 1
	w, l := newTalk(t, func(o *chat.Options) { o.ReplyRate = countdown{&allowed} })
	nonce := "n"
	d := says(chat.Me, "one")
	d.Nonce = &nonce
	for range 3 {
		_, err := w.Post(w.ctx(), ann, d)
		w.ok(err)
	}
	same(t, "asked, each time the same", column(l.asked, func(q chat.Question) string { return q.Message.Text }), []string{"one", "one", "one"})
	_, err := w.Post(w.ctx(), ann, says(chat.Me, "two"))
	check(t, err, chat.CodeRateLimited, "")
	allowed, l.refuse = 1, chat.RateLimited(time.Second)
	_, err = w.Post(w.ctx(), ann, says(chat.Me, "three"))
	check(t, err, chat.CodeRateLimited, "")
	equal(t, "a refusal of the assistant's costs no reply", allowed, 1)
	equal(t, "stored", w.state(chat.ConversationOf("ann")).Seq, 1)
}

// countdown allows so many.
type countdown struct{ left *int }

func (c countdown) Allow(string) (bool, time.Duration) {
	*c.left--
	return *c.left >= 0, time.Second
}

// TestForeignOwner: once the owner's epoch has moved on, nothing of a bot's under
// the older one is stored.
func TestForeignOwner(t *testing.T) {
	w, l := newTalk(t)
	q := w.question(l, ann, "what?")
	r := w.begin(q)
	r.Append("x")
	w.submit(chat.Command{Room: q.Room.ID, Decide: func(st chat.State) (chat.Effects, error) {
		st.Room.OwnerEpoch++
		return chat.Effects{Room: &st.Room}, nil
	}})
	if err := r.Checkpoint(w.ctx()); !errors.Is(err, chat.ErrNotOwner) {
		t.Errorf("checkpoint: %v", err)
	}
	if err := r.Close(w.ctx(), chat.StatusComplete, 0, 0); !errors.Is(err, chat.ErrNotOwner) {
		t.Errorf("close: %v", err)
	}
	m, err := w.db.Message(w.ctx(), r.ID())
	w.ok(err)
	equal(t, "text", m.Text, "")
}

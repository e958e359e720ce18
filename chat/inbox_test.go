package chat_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/chat"
)

func TestInbox(t *testing.T) {
	w, _ := newDesk(t, false)
	var keys []string
	for _, name := range []string{"Ada", "Bea", "Cleo"} {
		p, err := w.PostCustomer(w.ctx(), nil, chat.CustomerPost{Text: "Hello from " + name, Contact: chat.Contact{Name: &name}})
		w.ok(err)
		keys = append(keys, p.Key)
	}
	order := func(what string, q chat.ConversationQuery, want ...string) {
		t.Helper()
		list, n, err := w.Inbox(w.ctx(), eve, q)
		w.ok(err)
		same(t, what, column(list, func(v chat.ConversationView) string { return v.Name }), want)
		equal(t, what+": number", n, int64(len(want)))
	}
	order("newest first", chat.ConversationQuery{}, "Cleo", "Bea", "Ada")
	order("the queue", chat.ConversationQuery{State: chat.Waiting}, "Ada", "Bea", "Cleo")
	_, err := w.Claim(w.ctx(), eve, keys[0])
	w.ok(err)
	order("the queue moves on", chat.ConversationQuery{State: chat.Waiting}, "Bea", "Cleo")
	order("by state", chat.ConversationQuery{State: chat.Assigned}, "Ada")
	order("by words", chat.ConversationQuery{Page: chat.Page{Search: "cLe"}}, "Cleo")
	v, err := w.InboxItem(w.ctx(), eve, keys[2])
	w.ok(err)
	equal(t, "place", v.Position, 2)
	equal(t, "last", v.Last.Text, "Hello from Cleo")
	equal(t, "unread", v.Unread, 1)
	for range 60 {
		_, err := w.OpenConversation(w.ctx(), fay, chat.Contact{Name: ptr("Many")}, strings.Repeat("é", chat.InboxPreview))
		w.ok(err)
	}
	list, n, err := w.Inbox(w.ctx(), eve, chat.ConversationQuery{})
	w.ok(err)
	equal(t, "all of them", len(list), 63)
	equal(t, "number", n, 63)
	equal(t, "a long last message", list[0].Last.Text, strings.Repeat("é", chat.InboxPreview/2)+"…")
	list, _, err = w.Inbox(w.ctx(), eve, chat.ConversationQuery{Page: chat.Page{Limit: 2, Skip: 60}})
	w.ok(err)
	same(t, "a page", column(list, func(v chat.ConversationView) string { return v.Name }), []string{"Ada", "Cleo"})
	_, _, err = w.Inbox(w.ctx(), eve, chat.ConversationQuery{State: "open"})
	check(t, err, chat.CodeInvalid, "")

	polled, err := w.Poll(w.ctx(), &eve, keys[0], chat.PollQuery{})
	w.ok(err)
	equal(t, "an agent's poll", len(polled.Messages), 1)
	v, err = w.InboxItem(w.ctx(), eve, keys[0])
	w.ok(err)
	equal(t, "has read it", v.Unread, 0)

	v, err = w.UpdateContact(w.ctx(), eve, keys[1], chat.Contact{Email: ptr("bea@x")})
	w.ok(err)
	equal(t, "email", v.Email, "bea@x")
	equal(t, "name", v.Name, "Bea")
	_, err = w.UpdateContact(w.ctx(), eve, keys[1], chat.Contact{Email: ptr(strings.Repeat("e", 255))})
	check(t, err, chat.CodeInvalid, "")

	own, err := w.OpenConversation(w.ctx(), fay, chat.Contact{Name: ptr("Dee")}, "We have news for you")
	w.ok(err)
	equal(t, "opened by an agent", own.Agent, "fay")
	polled, err = w.Poll(w.ctx(), nil, own.Key, chat.PollQuery{})
	w.ok(err)
	same(t, "the customer reads", said(polled), []string{"AGE We have news for you"})
	_, err = w.Post(w.ctx(), fay, says(own.Room, "and more"))
	w.ok(err)
}

// TestNotesAreAgentsAlone: no number, no customer.
func TestNotesAreAgentsAlone(t *testing.T) {
	w, _ := newDesk(t, false)
	p := w.begins("Hello")
	before := w.state(p.Room)
	n, err := w.Note(w.ctx(), eve, p.Key, "a difficult one")
	w.ok(err)
	events := w.bus.take()
	same(t, "events", kinds(events), []chat.EventKind{chat.EventNote})
	equal(t, "told", events[0].Note.Text, "a difficult one")
	after := w.state(p.Room)
	equal(t, "seq", after.Seq, before.Seq)
	equal(t, "version", after.Version, before.Version)
	notes, count, err := w.Notes(w.ctx(), fay, p.Key, chat.Page{})
	w.ok(err)
	equal(t, "count", count, 1)
	equal(t, "note", notes[0], n)
	equal(t, "in no poll", len(said(w.writes(p.Key, "x").Polled)), 2)
	_, err = w.Note(w.ctx(), ann, p.Key, "x")
	check(t, err, chat.CodeForbidden, "")
	_, err = w.Note(w.ctx(), eve, p.Key, "")
	check(t, err, chat.CodeInvalid, "")
	_, err = w.Note(w.ctx(), eve, p.Key, strings.Repeat("x", chat.MaxNote+1))
	check(t, err, chat.CodeTooLarge, "")
	_, err = w.Note(w.ctx(), eve, "none", "x")
	check(t, err, chat.CodeNotFound, "")
}

// TestLostAgent: the conversation of an agent who is gone for the grace goes back
// to the queue; those who poll, or have a connection, keep theirs.
func TestLostAgent(t *testing.T) {
	var now atomic.Int64
	var live atomic.Value
	live.Store([]string{})
	w, _ := newDesk(t, false, func(o *chat.Options) {
		o.AgentGrace = time.Minute
		o.Now = func() time.Time { return begin.Add(time.Duration(now.Load())) }
		o.Agents = func() []string { return live.Load().([]string) }
	})
	sweep := func(after time.Duration, want int) {
		t.Helper()
		now.Add(int64(after))
		n, err := w.SweepAgents(w.ctx())
		w.ok(err)
		equal(t, "returned to the queue", n, want)
	}
	p := w.begins("Hello")
	_, err := w.Claim(w.ctx(), eve, p.Key)
	w.ok(err)
	sweep(2*time.Hour, 0) // a node that has just started lets agents come back
	live.Store([]string{"eve"})
	for range 20 {
		sweep(10*time.Second, 0)
	}
	live.Store([]string{})
	for range 20 { // no connection, but signs of life
		_, err := w.Poll(w.ctx(), &eve, p.Key, chat.PollQuery{Since: 9})
		w.ok(err)
		sweep(10*time.Second, 0)
	}
	sweep(time.Minute+10*time.Second, 0)
	w.bus.take()
	sweep(11*time.Second, 1)
	same(t, "events", kinds(w.bus.take()), []chat.EventKind{
		chat.EventRoomLeft, chat.EventParticipantLeft, chat.EventConversationState, chat.EventConversationUpdated,
	})
	v, err := w.InboxItem(w.ctx(), fay, p.Key)
	w.ok(err)
	equal(t, "state", v.State, chat.Waiting)
	_, err = w.Claim(w.ctx(), fay, p.Key)
	w.ok(err)
	ms, _, err := w.History(w.ctx(), fay, p.Room, 0, 0, 10)
	w.ok(err)
	same(t, "with the whole history", texts(ms), []string{"Hello"})
}

// TestQueueIsTold: everybody who waits learns their place, and again when it changes.
func TestQueueIsTold(t *testing.T) {
	w, _ := newDesk(t, false)
	a, b := w.begins("first"), w.begins("second")
	ctx, cancel := context.WithCancel(w.ctx())
	told := make(chan chat.Event, 100)
	w.bus.hook(func(e chat.Event) {
		if e.Kind == chat.EventConversationState && e.Position > 0 {
			told <- e
		}
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.RunQueue(ctx)
	}()
	next := func(room string, position int) {
		t.Helper()
		select {
		case e := <-told:
			if e.Room != room || e.Position != position || e.OwnerEpoch != w.state(room).OwnerEpoch {
				t.Errorf("told %s %d (epoch %d), want %s %d", e.Room, e.Position, e.OwnerEpoch, room, position)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("nobody was told")
		}
	}
	next(a.Room, 1)
	next(b.Room, 2)
	_, err := w.Claim(w.ctx(), eve, a.Key)
	w.ok(err)
	next(b.Room, 1)
	_, err = w.Release(w.ctx(), eve, a.Key)
	w.ok(err)
	next(a.Room, 1)
	next(b.Room, 2)
	cancel()
	<-done
}

// subscriber wants every event.
type subscriber struct{ queued atomic.Int64 }

func (*subscriber) Subscribed(e chat.HookEvent) []string { return []string{"hook"} }
func (s *subscriber) Queued()                            { s.queued.Add(1) }

// TestWhatWebhooksAreTold: stored with what they tell of, in its order.
func TestWhatWebhooksAreTold(t *testing.T) {
	hooks := &subscriber{}
	w, l := newDesk(t, true, func(o *chat.Options) { o.Webhooks = hooks })
	w.ok(w.db.CreateWebhook(w.ctx(), chat.Webhook{ID: "hook", URL: "https://x", Events: chat.HookEvents, Secret: []byte("s"), CreatedAt: begin}))
	p, q := w.asks(l, "Hello")
	r := w.begin(q)
	r.Append("Well")
	w.ok(r.Checkpoint(w.ctx()))
	_, err := w.EscalateCustomer(w.ctx(), p.Key, "a person")
	w.ok(err)
	_, err = w.PostCustomer(w.ctx(), &eve, chat.CustomerPost{Key: p.Key, Text: "I am Eve"})
	w.ok(err)
	_, err = w.Resolve(w.ctx(), eve, p.Key)
	w.ok(err)
	w.room("bob") // a group is nobody's business
	if hooks.queued.Load() == 0 {
		t.Error("nobody is told that there is something to deliver")
	}
	var got []string
	for range 20 {
		list, err := w.db.LeaseDeliveries(w.ctx(), begin.Add(time.Hour), begin.Add(2*time.Hour), 10)
		w.ok(err)
		if len(list) == 0 {
			break
		}
		equal(t, "one at a time of a room", len(list), 1)
		var body struct {
			Type         string
			Conversation struct{ UUID, State, Agent, Reason string }
			Message      *struct {
				ID              int64
				Content, Author string
				Bot             bool
			}
		}
		w.ok(json.Unmarshal(list[0].Body, &body))
		equal(t, "uuid", body.Conversation.UUID, p.Key)
		line := body.Type + " " + body.Conversation.State
		if m := body.Message; m != nil {
			line += " " + m.Author + " " + m.Content
		}
		got = append(got, line)
		w.ok(w.db.Delivered(w.ctx(), list[0].ID))
	}
	same(t, "told", got, []string{
		"conversation.created bot", "message.created bot CUS Hello", "message.created bot AGE Well",
		"conversation.escalated waiting", "conversation.assigned assigned", "message.created assigned AGE I am Eve",
		"conversation.resolved resolved",
	})
}

// TestErasure: nothing of the customer is left but numbers.
func TestErasure(t *testing.T) {
	w, l := newDesk(t, true)
	p, q := w.asks(l, "my secret")
	r := w.begin(q)
	r.Append("your secret")
	w.ok(r.Checkpoint(w.ctx()))
	_, err := w.Note(w.ctx(), eve, p.Key, "their secret")
	w.ok(err)
	guest := p.Customer.ID
	w.bus.take()
	w.ok(w.EraseConversation(w.ctx(), eve, p.Key))
	news := kinds(w.bus.take())
	if news[len(news)-1] != chat.EventConversationDeleted {
		t.Errorf("events %v", news)
	}
	_, err = w.InboxItem(w.ctx(), eve, p.Key)
	check(t, err, chat.CodeNotFound, "")
	_, err = w.Poll(w.ctx(), nil, p.Key, chat.PollQuery{})
	check(t, err, chat.CodeNotFound, "")
	equal(t, "the room", w.state(p.Room).Deleted, true)
	changes, err := w.db.Changes(w.ctx(), p.Room, 0, 100)
	w.ok(err)
	for _, m := range changes {
		if !m.Deleted || m.Text != "" {
			t.Errorf("left: %+v", m)
		}
	}
	u, err := w.db.User(w.ctx(), guest)
	w.ok(err)
	equal(t, "name", u.Name, "")
	notes, _, err := w.db.Notes(w.ctx(), p.Room, chat.Page{Limit: 10})
	w.ok(err)
	equal(t, "notes", len(notes), 0)

	w.post(ann, chat.Me, "mine")
	_, err = w.Escalate(w.ctx(), ann, "", "why")
	w.ok(err)
	list, _, err := w.Inbox(w.ctx(), eve, chat.ConversationQuery{})
	w.ok(err)
	v, messages, err := w.Transcript(w.ctx(), eve, list[0].Key)
	w.ok(err)
	for m, err := range messages {
		w.ok(err)
		equal(t, "transcript", v.Author(m)+" "+m.Text, "CUS mine")
	}
	w.ok(w.EraseConversation(w.ctx(), eve, list[0].Key))
	w.post(ann, chat.Me, "a user's own room goes on")
	ms, _, _, err := w.ConversationHistory(w.ctx(), ann, 0, 10)
	w.ok(err)
	same(t, "history", texts(ms), []string{"a user's own room goes on"})
	equal(t, "and its assistant", l.asked[len(l.asked)-1].Message.Text, "a user's own room goes on")
}

package chat_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/chat"
)

func kinds(events []chat.Event) []chat.EventKind {
	return column(events, func(e chat.Event) chat.EventKind { return e.Kind })
}

// asks begins a conversation with the bot, and returns it with its question.
func (w *world) asks(l *listener, text string) (chat.CustomerPosted, chat.Question) {
	w.t.Helper()
	p := w.begins(text)
	equal(w.t, "with the bot", p.State, chat.WithBot)
	if len(l.asked) == 0 {
		w.t.Fatal("the bot was not asked")
	}
	return p, l.asked[len(l.asked)-1]
}

// TestClaimSilencesTheBot: what it was writing is closed before the news, and not a
// word of it comes out, or is stored, behind it.
func TestClaimSilencesTheBot(t *testing.T) {
	w, l := newDesk(t, true)
	p, q := w.asks(l, "what?")
	r := w.begin(q)
	r.Append("The ans")
	w.bus.take()
	v, err := w.Claim(w.ctx(), eve, p.Key)
	w.ok(err)
	equal(t, "state", v.State, chat.Assigned)
	equal(t, "agent", v.Agent, "eve")
	equal(t, "epoch", w.state(p.Room).OwnerEpoch, q.Room.OwnerEpoch+1)
	equal(t, "the agent is in the room", w.member(p.Room, "eve").Active(), true)
	same(t, "events", kinds(w.bus.take()), []chat.EventKind{
		chat.EventMessage, chat.EventRoomJoined, chat.EventParticipantJoined, chat.EventConversationState, chat.EventConversationUpdated,
	})
	same(t, "nobody is answered any more", l.forgot, []string{p.Room})
	r.Append("wer is")
	w.settled()
	equal(t, "events behind it", len(w.bus.take()), 0)
	m, err := w.db.Message(w.ctx(), r.ID())
	w.ok(err)
	equal(t, "status", m.Status, chat.StatusCancelled)
	equal(t, "all that was seen is kept", m.Text, "The ans")
	_, err = w.OpenReply(w.ctx(), q, func() {})
	if !errors.Is(err, chat.ErrNotOwner) {
		t.Errorf("a reply under an old epoch: %v", err)
	}
	again, err := w.Claim(w.ctx(), eve, p.Key)
	w.ok(err)
	equal(t, "claimed again", again.State, chat.Assigned)
	equal(t, "the epoch stays", w.state(p.Room).OwnerEpoch, q.Room.OwnerEpoch+1)
	equal(t, "nothing to tell", len(w.bus.take()), 0)
	_, err = w.Claim(w.ctx(), fay, p.Key)
	check(t, err, chat.CodeConflict, chat.ErrAssigned.Message)
	w.writes(p.Key, "still there?")
	equal(t, "the bot is not asked", len(l.asked), 1)
}

// settled waits until nothing that was under way when it was called is.
func (w *world) settled() {
	w.t.Helper()
	w.submit(chat.Command{Room: "nowhere", Decide: func(chat.State) (chat.Effects, error) { return chat.Effects{}, nil }})
}

// TestClaimClosesWhatIsStillOpen: a writer that does not hear is closed under.
func TestClaimClosesWhatIsStillOpen(t *testing.T) {
	w, l := newDesk(t, true)
	p, q := w.asks(l, "what?")
	deaf := chat.NewService(w.Options) // writes elsewhere: this node's claim cannot stop it
	r, err := deaf.OpenReply(w.ctx(), q, func() {})
	w.ok(err)
	r.Append("stored ")
	w.ok(r.Checkpoint(w.ctx()))
	r.Append("and not")
	w.bus.take()
	posted, err := w.PostCustomer(w.ctx(), &eve, chat.CustomerPost{Key: p.Key, Text: "I take over", Since: 1})
	w.ok(err)
	same(t, "history", said(posted.Polled), []string{"AGE stored ", "AGE I take over"})
	equal(t, "by a bot", posted.Messages[0].Bot(), true)
	events := w.bus.take()
	same(t, "events", kinds(events), []chat.EventKind{
		chat.EventMessage, chat.EventRoomJoined, chat.EventParticipantJoined, chat.EventConversationState,
		chat.EventConversationUpdated, chat.EventMessage,
	})
	equal(t, "the agent comes in behind the bot", events[1].At, events[0].Version)
	equal(t, "and in front of what they say", events[5].Version, events[1].At+1)
	equal(t, "said by", events[5].SenderName, "Eve")
	check(t, r.Checkpoint(w.ctx()), chat.CodeNotFound, "")
	check(t, r.Close(w.ctx(), chat.StatusComplete, 0, 0), chat.CodeNotFound, "")
	equal(t, "text", posted.Messages[0].Text, "stored ")
}

// TestWaysOfAConversation walks through the states.
func TestWaysOfAConversation(t *testing.T) {
	w, l := newDesk(t, true)
	p, q := w.asks(l, "what?")
	key := p.Key
	state := func(what string, want chat.ConversationState) {
		t.Helper()
		v, err := w.InboxItem(w.ctx(), eve, key)
		w.ok(err)
		equal(t, what, v.State, want)
		if (v.Agent != "") != (want == chat.Assigned) {
			t.Errorf("%s: agent %q", what, v.Agent)
		}
	}
	do := func(f func(context.Context, chat.Actor, string) (chat.ConversationView, error), a chat.Actor, want error) {
		t.Helper()
		if _, err := f(w.ctx(), a, key); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	do(w.HandBack, eve, nil)
	state("handed back to its bot: nothing", chat.WithBot)
	equal(t, "epoch", w.state(p.Room).OwnerEpoch, q.Room.OwnerEpoch)
	do(w.Release, eve, chat.ErrUnassigned)
	polled, err := w.EscalateCustomer(w.ctx(), key, "a person, please")
	w.ok(err)
	equal(t, "place", polled.Position, 1)
	state("escalated", chat.Waiting)
	since := polled.WaitingSince
	_, err = w.EscalateCustomer(w.ctx(), key, "again")
	w.ok(err)
	v, err := w.InboxItem(w.ctx(), eve, key)
	w.ok(err)
	equal(t, "reason", v.Reason, "a person, please")
	do(w.Claim, eve, nil)
	do(w.Release, fay, chat.ErrAssigned)
	do(w.Resolve, fay, chat.ErrAssigned)
	do(w.HandBack, fay, chat.ErrAssigned)
	state("refusals change nothing", chat.Assigned)
	do(w.Release, eve, nil)
	state("released", chat.Waiting)
	v, err = w.InboxItem(w.ctx(), eve, key)
	w.ok(err)
	equal(t, "in its old place", v.WaitingSince, since)
	equal(t, "the agent is out", w.member(p.Room, "eve").Active(), false)
	_, err = w.Post(w.ctx(), eve, says(p.Room, "x"))
	check(t, err, chat.CodeNotFound, "")
	do(w.Claim, fay, nil)
	do(w.Resolve, root, nil)
	state("resolved by an administrator", chat.Resolved)
	w.writes(key, "one more thing")
	state("reopened to the bot", chat.WithBot)
	equal(t, "the bot is asked", l.asked[len(l.asked)-1].Message.Text, "one more thing")
	equal(t, "under the new epoch", l.asked[len(l.asked)-1].Room.OwnerEpoch, w.state(p.Room).OwnerEpoch)
	do(w.Claim, eve, nil)
	do(w.HandBack, eve, nil)
	state("handed back", chat.WithBot)
	_, err = w.OpenReply(w.ctx(), l.asked[len(l.asked)-1], func() {})
	if !errors.Is(err, chat.ErrNotOwner) {
		t.Errorf("a question of before the claim: %v", err)
	}
	do(w.Resolve, eve, nil)
	_, err = w.EscalateCustomer(w.ctx(), key, "")
	w.ok(err)
	state("escalated when resolved", chat.Waiting)

	lone, _ := newDesk(t, false)
	p = lone.begins("no bot here")
	_, err = lone.HandBack(lone.ctx(), eve, p.Key)
	check(t, err, chat.CodeConflict, chat.ErrNoChatbot.Message)
	_, err = lone.Resolve(lone.ctx(), eve, p.Key)
	lone.ok(err)
	equal(t, "reopened to the queue", lone.writes(p.Key, "again").State, chat.Waiting)
}

// TestOwnConversationEscalated: me and sessions have no entry until a person is
// asked for; then the assistant is silent until it is handed back.
func TestOwnConversationEscalated(t *testing.T) {
	w, l := newDesk(t, false)
	q := w.question(l, ann, "what?")
	r := w.begin(q)
	r.Append("Well")
	w.bus.take()
	answer, err := w.Escalate(w.ctx(), ann, chat.Me, "")
	w.ok(err)
	equal(t, "told", answer, chat.Escalated)
	same(t, "events", kinds(w.bus.take()), []chat.EventKind{
		chat.EventMessage, chat.EventConversationState, chat.EventConversationUpdated,
	})
	w.post(ann, chat.Me, "hello?")
	equal(t, "nobody answers", len(l.asked), 1)
	list, _, err := w.Inbox(w.ctx(), eve, chat.ConversationQuery{Page: chat.Page{Search: "ANN"}})
	w.ok(err)
	equal(t, "found by name", len(list), 1)
	key := list[0].Key
	equal(t, "unread", list[0].Unread, 3)
	_, err = w.Claim(w.ctx(), eve, key)
	w.ok(err)
	w.post(eve, q.Room.ID, "I am Eve")
	v, err := w.InboxItem(w.ctx(), eve, key)
	w.ok(err)
	equal(t, "read by writing", v.Unread, 0)
	_, err = w.HandBack(w.ctx(), eve, key)
	w.ok(err)
	_, err = w.Room(w.ctx(), eve, q.Room.ID)
	check(t, err, chat.CodeNotFound, "")
	w.post(ann, chat.Me, "and now?")
	equal(t, "the assistant again", l.asked[len(l.asked)-1].Message.Text, "and now?")
	earlier, err := w.Earlier(w.ctx(), l.asked[len(l.asked)-1], 50)
	w.ok(err)
	equal(t, "the agent's word is known", earlier[len(earlier)-1].Text, "I am Eve")
	group := w.room("bob")
	_, err = w.Escalate(w.ctx(), ann, group, "")
	check(t, err, chat.CodeForbidden, "")
	_, err = w.Escalate(w.ctx(), bob, q.Room.ID, "")
	check(t, err, chat.CodeNotFound, "")
}

// TestGuestEscalates: who never signed in is nobody's user in the inbox, who did is.
func TestGuestEscalates(t *testing.T) {
	w, _ := newDesk(t, false)
	for _, c := range []struct {
		actor chat.Actor
		user  string
	}{{gil, ""}, {ann, ann.ID}} {
		w.post(c.actor, chat.Me, "help me")
		_, err := w.Escalate(w.ctx(), c.actor, "", "")
		w.ok(err)
		list, _, err := w.Inbox(w.ctx(), eve, chat.ConversationQuery{})
		w.ok(err)
		equal(t, "user of "+c.actor.ID, list[0].User, c.user)
		equal(t, "written by "+c.actor.ID, list[0].RoleOf(*list[0].Last), chat.FromUser)
	}
}

// TestAgentIsTheCustomer: who claims their own conversation stays in their room.
func TestAgentIsTheCustomer(t *testing.T) {
	w, _ := newDesk(t, false)
	w.post(eve, chat.Me, "help me")
	_, err := w.Escalate(w.ctx(), eve, "", "")
	w.ok(err)
	list, _, err := w.Inbox(w.ctx(), eve, chat.ConversationQuery{})
	w.ok(err)
	_, err = w.Claim(w.ctx(), eve, list[0].Key)
	w.ok(err)
	_, err = w.Release(w.ctx(), eve, list[0].Key)
	w.ok(err)
	w.post(eve, chat.Me, "still mine")
}

// TestClaimsAtOnce: one of fifty agents wins.
func TestClaimsAtOnce(t *testing.T) {
	w, _ := newDesk(t, false)
	p := w.begins("Hello")
	const n = 50
	var won, lost atomic.Int64
	var wg sync.WaitGroup
	for i := range n {
		a := chat.Actor{ID: fmt.Sprintf("agent-%02d", i), Role: chat.RoleAgent}
		wg.Go(func() {
			_, err := w.Claim(context.Background(), a, p.Key)
			switch {
			case err == nil:
				won.Add(1)
			case errors.Is(err, chat.ErrAssigned):
				lost.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	equal(t, "won", won.Load(), 1)
	equal(t, "refused", lost.Load(), n-1)
	members, err := w.db.Participants(w.ctx(), p.Room, 100)
	w.ok(err)
	equal(t, "in the room", len(members), 2)
	news := slices.DeleteFunc(w.bus.take(), func(e chat.Event) bool { return e.Kind != chat.EventConversationState })
	equal(t, "told once", len(news), 1)
}

// TestHandOffsUnderRace: a bot that answers, and an agent who claims and hands
// back: under every epoch the bot's messages are the bot's.
func TestHandOffsUnderRace(t *testing.T) {
	w, l := newDesk(t, true)
	p, q := w.asks(l, "what?")
	var mu sync.Mutex
	var news []chat.Event
	w.bus.hook(func(e chat.Event) {
		mu.Lock()
		defer mu.Unlock()
		news = append(news, e)
	})
	q.Asker = chat.Actor{ID: p.Creator, Role: chat.RoleGuest}
	var wg sync.WaitGroup
	done := make(chan struct{})
	wg.Go(func() { // the bot, which answers the same question again and again
		for {
			select {
			case <-done:
				return
			default:
			}
			room, err := w.db.Room(context.Background(), p.Room)
			if err != nil {
				t.Error(err)
				return
			}
			q := q
			q.Room = room
			var r *chat.Reply
			stopped := make(chan struct{}, 2)
			if r, err = w.OpenReply(context.Background(), q, func() { stopped <- struct{}{} }); err != nil {
				continue
			}
			for range 50 {
				r.Append("x")
				if len(stopped) > 0 {
					break
				}
				time.Sleep(50 * time.Microsecond) // a bot's pace
			}
			_ = r.Close(context.Background(), chat.StatusComplete, 0, 0)
			r.Done()
		}
	})
	for range 30 {
		_, err := w.Claim(w.ctx(), eve, p.Key)
		w.ok(err)
		_, err = w.HandBack(w.ctx(), eve, p.Key)
		w.ok(err)
	}
	close(done)
	wg.Wait()
	state := chat.WithBot
	closed := map[string]bool{}
	for _, e := range news {
		switch e.Kind {
		case chat.EventConversationState:
			state = e.Conversation.State
		case chat.EventMessage:
			if e.Message.Bot() {
				closed[e.Message.ID] = true
				if state != chat.WithBot {
					t.Errorf("a bot's message in state %s", state)
				}
			}
		case chat.EventStreamStart:
			if state != chat.WithBot {
				t.Errorf("a reply began in state %s", state)
			}
		case chat.EventStreamToken:
			// Behind its closed message the gateway drops it; in front of it the bot owns.
			if state != chat.WithBot && !closed[e.MessageID] {
				t.Errorf("a token of an open reply in state %s", state)
			}
		}
	}
}

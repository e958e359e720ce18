package gateway

import (
	"fmt"
	"slices"
	"testing"

	"parley/chat"
)

// stateEvent is news of room r.
func stateEvent(to chat.ConversationState, ownerEpoch, at int64) chat.Event {
	return chat.Event{
		Kind: chat.EventConversationState, Room: "r", At: at, OwnerEpoch: ownerEpoch, Conversation: &chat.Conversation{State: to},
	}
}

// states are what a client was told of conversations.
func (r *reader) states() []chat.ConversationState {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []chat.ConversationState
	for _, p := range r.pieces {
		if p.Kind == chat.EventConversationState {
			list = append(list, p.State)
		}
	}
	return list
}

func (r *reader) expect(t *testing.T, what string, want ...chat.ConversationState) {
	t.Helper()
	if got := r.states(); !slices.Equal(got, want) {
		t.Errorf("%s: told %v, want %v", what, got, want)
	}
}

// TestStates reach everybody in the room in its order; those of an owner who is not
// it any more do not, those of the present one may repeat.
func TestStates(t *testing.T) {
	h, f, w := streamHub()
	f.members["ann"] = []string{"r"}
	ann, one := w.attend(t, NewSession{ID: "a"})
	defer ann.Close()
	raw, two := w.attend(t, NewSession{ID: "b", Room: "r", Silent: true})
	defer raw.Close()
	lost := f.post("r")
	h.Publish(stateEvent(chat.Assigned, 3, 1))
	one.expect(t, "too early")
	h.Publish(lost)
	h.Publish(stateEvent(chat.Waiting, 2, 0))
	h.Publish(stateEvent(chat.Assigned, 3, 0))
	h.Publish(stateEvent(chat.WithBot, 4, 0))
	for _, r := range []*reader{one, two} {
		r.expect(t, "in order", chat.Assigned, chat.Assigned, chat.WithBot)
	}
}

// TestLateStart: a room that was entered once the bot's turn was over, by a node that
// has heard of no end, opens no reply of that turn.
func TestLateStart(t *testing.T) {
	h, _, w := begun(t)
	start := w.begin("r")
	_, _, done := w.turn("r", chat.Waiting, "") // lost, all of it
	ann, sink := w.attend(t, NewSession{ID: "a"})
	defer ann.Close()
	sink.expect(t, "the beginning", chat.Waiting)
	early := sink.stream(start.Message.ID) // which was named as open still
	h.ended = recent{}                     // which is bounded
	w.mu.Lock()
	w.open["r"] = &chat.OpenReply{Message: *start.Message}
	w.mu.Unlock()
	h.Publish(start)
	h.Publish(w.say("r", "late"))
	done()
	if now := sink.stream(start.Message.ID); now != early || h.streams.Load() != 0 {
		t.Errorf("%+v", now)
	}
	sink.sound(t, "ann")
}

// TestReplyBehindAGap: what the bot writes once the conversation was handed back is
// not shown in front of that news, because somebody enters.
func TestReplyBehindAGap(t *testing.T) {
	h, f, w := begun(t)
	ann, sink := w.attend(t, NewSession{ID: "a"})
	defer ann.Close()
	_, news, _ := w.turn("r", chat.Assigned, "")
	h.Publish(news)
	f.post("r") // lost
	_, back, _ := w.turn("r", chat.WithBot, "")
	h.Publish(back)
	start := w.begin("r")
	h.Publish(start)
	h.Publish(w.say("r", "hello"))
	bob, other := w.attend(t, NewSession{ID: "b"})
	defer bob.Close()
	for _, r := range []*reader{sink, other} {
		eventually(t, "the reply", func() bool { return r.stream(start.Message.ID).text == "hello" })
	}
	sink.expect(t, "ann", chat.WithBot, chat.Assigned, chat.WithBot)
	w.finish("r")
	sink.sound(t, "ann")
	other.sound(t, "bob")
}

// TestOldNewsBehindAReply: a reply tells that its bot has its turn again, though that
// news was lost.
func TestOldNewsBehindAReply(t *testing.T) {
	h, _, w := begun(t)
	ann, sink := w.attend(t, NewSession{ID: "a"})
	defer ann.Close()
	_, late, _ := w.turn("r", chat.Assigned, "")
	w.turn("r", chat.WithBot, "") // lost
	h.Publish(w.begin("r"))
	h.Publish(w.say("r", "one "))
	h.Publish(late)
	h.Publish(w.say("r", "two"))
	w.finish("r")
	sink.expect(t, "ann", chat.WithBot)
	sink.sound(t, "ann")
}

// TestGreeting: a new connection is told how its user's conversations stand, whoever
// comes back recovers it; one of a single room is not told of a bot's turn, nor of
// others' rooms.
func TestGreeting(t *testing.T) {
	h, f, w := streamHub()
	f.members["ann"] = []string{"group", "bot", "waiting", "never"}
	f.turn("bot", chat.WithBot, nil)
	f.turn("waiting", chat.Waiting, nil)
	f.talks["never"] = chat.RoomHead{OwnerEpoch: 1}
	f.post("waiting")
	for room, want := range map[string][]chat.ConversationState{
		"": {chat.WithBot, chat.Waiting}, "waiting": {chat.Waiting}, "bot": nil, "group": nil, "never": nil,
	} {
		s, r := w.attend(t, NewSession{ID: "a" + room, PID: "p" + room, Room: room})
		got := r.states()
		slices.Sort(got)
		if !slices.Equal(got, want) || r.list()[0].Kind != "ready" {
			t.Errorf("%q: told %v, want %v", room, got, want)
		}
		back := r.again()
		s.Detach()
		if h.Resume("p"+room, back.last, s.Identity(), streamFormat{}, back) != s || !s.Resumed() {
			t.Fatal("not resumed")
		}
		back.expect(t, "who comes back")
		s.Close()
	}
}

// TestGreetingInOrder: where the room's events have not come as far as was read, the
// news comes behind them; what is older does not come at all.
func TestGreetingInOrder(t *testing.T) {
	h, f, w := begun(t)
	bob, _ := w.attend(t, NewSession{ID: "b"})
	defer bob.Close()
	question := f.post("r")
	_, news, _ := w.turn("r", chat.Waiting, "")
	_, later, _ := w.turn("r", chat.Assigned, "")
	ann, sink := w.enter(t, NewSession{ID: "a"})
	defer ann.Close()
	ann.Announce(func(map[string]string, string) Frame { return announced("") })
	sink.expect(t, "in front of the question")
	h.Publish(question)
	h.Publish(news)
	h.Publish(later)
	sink.expect(t, "then", chat.Assigned, chat.Assigned)
}

// TestTurnWhileConnecting: a hand-over between the reading of a user's rooms and the
// subscription is not missed.
func TestTurnWhileConnecting(t *testing.T) {
	h, f, w := begun(t)
	f.after = func() {
		f.mu.Lock()
		f.after = nil
		f.mu.Unlock()
		_, news, _ := w.turn("r", chat.Waiting, "")
		h.Publish(news)
	}
	ann, sink := w.attend(t, NewSession{ID: "a"})
	defer ann.Close()
	sink.expect(t, "ann", chat.Waiting)
}

// TestRecoveredStates: of one turn's news who comes back gets the last alone.
func TestRecoveredStates(t *testing.T) {
	h, f, w := streamHub()
	f.members["ann"] = []string{"r"}
	ann, sink := w.attend(t, NewSession{ID: "a", PID: "p"})
	defer ann.Close()
	ann.Detach()
	for epoch, to := range []chat.ConversationState{chat.Waiting, chat.WithBot, chat.Waiting} {
		for range 3 {
			h.Publish(stateEvent(to, int64(epoch+1), 0))
		}
	}
	back := sink.again()
	if h.Resume("p", back.last, ann.Identity(), streamFormat{}, back) != ann || !ann.Resumed() {
		t.Fatal("not resumed")
	}
	back.expect(t, "ann", chat.Waiting, chat.WithBot, chat.Waiting)
}

// inbox are the kinds of events that all agents get.
var inbox = []chat.EventKind{chat.EventConversationUpdated, chat.EventNote, chat.EventConversationDeleted}

// TestAgentsAreTold of every conversation, in its room or not, once for each
// connection, also while their client is away; nobody else is.
func TestAgentsAreTold(t *testing.T) {
	f := newFakeStore()
	f.members["ann"], f.members["ada"] = []string{"r"}, []string{"r"}
	h := testHub(f)
	_, customer, _ := as(t, h, "ann", chat.RoleUser, "p0")
	_, inside, _ := as(t, h, "ada", chat.RoleAgent, "p1")
	_, outside, _ := as(t, h, "bea", chat.RoleAdmin, "p2")
	away, _, first := as(t, h, "cas", chat.RoleAgent, "p3")
	away.Detach()
	var want []chat.EventKind
	for _, room := range []string{"r", "elsewhere"} {
		for _, kind := range inbox {
			h.Publish(chat.Event{Kind: kind, Room: room, Conversation: &chat.Conversation{Key: "k"}, Note: &chat.Note{}})
			want = append(want, kind)
		}
	}
	back := &fakeSink{}
	if h.Resume("p3", first, identity("cas", chat.RoleAgent), testFormat, back) != away || !away.Resumed() {
		t.Fatal("not resumed")
	}
	kinds := func(s *fakeSink) (list []chat.EventKind) {
		for _, e := range s.got {
			if slices.Contains(inbox, e.Kind) {
				list = append(list, e.Kind)
			}
		}
		return list
	}
	for name, sink := range map[string]*fakeSink{"inside": inside, "outside": outside, "away": back} {
		if got := kinds(sink); !slices.Equal(got, want) {
			t.Errorf("%s: got %v", name, got)
		}
	}
	if got := kinds(customer); got != nil {
		t.Errorf("the customer got %v", got)
	}
}

// TestAgentsAreToldInOrder: what an agent in the room is told of the conversation
// does not overtake what the same change has told the room; nor is it lost where
// nobody is left in the room.
func TestAgentsAreToldInOrder(t *testing.T) {
	f := newFakeStore()
	f.members["ann"], f.members["ada"] = []string{"r"}, []string{"r"}
	h := testHub(f)
	ann, _, _ := as(t, h, "ann", chat.RoleUser, "")
	agent, inside, _ := as(t, h, "ada", chat.RoleAgent, "")
	_, outside, _ := as(t, h, "bea", chat.RoleAgent, "")
	for range 20 {
		f.post("r") // lost
		h.Publish(f.post("r"))
		h.Publish(stateEvent(chat.Waiting, 1, int64(len(f.changes["r"]))))
		h.Publish(chat.Event{Kind: chat.EventConversationUpdated, Room: "r", Conversation: &chat.Conversation{}})
		h.Publish(f.post("r"))
	}
	eventually(t, "all", func() bool {
		return len(inside.events(chat.EventConversationUpdated)) == 20 && len(outside.events(chat.EventConversationUpdated)) == 20
	})
	inside.mu.Lock()
	news := 0
	for _, e := range inside.got {
		switch e.Kind {
		case chat.EventConversationState:
			news++
		case chat.EventConversationUpdated:
			if news--; news < 0 {
				t.Error("it has overtaken the news")
			}
		}
	}
	inside.mu.Unlock()
	f.post("r")
	h.Publish(f.post("r"))
	h.Publish(chat.Event{Kind: chat.EventNote, Room: "r", Conversation: &chat.Conversation{}})
	ann.Close()
	agent.Close()
	eventually(t, "the note", func() bool { return len(outside.events(chat.EventNote)) == 1 })
	if n := fmt.Sprint(len(outside.events(chat.EventConversationState))); n != "0" {
		t.Errorf("who is not in the room got %s of its events", n)
	}
}

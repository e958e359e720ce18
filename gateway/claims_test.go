package gateway

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"parley/chat"
)

// stand is how a room's conversation stands.
func (f *fakeStore) stand(room string) chat.RoomHead {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.talks[room]
}

// turn stores that somebody else has a room's conversation, with the end of what was
// being written, if anything was.
func (f *fakeStore) turn(room string, to chat.ConversationState, closed *chat.Message) (news chat.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := int64(len(f.changes[room]))
	if closed != nil {
		n++
		closed.Seq, closed.Version, closed.BornVersion = n, n, n
		f.changes[room] = append(f.changes[room], *closed)
	}
	talk := f.talks[room]
	talk.OwnerEpoch++
	talk.Conversation = &chat.Conversation{Room: room, Key: "key", State: to}
	f.talks[room] = talk
	return chat.Event{
		Kind: chat.EventConversationState, Room: room, At: n, Epoch: "e", OwnerEpoch: talk.OwnerEpoch, Conversation: talk.Conversation,
	}
}

// turn hands a room's conversation over as the domain does: the open reply is closed
// as it was last stored, or before it began to be. It returns that message's event, nil
// if there was none, and the news. Until done is called, the reply is named as open.
func (w *writer) turn(room string, to chat.ConversationState, stored string) (closed *chat.Event, news chat.Event, done func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.open[room]
	if r == nil {
		return nil, w.store.turn(room, to, nil), func() {}
	}
	m := r.Message
	m.Text, m.Status = stored, chat.StatusCancelled
	news = w.store.turn(room, to, &m)
	w.all[m.ID] = m
	return &chat.Event{Kind: chat.EventMessage, Room: room, Version: m.Version, Epoch: "e", Message: &m}, news, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.open, room)
	}
}

// begun is a hub with a room whose bot has its turn.
func begun(t *testing.T) (*Hub, *fakeStore, *writer) {
	t.Helper()
	h, f, w := streamHub()
	f.members["ann"] = []string{"r"}
	f.turn("r", chat.WithBot, nil)
	h.Publish(f.post("r"))
	return h, f, w
}

// TestNothingBehindTheNews: whatever of a bot's comes late, over whatever path, no
// connection gets it behind the news that somebody else has the conversation.
func TestNothingBehindTheNews(t *testing.T) {
	for _, lost := range []bool{false, true} {
		t.Run(fmt.Sprint("its last message lost ", lost), func(t *testing.T) {
			h, _, w := begun(t)
			quick, one := w.attend(t, NewSession{ID: "quick", PID: "p1"})
			slow, two := w.attend(t, NewSession{ID: "slow", PID: "p2"})
			away, three := w.attend(t, NewSession{ID: "away", PID: "p3"})
			start := w.begin("r")
			h.Publish(start)
			h.Publish(w.say("r", "one "))
			two.slow(true)
			away.Detach()
			token := w.say("r", "two ")
			h.Publish(token)
			coming, four := w.enter(t, NewSession{ID: "coming", PID: "p4"})
			closed, news, done := w.turn("r", chat.Assigned, "one ")
			if !lost {
				h.Publish(*closed)
			}
			h.Publish(news)
			fresh, five := w.enter(t, NewSession{ID: "fresh", PID: "p5"}) // the reply is still named as open
			h.Publish(start)
			h.Publish(w.say("r", "late"))
			eventually(t, "the news", func() bool { one.mu.Lock(); defer one.mu.Unlock(); return one.person })
			done()
			h.Publish(start)
			h.Publish(token)
			coming.Announce(func(_ map[string]string, o string) Frame { return announced(o) })
			fresh.Announce(func(_ map[string]string, o string) Frame { return announced(o) })
			back := three.again()
			if h.Resume("p3", back.last, away.Identity(), streamFormat{}, back) != away || !away.Resumed() {
				t.Fatal("not resumed")
			}
			two.slow(false)
			h.Publish(w.store.post("r"))
			for name, r := range map[string]*reader{"quick": one, "slow": two, "away": back, "coming": four, "fresh": five} {
				eventually(t, name+" to hear it", func() bool { r.mu.Lock(); defer r.mu.Unlock(); return r.person })
				r.sound(t, name)
			}
			if h.streams.Load() != 0 {
				t.Error("a stream is open")
			}
			for _, s := range []*Session{quick, slow, away, coming, fresh} {
				s.Close()
			}
		})
	}
}

// TestSilenced: a stream whose last message is neither heard of nor in the store any
// more ends with the news, and does not come back.
func TestSilenced(t *testing.T) {
	h, f, w := begun(t)
	ann, sink := w.attend(t, NewSession{ID: "a", PID: "p"})
	defer ann.Close()
	slow, behind := w.attend(t, NewSession{ID: "b", PID: "q"})
	defer slow.Close()
	start := w.begin("r")
	h.Publish(start)
	behind.slow(true)
	h.Publish(w.say("r", "one"))
	_, news, done := w.turn("r", chat.Resolved, "one")
	h.Publish(f.clear("r")) // with the message
	h.Publish(news)
	for _, r := range []*reader{sink, behind} {
		eventually(t, "the end", func() bool { return r.whole(start.Message.ID) })
	}
	h.Publish(start)
	h.Publish(w.say("r", "two"))
	done()
	if st := sink.stream(start.Message.ID); st.text != "one" || st.message || h.streams.Load() != 0 {
		t.Errorf("%+v", st)
	}
	sink.sound(t, "ann")
	behind.sound(t, "slow")
}

// claims has conversations handed over, too: what the bot's turn brings may be lost
// or late.
func (p *play) claims() {
	f := p.w.store
	to := chat.WithBot
	if f.stand("r").Conversation.State == chat.WithBot {
		to = []chat.ConversationState{chat.Waiting, chat.Assigned, chat.Resolved}[p.rng.IntN(3)]
	}
	stored := ""
	if open := p.w.replies("r"); len(open) > 0 && len(p.dones) == 0 {
		for i := range open[0].Text { // a checkpoint
			if p.rng.IntN(3) == 0 {
				stored = open[0].Text[:i]
			}
		}
	}
	for _, done := range p.dones {
		done()
	}
	p.dones = nil
	closed, news, done := p.w.turn("r", to, stored)
	if p.rng.IntN(2) == 0 {
		done()
	} else {
		p.dones = append(p.dones, done)
	}
	if closed != nil && p.rng.IntN(4) > 0 {
		p.publish(*closed)
	}
	p.publish(news)
	if to != chat.WithBot {
		p.past = &news
	} else if p.past != nil && p.rng.IntN(2) == 0 {
		p.publish(*p.past) // news no more
	}
}

// TestClaimsInAnyOrder is TestStreamsInAnyOrder with conversations that go from the
// bot to people and back: nothing of the bot's ever comes behind such news.
func TestClaimsInAnyOrder(t *testing.T) {
	rounds := uint64(100)
	if testing.Short() {
		rounds = 40
	}
	for seed := range rounds {
		p := newPlay(t, seed)
		p.rng = rand.New(rand.NewPCG(seed, 11))
		p.w.store.turn("r", chat.WithBot, nil)
		for range 300 {
			if p.rng.IntN(12) == 0 {
				p.claims()
				continue
			}
			if p.w.store.stand("r").Conversation.State == chat.WithBot {
				p.step()
				continue
			}
			switch n := p.rng.IntN(10); {
			case n < 3:
				p.publish(p.w.store.post("r"))
			case n < 5 && len(p.visitors) < 12:
				p.enter()
			case n < 6 && len(p.late) > 0:
				p.publish(p.late[0])
				p.late = p.late[1:]
			case len(p.visitors) > 0:
				p.happen(p.rng.IntN(len(p.visitors)))
			}
		}
		if p.w.store.stand("r").Conversation.State != chat.WithBot {
			p.dones = append(p.dones, func() {})
		}
		if p.end(); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

package gateway

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"parley/chat"
)

// TestNodesHandOff: a person comes on another node than the one that writes, in every
// way and at any moment. On no connection of any node there is a bot's word behind the
// news, and what is stored of the reply is what was seen of it.
func TestNodesHandOff(t *testing.T) {
	ns := newNodes(t, 3)
	defer ns.runs()()
	rng := rand.New(rand.NewPCG(4, 2))
	posted, err := ns.all[0].PostCustomer(t.Context(), &annActor, chat.CustomerPost{Text: "hello"})
	ns.ok(err)
	var there []*client
	for _, n := range ns.all {
		there = append(there, n.enter(annActor), n.enter(annActor, func(s *NewSession) { s.Room = posted.Room }))
	}
	for round := range 30 {
		a, b := ns.all[round%3], ns.all[(round+1+rng.IntN(2))%3]
		w := a.writes(a.asks(annActor, posted.Room, fmt.Sprint("question ", round)))
		var writer sync.WaitGroup
		writer.Go(func() {
			for i := range 20 {
				time.Sleep(time.Millisecond)
				w.Append(fmt.Sprint(i, " "))
			}
		})
		time.Sleep(time.Duration(rng.IntN(20)) * time.Millisecond) // any moment
		switch round % 4 {
		case 0:
			_, err = b.Claim(t.Context(), eveActor, posted.Key)
		case 1:
			_, err = b.PostCustomer(t.Context(), &eveActor, chat.CustomerPost{Key: posted.Key, Text: "I am here"})
		case 2:
			_, err = b.Escalate(t.Context(), annActor, posted.Room, "why not")
		case 3:
			_, err = b.Resolve(t.Context(), eveActor, posted.Key)
		}
		ns.ok(err)
		writer.Wait()
		ns.alike(w.ID(), chat.StatusCancelled, there...)
		_, err = ns.all[rng.IntN(3)].HandBack(t.Context(), eveActor, posted.Key)
		ns.ok(err)
		for _, c := range there {
			eventually(t, c.name+" to hear of the bot", func() bool {
				c.mu.Lock()
				defer c.mu.Unlock()
				return !c.person[posted.Room]
			})
		}
	}
	ns.sound()
}

// TestLostOwner: who a conversation is with is found out by those who were told
// nothing of it, on every connection, behind what its bot said.
func TestLostOwner(t *testing.T) {
	ns := newNodes(t, 2)
	a, b := ns.all[0], ns.all[1]
	posted, err := a.PostCustomer(t.Context(), &annActor, chat.CustomerPost{Text: "hello"})
	ns.ok(err)
	ann := b.enter(annActor)
	ns.settle(t)
	w := a.writes(a.asks(annActor, posted.Room, "why?"))
	w.Append("one ")
	ns.settle(t)
	b.link.sever(true)
	w.Append("two")
	_, err = a.Claim(t.Context(), eveActor, posted.Key)
	ns.ok(err)
	b.hub.compare(t.Context()) // as after CompareEvery
	ns.alike(w.ID(), chat.StatusCancelled, ann)
	eventually(t, "the news", func() bool { return len(ann.list(chat.EventConversationState)) == 2 })
	ns.same(ann, []chat.EventKind{chat.EventConversationState}, "conversation-state bot", "conversation-state assigned")
	b.link.sever(false)
	ns.settle(t)
	ns.same(ann, []chat.EventKind{chat.EventConversationState}, "conversation-state bot", "conversation-state assigned")
	ns.sound()
}

// TestClaimOfALostWriter: a claim does not wait long for a node that gives no sign, and
// keeps what was last stored.
func TestClaimOfALostWriter(t *testing.T) {
	ns := newNodes(t, 2)
	a, b := ns.all[0], ns.all[1]
	posted, err := a.PostCustomer(t.Context(), &annActor, chat.CustomerPost{Text: "hello"})
	ns.ok(err)
	w := a.writes(a.asks(annActor, posted.Room, "why?"))
	w.Append("one")
	ns.ok(w.Checkpoint(t.Context()))
	a.link.sever(true)
	begun := time.Now()
	_, err = b.Claim(t.Context(), eveActor, posted.Key)
	ns.ok(err)
	if took := time.Since(begun); took > 4*time.Second {
		t.Errorf("it took %v", took)
	}
	ns.alike(w.ID(), chat.StatusCancelled)
	m, _ := b.Store.Message(t.Context(), w.ID())
	if m.Text != "one" {
		t.Errorf("%q is stored", m.Text)
	}
}

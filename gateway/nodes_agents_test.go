package gateway

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/chat"
)

// TestNodesAgents: agents are told of conversations and notes on whatever node they are,
// not before the room's own events that they are in.
func TestNodesAgents(t *testing.T) {
	ns := newNodes(t, 3)
	a, b, c := ns.all[0], ns.all[1], ns.all[2]
	posted, err := a.PostCustomer(t.Context(), &annActor, chat.CustomerPost{Text: "hello"})
	ns.ok(err)
	eve, fay, ann := b.enter(eveActor), c.enter(fayActor), c.enter(annActor)
	ns.settle(t)
	_, err = a.Claim(t.Context(), eveActor, posted.Key)
	ns.ok(err)
	ns.settle(t)
	_, err = c.Note(t.Context(), fayActor, posted.Key, "a note")
	ns.ok(err)
	ns.settle(t)
	kinds := []chat.EventKind{chat.EventConversationUpdated, chat.EventNote}
	for _, one := range []*client{eve, fay} {
		ns.same(one, kinds, "conversation-updated assigned", "conversation-note assigned")
	}
	ns.same(ann, kinds)
	b.link.hold(chat.RoomTopic(posted.Room), true)
	a.post(annActor, posted.Room, "question")
	ns.settle(t)
	if got := eve.list(chat.EventConversationUpdated); len(got) != 1 {
		t.Error("the news of a message came before it")
	}
	b.link.hold(chat.RoomTopic(posted.Room), false)
	eventually(t, "the message and the news", func() bool { ns.settle(t); return len(eve.list(chat.EventConversationUpdated)) == 2 })
	got := eve.list(chat.EventMessage, chat.EventConversationUpdated)
	if last := got[len(got)-2:]; last[0].Text != "question" || last[1].Kind != chat.EventConversationUpdated {
		t.Errorf("told %+v", last)
	}
	ns.sound()
}

// TestNodesQueue: each node tells those who wait there their place, whoever came or went
// on which; and a message of who waits is no reason to.
func TestNodesQueue(t *testing.T) {
	ns := newNodes(t, 3)
	defer ns.carry(t)()
	ctx, cancel := context.WithCancel(t.Context())
	var runs sync.WaitGroup
	for _, n := range ns.all {
		runs.Go(func() { n.RunQueue(ctx) })
	}
	defer runs.Wait()
	defer cancel()
	var keys []string
	var clients []*client
	for i, who := range []chat.Actor{annActor, bobActor, cidActor} {
		posted, err := ns.all[i].PostCustomer(t.Context(), &who, chat.CustomerPost{Text: "hello"})
		ns.ok(err)
		_, err = ns.all[i].EscalateCustomer(t.Context(), posted.Key, "")
		ns.ok(err)
		keys = append(keys, posted.Key)
		clients = append(clients, ns.all[(i+1)%3].enter(who))
	}
	place := func(c *client, want int) {
		t.Helper()
		eventually(t, fmt.Sprint(c.name, " to be told ", want), func() bool {
			states := c.list(chat.EventConversationState)
			return len(states) > 0 && states[len(states)-1].Position == want
		})
	}
	for i, c := range clients {
		place(c, i+1)
	}
	before := ns.count(string(chat.TopicNodes))
	for range 20 {
		_, err := ns.all[0].PostCustomer(t.Context(), nil, chat.CustomerPost{Key: keys[2], Text: "is anybody there?"})
		ns.ok(err)
	}
	if n := ns.count(string(chat.TopicNodes)) - before; n > 0 {
		t.Errorf("%d words about the queue for messages", n)
	}
	_, err := ns.all[2].Claim(t.Context(), eveActor, keys[0])
	ns.ok(err)
	place(clients[1], 1)
	place(clients[2], 2)
	ns.sound()
}

// count is how many events of a topic were delivered.
func (ns *nodes) count(topic string) (n int) {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	for _, l := range ns.links {
		n += ns.sent[l.name+" "+topic]
	}
	return n
}

// TestNodesLeases: an agent who is on one node keeps what is theirs, whoever looks;
// what nobody keeps returns to the queue, once.
func TestNodesLeases(t *testing.T) {
	ns := newNodes(t, 3)
	a := ns.all[0]
	for _, n := range ns.all {
		n.AgentGrace = 600 * time.Millisecond
	}
	rooms := map[string]string{}
	for _, agent := range []chat.Actor{eveActor, fayActor} {
		posted, err := a.PostCustomer(t.Context(), nil, chat.CustomerPost{Text: "hello"})
		ns.ok(err)
		_, err = a.Claim(t.Context(), agent, posted.Key)
		ns.ok(err)
		rooms[agent.ID] = posted.Room
	}
	ns.all[1].enter(eveActor)
	head := func(agent string) chat.RoomHead {
		stands, err := a.Store.Stands(t.Context(), []string{rooms[agent]})
		ns.ok(err)
		return stands[rooms[agent]]
	}
	before := head("fay").OwnerEpoch
	var swept []int
	var mu sync.Mutex
	eventually(t, "fay's to return", func() bool {
		var sweeps sync.WaitGroup
		for _, n := range ns.all {
			sweeps.Go(func() {
				k, err := n.SweepAgents(t.Context())
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				if k > 0 {
					swept = append(swept, k)
				}
			})
		}
		sweeps.Wait()
		time.Sleep(20 * time.Millisecond)
		return head("fay").Conversation.State == chat.Waiting
	})
	if got := head("fay").OwnerEpoch; got != before+1 || !slices.Equal(swept, []int{1}) {
		t.Errorf("epoch %d after %d, returned %v", got, before, swept)
	}
	if got := head("eve").Conversation.State; got != chat.Assigned {
		t.Errorf("eve's is %s", got)
	}
}

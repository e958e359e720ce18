package gateway

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/chat"
)

var changeKinds = []chat.EventKind{
	chat.EventMessage, chat.EventMessageEdited, chat.EventMessageDeleted, chat.EventHistoryCleared,
}

// holds is what a client holds a room to be, by all it was told: texts by id.
func (c *client) holds(room string) map[string]string {
	texts := map[string]string{}
	for _, x := range c.list(changeKinds...) {
		switch {
		case x.Room != room:
		case x.Kind == chat.EventHistoryCleared:
			clear(texts)
		case x.Kind == chat.EventMessageDeleted:
			delete(texts, x.ID)
		default:
			texts[x.ID] = x.Text
		}
	}
	return texts
}

// stored is what the store holds a room to be.
func (n *node) stored(room string) map[string]string {
	n.of.t.Helper()
	ms, err := n.Store.Changes(n.of.ctx(), room, 0, 100_000)
	n.of.ok(err)
	texts := map[string]string{}
	for _, m := range ms {
		if !m.Deleted && m.Status != chat.StatusStreaming {
			texts[m.ID] = m.Text
		}
	}
	return texts
}

// TestNodesDeliver: whatever the bus loses, doubles and delivers in another order,
// every session on every node gets each message of a room once and in the room's order.
func TestNodesDeliver(t *testing.T) {
	ns := newNodes(t, 3)
	ns.lose, ns.double = 15, 10
	defer ns.runs()()
	room := ns.all[0].room("bob", "cid")
	var all []*client
	for _, n := range ns.all {
		all = append(all, n.enter(annActor), n.enter(bobActor))
	}
	const each = 60
	var writers sync.WaitGroup
	for i, n := range ns.all {
		writers.Go(func() {
			for k := range each {
				if _, err := n.Post(t.Context(), cidActor, chat.Draft{Room: room, Text: fmt.Sprint(i, ".", k), Type: chat.ContentText}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	for _, c := range all {
		eventually(t, c.name+" to have every message", func() bool { return len(c.texts(room)) >= 3*each })
		for i, x := range c.list(chat.EventMessage) {
			if x.Seq != int64(i+1) {
				t.Fatalf("%s: the %dth message has seq %d", c.name, i+1, x.Seq)
			}
		}
	}
	ns.sound()
}

// runs delivers, and runs every hub, until it is stopped.
func (ns *nodes) runs() (stop func()) {
	end := ns.carry(ns.t)
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	for _, n := range ns.all {
		work.Go(func() { n.hub.Run(ctx) })
	}
	return func() {
		cancel()
		work.Wait()
		end()
	}
}

// TestNodesChange: edits, deletions and clearings likewise. Who comes in the middle
// goes on from there.
func TestNodesChange(t *testing.T) {
	ns := newNodes(t, 3)
	ns.lose, ns.double = 20, 10
	defer ns.runs()()
	me := chat.ConversationOf("ann")
	ns.all[0].post(annActor, me, "first")
	var all []*client
	for _, n := range ns.all {
		all = append(all, n.enter(annActor))
	}
	var writers sync.WaitGroup
	for i, n := range ns.all {
		rng := rand.New(rand.NewPCG(uint64(i), 5))
		writers.Go(func() {
			var mine []string
			for k := range 80 {
				var err error
				switch one := rng.IntN(20); {
				case one < 3 && len(mine) > 0:
					_, err = n.Edit(t.Context(), annActor, mine[rng.IntN(len(mine))], fmt.Sprint("edited ", k))
				case one < 5 && len(mine) > 0:
					_, err = n.Delete(t.Context(), annActor, mine[rng.IntN(len(mine))])
				case one < 6 && i == 1:
					err = n.ClearHistory(t.Context(), annActor)
				default:
					var r chat.Receipt
					r, err = n.Post(t.Context(), annActor, chat.Draft{Room: me, Text: fmt.Sprint(i, ".", k), Type: chat.ContentText})
					mine = append(mine, r.Message.ID)
				}
				if err != nil && chat.CodeOf(err) != chat.CodeNotFound { // which another has deleted, or cleared
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	ns.agree(me, all...)
	ns.sound()
}

// agree waits until clients, who came behind a room's first message, hold the room to be
// what is stored.
func (ns *nodes) agree(room string, clients ...*client) {
	ns.t.Helper()
	want, first := ns.all[0].stored(room), ns.first(room)
	delete(want, first)
	for _, c := range clients {
		eventually(ns.t, c.name+" to hold what is stored", func() bool {
			got := c.holds(room)
			delete(got, first)
			return fmt.Sprint(got) == fmt.Sprint(want)
		})
	}
}

// first is the id of the message that was there before anybody came.
func (ns *nodes) first(room string) string {
	ms, err := ns.all[0].Store.Changes(ns.ctx(), room, 0, 100_000)
	ns.ok(err)
	for _, m := range ms {
		if m.Seq == 1 {
			return m.ID
		}
	}
	return ""
}

// TestNodesHearLate: what happens before a node hears of a room, or while it is cut
// off, is read as soon as it hears: messages, the owner of a conversation, how large
// the room is, and that it is deleted.
func TestNodesHearLate(t *testing.T) {
	ns := newNodes(t, 2)
	a, b := ns.all[0], ns.all[1]
	room, gone := a.room("bob"), a.room("bob")
	bob := b.enter(bobActor)
	a.post(annActor, room, "one") // b does not hear of it yet
	ns.ok(a.DeleteRoom(t.Context(), annActor, gone))
	ns.settle(t)
	eventually(t, "what came before", func() bool { return slices.Equal(bob.texts(room), []string{"one"}) })
	eventually(t, "the deletion", func() bool { return len(bob.list(chat.EventRoomDeleted)) == 1 })
	b.link.sever(true)
	a.post(annActor, room, "two")
	_, err := a.AddUsers(t.Context(), annActor, room, a.crowd(chat.LargeRoom))
	ns.ok(err)
	ns.ok(a.RemoveUsers(t.Context(), annActor, room, []string{"cid"}))
	ns.settle(t)
	b.link.sever(false)
	a.post(annActor, room, "three") // which betrays it
	ns.settle(t)
	eventually(t, "what was lost", func() bool { return slices.Equal(bob.texts(room), []string{"one", "two", "three"}) })
	if !b.hub.large(room) {
		t.Error("the room is not known to be large")
	}
	ns.sound()
}

// crowd makes so many users more.
func (n *node) crowd(many int) []string {
	n.of.t.Helper()
	ids, users := make([]string, many), make([]chat.User, many)
	for i := range ids {
		ids[i] = fmt.Sprint("user-", i)
		users[i] = chat.User{ID: ids[i], Role: chat.RoleUser, CreatedAt: time.Now()}
	}
	n.of.ok(n.Store.EnsureUsers(n.of.ctx(), users))
	return ids
}

// TestNodeWithoutListeners: a node hears nothing of a room in which nobody of it is,
// nor of one that the last has left.
func TestNodeWithoutListeners(t *testing.T) {
	ns := newNodes(t, 3)
	a, b := ns.all[0], ns.all[1]
	room, other := a.room("bob"), a.room("cid")
	a.enter(annActor)
	bob := b.enter(bobActor)
	ns.settle(t)
	for range 10 {
		a.post(annActor, room, "x")
		a.post(annActor, other, "y")
	}
	ns.settle(t)
	c := ns.carrier
	if n := c.sent["b room:"+room]; n < 10 {
		t.Errorf("b was sent %d events of its room", n)
	}
	bob.Close()
	b.hub.depose("bob")
	before := c.sent["b room:"+room]
	a.post(annActor, room, "x")
	ns.settle(t)
	if n := c.sent["b room:"+other] + c.sent["c room:"+room] + c.sent["b room:"+room] - before; n != 0 {
		t.Errorf("%d events went to nodes without listeners", n)
	}
	gone(t, b.hub, "bob")
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(b.link.wanted) != 0 {
		t.Errorf("b still wants to hear of %v", b.link.wanted)
	}
}

// TestBogusEvents: an event of a change that was never stored holds nothing up.
func TestBogusEvents(t *testing.T) {
	ns := newNodes(t, 2)
	a, b := ns.all[0], ns.all[1]
	room := a.room("bob")
	bob, eve := b.enter(bobActor), b.enter(eveActor)
	ns.settle(t)
	b.link.deliver(chat.Event{Kind: chat.EventTyping, Room: room, At: 1 << 60, User: "ann", Typing: true})
	b.link.deliver(chat.Event{Kind: chat.EventMessage, Room: room, Version: 1 << 50, Message: &chat.Message{ID: "none", Room: room}})
	b.link.deliver(chat.Event{Kind: chat.EventConversationUpdated, Room: room, At: 1 << 61, Conversation: &chat.Conversation{Room: room}})
	eventually(t, "them to be dropped", func() bool {
		r := b.hub.lookup(room)
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.pending) == 0 && !r.filling
	})
	a.post(annActor, room, "one")
	ns.settle(t)
	if got := bob.texts(room); !slices.Equal(got, []string{"one"}) || len(bob.list(chat.EventTyping)) != 0 {
		t.Errorf("bob has %q", got)
	}
	eventually(t, "the agents to be told all the same", func() bool { return len(eve.list(chat.EventConversationUpdated)) == 1 })
	ns.sound()
}

// TestNodesWatch: a poll that waits on one node is woken by what happens on another,
// also where that was lost, and by another owner alone.
func TestNodesWatch(t *testing.T) {
	ns := newNodes(t, 2)
	a, b := ns.all[0], ns.all[1]
	posted, err := a.PostCustomer(t.Context(), nil, chat.CustomerPost{Text: "hello"})
	ns.ok(err)
	key := posted.Key
	poll := func(since int64, in chat.ConversationState) <-chan chat.Polled {
		answer := make(chan chat.Polled, 1)
		go func() {
			p, err := b.Poll(t.Context(), nil, key, chat.PollQuery{Since: since, Wait: chat.PollWait, State: in})
			if err != nil {
				t.Error(err)
			}
			answer <- p
		}()
		eventually(t, "the watch", func() bool {
			b.hub.watches.mu.Lock()
			defer b.hub.watches.mu.Unlock()
			r := b.hub.watches.rooms[posted.Room]
			return r != nil && len(r.news) == 1
		})
		return answer
	}
	answered := func(what string, answer <-chan chat.Polled) chat.Polled {
		t.Helper()
		var p chat.Polled
		eventually(t, what, func() bool {
			select {
			case p = <-answer:
				return true
			default:
				return false
			}
		})
		return p
	}
	for _, heard := range []bool{true, false} {
		answer := poll(posted.Messages[len(posted.Messages)-1].Seq, posted.State)
		if heard {
			ns.settle(t)
		}
		posted, err = a.PostCustomer(t.Context(), nil, chat.CustomerPost{Key: key, Text: "more", Since: posted.Messages[0].Seq})
		ns.ok(err)
		b.link.sever(!heard)
		ns.settle(t)
		b.link.sever(false)
		if !heard { // as after CompareEvery
			b.hub.compare(t.Context())
		}
		if p := answered("the post", answer); len(p.Messages) != 1 {
			t.Errorf("%d messages came", len(p.Messages))
		}
	}
	seq := posted.Messages[len(posted.Messages)-1].Seq
	answer := poll(seq, chat.WithBot)
	b.link.sever(true)
	_, err = a.Claim(t.Context(), eveActor, key)
	ns.ok(err)
	b.hub.compare(t.Context())
	if p := answered("the claim", answer); p.State != chat.Assigned {
		t.Errorf("%s", p.State)
	}
}

package gateway

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/chat"
)

// TestNodesPresence: the rooms hear of a user's online and offline as all nodes together
// see it, each once, in turn; late news of before is dropped.
func TestNodesPresence(t *testing.T) {
	ns := newNodes(t, 3, func(o *Options) { o.PresenceGrace = atOnce })
	a, b, c := ns.all[0], ns.all[1], ns.all[2]
	room := a.room("bob", "cid")
	here := []*client{a.enter(cidActor), b.enter(cidActor)}
	ns.settle(t)
	tell := func(want ...string) {
		t.Helper()
		for _, one := range here {
			eventually(t, fmt.Sprint(one.name, " to be told ", want), func() bool {
				ns.settle(t)
				return len(ofUser(one, "bob")) >= len(want)
			})
			if got := ofUser(one, "bob"); !slices.Equal(got, want) {
				t.Errorf("%s was told %q, want %q", one.name, got, want)
			}
		}
	}
	one, two := b.enter(bobActor), c.enter(bobActor)
	eventually(t, "both nodes to be noted", func() bool {
		ns.mu.Lock()
		defer ns.mu.Unlock()
		return len(ns.at["bob"]) == 2
	})
	tell("on")
	if got := a.hub.Online([]string{"ann", "bob", "cid"}); !slices.Equal(got, []string{"bob", "cid"}) {
		t.Errorf("online are %v", got)
	}
	one.Close()
	gone(t, b.hub, "bob")
	tell("on")
	two.Close()
	gone(t, c.hub, "bob")
	tell("on", "off")
	back := c.enter(bobActor)
	tell("on", "off", "on")
	for _, n := range []*node{a, b} { // what was told before comes once more, late
		n.link.deliver(chat.Event{Kind: chat.EventPresence, Room: room, User: "bob", Seq: 2})
	}
	tell("on", "off", "on")
	back.Close()
	tell("on", "off", "on", "off")
}

// ofUser are a user's changes of presence as a client was told.
func ofUser(c *client, user string) (list []string) {
	for _, x := range c.list(chat.EventPresence) {
		if x.User == user {
			list = append(list, map[bool]string{true: "on", false: "off"}[x.On])
		}
	}
	return list
}

// TestNodesJoiner: who comes into a room while they are on another node is shown there
// as online; and one whose node is gone goes offline by who finds that out.
func TestNodesJoiner(t *testing.T) {
	ns := newNodes(t, 3)
	a, b, c := ns.all[0], ns.all[1], ns.all[2]
	room := a.room("cid")
	cid := a.enter(cidActor)
	bob := b.enter(bobActor)
	ns.settle(t)
	_, err := c.AddUsers(t.Context(), annActor, room, []string{"bob"})
	ns.ok(err)
	eventually(t, "it to be told", func() bool { ns.settle(t); return len(ofUser(cid, "bob")) > 0 })
	if got := ofUser(cid, "bob"); !slices.Equal(got, []string{"on"}) {
		t.Errorf("told %q", got)
	}
	ns.ok(c.hub.TellPresence(t.Context(), "bob", false, 7))
	ns.settle(t)
	if got := ofUser(cid, "bob"); !slices.Equal(got, []string{"on", "off"}) {
		t.Errorf("told %q", got)
	}
	if got := ofUser(bob, "bob"); len(got) != 0 {
		t.Errorf("bob was told of himself: %q", got)
	}
}

// TestNodesLargeRoom: between nodes there is no word of who comes, goes and types in
// a large room.
func TestNodesLargeRoom(t *testing.T) {
	ns := newNodes(t, 2, func(o *Options) { o.PresenceGrace = atOnce })
	a, b := ns.all[0], ns.all[1]
	room := a.room(append(a.crowd(chat.LargeRoom), "bob", "cid")...)
	a.enter(cidActor)
	bob := b.enter(bobActor)
	ns.settle(t)
	ns.carrier.mu.Lock()
	before := ns.carrier.sent["a room:"+room]
	ns.carrier.mu.Unlock()
	ns.ok(b.Typing(t.Context(), bobActor, room, true, bob.ID))
	bob.Close()
	gone(t, b.hub, "bob")
	b.enter(bobActor)
	ns.settle(t)
	if _, err := b.MarkRead(t.Context(), bobActor, room, nil); err != nil {
		t.Error(err)
	}
	ns.settle(t)
	if n := ns.carrier.sent["a room:"+room] - before; n != 0 {
		t.Errorf("%d events were sent", n)
	}
}

// TestNodesTyping: what is typed on one node is seen on the others, and ends there by
// itself if its node is gone.
func TestNodesTyping(t *testing.T) {
	ns := newNodes(t, 2, func(o *Options) { o.TypingTimeout = 100 * time.Millisecond })
	a, b := ns.all[0], ns.all[1]
	room := a.room("bob", "cid")
	cid, bob := a.enter(cidActor), b.enter(bobActor)
	ns.settle(t)
	ns.ok(b.Typing(t.Context(), bobActor, room, true, bob.ID))
	ns.settle(t)
	b.link.sever(true) // as if it were gone
	eventually(t, "the end of it", func() bool { return len(cid.list(chat.EventTyping)) == 2 })
	ns.same(cid, []chat.EventKind{chat.EventTyping}, "typing bob on", "typing bob off")
	b.link.sever(false)
	ns.ok(b.Typing(t.Context(), bobActor, room, true, bob.ID))
	b.post(bobActor, room, "said")
	bob.StopTyping(room)
	ns.settle(t)
	ns.same(cid, []chat.EventKind{chat.EventTyping, chat.EventMessage}, "typing bob on", "typing bob off",
		"typing bob on", "message said", "typing bob off")
}

// TestLatestIsBounded: of how many users a node remembers the latest presence.
func TestLatestIsBounded(t *testing.T) {
	var l latest
	for i := range latestUsers + 10 {
		if !l.take(fmt.Sprint(i), 5) {
			t.Fatal("news is dropped")
		}
	}
	if len(l.versions) != latestUsers || len(l.order) != latestUsers {
		t.Errorf("%d users, %d in order", len(l.versions), len(l.order))
	}
	if l.take(fmt.Sprint(latestUsers), 4) || !l.take("0", 4) || !l.take(fmt.Sprint(latestUsers), 5) {
		t.Error("what is remembered is not the latest")
	}
}

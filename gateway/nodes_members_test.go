package gateway

import (
	"fmt"
	"slices"
	"testing"

	"parley/chat"
)

var memberKinds = []chat.EventKind{chat.EventRoomJoined, chat.EventRoomLeft, chat.EventRoomDeleted}

// inRoom waits until a client gets a room's events, or does not, and its user is known
// to take part, or not to.
func (ns *nodes) inRoom(n *node, c *client, room string, in bool) {
	ns.t.Helper()
	eventually(ns.t, fmt.Sprint(c.name, " in the room is ", in), func() bool {
		return c.Session.in(room) == in && n.hub.TakesPart(c.Actor().ID, room) == in
	})
}

// TestNodesMembership: who is added, removed, leaves, or whose room is deleted on one
// node, learns it on all, on every connection; and gets a room's messages while they
// take part, and no longer.
func TestNodesMembership(t *testing.T) {
	ns := newNodes(t, 3)
	a, b, c := ns.all[0], ns.all[1], ns.all[2]
	room := a.room()
	bobB, bobC, raw := b.enter(bobActor), c.enter(bobActor), b.enter(bobActor, func(s *NewSession) { s.Room = "elsewhere" })
	ns.settle(t)
	join := func() error { _, err := a.AddUsers(t.Context(), annActor, room, []string{"bob"}); return err }
	ns.ok(join())
	ns.settle(t)
	a.post(annActor, room, "one")
	ns.settle(t)
	ns.ok(c.LeaveRoom(t.Context(), bobActor, room))
	ns.settle(t)
	a.post(annActor, room, "unheard")
	ns.settle(t)
	ns.ok(join())
	ns.settle(t)
	a.post(annActor, room, "two")
	ns.settle(t)
	ns.ok(a.RemoveUsers(t.Context(), annActor, room, []string{"bob"}))
	ns.settle(t)
	a.post(annActor, room, "unheard")
	ns.settle(t)
	ns.ok(join())
	ns.settle(t)
	ns.ok(a.DeleteRoom(t.Context(), annActor, room))
	ns.settle(t)
	for _, one := range []*client{bobB, bobC} {
		ns.same(one, append(memberKinds, chat.EventMessage), "room-joined", "message one", "room-left", "room-joined", "message two",
			"room-left", "room-joined", "room-deleted")
	}
	ns.same(raw, append(memberKinds, chat.EventMessage))
	ns.sound()
}

// TestNodesLostMembership: who joined or left while their node was told nothing is
// brought up to it when that is over, once, on each of their connections; one that had
// stopped to listen to a room does not listen again.
func TestNodesLostMembership(t *testing.T) {
	ns := newNodes(t, 2)
	a, b := ns.all[0], ns.all[1]
	kept, lost, came := a.room("bob"), a.room("bob"), a.room()
	bob, deaf := b.enter(bobActor), b.enter(bobActor)
	b.hub.Unlisten(deaf.Session, kept)
	ns.settle(t)
	b.link.sever(true)
	ns.ok(a.RemoveUsers(t.Context(), annActor, lost, []string{"bob"}))
	_, err := a.AddUsers(t.Context(), annActor, came, []string{"bob"})
	ns.ok(err)
	a.post(annActor, lost, "unheard")
	ns.settle(t)
	b.link.sever(false)
	late := b.enter(bobActor) // which reads it
	ns.settle(t)
	for _, c := range []*client{bob, deaf, late} {
		ns.inRoom(b, c, came, true)
		ns.inRoom(b, c, lost, false)
	}
	for _, room := range []string{kept, lost, came} {
		a.post(annActor, room, "to "+room)
	}
	ns.settle(t)
	eventually(t, "the messages", func() bool { return len(bob.texts(came)) == 1 && len(bob.texts(kept)) == 1 })
	if len(deaf.texts(kept)) != 0 || len(deaf.texts(came)) != 1 || len(bob.texts(lost))+len(late.texts(lost)) != 0 {
		t.Errorf("deaf has %q and %q, and of the lost room there came %q", deaf.texts(kept), deaf.texts(came), bob.texts(lost))
	}
	for _, c := range []*client{bob, deaf} {
		var kinds []chat.EventKind
		for _, x := range c.list(memberKinds...) {
			kinds = append(kinds, x.Kind)
		}
		slices.Sort(kinds)
		if !slices.Equal(kinds, []chat.EventKind{chat.EventRoomJoined, chat.EventRoomLeft}) {
			t.Errorf("%s was told %v", c.name, kinds)
		}
	}
	ns.sound()
}

// TestRemovedWhileCutOff: of who was removed nothing is read from the store for them,
// though nobody could tell.
func TestRemovedWhileCutOff(t *testing.T) {
	ns := newNodes(t, 2)
	a, b := ns.all[0], ns.all[1]
	room, gone := a.room("bob", "cid"), a.room("cid")
	bob, cid := b.enter(bobActor), b.enter(cidActor)
	ns.settle(t)
	b.link.sever(true)
	ns.ok(a.RemoveUsers(t.Context(), annActor, room, []string{"bob"}))
	ns.ok(a.DeleteRoom(t.Context(), annActor, gone))
	a.post(annActor, room, "secret")
	b.hub.compare(t.Context()) // as after CompareEvery
	eventually(t, "cid to have it", func() bool { return len(cid.texts(room)) == 1 })
	ns.same(cid, memberKinds, "room-deleted")
	ns.same(bob, append(memberKinds, chat.EventMessage), "room-left")
	b.link.sever(false)
	ns.settle(t)
	ns.same(bob, append(memberKinds, chat.EventMessage), "room-left")
	ns.sound()
}

// TestMembershipsOutOfOrder: two nodes tell of two changes of one membership the wrong
// way round; what is stored holds in the end.
func TestMembershipsOutOfOrder(t *testing.T) {
	ns := newNodes(t, 2)
	a, b := ns.all[0], ns.all[1]
	in, out := a.room("bob"), a.room("bob")
	bob := b.enter(bobActor)
	ns.settle(t)
	_, err := a.AddUsers(t.Context(), annActor, out, []string{"cid"})
	ns.ok(err)
	ns.ok(a.RemoveUsers(t.Context(), annActor, out, []string{"bob"}))
	ns.settle(t)
	event := func(kind chat.EventKind, room string) {
		b.link.deliver(chat.Event{Kind: kind, Room: room, Users: []string{"bob"}})
	}
	event(chat.EventRoomJoined, out) // that is behind his removal
	event(chat.EventRoomLeft, in)    // and that in front of his return
	ns.settle(t)
	ns.inRoom(b, bob, out, false)
	ns.inRoom(b, bob, in, true)
}

// TestJoinedWhileConnecting: a change in the moment in which a connection is let in, of
// which its node does not hear yet, is not missed.
func TestJoinedWhileConnecting(t *testing.T) {
	ns := newNodes(t, 2)
	a, b := ns.all[0], ns.all[1]
	came, left := a.room(), a.room("bob")
	bob := b.approach(bobActor)
	_, err := a.AddUsers(t.Context(), annActor, came, []string{"bob"})
	ns.ok(err)
	ns.ok(a.RemoveUsers(t.Context(), annActor, left, []string{"bob"}))
	ns.settle(t) // before it is known what rooms bob has
	bob.Announce(func(map[string]string, string) Frame { return text("{}") })
	ns.inRoom(b, bob, came, true)
	ns.inRoom(b, bob, left, false)
}

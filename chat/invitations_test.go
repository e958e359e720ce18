package chat_test

import (
	"sync"
	"testing"

	"parley/chat"
)

// explicit is a world in which nobody is added to a room unasked.
func explicit(t *testing.T) *world {
	return newWorld(t, func(o *chat.Options) { o.ExplicitJoins = true })
}

// invited is the one invitation of bob's to a new room of ann's.
func (w *world) invited() (room, invitation string) {
	w.t.Helper()
	room = w.room()
	w.ok(w.AddUsers(w.ctx(), ann, room, []string{"bob"}))
	received, count, err := w.ReceivedInvitations(w.ctx(), bob, chat.Page{})
	w.ok(err)
	equal(w.t, "invitations", count, 1)
	inv := received[0]
	equal(w.t, "room", inv.Room, room)
	equal(w.t, "name", inv.RoomName, "The room")
	equal(w.t, "sender", inv.Sender, "ann")
	equal(w.t, "receiver", inv.Receiver, "bob")
	w.bus.take()
	return room, inv.ID
}

func (w *world) invitations(a chat.Actor) (received, sent int64) {
	w.t.Helper()
	_, received, err := w.ReceivedInvitations(w.ctx(), a, chat.Page{})
	w.ok(err)
	_, sent, err = w.SentInvitations(w.ctx(), a, chat.Page{})
	w.ok(err)
	return received, sent
}

func TestInvitation(t *testing.T) {
	const invalid = "Invitation not valid"
	type act = func(w *world, a chat.Actor, invitation string) error
	accept := func(w *world, a chat.Actor, i string) error { return w.AcceptInvitation(w.ctx(), a, i) }
	decline := func(w *world, a chat.Actor, i string) error { return w.DeclineInvitation(w.ctx(), a, i) }
	cancel := func(w *world, a chat.Actor, i string) error { return w.CancelInvitation(w.ctx(), a, i) }
	for _, c := range []struct {
		name string
		do   act
		by   chat.Actor
		code chat.Code
		to   chat.MemberState
	}{
		{"accepted", accept, bob, "", chat.MemberActive},
		{"declined", decline, bob, "", ""},
		{"cancelled", cancel, ann, "", ""},
		{"accepted by another", accept, cid, chat.CodeNotFound, ""},
		{"declined by another", decline, cid, chat.CodeNotFound, ""},
		{"accepted by the sender", accept, ann, chat.CodeNotFound, ""},
		{"cancelled by the receiver", cancel, bob, chat.CodeNotFound, ""},
		{"cancelled by an administrator", cancel, root, chat.CodeNotFound, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := explicit(t)
			room, invitation := w.invited()
			text := ""
			if c.code != "" {
				text = invalid
			}
			check(t, c.do(w, c.by, invitation), c.code, text)
			equal(t, "standing", w.member(room, "bob").State, c.to)
			left := int64(0)
			if c.code != "" {
				left = 1
			}
			received, _ := w.invitations(bob)
			_, sent := w.invitations(ann)
			equal(t, "received", received, left)
			equal(t, "sent", sent, left)
			if c.code == "" { // over is over, for everybody
				check(t, accept(w, bob, invitation), chat.CodeNotFound, invalid)
				check(t, decline(w, bob, invitation), chat.CodeNotFound, invalid)
				check(t, cancel(w, ann, invitation), chat.CodeNotFound, invalid)
			}
		})
	}
	w := explicit(t)
	check(t, w.AcceptInvitation(w.ctx(), bob, "no such"), chat.CodeNotFound, invalid)
	check(t, w.AcceptInvitation(w.ctx(), bob, ""), chat.CodeInvalid, "id is required")
}

func TestInvitationIsToldOnceAccepted(t *testing.T) {
	w := explicit(t)
	room, invitation := w.invited()
	w.ok(w.AddUsers(w.ctx(), ann, room, []string{"cid"}))
	same(t, "inviting", column(w.bus.take(), told), nil)
	w.ok(w.AcceptInvitation(w.ctx(), bob, invitation))
	same(t, "accepting", column(w.bus.take(), told), []string{
		"room-joined at=0 name=The room users=bob", "participant-joined at=0 user=bob",
	})
}

func TestARoomOfTheInvited(t *testing.T) {
	w := explicit(t)
	room, err := w.CreateRoom(w.ctx(), ann, chat.NewRoom{Name: "x", Users: []string{"ann", "bob", "cid"}})
	w.ok(err)
	equal(t, "participants", w.state(room).ParticipantCount, 1)
	_, sent := w.invitations(ann)
	equal(t, "sent", sent, 2)
	invited, err := w.Service.AddUsers(w.ctx(), ann, room, []string{"bob", "dan"}) // bob has one already
	w.ok(err)
	equal(t, "invited", invited, true)
	_, sent = w.invitations(ann)
	equal(t, "sent", sent, 3)
	check(t, w.AddUsers(w.ctx(), ann, room, []string{"gil"}), chat.CodeForbidden, "users [gil] are guests and may not take part in group rooms")
	check(t, w.AddUsers(w.ctx(), bob, room, []string{"dan"}), chat.CodeNotFound, noRoom) // invited is not in
}

func TestWhatEndsInvitations(t *testing.T) {
	t.Run("removal", func(t *testing.T) {
		w := explicit(t)
		room, invitation := w.invited()
		w.ok(w.RemoveUsers(w.ctx(), ann, room, []string{"bob"}))
		check(t, w.AcceptInvitation(w.ctx(), bob, invitation), chat.CodeNotFound, "Invitation not valid")
		w.ok(w.AddUsers(w.ctx(), ann, room, []string{"bob"})) // invited anew
		received, _ := w.invitations(bob)
		equal(t, "received", received, 1)
	})
	t.Run("deletion of the room", func(t *testing.T) {
		w := explicit(t)
		room, invitation := w.invited()
		w.ok(w.DeleteRoom(w.ctx(), ann, room))
		received, _ := w.invitations(bob)
		equal(t, "received", received, 0)
		check(t, w.AcceptInvitation(w.ctx(), bob, invitation), chat.CodeNotFound, "Invitation not valid")
		check(t, w.CancelInvitation(w.ctx(), ann, invitation), chat.CodeNotFound, "Invitation not valid")
	})
	t.Run("an administrator's adding", func(t *testing.T) {
		w := explicit(t)
		room, _ := w.invited()
		w.ok(w.AdminAddUsers(w.ctx(), root, room, []string{"bob"}))
		equal(t, "standing", w.member(room, "bob").State, chat.MemberActive)
		received, _ := w.invitations(bob)
		equal(t, "received", received, 0)
	})
}

// TestInvitationsAtOnce holds that of many answers to one invitation one counts.
func TestInvitationsAtOnce(t *testing.T) {
	w := explicit(t)
	room, invitation := w.invited()
	const n = 20
	var wg sync.WaitGroup
	results := make([]error, n)
	for i := range n {
		wg.Go(func() {
			if i%2 == 0 {
				results[i] = w.AcceptInvitation(w.ctx(), bob, invitation)
			} else {
				results[i] = w.CancelInvitation(w.ctx(), ann, invitation)
			}
		})
	}
	wg.Wait()
	won, accepted := 0, false
	for i, err := range results {
		if err == nil {
			won++
			accepted = i%2 == 0
		} else {
			check(t, err, chat.CodeNotFound, "Invitation not valid")
		}
	}
	equal(t, "answers that counted", won, 1)
	equal(t, "takes part", w.member(room, "bob").Active(), accepted)
}

package storetest

import (
	"sync"
	"sync/atomic"

	"parley/chat"
)

func (s *suite) invitation(sender, receiver string) chat.Invitation {
	id, at := s.next("invitation")
	return chat.Invitation{ID: id, Sender: sender, Receiver: receiver, CreatedAt: at}
}

// invite makes invitations to the room.
func (s *suite) invite(room string, invitations ...chat.Invitation) chat.Command {
	return s.effects(room, chat.Effects{Invite: invitations})
}

// effects is a command that writes them whatever it finds.
func (s *suite) effects(room string, e chat.Effects) chat.Command {
	return chat.Command{Room: room, Decide: func(chat.State) (chat.Effects, error) { return e, nil }}
}

// accept ends an invitation and makes its receiver take part.
func (s *suite) accept(room, id string) chat.Command {
	_, at := s.next("member")
	return chat.Command{Room: room, Invitation: id, Decide: func(st chat.State) (chat.Effects, error) {
		if st.Invitation == nil {
			return chat.Effects{}, chat.ErrInvitation
		}
		who := st.Invitation.Receiver
		return chat.Effects{
			Uninvite: []string{who}, Members: []chat.Member{{User: who, State: chat.MemberActive, JoinedAt: at}},
		}, nil
	}}
}

// received lists the ids of who was invited.
func (s *suite) received(user string) (ids []string) {
	s.Helper()
	all, n, err := s.store.Invitations(s.ctx(), user, false, chat.Page{Limit: 100})
	for _, inv := range must(all, err) {
		ids = append(ids, inv.ID)
	}
	s.equal("number of invitations", n, len(ids))
	return ids
}

// invitations: one to a room and receiver, until it ends.
func invitations(s *suite) {
	s.room("r", 1, "ann")
	s.room("other", 0, "ann")
	first, second := s.invitation("ann", "bob"), s.invitation("ann", "cem")
	out := s.do(s.invite("r", first, second))
	s.equal("the room is as it was", out.Room, out.Before.Room)
	want := first
	want.Room, want.RoomName = "r", "Room r"
	s.equal("stored", must(s.store.Invitation(s.ctx(), first.ID)), want)
	_, err := s.store.Invitation(s.ctx(), "none")
	s.code("unknown", err, chat.CodeNotFound)

	s.do(s.invite("r", s.invitation("eve", "bob"), s.invitation("ann", "dee"), s.invitation("ann", "dee")))
	s.equal("who has one keeps it", s.received("bob"), []string{first.ID})
	s.equal("one of two in one command", len(s.received("dee")), 1)
	elsewhere := s.invitation("ann", "bob")
	s.do(s.invite("other", elsewhere))
	s.equal("to another room", s.received("bob"), []string{elsewhere.ID, first.ID})

	var seen *chat.Invitation
	look := func(room, id string) *chat.Invitation {
		s.do(chat.Command{Room: room, Invitation: id, Decide: func(st chat.State) (chat.Effects, error) {
			seen = st.Invitation
			return chat.Effects{}, nil
		}})
		return seen
	}
	s.equal("as a command finds it", *look("r", first.ID), want)
	s.equal("of another room", look("other", first.ID) == nil, true)
	s.equal("unknown to a command", look("r", "none") == nil, true)

	s.do(s.effects("r", chat.Effects{Uninvite: []string{"bob", "nobody", "bob"}}))
	s.equal("ended", s.received("bob"), []string{elsewhere.ID})
	_, err = s.store.Invitation(s.ctx(), first.ID)
	s.code("ended", err, chat.CodeNotFound)
	s.equal("ended for a command", look("r", first.ID) == nil, true)
	again := s.invitation("dee", "bob")
	s.do(s.invite("r", again))
	s.equal("invited again", s.received("bob"), []string{again.ID, elsewhere.ID})

	s.do(s.effects("r", chat.Effects{Room: &chat.Room{Name: "New name", Visibility: chat.Private, Creator: "ann"}}))
	s.equal("the room's name is the present one", must(s.store.Invitation(s.ctx(), again.ID)).RoomName, "New name")
	s.do(s.deletion("r"))
	s.equal("not to a deleted room", s.received("bob"), []string{elsewhere.ID})
	_, err = s.store.Invitation(s.ctx(), again.ID)
	s.code("to a deleted room", err, chat.CodeNotFound)

	for name, cmd := range map[string]chat.Command{
		"no room":     s.invite("none", s.invitation("ann", "bob")),
		"no id":       s.invite("other", chat.Invitation{Sender: "ann", Receiver: "zoe"}),
		"no receiver": s.invite("other", s.invitation("ann", "")),
		"taken id":    s.invite("other", chat.Invitation{ID: elsewhere.ID, Sender: "ann", Receiver: "zoe"}),
	} {
		s.code(name, (<-s.submit(cmd)).err, chat.CodeInternal)
	}
	s.code("nothing to end", (<-s.submit(s.effects("none", chat.Effects{Uninvite: []string{"bob"}}))).err, "")
}

// invitationsOfOneGo: commands of one group see each other's.
func invitationsOfOneGo(s *suite) {
	s.room("r", 0, "ann")
	old, stored := s.invitation("ann", "bob"), s.invitation("ann", "cem")
	s.do(s.invite("r", old, stored))
	fresh, lost, last := s.invitation("ann", "bob"), s.invitation("eve", "bob"), s.invitation("ann", "dee")
	uninvite := func(users ...string) chat.Command { return s.effects("r", chat.Effects{Uninvite: users}) }
	answers := s.together(
		s.accept("r", old.ID),
		s.accept("r", old.ID), // 1: the second finds none
		s.invite("r", lost),   // bob once more
		s.effects("r", chat.Effects{Uninvite: []string{"bob"}, Invite: []chat.Invitation{fresh}}),
		s.accept("r", lost.ID), // 4: ended by the one before
		s.invite("r", s.invitation("eve", "cem")),
		s.invite("r", last),
		uninvite("dee"), // made and ended in one group
		s.accept("r", last.ID),
		s.accept("r", stored.ID),
	)
	for i, a := range answers {
		want := chat.Code("")
		if i == 1 || i == 4 || i == 8 {
			want = chat.CodeNotFound
		}
		s.code("command "+string(rune('0'+i)), a.err, want)
	}
	s.equal("what a later command saw", answers[9].Before.Invitation.RoomName, "Room r")
	s.equal("bob", s.received("bob"), []string{fresh.ID})
	s.equal("cem and dee", append(s.received("cem"), s.received("dee")...), []string{})
	s.equal("participants", must(s.store.Room(s.ctx(), "r")).ParticipantCount, 3)

	// A room and its invitations made in one group.
	inv := s.invitation("ann", "bob")
	for i, a := range s.together(s.create("new", "ann"), s.invite("new", inv), s.accept("new", inv.ID), s.post("new", "bob", "hi", "")) {
		s.code("new room "+string(rune('0'+i)), a.err, "")
	}
}

// invitationsAtOnce: of many that answer one invitation, one finds it.
func invitationsAtOnce(s *suite) {
	s.room("r", 0, "ann")
	for range 8 {
		inv := s.invitation("ann", "bob")
		s.do(s.invite("r", inv))
		var wg sync.WaitGroup
		var accepted atomic.Int32
		for range 6 {
			wg.Go(func() {
				a := <-s.submit(s.accept("r", inv.ID))
				if a.err == nil {
					accepted.Add(1)
				} else {
					s.code("too late", a.err, chat.CodeNotFound)
				}
			})
		}
		wg.Wait()
		s.equal("accepted", accepted.Load(), 1)
	}
}

// listsOfInvitations: newest first, in pages, received and sent apart.
func listsOfInvitations(s *suite) {
	var ids []string // newest first
	for _, room := range []string{"a", "b", "c", "d", "gone"} {
		s.room(room, 0, "ann")
		inv := s.invitation("ann", "bob")
		s.do(s.invite(room, inv, s.invitation("bob", "cem")))
		if room != "gone" {
			ids = append([]string{inv.ID}, ids...)
		}
	}
	s.do(s.deletion("gone"))
	for _, c := range []struct {
		name, user string
		sent       bool
		page       chat.Page
		want       []string
		n          int
	}{
		{"received", "bob", false, chat.Page{Limit: 10}, ids, 4},
		{"page", "bob", false, chat.Page{Skip: 1, Limit: 2}, ids[1:3], 4},
		{"past the end", "bob", false, chat.Page{Skip: 9, Limit: 2}, nil, 4},
		{"sent", "ann", true, chat.Page{Limit: 10}, ids, 4},
		{"search", "ann", true, chat.Page{Limit: 10, Search: "oOM C"}, ids[1:2], 1},
		{"received by who sent", "ann", false, chat.Page{Limit: 10}, nil, 0},
		{"sent by who received", "cem", true, chat.Page{Limit: 10}, nil, 0},
	} {
		var got []string
		all, n, err := s.store.Invitations(s.ctx(), c.user, c.sent, c.page)
		for _, inv := range must(all, err) {
			got = append(got, inv.ID)
			if inv.RoomName != "Room "+inv.Room || inv.Sender != "ann" || inv.Receiver != "bob" {
				s.Errorf("%s: %+v", c.name, inv)
			}
		}
		s.equal(c.name, []any{got, n}, []any{c.want, c.n})
	}
}

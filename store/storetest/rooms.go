package storetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/chat"
)

// rooms: creation, replacement of what may be replaced, deletion.
func rooms(s *suite) {
	created := s.do(s.create("r", "ann", "bob")).Room
	s.equal("created", []any{created.Name, created.Kind, created.Visibility, created.Creator, created.ParticipantCount},
		[]any{"Room r", chat.KindGroup, chat.Private, "ann", 2})
	s.equal("activity of a new room", created.ActiveAt, created.CreatedAt)
	s.do(s.post("r", "ann", "hi", ""))
	at := start.Add(time.Hour)
	changed := s.do(chat.Command{Room: "r", Decide: func(st chat.State) (chat.Effects, error) {
		return chat.Effects{Room: &chat.Room{
			ID: "another", Name: "New", Kind: chat.KindCustomer, Visibility: chat.Public, Creator: "bob", UpdatedAt: at,
			Seq: 77, Version: 77, ParticipantCount: 77, LastMessageID: "x",
		}}, nil
	}}).Room
	want := created
	want.Name, want.Visibility, want.Creator, want.UpdatedAt = "New", chat.Public, "bob", at
	want.Seq, want.Version, want.LastMessageID, want.ActiveAt = 1, 1, changed.LastMessageID, changed.ActiveAt
	s.equal("changed", changed, want)
	s.equal("stored", must(s.store.Room(s.ctx(), "r")), want)

	s.do(s.deletion("r"))
	s.equal("deleted", must(s.store.Room(s.ctx(), "r")).Deleted, true)
	_, err := s.store.Room(s.ctx(), "none")
	s.code("unknown room", err, chat.CodeNotFound)
	again := <-s.submit(s.create("r", "ann"))
	s.code("the id of a deleted room", again.err, chat.CodeConflict)
	s.equal("its state", again.Before.Room.Deleted, true)
}

// members: standing, counts, order of joining.
func members(s *suite) {
	s.do(s.create("r", "ann", "bob", "cem"))
	list := func() string {
		var users []string
		for _, m := range must(s.store.Participants(s.ctx(), "r", 10)) {
			users = append(users, m.User)
		}
		return strings.Join(users, " ")
	}
	s.equal("in order", list(), "ann bob cem")
	s.equal("limit", len(must(s.store.Participants(s.ctx(), "r", 2))), 2)
	s.equal("left", s.do(s.stand("r", "bob", chat.MemberLeft)).Room.ParticipantCount, 2)
	s.equal("left twice", s.do(s.stand("r", "bob", chat.MemberLeft)).Room.ParticipantCount, 2)
	s.equal("removed", s.do(s.stand("r", "cem", chat.MemberRemoved)).Room.ParticipantCount, 1)
	s.equal("new", s.do(s.stand("r", "dee", chat.MemberActive)).Room.ParticipantCount, 2)
	s.equal("back", s.do(s.stand("r", "bob", chat.MemberActive)).Room.ParticipantCount, 3)
	s.equal("list", list(), "ann bob dee")
	m := must(s.store.Member(s.ctx(), "r", "cem"))
	s.equal("standing", []any{m.Room, m.User, m.State, m.JoinedAt.IsZero()}, []any{"r", "cem", chat.MemberRemoved, false})
	s.equal("stranger", must(s.store.Member(s.ctx(), "r", "zoe")), chat.Member{})

	others := s.do(chat.Command{Room: "r", User: "ann", Others: []string{"ann", "cem", "zoe"}, Decide: func(st chat.State) (chat.Effects, error) {
		// Members whom the command did not name are counted rightly all the same.
		return chat.Effects{Members: []chat.Member{
			{User: "dee", State: chat.MemberRemoved}, {User: "eve", State: chat.MemberActive}, {User: "cem", State: chat.MemberActive},
		}}, nil
	}})
	s.equal("others", []any{len(others.Before.Others), others.Before.Others["cem"].State, others.Before.Member.State},
		[]any{2, chat.MemberRemoved, chat.MemberActive})
	s.equal("count", others.Room.ParticipantCount, 4)
	s.equal("count is true", len(must(s.store.Participants(s.ctx(), "r", 10))), 4)
}

// roomsOfUser: the list with all that a client shows of it.
func roomsOfUser(s *suite) {
	var names []string
	for i := range 6 {
		room := fmt.Sprint("r", i)
		s.room(room, i, "ann", "bob")
		names = append(names, room)
	}
	s.room("left", 1, "bob", "ann")
	s.do(s.stand("left", "ann", chat.MemberLeft))
	s.room("deleted", 1, "bob", "ann")
	s.do(s.deletion("deleted"))
	s.room("strange", 1, "bob")
	s.do(s.post("r2", "bob", "newest", ""))

	list := func(user string, p chat.Page) (ids []string, n int64) {
		all, n, err := s.store.RoomsOf(s.ctx(), user, p)
		must(all, err)
		for _, v := range all {
			ids = append(ids, v.ID)
		}
		return ids, n
	}
	ids, n := list("ann", chat.Page{Limit: 50})
	s.equal("all", []any{ids, n}, []any{[]string{"r2", "r5", "r4", "r3", "r1", "r0"}, 6})
	ids, n = list("ann", chat.Page{Skip: 1, Limit: 2})
	s.equal("page", []any{ids, n}, []any{[]string{"r5", "r4"}, 6})
	ids, n = list("ann", chat.Page{Limit: 50, Search: "ROOM R3"})
	s.equal("search", []any{ids, n}, []any{[]string{"r3"}, 1})
	ids, n = list("ann", chat.Page{Limit: 50, Search: "_"})
	s.equal("search is literal", []any{ids, n}, []any{[]string{}, 0})
	ids, n = list("nobody", chat.Page{Limit: 50})
	s.equal("nobody", []any{ids, n}, []any{[]string{}, 0})

	all, _, err := s.store.RoomsOf(s.ctx(), "ann", chat.Page{Limit: 50})
	top := must(all, err)[0]
	s.equal("view", []any{top.Participants, top.ParticipantCount, top.Unread, top.LastMessage.Text, top.Epoch, top.Seq},
		[]any{[]string{"ann", "bob"}, 2, 1, "newest", s.store.Epoch(), 3})
	s.equal("empty room", []any{all[5].LastMessage == nil, all[5].Unread}, []any{true, 0})

	s.do(s.remove("r2", top.LastMessage.ID))
	all, _, err = s.store.RoomsOf(s.ctx(), "ann", chat.Page{Limit: 1})
	s.equal("last message is never a tombstone", must(all, err)[0].LastMessage.Text, "text 2")

	heads := map[string]int64{}
	for _, h := range must(s.store.RoomHeads(s.ctx(), "ann")) {
		heads[h.Room] = h.Version
		s.equal("members of "+h.Room, h.Members, 2)
	}
	s.equal("heads of ann", heads, map[string]int64{"r0": 0, "r1": 1, "r2": 4, "r3": 3, "r4": 4, "r5": 5})
	s.equal("heads", must(s.store.Heads(s.ctx(), append(names[:3], "deleted", "none", "left"))),
		map[string]int64{"r0": 0, "r1": 1, "r2": 4, "left": 1})
	stands := map[string]int64{}
	for id, h := range must(s.store.Stands(s.ctx(), append(names[:3], "deleted", "none", "left"))) {
		stands[id] = h.Version
		s.equal("stands by its id", h.Room, id)
	}
	s.equal("stands", stands, map[string]int64{"r0": 0, "r1": 1, "r2": 4, "left": 1})
	active := func(room string, users ...string) []string {
		return slices.Sorted(slices.Values(must(s.store.Active(s.ctx(), room, users))))
	}
	s.equal("active", active("r1", "bob", "nobody", "ann"), []string{"ann", "bob"})
	s.equal("asked for", active("r1", "bob"), []string{"bob"})
	s.equal("of who left", len(active("left", "ann")), 0)
	s.equal("of a deleted room", len(active("deleted", "ann", "bob")), 0)
	s.equal("of none", len(active("none", "ann")), 0)
}

// views: in the order asked for, and for many rooms at once.
func views(s *suite) {
	s.room("a", 2, "ann", "bob")
	s.room("b", 1, "bob")
	s.room("gone", 1, "ann")
	s.do(s.deletion("gone"))
	got := must(s.store.Views(s.ctx(), "bob", []string{"b", "none", "gone", "a"}))
	s.equal("order", []string{got[0].ID, got[1].ID}, []string{"b", "a"})
	s.equal("count", len(got), 2)
	s.equal("unread", []int64{got[0].Unread, got[1].Unread}, []int64{0, 2})
	s.equal("a stranger has nothing unread", must(s.store.Views(s.ctx(), "ann", []string{"b"}))[0].Unread, 0)
	s.equal("none", len(must(s.store.Views(s.ctx(), "ann", nil))), 0)

	var ids []string
	var waits []<-chan answer
	for i := range 250 {
		ids = append(ids, fmt.Sprint("many", i))
		waits = append(waits, s.submit(s.create(ids[i], "ann", "bob")), s.submit(s.post(ids[i], "ann", "hi", "")))
	}
	for _, w := range waits {
		s.code("many", (<-w).err, "")
	}
	for i, v := range must(s.store.Views(s.ctx(), "bob", ids)) {
		if v.ID != ids[i] || len(v.Participants) != 2 || v.Unread != 1 || v.LastMessage == nil {
			s.Fatalf("view %d: %+v", i, v)
		}
	}
	s.equal("heads", len(must(s.store.Heads(s.ctx(), ids))), 250)

	var crowd []string
	for i := range chat.ListedParticipants + 5 {
		crowd = append(crowd, fmt.Sprintf("u%03d", i))
	}
	s.do(s.create("large", crowd...))
	large := must(s.store.Views(s.ctx(), "u000", []string{"large"}))[0]
	s.equal("listed", large.Participants, crowd[:chat.ListedParticipants])
	s.equal("counted", large.ParticipantCount, len(crowd))
}

// readPositions never go back, and are listed for small rooms.
func readPositions(s *suite) {
	s.room("r", 5, "ann", "bob")
	s.do(s.read("r", "bob", 3))
	s.do(s.read("r", "bob", 2))
	s.equal("never back", must(s.store.Member(s.ctx(), "r", "bob")).ReadSeq, 3)
	s.equal("unread", must(s.store.Views(s.ctx(), "bob", []string{"r"}))[0].Unread, 2)
	s.room("empty", 0)
	s.room("large", 1, "ann", "bob", "cem")
	s.do(s.stand("r", "cem", chat.MemberLeft))
	s.equal("positions", must(s.store.ReadSeqs(s.ctx(), []string{"r", "large", "empty", "none"}, 2)),
		map[string]map[string]int64{"r": {"ann": 5, "bob": 3}, "empty": {}})
	s.do(s.stand("r", "bob", chat.MemberLeft))
	s.do(s.stand("r", "bob", chat.MemberActive))
	s.equal("kept over leaving", must(s.store.Member(s.ctx(), "r", "bob")).ReadSeq, 3)
}

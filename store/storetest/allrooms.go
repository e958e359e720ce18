package storetest

import (
	"fmt"

	"parley/chat"
)

// unread counts no deleted message, whoever deleted it and whenever.
func unread(s *suite) {
	ids := s.room("r", 10, "ann", "bob")
	s.room("still", 3, "ann", "bob")
	s.room("left", 2, "ann", "bob")
	s.do(s.stand("left", "bob", chat.MemberLeft))
	check := func(what, user string, want int64) {
		s.Helper()
		s.equal(what, must(s.store.Views(s.ctx(), user, []string{"r"}))[0].Unread, want)
	}
	check("all", "bob", 10)
	s.do(s.remove("r", ids[1]))
	s.do(s.remove("r", ids[6]))
	check("without two", "bob", 8)
	s.do(s.read("r", "bob", 4))
	check("one of them was read", "bob", 5)
	s.do(s.remove("r", ids[3]))
	check("the last one read is deleted", "bob", 5)
	s.do(s.remove("r", ids[9]))
	check("the newest is deleted", "bob", 4)
	check("who has read all", "ann", 0)
	check("a stranger", "eve", 0)
	views, _, err := s.store.RoomsOf(s.ctx(), "bob", chat.Page{Limit: 9})
	got := map[string]int64{}
	for _, v := range must(views, err) {
		got[v.ID] = v.Unread
	}
	s.equal("list", got, map[string]int64{"r": 4, "still": 3})
	for _, id := range ids {
		s.do(s.remove("r", id))
	}
	check("none is left", "bob", 0)

	var rooms []string
	for i := range 230 { // more than one statement takes
		rooms = append(rooms, fmt.Sprint("many", i))
		s.do(s.create(rooms[i], "ann", "bob"))
		id := s.do(s.post(rooms[i], "ann", "hi", "")).Message.ID
		s.do(s.post(rooms[i], "ann", "hi", ""))
		if i%2 == 0 {
			s.do(s.remove(rooms[i], id))
		}
	}
	for i, v := range must(s.store.Views(s.ctx(), "bob", rooms)) {
		if v.Unread != int64(1+i%2) {
			s.Fatalf("room %d has %d unread", i, v.Unread)
		}
	}
}

// allRooms: every room, newest first, as a stranger sees it.
func allRooms(s *suite) {
	for i := range 7 {
		s.room(fmt.Sprint("r", i), i, fmt.Sprint("u", i%2), "bob")
	}
	s.do(s.deletion("r3"))
	for name, c := range map[string]struct {
		page chat.Page
		want []string
		n    int
	}{
		"all":          {chat.Page{Limit: 50}, []string{"r6", "r5", "r4", "r2", "r1", "r0"}, 6},
		"page":         {chat.Page{Skip: 2, Limit: 2}, []string{"r4", "r2"}, 6},
		"past the end": {chat.Page{Skip: 9, Limit: 2}, nil, 6},
		"search":       {chat.Page{Limit: 50, Search: "oOM R4"}, []string{"r4"}, 1},
		"search page":  {chat.Page{Skip: 1, Limit: 1, Search: "room"}, []string{"r5"}, 6},
		"deleted":      {chat.Page{Limit: 50, Search: "Room r3"}, nil, 0},
		"literally":    {chat.Page{Limit: 50, Search: "_"}, nil, 0},
	} {
		var ids []string
		got, n, err := s.store.AllRooms(s.ctx(), c.page)
		for _, v := range must(got, err) {
			ids = append(ids, v.ID)
		}
		s.equal(name, []any{ids, n}, []any{c.want, c.n})
	}
	got, _, err := s.store.AllRooms(s.ctx(), chat.Page{Limit: 1})
	v := must(got, err)[0]
	s.equal("room", v.Room, must(s.store.Room(s.ctx(), "r6")))
	s.equal("filled", []any{v.Participants, v.LastMessage.Seq, v.Unread, v.Epoch}, []any{[]string{"u0", "bob"}, 6, 0, s.store.Epoch()})
}

// roomsAfter walks through every room by id.
func roomsAfter(s *suite) {
	for i := range 7 {
		s.room(fmt.Sprint("r", i), 1, "ann")
	}
	s.do(s.deletion("r2"))
	var ids []string
	for after := ""; ; {
		page := must(s.store.RoomsAfter(s.ctx(), after, 2))
		for _, v := range page {
			ids = append(ids, v.ID)
			s.equal("last message of "+v.ID, v.LastMessage.Seq, 1)
		}
		if len(page) < 2 {
			break
		}
		after = page[1].ID
	}
	s.equal("all", ids, []string{"r0", "r1", "r3", "r4", "r5", "r6"})
	s.equal("none", len(must(s.store.RoomsAfter(s.ctx(), "", 0))), 0)
}

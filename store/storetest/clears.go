package storetest

import (
	"fmt"

	"parley/chat"
)

func (s *suite) clear(room string) chat.Command { return s.effects(room, chat.Effects{Clear: true}) }

// clears: nothing finds a room's messages any more but their nonces; its numbers
// go on, and the others' rooms stay as they are.
func clears(s *suite) {
	s.file("f", "ann")
	s.file("g", "ann")
	s.room("other", 2, "ann", "bob")
	s.do(s.create("r", "ann", "bob"))
	first := s.do(s.post("r", "ann", "text one", "n")).Message
	s.do(s.share("r", "ann", "f", "g"))
	s.do(s.share("other", "ann", "g"))
	gone := s.do(s.post("r", "ann", "text gone", "")).Message.ID
	s.do(s.remove("r", gone))
	open, reply := s.stream("r")
	s.do(open)
	s.do(s.finish("r", reply, "text answered", chat.StatusComplete))
	open, streaming := s.stream("r")
	s.do(open)
	s.finds("before", chat.MessageQuery{Room: "r", Page: chat.Page{Search: "text"}}, reply, first.ID)
	before := must(s.store.Room(s.ctx(), "r"))

	cleared := s.do(s.clear("r"))
	want := before
	want.Version, want.ClearedSeq, want.ClearedVersion, want.LastMessageID = 6, 4, 6, ""
	s.equal("room", cleared.Room, want)
	s.equal("room that is read", must(s.store.Room(s.ctx(), "r")), want)
	for _, id := range []string{first.ID, reply} {
		m := must(s.store.Message(s.ctx(), id))
		s.equal("tombstone", []any{m.Deleted, m.Text, m.Files, replyOf(m)}, []any{true, "", []string{}, "none"})
	}
	empty := func(what string) {
		s.Helper()
		page, n, err := s.store.Messages(s.ctx(), chat.MessageQuery{Room: "r", Page: chat.Page{Limit: 9}}, true)
		s.equal(what+", list", []any{len(must(page, err)), n}, []any{0, 0})
		page, n, err = s.store.Messages(s.ctx(), chat.MessageQuery{User: "bob", Page: chat.Page{Limit: 9}}, true)
		s.equal(what+", feed", []any{len(must(page, err)), n}, []any{3, 3})
		s.equal(what+", changes", len(must(s.store.Changes(s.ctx(), "r", cleared.Room.ClearedVersion, 9))), 0)
		s.finds(what+", words", chat.MessageQuery{Room: "r", Page: chat.Page{Search: "text"}})
		s.finds(what+", sender", chat.MessageQuery{Room: "r", Sender: bot})
		view := must(s.store.Views(s.ctx(), "bob", []string{"r"}))[0]
		s.equal(what+", view", []any{view.Unread, view.LastMessage}, []any{0, nil})
	}
	empty("cleared")
	s.equal("files", s.readable("bob", "f", "g"), []string{"g"})
	for _, h := range must(s.store.RoomHeads(s.ctx(), "ann")) {
		if h.Room == "r" {
			s.equal("head", []int64{h.Version, h.ClearedVersion}, []int64{6, 6})
		}
	}
	s.equal("open reply", must(s.store.Message(s.ctx(), streaming)).Status, chat.StatusStreaming)
	dup := s.do(s.post("r", "ann", "again", "n"))
	s.equal("nonce", []any{dup.Message == nil, dup.Before.Prior.ID, dup.Before.Prior.Deleted}, []any{true, first.ID, true})

	again := s.do(s.clear("r"))
	s.equal("cleared again", []int64{again.Room.ClearedSeq, again.Room.ClearedVersion}, []int64{4, 7})
	empty("cleared again")
	s.goesOn(streaming)
	s.finds("the other room", chat.MessageQuery{Room: "other", Page: chat.Page{Search: "text"}},
		reversed(idsOf(must(s.store.Changes(s.ctx(), "other", 0, 2))))...)
}

// goesOn: what is closed and posted behind a clearing at 4 and 7 is all there is.
func (s *suite) goesOn(streaming string) {
	s.Helper()
	closed := s.do(s.finish("r", streaming, "text closed", chat.StatusComplete))
	s.equal("closed after it", numbers(closed), []int64{5, 8, 8, 5, 8})
	next := s.do(s.post("r", "bob", "text next", "")).Message
	s.equal("goes on", []int64{next.Seq, next.Version}, []int64{6, 9})
	s.finds("found", chat.MessageQuery{Room: "r", Page: chat.Page{Search: "text"}}, next.ID, streaming)
	for _, q := range []chat.MessageQuery{{Before: 6}, {After: 2, Before: 6}, {After: 4, Before: 6}} {
		q.Room, q.Search = "r", "text"
		ids, n := s.found(q)
		s.equal("found within bounds", []any{ids, n}, []any{[]string{streaming}, 2})
	}
	page, n, err := s.store.Messages(s.ctx(), chat.MessageQuery{Room: "r", After: 1, Page: chat.Page{Limit: 1}}, true)
	s.equal("nearest after", []any{idsOf(must(page, err)), n}, []any{[]string{streaming}, 2})
	page, _, err = s.store.Messages(s.ctx(), chat.MessageQuery{Room: "r", Page: chat.Page{Skip: 1, Limit: 5}}, true)
	s.equal("skip", idsOf(must(page, err)), []string{streaming})
	s.equal("changes", seqs(must(s.store.Changes(s.ctx(), "r", 7, 9))), []int64{5, 6})
	s.do(s.remove("r", next.ID))
	s.equal("last message", must(s.store.Views(s.ctx(), "bob", []string{"r"}))[0].LastMessage.ID, streaming)
}

// clearsOfOneGo: what comes before a clearing in its group goes, what comes
// behind it stays.
func clearsOfOneGo(s *suite) {
	for _, f := range []string{"f1", "f2", "f3"} {
		s.file(f, "ann")
	}
	old := s.room("r", 2, "ann", "bob")
	s.do(s.change("r", old[1], func(m *chat.Message) { m.Files = []string{"f1"} }))
	open, streamed := s.stream("r")
	s.do(open)
	early, late := s.post("r", "ann", "text early", "n1"), s.post("r", "ann", "text late", "n2")
	answers := s.together(
		s.change("r", old[0], func(m *chat.Message) { m.Text, m.Files = "text edited", []string{"f2"} }),
		early,
		s.finish("r", streamed, "text streamed", chat.StatusComplete),
		s.clear("r"),
		s.post("r", "ann", "text early", "n1"),
		late,
		s.share("r", "ann", "f3"),
		s.post("r", "ann", "text late", "n2"),
		s.change("r", old[1], func(m *chat.Message) {
			if !m.Deleted || m.Text != "" {
				s.Errorf("cleared in the group, and still there: %+v", m)
			}
		}),
		s.effects("r", chat.Effects{Clear: true, Insert: &chat.Message{ID: "no", Sender: "ann"}}),
	)
	for i, a := range answers {
		want := chat.Code("")
		if i == len(answers)-1 {
			want = chat.CodeInternal
		}
		s.code(fmt.Sprint("command ", i), a.err, want)
	}
	s.equal("dup of a cleared one", []any{answers[4].Message == nil, answers[4].Before.Prior.Deleted}, []any{true, true})
	s.equal("dup of a later one", []any{answers[7].Message == nil, answers[7].Before.Prior.Deleted}, []any{true, false})
	room := must(s.store.Room(s.ctx(), "r"))
	s.equal("room", []int64{room.Seq, room.Version, room.ClearedSeq, room.ClearedVersion}, []int64{6, 10, 4, 7})
	page, n, err := s.store.Messages(s.ctx(), chat.MessageQuery{Room: "r", Page: chat.Page{Limit: 9}}, true)
	s.equal("left", []any{seqs(must(page, err)), n}, []any{[]int64{6, 5}, 2})
	s.finds("found", chat.MessageQuery{Room: "r", Page: chat.Page{Search: "text"}}, answers[5].Message.ID)
	s.equal("files", s.readable("bob", "f1", "f2", "f3"), []string{"f3"})
	for _, id := range []string{old[0], old[1], answers[1].Message.ID, streamed} {
		m := must(s.store.Message(s.ctx(), id))
		s.equal("tombstone", []any{m.Deleted, m.Text, replyOf(m)}, []any{true, "", "none"})
	}
	refused := <-s.submit(s.clear("none"))
	s.code("no room", refused.err, chat.CodeInternal)
}

// clearedAndSearched: clearings and posts by turns, indexed or not in between,
// leave what was posted since.
func clearedAndSearched(s *suite) {
	s.do(s.create("r", "ann"))
	var want []string
	for i := range 12 {
		for range 1 + i%5*60 {
			want = append(want, s.do(s.post("r", "ann", "word", "")).Message.ID)
		}
		if i%2 == 0 {
			s.indexed()
		}
		if i%3 == 1 {
			s.do(s.clear("r"))
			want = nil
		}
		if i%4 == 3 {
			s.finds(fmt.Sprint("round ", i), chat.MessageQuery{Room: "r", Page: chat.Page{Search: "word", Limit: 1000}}, reversed(want)...)
		}
	}
	s.finds("in the end", chat.MessageQuery{Sender: "ann", Page: chat.Page{Limit: 1000}}, reversed(want)...)
}

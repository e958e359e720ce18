package storetest

import (
	"fmt"

	"parley/chat"
)

// editsAndTombstones: an update takes the next version and keeps its place.
func editsAndTombstones(s *suite) {
	ids := s.room("r", 3, "ann")
	_, at := s.next("edit")
	before := must(s.store.Message(s.ctx(), ids[1]))
	edited := s.do(s.change("r", ids[1], func(m *chat.Message) {
		m.Text, m.Files, m.EditedAt, m.UpdatedAt = "edited", []string{"f"}, at, at
		m.Sender, m.Seq, m.Nonce = "eve", 99, "eve's" // are not replaced
	}))
	want := before
	want.Text, want.Files, want.EditedAt, want.UpdatedAt, want.Version = "edited", []string{"f"}, at, at, 4
	s.equal("edited", *edited.Message, want)
	s.equal("stored", must(s.store.Message(s.ctx(), ids[1])), want)
	s.equal("room", []int64{edited.Room.Seq, edited.Room.Version}, []int64{3, 4})

	s.do(s.remove("r", ids[1]))
	tomb := must(s.store.Message(s.ctx(), ids[1]))
	s.equal("tombstone", []any{tomb.Deleted, tomb.Text, tomb.Files, tomb.Seq, tomb.Version}, []any{true, "", []string{}, 2, 5})
	page, n, err := s.store.Messages(s.ctx(), chat.MessageQuery{Room: "r", Page: chat.Page{Limit: 10}}, true)
	s.equal("list", []any{seqs(must(page, err)), n}, []any{[]int64{3, 1}, 2})
	_, err = s.store.Message(s.ctx(), "none")
	s.code("unknown", err, chat.CodeNotFound)
	other := <-s.submit(s.change("elsewhere", ids[0], func(*chat.Message) {}))
	s.code("through another room", other.err, chat.CodeNotFound)
}

// changes: by version, each message at its last change, in pages.
func changes(s *suite) {
	ids := s.room("r", 6, "ann")
	s.do(s.change("r", ids[0], func(m *chat.Message) { m.Text = "edited" }))
	s.do(s.remove("r", ids[3]))
	var got []string
	after := int64(0)
	for {
		page := must(s.store.Changes(s.ctx(), "r", after, 4))
		if len(page) == 0 {
			break
		}
		for _, m := range page {
			got = append(got, fmt.Sprint(m.Seq, ":", m.Version, ":", m.Deleted))
			after = m.Version
		}
	}
	s.equal("all", got, []string{"2:2:false", "3:3:false", "5:5:false", "6:6:false", "1:7:false", "4:8:true"})
	s.equal("since a cursor", seqs(must(s.store.Changes(s.ctx(), "r", 6, 10))), []int64{1, 4})
	s.equal("at the head", len(must(s.store.Changes(s.ctx(), "r", 8, 10))), 0)
	s.equal("unknown room", len(must(s.store.Changes(s.ctx(), "none", 0, 10))), 0)
}

// pages: by seq and by place, around a tombstone.
func pages(s *suite) {
	ids := s.room("r", 10, "ann")
	s.do(s.remove("r", ids[5])) // seq 6
	s.room("other", 2, "ann")
	for _, c := range []struct {
		name          string
		before, after int64
		skip, limit   int
		want          []int64
	}{
		{"newest", 0, 0, 0, 3, []int64{10, 9, 8}},
		{"skip", 0, 0, 3, 3, []int64{7, 5, 4}},
		{"past the end", 0, 0, 20, 3, nil},
		{"before", 8, 0, 0, 3, []int64{7, 5, 4}},
		{"before the first", 1, 0, 0, 3, nil},
		{"after is the nearest", 0, 4, 0, 3, []int64{8, 7, 5}},
		{"after the last", 0, 10, 0, 3, nil},
		{"between", 9, 3, 0, 10, []int64{8, 7, 5, 4}},
		{"between is the newest", 9, 3, 0, 2, []int64{8, 7}},
		{"no limit, no rows", 0, 0, 0, 0, nil},
		{"before, skip", 9, 0, 3, 2, []int64{4, 3}},
		{"before the future, skip", 99, 0, 1, 2, []int64{9, 8}},
		{"before, skip all", 5, 0, 4, 2, nil},
		{"after, skip", 0, 4, 1, 2, []int64{8, 7}},
		{"after, skip all", 0, 4, 5, 2, nil},
		{"between, skip", 9, 3, 2, 10, []int64{5, 4}},
	} {
		q := chat.MessageQuery{Room: "r", Before: c.before, After: c.after, Page: chat.Page{Skip: c.skip, Limit: c.limit}}
		got, n, err := s.store.Messages(s.ctx(), q, true)
		s.equal(c.name, []any{seqs(must(got, err)), n}, []any{c.want, 9})
	}
	for _, c := range []struct {
		name        string
		skip, limit int
		want        []int64
	}{
		{"oldest", 0, 3, []int64{1, 2, 3}},
		{"skip the oldest", 4, 3, []int64{5, 7, 8}},
		{"past the newest", 9, 3, nil},
	} {
		q := chat.MessageQuery{Room: "r", Oldest: true, Page: chat.Page{Skip: c.skip, Limit: c.limit}}
		got, n, err := s.store.Messages(s.ctx(), q, true)
		s.equal(c.name, []any{seqs(must(got, err)), n}, []any{c.want, 9})
	}
	none, n, err := s.store.Messages(s.ctx(), chat.MessageQuery{Room: "none", Page: chat.Page{Limit: 5}}, true)
	s.equal("unknown room", []any{len(must(none, err)), n}, []any{0, 0})
}

// feed: the messages of all rooms of a user, newest first.
func feed(s *suite) {
	const many = 130
	for i := range many {
		s.do(s.create(fmt.Sprint("r", i), "ann"))
	}
	s.room("strange", 3, "bob")
	s.room("gone", 3, "ann")
	s.do(s.deletion("gone"))
	s.room("left", 3, "ann")
	s.do(s.stand("left", "ann", chat.MemberLeft))
	var want []string // oldest first
	for i := range 2 * many {
		want = append(want, s.do(s.post(fmt.Sprint("r", i*7%many), "ann", fmt.Sprint("text ", i), "")).Message.ID)
	}
	s.do(s.remove(fmt.Sprint("r", (len(want)-1)*7%many), want[len(want)-1]))
	want = want[:len(want)-1]
	list := func(skip, limit int, search string) (ids []string, n int64) {
		all, n, err := s.store.Messages(s.ctx(), chat.MessageQuery{User: "ann", Page: chat.Page{Skip: skip, Limit: limit, Search: search}}, true)
		for _, m := range must(all, err) {
			ids = append(ids, m.ID)
		}
		return ids, n
	}
	for _, skip := range []int{0, 5, 100, len(want) - 3, len(want)} {
		ids, n := list(skip, 10, "")
		s.equal("count", n, len(want))
		for i, id := range ids {
			if at := len(want) - 1 - skip - i; id != want[at] {
				s.Fatalf("skip %d: message %d is %s, want %s", skip, i, id, want[at])
			}
		}
		s.equal("size of page", len(ids), min(10, len(want)-skip))
	}
	s.indexed()
	ids, n := list(0, 10, "25 TEXT")
	s.equal("search", []any{ids, n}, []any{[]string{want[25]}, 1})
	ids, n = list(30, 50, "text")
	s.equal("search for many", []any{ids, n}, []any{reversed(want)[30:80], len(want)})
	oldest, n, err := s.store.Messages(s.ctx(), chat.MessageQuery{User: "ann", Oldest: true, Page: chat.Page{Skip: 100, Limit: 20}}, true)
	s.equal("oldest first", []any{idsOf(must(oldest, err)), n}, []any{want[100:120], len(want)})
	// A message older than its predecessors, as a reply that streamed for long.
	late := s.do(chat.Command{Room: "r7", User: "ann", Decide: func(chat.State) (chat.Effects, error) {
		return chat.Effects{Insert: &chat.Message{ID: "late", Sender: "ann", Type: chat.ContentText, CreatedAt: start}}, nil
	}}).Message
	ids, _ = list(0, 1, "")
	s.equal("newest by time", []any{ids[0], late.Seq}, []any{want[len(want)-1], 3})
	want = append(want, late.ID)
	ids, n = list(0, 0, "")
	s.equal("no limit, no rows", []any{len(ids), n}, []any{0, len(want)})
}

// counts: a filtered one stops at the limit, others do not.
func counts(s *suite) {
	s.do(s.create("r", "ann"))
	const n = chat.CountLimit + 20
	waits := make([]<-chan answer, n)
	for i := range waits {
		if i >= 4096 {
			<-waits[i-4096] // no more than a queue takes
		}
		waits[i] = s.submit(s.post("r", "ann", "same", ""))
	}
	for _, w := range waits[n-4096:] {
		s.code("post", (<-w).err, "")
	}
	for _, q := range []chat.MessageQuery{{Room: "r"}, {User: "ann"}} {
		q.Limit = 1
		_, all, err := s.store.Messages(s.ctx(), q, true)
		s.equal("all", must(all, err), n)
		s.indexed()
		q.Search = "SAME"
		_, found, err := s.store.Messages(s.ctx(), q, true)
		s.equal("found", must(found, err), chat.CountLimit)
	}
}

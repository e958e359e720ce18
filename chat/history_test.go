package chat_test

import (
	"context"
	"fmt"
	"testing"

	"parley/chat"
)

// fill posts n texts, "1" to "n", without waiting for each.
func (w *world) fill(a chat.Actor, room string, n int) {
	w.t.Helper()
	answers := make(chan error, n)
	for i := range n {
		w.PostAsync(a, says(room, fmt.Sprint(i+1)), func(_ chat.Receipt, err error) { answers <- err })
	}
	for range n {
		w.ok(<-answers)
	}
}

func TestHistory(t *testing.T) {
	w := newWorld(t)
	room, long := w.room("bob"), w.room("bob")
	w.fill(ann, room, 10)
	w.fill(ann, long, 250)
	for _, c := range []struct {
		name          string
		room          string
		before, after int64
		limit         int
		want          []int64
		more          bool
	}{
		{"the newest", room, 0, 0, 3, upTo(8, 10), true},
		{"all", room, 0, 0, 10, upTo(1, 10), false},
		{"more than there are", room, 0, 0, 11, upTo(1, 10), false},
		{"before", room, 5, 0, 3, upTo(2, 4), true},
		{"before the third", room, 3, 0, 3, upTo(1, 2), false},
		{"before the first", room, 1, 0, 3, nil, false},
		{"before the future", room, 99, 0, 3, upTo(8, 10), true},
		{"after", room, 0, 5, 3, upTo(6, 8), true},
		{"after the eighth", room, 0, 8, 3, upTo(9, 10), false},
		{"after the last", room, 0, 10, 3, nil, false},
		{"after the future", room, 0, 99, 3, nil, false},
		{"between, more than fit", room, 9, 2, 3, upTo(6, 8), true},
		{"between", room, 6, 2, 3, upTo(3, 5), false},
		{"between neighbours", room, 6, 5, 3, nil, false},
		{"no limit", long, 0, 0, 0, upTo(201, 250), true},
		{"the largest limit", long, 0, 0, 200, upTo(51, 250), true},
		{"above the largest limit", long, 0, 0, 1000, upTo(51, 250), true},
		{"above the largest limit, after", long, 0, 100, 1000, upTo(101, 250), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			ms, more, err := w.History(w.ctx(), bob, c.room, c.before, c.after, c.limit)
			w.ok(err)
			same(t, "seqs", seqs(ms), c.want)
			equal(t, "more", more, c.more)
		})
	}
}

// TestHistoryPagesMeet walks back and forth through a room with holes.
func TestHistoryPagesMeet(t *testing.T) {
	w := newWorld(t)
	room := w.room("bob")
	w.fill(ann, room, 30)
	ms, _, err := w.History(w.ctx(), ann, room, 0, 0, 30)
	w.ok(err)
	var want []int64
	for _, m := range ms {
		if m.Seq%4 == 0 || m.Seq > 27 {
			_, err := w.Delete(w.ctx(), ann, m.ID)
			w.ok(err)
		} else {
			want = append(want, m.Seq)
		}
	}
	var back, forth []int64
	for more, before := true, int64(0); more; {
		var page []chat.MessageView
		page, more, err = w.History(w.ctx(), bob, room, before, 0, 4)
		w.ok(err)
		back = append(seqs(page), back...)
		before = page[0].Seq
	}
	same(t, "back", back, want)
	for more, after := true, int64(1); more; {
		var page []chat.MessageView
		page, more, err = w.History(w.ctx(), bob, room, 0, after, 4)
		w.ok(err)
		forth = append(forth, seqs(page)...)
		after = page[len(page)-1].Seq
	}
	same(t, "forth", forth, want[1:])
}

func TestMessages(t *testing.T) {
	w := newWorld(t)
	room, other := w.room("bob"), w.room("cid")
	w.fill(ann, room, 10)
	w.post(ann, other, "elsewhere 100%")
	w.ok(w.db.Indexed(w.ctx()))
	for _, c := range []struct {
		name  string
		by    chat.Actor
		q     chat.MessageQuery
		want  []string
		count int64
	}{
		{"a page", bob, chat.MessageQuery{Room: room, Page: chat.Page{Limit: 3}}, []string{"10", "9", "8"}, 10},
		{"the next", bob, chat.MessageQuery{Room: room, Page: chat.Page{Skip: 3, Limit: 3}}, []string{"7", "6", "5"}, 10},
		{"past the end", bob, chat.MessageQuery{Room: room, Page: chat.Page{Skip: 10}}, nil, 10},
		{"before", bob, chat.MessageQuery{Room: room, Before: 4, Page: chat.Page{Limit: 2}}, []string{"3", "2"}, 10},
		{"after", bob, chat.MessageQuery{Room: room, After: 4, Page: chat.Page{Limit: 2}}, []string{"6", "5"}, 10},
		{"search", bob, chat.MessageQuery{Room: room, Page: chat.Page{Search: "10"}}, []string{"10"}, 1},
		{"all rooms", ann, chat.MessageQuery{Page: chat.Page{Limit: 2}}, []string{"elsewhere 100%", "10"}, 11},
		{"all rooms, searched", ann, chat.MessageQuery{Page: chat.Page{Search: "ELSEWHERE 100%"}}, []string{"elsewhere 100%"}, 1},
		{"all rooms of another", bob, chat.MessageQuery{Page: chat.Page{Limit: 1}}, []string{"10"}, 10},
		{"another user named", bob, chat.MessageQuery{User: "ann", Page: chat.Page{Limit: 1}}, []string{"10"}, 10},
		{"of nobody", dan, chat.MessageQuery{}, nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			ms, count, err := w.Messages(w.ctx(), c.by, c.q)
			w.ok(err)
			same(t, "texts", texts(ms), c.want)
			equal(t, "count", count, c.count)
		})
	}
}

func TestReadingRefused(t *testing.T) {
	h := newHouse(t)
	list := func(a chat.Actor, q chat.MessageQuery) func(context.Context, *house) error {
		return func(ctx context.Context, h *house) error {
			_, _, err := h.Messages(ctx, a, q)
			return err
		}
	}
	history := func(a chat.Actor, room string, before, after int64, n int) func(context.Context, *house) error {
		return func(ctx context.Context, h *house) error {
			_, _, err := h.History(ctx, a, room, before, after, n)
			return err
		}
	}
	one := func(a chat.Actor, id string) func(context.Context, *house) error {
		return func(ctx context.Context, h *house) error {
			_, err := h.Message(ctx, a, id)
			return err
		}
	}
	negative := "before, after and limit must not be negative"
	refused(t, h, []refusal{
		{"list as a stranger", list(cid, chat.MessageQuery{Room: h.room}), chat.CodeNotFound, noRoom},
		{"list what is public as a stranger", list(cid, chat.MessageQuery{Room: h.public}), chat.CodeNotFound, noRoom},
		{"list after removal", list(dan, chat.MessageQuery{Room: h.room}), chat.CodeNotFound, noRoom},
		{"list as an administrator", list(root, chat.MessageQuery{Room: h.room}), chat.CodeNotFound, noRoom},
		{"list before nothing", list(ann, chat.MessageQuery{Room: h.room, Before: -1}), chat.CodeInvalid, "before and after must not be negative"},
		{"list after nothing", list(ann, chat.MessageQuery{Room: h.room, After: -1}), chat.CodeInvalid, "before and after must not be negative"},
		{"list before in no room", list(ann, chat.MessageQuery{Before: 1}), chat.CodeInvalid, "before and after need a roomId"},
		{"list after in no room", list(ann, chat.MessageQuery{After: 1}), chat.CodeInvalid, "before and after need a roomId"},
		{"list a negative page", list(ann, chat.MessageQuery{Page: chat.Page{Limit: -1}}), chat.CodeInvalid, "skip and limit must not be negative"},
		{"search NUL", list(ann, chat.MessageQuery{Page: chat.Page{Search: "\x00"}}), chat.CodeInvalid, "search must be UTF-8 text without NUL"},
		{"history as a stranger", history(cid, h.room, 0, 0, 0), chat.CodeNotFound, noRoom},
		{"history after leaving", history(actor("eve"), h.room, 0, 0, 0), chat.CodeNotFound, noRoom},
		{"history of the unknown", history(ann, "none", 0, 0, 0), chat.CodeNotFound, noRoom},
		{"history of nothing", history(ann, "", 0, 0, 0), chat.CodeInvalid, "roomId is required"},
		{"history before nothing", history(ann, h.room, -1, 0, 0), chat.CodeInvalid, negative},
		{"history after nothing", history(ann, h.room, 0, -1, 0), chat.CodeInvalid, negative},
		{"history, negative", history(ann, h.room, 0, 0, -1), chat.CodeInvalid, negative},
		{"message as a stranger", one(cid, h.mine), chat.CodeNotFound, noMessage},
		{"message after removal", one(dan, h.mine), chat.CodeNotFound, noMessage},
		{"message as an administrator", one(root, h.mine), chat.CodeNotFound, noMessage},
		{"message unknown", one(ann, "none"), chat.CodeNotFound, noMessage},
		{"message deleted", one(ann, h.gone), chat.CodeNotFound, noMessage},
		{"message unnamed", one(ann, ""), chat.CodeInvalid, "messageId is required"},
	})
}

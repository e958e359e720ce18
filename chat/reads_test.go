package chat_test

import (
	"context"
	"testing"

	"parley/chat"
)

func TestMarkRead(t *testing.T) {
	w := newWorld(t)
	room := w.room("bob", "cid")
	w.fill(ann, room, 5)
	unread := func(a chat.Actor) int64 {
		v, err := w.Room(w.ctx(), a, room)
		w.ok(err)
		return v.Unread
	}
	equal(t, "the sender's unread", unread(ann), 0)
	for _, c := range []struct {
		name   string
		seq    *int64
		at     int64
		unread int64
	}{
		{"some", new(int64(2)), 2, 3},
		{"back", new(int64(1)), 2, 3},
		{"none", new(int64(0)), 2, 3},
		{"past the newest", new(int64(99)), 5, 0},
		{"all", nil, 5, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := w.state(room)
			at, err := w.MarkRead(w.ctx(), bob, room, c.seq)
			w.ok(err)
			equal(t, "at", at, c.at)
			equal(t, "unread", unread(bob), c.unread)
			equal(t, "room", w.state(room), before) // reading moves no cursor
		})
	}
	equal(t, "another's unread", unread(cid), 5)
	w.post(bob, room, "answer")
	equal(t, "who posts has read", unread(bob), 0)
	equal(t, "and the others not", unread(ann), 1)
	at, err := w.MarkRead(w.ctx(), ann, room, nil)
	w.ok(err)
	equal(t, "all", at, 6)
}

func TestMarkReadRefused(t *testing.T) {
	h := newHouse(t)
	read := func(a chat.Actor, room string, seq *int64) func(context.Context, *house) error {
		return func(ctx context.Context, h *house) error {
			_, err := h.MarkRead(ctx, a, room, seq)
			return err
		}
	}
	typing := func(a chat.Actor, room string) func(context.Context, *house) error {
		return func(ctx context.Context, h *house) error { return h.Typing(ctx, a, room, true, "") }
	}
	refused(t, h, []refusal{
		{"a stranger", read(cid, h.room, nil), chat.CodeNotFound, noRoom},
		{"removed", read(dan, h.room, nil), chat.CodeNotFound, noRoom},
		{"an administrator", read(root, h.room, nil), chat.CodeNotFound, noRoom},
		{"unknown", read(ann, "none", nil), chat.CodeNotFound, noRoom},
		{"unnamed", read(ann, "", nil), chat.CodeInvalid, "roomId is required"},
		{"negative", read(bob, h.room, new(int64(-1))), chat.CodeInvalid, "seq must not be negative"},
		{"typing as a stranger", typing(cid, h.room), chat.CodeNotFound, noRoom},
		{"typing after leaving", typing(actor("eve"), h.room), chat.CodeNotFound, noRoom},
		{"typing nowhere", typing(ann, ""), chat.CodeInvalid, "roomId is required"},
	})
}

// TestReadBy holds that messages of rooms up to 50 tell who has read them, and
// no others, in whatever form they are read.
func TestReadBy(t *testing.T) {
	w := newWorld(t)
	room := w.room("bob", "cid")
	w.fill(ann, room, 2)
	_, err := w.MarkRead(w.ctx(), cid, room, new(int64(1)))
	w.ok(err)
	want := [][]string{{"ann", "cid"}, {"ann"}}
	ms, _, err := w.History(w.ctx(), bob, room, 0, 0, 0)
	w.ok(err)
	for i, m := range ms {
		same(t, "history", m.ReadBy, want[i])
		one, err := w.Message(w.ctx(), bob, m.ID)
		w.ok(err)
		same(t, "message", one.ReadBy, want[i])
	}
	all, err := w.SyncRooms(w.ctx(), bob, map[string]string{room: ""})
	w.ok(err)
	same(t, "sync", all[room].Messages[0].ReadBy, want[0])
	// Only members are listed.
	w.ok(w.LeaveRoom(w.ctx(), cid, room))
	one, err := w.Message(w.ctx(), bob, ms[0].ID)
	w.ok(err)
	same(t, "after leaving", one.ReadBy, []string{"ann"})
}

func TestReadByInLargeRooms(t *testing.T) {
	w := newWorld(t)
	users := w.users(chat.ReadByRoom)
	room := w.room(users[:chat.ReadByRoom-1]...) // and ann
	m := w.post(ann, room, "hi")
	v, err := w.Message(w.ctx(), ann, m.ID)
	w.ok(err)
	same(t, "room of 50", v.ReadBy, []string{"ann"})
	w.ok(w.AddUsers(w.ctx(), ann, room, users[chat.ReadByRoom-1:]))
	v, err = w.Message(w.ctx(), ann, m.ID)
	w.ok(err)
	if v.ReadBy != nil {
		t.Errorf("room of 51: %v", v.ReadBy)
	}
}

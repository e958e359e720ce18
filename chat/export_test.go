package chat_test

import (
	"fmt"
	"testing"

	"parley/chat"
)

// TestExport holds that an export has every room and message, and that it can be
// taken up behind any of its lines.
func TestExport(t *testing.T) {
	w := newWorld(t)
	var want []string
	for i := range 3 {
		room := w.room("bob")
		want = append(want, room)
		for n := range 2 * i {
			m := w.post(bob, room, fmt.Sprint(n))
			if n == 1 { // a tombstone is not exported
				_, err := w.Delete(w.ctx(), bob, m.ID)
				w.ok(err)
				continue
			}
			want = append(want, fmt.Sprintf("%s:%d", room, m.Seq))
		}
	}
	gone := w.room()
	w.post(ann, gone, "deleted with its room")
	w.ok(w.DeleteRoom(w.ctx(), ann, gone))
	var cursors []string
	export := func(room, from string) []string {
		t.Helper()
		var lines []string
		cursors = nil
		w.ok(w.Export(w.ctx(), root, room, from, func(l chat.ExportLine) error {
			cursors = append(cursors, l.Cursor)
			if l.Room != nil {
				lines = append(lines, l.Room.ID)
			} else {
				lines = append(lines, fmt.Sprintf("%s:%d", l.Message.Room, l.Message.Seq))
			}
			return nil
		}))
		return lines
	}
	same(t, "all", export("", ""), want)
	for i, from := range cursors {
		same(t, fmt.Sprint("behind line ", i), export("", from), want[i+1:])
	}
	same(t, "one room", export(want[1], ""), want[1:3])
	same(t, "one room, taken up", export(want[1], cursors[0]), want[2:3])
	same(t, "behind a room that is gone", export("", gone+":0"), nil)
	for _, bad := range []string{"x", ":1", "r:-1", "r:x"} {
		check(t, w.Export(w.ctx(), root, "", bad, nil), chat.CodeInvalid, "cursor is not one that this server gave")
	}
	check(t, w.Export(w.ctx(), root, want[1], want[0]+":0", nil), chat.CodeInvalid, "cursor is of another room")
	check(t, w.Export(w.ctx(), root, gone, "", nil), chat.CodeNotFound, noRoom)
	check(t, w.Export(w.ctx(), root, "", "", func(chat.ExportLine) error { return errTest }), chat.CodeInternal, "")
}

// TestExportPages holds that a room larger than what is read at once comes whole.
func TestExportPages(t *testing.T) {
	w := newWorld(t)
	room := w.room()
	for range 450 {
		w.post(ann, room, "x")
	}
	var seqs []int64
	w.ok(w.Export(w.ctx(), root, "", "", func(l chat.ExportLine) error {
		if l.Message != nil {
			seqs = append(seqs, l.Message.Seq)
		}
		return nil
	}))
	same(t, "messages", seqs, upTo(1, 450))
}

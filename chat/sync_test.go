package chat_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/chat"
)

// syncOne asks for one room.
func (w *world) syncOne(a chat.Actor, room, cursor string) chat.Sync {
	w.t.Helper()
	all, err := w.SyncRooms(w.ctx(), a, map[string]string{room: cursor})
	w.ok(err)
	s, ok := all[room]
	if !ok {
		w.t.Fatalf("no answer for %s: %v", room, all)
	}
	return s
}

// TestSyncFindsEveryChange holds that from any cursor a room ever had, sync gives
// what was created, edited and deleted since: each message once, as it is now, by cursor.
func TestSyncFindsEveryChange(t *testing.T) {
	w := newWorld(t)
	room := w.room("bob")
	one, two, three := w.post(ann, room, "one"), w.post(bob, room, "two"), w.post(ann, room, "three")
	_, err := w.Edit(w.ctx(), ann, one.ID, "one, edited") // 4
	w.ok(err)
	_, err = w.Delete(w.ctx(), bob, two.ID) // 5
	w.ok(err)
	_, err = w.Edit(w.ctx(), ann, three.ID, "three, edited") // 6
	w.ok(err)
	_, err = w.Edit(w.ctx(), ann, one.ID, "one, edited again") // 7
	w.ok(err)
	w.post(bob, room, "four") // 8
	now := []string{"2 deleted @5", "3 three, edited @6", "1 one, edited again @7", "4 four @8"}
	for _, c := range []struct {
		since string
		want  []string
	}{
		{"", now},
		{w.cursor(0), now},
		{w.cursor(1), now},
		{w.cursor(4), now},
		{w.cursor(5), now[1:]},
		{w.cursor(6), now[2:]},
		{w.cursor(7), now[3:]},
		{w.cursor(8), nil},
	} {
		t.Run("since "+c.since, func(t *testing.T) {
			s := w.syncOne(bob, room, c.since)
			same(t, "changes", column(s.Messages, shown), c.want)
			equal(t, "cursor", s.Cursor.String(), w.cursor(8))
			equal(t, "flags", [4]bool{s.More, s.Resync, s.Gone, s.New}, [4]bool{})
		})
	}
}

// shown tells a message's number, what it says, and its version.
func shown(m chat.MessageView) string {
	text := m.Text
	if m.Deleted {
		text = "deleted" + m.Text + strings.Join(m.ReadBy, ",") // of which nothing may be left
	}
	return fmt.Sprintf("%d %s @%d", m.Seq, text, m.Version)
}

// TestSyncPages holds that a long absence comes in pages which meet.
func TestSyncPages(t *testing.T) {
	w := newWorld(t)
	room := w.room("bob")
	w.fill(ann, room, 450)
	var got []int64
	var sizes []int
	for cursor, more := "", true; more; {
		s := w.syncOne(bob, room, cursor)
		got, sizes = append(got, seqs(s.Messages)...), append(sizes, len(s.Messages))
		cursor, more = s.Cursor.String(), s.More
	}
	same(t, "pages", sizes, []int{200, 200, 50})
	same(t, "seqs", got, upTo(1, 450))
	// A page that is just full has no more behind it.
	s := w.syncOne(bob, room, w.cursor(250))
	equal(t, "a full page", len(s.Messages), 200)
	equal(t, "more", s.More, false)
	equal(t, "cursor", s.Cursor.String(), w.cursor(450))
}

func TestSyncTellsWhereOneStands(t *testing.T) {
	w := newWorld(t)
	in, left, removed, deleted, private, empty, unnamed := w.room("bob"), w.room("bob"), w.room("bob"), w.room("bob"), w.room(), w.room("bob"), w.room("bob")
	for _, room := range []string{in, left, removed, deleted, private, unnamed} {
		w.post(ann, room, "hi")
	}
	w.ok(w.LeaveRoom(w.ctx(), bob, left))
	w.ok(w.RemoveUsers(w.ctx(), ann, removed, []string{"bob"}))
	w.ok(w.DeleteRoom(w.ctx(), ann, deleted))
	asked := map[string]string{in: w.cursor(1), left: "", removed: w.cursor(1), deleted: w.cursor(1), private: "", empty: "", "none": w.cursor(99)}
	all, err := w.SyncRooms(w.ctx(), bob, asked)
	w.ok(err)
	gone := chat.Sync{Gone: true}
	want := map[string]chat.Sync{
		in: {Cursor: chat.Cursor{Epoch: w.db.Epoch(), Version: 1}}, left: gone, removed: gone, deleted: gone, private: gone, "none": gone,
		empty:   {Cursor: chat.Cursor{Epoch: w.db.Epoch()}},
		unnamed: {Cursor: chat.Cursor{Epoch: w.db.Epoch(), Version: 1}, New: true},
	}
	equal(t, "answers", fmt.Sprintf("%+v", all), fmt.Sprintf("%+v", want))
	// The way of a new client: it names nothing.
	all, err = w.SyncRooms(w.ctx(), bob, nil)
	w.ok(err)
	equal(t, "rooms", len(all), 3)
	equal(t, "new", all[in].New, true)
	// Who comes back is told of the room again.
	w.ok(w.AddUsers(w.ctx(), ann, removed, []string{"bob"}))
	equal(t, "back", len(w.syncOne(bob, removed, "").Messages), 1)
}

// TestCursorOfAForgottenFuture holds that a cursor which this database cannot
// have given, ahead of its room or of another epoch, answers resync and nothing else.
func TestCursorOfAForgottenFuture(t *testing.T) {
	w := newWorld(t)
	room := w.room("bob")
	w.fill(ann, room, 3)
	for _, c := range []struct {
		name, cursor string
		resync       bool
	}{
		{"the head", w.cursor(3), false},
		{"the start", "", false},
		{"ahead", w.cursor(4), true},
		{"far ahead", w.cursor(1 << 62), true},
		{"another epoch", "0ther:2", true},
		{"another epoch's start", "0ther:0", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := w.syncOne(bob, room, c.cursor)
			equal(t, "resync", s.Resync, c.resync)
			if c.resync && (len(s.Messages) > 0 || s.More || s.Cursor != chat.Cursor{}) {
				t.Errorf("answer %+v", s)
			}
		})
	}
}

// TestEpochForgetsOldCursors holds that after a restore every cursor given before
// answers resync, also one that is not ahead.
func TestEpochForgetsOldCursors(t *testing.T) {
	w := newWorld(t)
	room := w.room("bob")
	w.fill(ann, room, 3)
	old := []string{w.cursor(0), w.cursor(1), w.cursor(3)}
	before := w.db.Epoch()
	_, err := w.db.NewEpoch(w.ctx())
	w.ok(err)
	if w.db.Epoch() == before {
		t.Fatal("the epoch stays")
	}
	for _, cursor := range old {
		equal(t, cursor, w.syncOne(bob, room, cursor).Resync, true)
	}
	s := w.syncOne(bob, room, "")
	same(t, "from the start", seqs(s.Messages), upTo(1, 3))
	equal(t, "cursor", s.Cursor.String(), w.cursor(3))
	r, err := w.Post(w.ctx(), ann, says(room, "hi"))
	w.ok(err)
	equal(t, "the next cursor", r.Cursor(), w.cursor(4))
	// The new epoch outlives the process.
	equal(t, "stored epoch", w.open().Epoch(), w.db.Epoch())
}

func TestSyncRefused(t *testing.T) {
	w := newWorld(t)
	room := w.room("bob")
	notOurs := "cursor is not one that this server gave"
	for _, cursor := range []string{"1", ":", ":1", "e:", "e:x", "e:-1", "e:1:2", "e:9223372036854775808", " "} {
		_, err := w.SyncRooms(w.ctx(), bob, map[string]string{room: cursor})
		check(t, err, chat.CodeInvalid, notOurs)
	}
	many := make(map[string]string, chat.MaxSyncRooms+1)
	for i := range chat.MaxSyncRooms + 1 {
		many[fmt.Sprint(i)] = ""
	}
	_, err := w.SyncRooms(w.ctx(), bob, many)
	check(t, err, chat.CodeInvalid, "rooms must have at most 10000 entries")
}

func TestCursorText(t *testing.T) {
	for _, c := range []chat.Cursor{{}, {Epoch: "e", Version: 0}, {Epoch: "e", Version: 1<<63 - 1}} {
		text := c.String()
		if c.Epoch == "" {
			text = ""
		}
		got, err := chat.ParseCursor(text)
		if err != nil || got != c {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
}

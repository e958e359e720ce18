package recovery

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"parley/test/harness"
)

// synced is one room's part of an answer to `sync`.
type synced struct {
	Messages          []harness.Stored
	Cursor            string
	More              *bool
	Resync, Gone, New bool
}

// sync asks for what came after the cursors, over a connection of its own.
func (w *world) sync(u user, cursors any) (map[string]synced, string) {
	w.t.Helper()
	p := w.server.Dial(w.t, u.ID)
	defer p.Close()
	a := p.Call("sync", map[string]any{"rooms": cursors})
	var answer struct{ Rooms map[string]synced }
	if err := json.Unmarshal([]byte(a.Raw), &answer); err != nil {
		w.t.Fatalf("%v: %s", err, a.Raw)
	}
	if !a.Ok && a.Error.Code == "" {
		w.t.Fatalf("neither an answer nor an error: %s", a.Raw)
	}
	return answer.Rooms, a.Error.Code
}

// lose has the database replaced by a backup while everybody is away: what was
// posted, changed, entered and left since is forgotten. It returns the cursors of
// the first reader from before.
func (w *world) lose(announced bool) map[string]string {
	w.t.Helper()
	w.do("prepare", nil)
	w.write(40)
	w.whole()
	b := takeBackup(w.t, w.server.DB)
	w.do("remember", nil)
	w.write(40)
	w.do("away", nil)
	w.whole()
	old := w.do("cursors", nil).Cursors
	w.network.cut()
	w.server.Kill()
	w.do("ended", nil)
	b.restore()
	if announced {
		b.announce()
	}
	w.do("restored", nil)
	w.server.Run()
	return old
}

// resynced holds the answers to cursors of before the restore; may says what a
// room of the reader's may be answered.
func (w *world) resynced(old map[string]string, may func(room string, s synced) bool) {
	w.t.Helper()
	rooms := roomsOf(w.t, w.server, w.readers[0].Token)
	answer, code := w.sync(w.readers[0], old)
	if code != "" {
		w.t.Fatalf("sync with old cursors: %s", code)
	}
	for room := range old {
		s := answer[room]
		if in := slices.Contains(rooms, room); s.Gone == in || (in && !may(room, s)) {
			w.t.Errorf("the cursor %s of room %s was answered %+v", old[room], room, s)
		}
	}
	for _, room := range rooms {
		if _, ok := old[room]; !ok && !answer[room].New {
			w.t.Errorf("room %s is the reader's again and was answered %+v", room, answer[room])
		}
	}
}

// reread holds that every reader has read the history of these rooms.
func (w *world) reread(by map[string][]string, rooms []string) {
	w.t.Helper()
	for _, r := range w.readers {
		for _, room := range rooms {
			if !slices.Contains(by[r.ID], room) {
				w.t.Errorf("%s has not read the history of room %s", r.ID, room)
			}
		}
	}
}

// After a restore every cursor of before is answered `resync`, and the clients end
// with what the server has, although others write while they come back.
func TestRestoredBackup(t *testing.T) {
	t.Parallel()
	harness.OnEachDatabase(t, func(t *testing.T, env string) {
		w := newWorld(t, env)
		for range harness.Sized(1, 5) {
			old := w.lose(true)
			w.write(20 + w.chance.IntN(40))
			w.network.restore()
			w.came(fault{name: "restored"}, w.settle())
			w.write(10)
			w.reread(w.whole(), w.rooms)
			w.resynced(old, func(_ string, s synced) bool { return s.Resync })
		}
	})
}

// Where `parley restored` was forgotten, cursors that are ahead of their rooms
// betray it.
func TestForgottenRestore(t *testing.T) {
	t.Parallel()
	harness.OnEachDatabase(t, func(t *testing.T, env string) {
		w := newWorld(t, env)
		old := w.lose(false)
		heads, _ := w.sync(w.readers[0], nil)
		w.resynced(old, func(room string, s synced) bool {
			if old[room] == heads[room].Cursor { // nothing had happened there
				return !s.Resync && len(s.Messages) == 0
			}
			return s.Resync
		})
		w.network.restore()
		w.came(fault{name: "restored"}, w.settle())
		w.reread(w.whole(), w.rooms)
		w.write(20)
		w.whole()
	})
}

func TestCursors(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	ann := user{ID: "ann"}
	w := &world{t: t, server: s}
	room, other := s.Room(t, "ann", "bob"), s.Room(t, "ann")
	bob := s.Dial(t, "bob")
	var cursors []string
	for _, text := range []string{"one", "two", "three"} {
		cursors = append(cursors, bob.Call("message", room, text).Cursor)
	}
	epoch, _, _ := strings.Cut(cursors[0], ":")
	ask := func(cursor any) (synced, string) {
		answer, code := w.sync(ann, map[string]any{room: cursor})
		if code == "" && (!answer[other].New || answer[other].Cursor == "") {
			t.Errorf("a room that was not named: %+v", answer[other])
		}
		return answer[room], code
	}
	for _, c := range []struct {
		name     string
		cursor   any
		messages int
		resync   bool
		code     string
	}{
		{name: "the start", cursor: "", messages: 3},
		{name: "null", cursor: nil, messages: 3},
		{name: "the first", cursor: cursors[0], messages: 2},
		{name: "the last", cursor: cursors[2]},
		{name: "ahead by one", cursor: epoch + ":4", resync: true},
		{name: "far ahead", cursor: epoch + ":9007199254740993", resync: true},
		{name: "another epoch", cursor: "elsewhere:1", resync: true},
		{name: "another epoch, ahead", cursor: "elsewhere:4", resync: true},
		{name: "no colon", cursor: "elsewhere", code: "invalid"},
		{name: "no epoch", cursor: ":1", code: "invalid"},
		{name: "no version", cursor: epoch + ":", code: "invalid"},
		{name: "negative", cursor: epoch + ":-1", code: "invalid"},
		{name: "no whole number", cursor: epoch + ":1.5", code: "invalid"},
		{name: "more than a number holds", cursor: epoch + ":9223372036854775808", code: "invalid"},
		{name: "a number", cursor: 1, code: "invalid"},
		{name: "an object", cursor: map[string]any{}, code: "invalid"},
	} {
		got, code := ask(c.cursor)
		if code != c.code || got.Resync != c.resync || len(got.Messages) != c.messages {
			t.Errorf("%s: %q %+v", c.name, code, got)
		}
		if ok := !c.resync && c.code == ""; ok != (got.Cursor == cursors[2] && got.More != nil && !*got.More) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	if answer, _ := w.sync(user{ID: "carol"}, map[string]any{room: cursors[0]}); !answer[room].Gone {
		t.Errorf("a stranger is answered %+v", answer[room])
	}
}

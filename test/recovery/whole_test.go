package recovery

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"parley/test/harness"
)

// whole ends the writing and holds every reader's view against what HTTP lists,
// and that against what was acknowledged. It returns the rooms whose history each
// reader has read since the last time.
func (w *world) whole() map[string][]string {
	w.t.Helper()
	w.settle()
	w.do("rest", nil)
	rooms, texts := w.stored()
	resyncs := map[string][]string{}
	look := func() said {
		a := w.do("look", nil)
		for _, v := range a.Views {
			resyncs[v.Reader] = append(resyncs[v.Reader], v.Resyncs...)
		}
		return a
	}
	w.acknowledged(look().Model, texts)
	harness.Eventually(w.t, harness.Patience, func() (bool, string) {
		for _, v := range look().Views {
			if diff := differ(v.Rooms, rooms[v.Reader], texts); diff != "" {
				return false, v.Reader + ": " + diff
			}
		}
		return true, ""
	})
	return resyncs
}

// stored reads over HTTP each reader's rooms, and all messages of each room.
func (w *world) stored() (map[string][]string, map[string][]harness.Stored) {
	w.t.Helper()
	rooms, texts := map[string][]string{}, map[string][]harness.Stored{}
	for _, r := range w.readers {
		rooms[r.ID] = roomsOf(w.t, w.server, r.Token)
		for _, room := range rooms[r.ID] {
			if _, ok := texts[room]; !ok {
				texts[room] = shortened(w.server.History(w.t, room, r.Token))
			}
		}
	}
	return rooms, texts
}

func roomsOf(t *testing.T, s *harness.Server, token string) []string {
	t.Helper()
	const page = 100
	var ids []string
	for {
		status, answer := s.Call(t, http.MethodGet, fmt.Sprintf("/chat/rooms?limit=%d&skip=%d", page, len(ids)), token, nil)
		rooms, ok := answer["rooms"].([]any)
		if status != http.StatusOK || !ok {
			t.Fatalf("cannot list the rooms: %d %v", status, answer)
		}
		for _, r := range rooms {
			room, _ := r.(map[string]any)
			id, _ := room["_id"].(string)
			ids = append(ids, id)
		}
		if len(rooms) < page {
			return ids
		}
	}
}

// shortened has long texts as the program tells them.
func shortened(messages []harness.Stored) []harness.Stored {
	for i, m := range messages {
		if n := len(m.Message); n > 100 {
			messages[i].Message = fmt.Sprintf("%s... %d", m.Message[:80], n)
		}
	}
	return messages
}

// acknowledged holds that the server has what it has acknowledged, each once, and
// nothing else.
func (w *world) acknowledged(model []post, texts map[string][]harness.Stored) {
	w.t.Helper()
	want, known := map[string]string{}, map[string]bool{}
	for _, p := range model {
		if _, ok := texts[p.Room]; ok {
			known[p.ID] = true
			if !p.Deleted {
				want[p.ID] = p.User + ": " + p.Text
			}
		}
	}
	nonces := map[string]bool{}
	for room, messages := range texts {
		for i, m := range messages {
			if i > 0 && m.Seq <= messages[i-1].Seq {
				w.t.Errorf("seq %d comes behind %d in room %s", m.Seq, messages[i-1].Seq, room)
			}
			if nonces[m.SenderUser+m.Nonce] {
				w.t.Errorf("%s of room %s was stored twice", m.Message, room)
			}
			nonces[m.SenderUser+m.Nonce] = true
			text, ok := want[m.ID]
			delete(want, m.ID)
			switch got := m.SenderUser + ": " + m.Message; {
			case ok && text != got && len(text) <= 100:
				w.t.Errorf("room %s has %q, acknowledged is %q", room, got, text)
			case !ok && known[m.ID]:
				w.t.Errorf("room %s has %q, which was deleted", room, got)
			case !ok:
				w.t.Errorf("room %s has %q, which nobody has acknowledged", room, got)
			}
		}
	}
	for id, text := range want {
		w.t.Errorf("%s (%s) was acknowledged and is not stored", text, id)
	}
}

// differ says how what a reader sees differs from what is stored, "" if it does not.
func differ(seen map[string][]harness.Stored, rooms []string, texts map[string][]harness.Stored) string {
	for room := range seen {
		if !slices.Contains(rooms, room) {
			return "sees room " + room + ", in which it is not"
		}
	}
	for _, room := range rooms {
		got, ok := seen[room]
		if !ok {
			return "does not see room " + room
		}
		if diff := differing(got, texts[room]); diff != "" {
			return "in room " + room + " " + diff
		}
	}
	return ""
}

func differing(got, want []harness.Stored) string {
	var diffs []string
	line := func(m harness.Stored) string { return fmt.Sprintf("%d %s %q", m.Seq, m.ID, m.Message) }
	lines := func(messages []harness.Stored) map[string]bool {
		set := map[string]bool{}
		for _, m := range messages {
			set[line(m)] = true
		}
		return set
	}
	gotLines, wantLines := lines(got), lines(want)
	for _, m := range want {
		if !gotLines[line(m)] {
			diffs = append(diffs, "misses "+line(m))
		}
	}
	for _, m := range got {
		if !wantLines[line(m)] {
			diffs = append(diffs, "has "+line(m))
		}
	}
	if len(diffs) == 0 && len(got) != len(want) {
		return fmt.Sprintf("shows %d of %d messages", len(got), len(want))
	}
	return strings.Join(diffs[:min(5, len(diffs))], ", ")
}

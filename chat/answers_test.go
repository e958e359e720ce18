package chat_test

import (
	"strings"
	"testing"

	"parley/chat"
)

// size is what the texts of an answer take, and so about the answer.
func size(ms []chat.MessageView) (bytes int) {
	for _, m := range ms {
		bytes += len(m.Text)
	}
	return bytes
}

// TestAnswersAreBounded holds that who comes back to much text gets it in
// answers of a bounded size, which meet: over history, back and forth, and over
// sync of several rooms.
func TestAnswersAreBounded(t *testing.T) {
	w := newWorld(t)
	rooms := []string{w.room("bob"), w.room("bob"), w.room("bob")}
	large := strings.Repeat("a", chat.MaxContent)
	const each = 30
	for _, room := range rooms {
		for n := range each {
			text := "short"
			if n%2 == 0 {
				text = large
			}
			w.post(ann, room, text)
		}
	}
	bounded := func(ms []chat.MessageView) {
		if n := size(ms); n > chat.AnswerBytes {
			t.Errorf("an answer of %d bytes", n)
		}
	}
	var back, forth []int64
	for more, before := true, int64(0); more; {
		var page []chat.MessageView
		var err error
		page, more, err = w.History(w.ctx(), bob, rooms[0], before, 0, 200)
		w.ok(err)
		bounded(page)
		back, before = append(seqs(page), back...), page[0].Seq
	}
	same(t, "back", back, upTo(1, each))
	for more, after := true, int64(1); more; {
		var page []chat.MessageView
		var err error
		page, more, err = w.History(w.ctx(), bob, rooms[0], 0, after, 200)
		w.ok(err)
		bounded(page)
		forth, after = append(forth, seqs(page)...), page[len(page)-1].Seq
	}
	same(t, "forth", forth, upTo(2, each))

	cursors, got := map[string]string{}, map[string][]int64{}
	for _, room := range rooms {
		cursors[room] = ""
	}
	for more := true; more; {
		more = false
		all, err := w.SyncRooms(w.ctx(), bob, cursors)
		w.ok(err)
		var answer []chat.MessageView
		for room, s := range all {
			got[room] = append(got[room], seqs(s.Messages)...)
			answer, more = append(answer, s.Messages...), more || s.More
			cursors[room] = s.Cursor.String()
		}
		bounded(answer)
		if more && len(answer) == 0 {
			t.Fatal("an answer without progress")
		}
	}
	for _, room := range rooms {
		same(t, "synced", got[room], upTo(1, each))
		equal(t, "cursor", cursors[room], w.cursor(each))
	}
}

// TestOneLargeMessageFits holds that a message larger than an answer is answered.
func TestOneLargeMessageFits(t *testing.T) {
	w := newWorld(t, func(o *chat.Options) { o.MaxContent = 2 * chat.AnswerBytes })
	room := w.room("bob")
	w.post(ann, room, strings.Repeat("a", 2*chat.AnswerBytes))
	w.post(ann, room, "short")
	s := w.syncOne(bob, room, "")
	same(t, "first", seqs(s.Messages), []int64{1})
	equal(t, "more", s.More, true)
	s = w.syncOne(bob, room, s.Cursor.String())
	same(t, "second", seqs(s.Messages), []int64{2})
	equal(t, "more", s.More, false)
	ms, more, err := w.History(w.ctx(), bob, room, 2, 0, 0)
	w.ok(err)
	same(t, "history", seqs(ms), []int64{1})
	equal(t, "more", more, false)
}

package chat_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"parley/chat"
)

func (w *world) postNonce(a chat.Actor, room, nonce string) chat.Receipt {
	w.t.Helper()
	r, err := w.Post(w.ctx(), a, chat.Draft{Room: room, Text: "hi", Type: chat.ContentText, Nonce: &nonce})
	w.ok(err)
	return r
}

// TestExactlyOnceForTheLifeOfTheRoom holds that a nonce of a sender is one
// message of a room, whatever has happened since.
func TestExactlyOnceForTheLifeOfTheRoom(t *testing.T) {
	w := newWorld(t)
	room, other := w.room("bob"), w.room()
	first := w.postNonce(bob, room, "n")
	w.bus.take()
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"at once", func() error { return nil }},
		{"behind others", func() error { w.post(ann, room, "more"); return nil }},
		{"edited", func() error { _, err := w.Edit(w.ctx(), bob, first.Message.ID, "new"); return err }},
		{"deleted", func() error { _, err := w.Delete(w.ctx(), bob, first.Message.ID); return err }},
		{"left", func() error { return w.LeaveRoom(w.ctx(), bob, room) }},
		{"removed", func() error { return w.RemoveUsers(w.ctx(), ann, room, []string{"bob"}) }},
		{"back", func() error { return w.AddUsers(w.ctx(), ann, room, []string{"bob"}) }},
		{"on a new start", func() error { w.Store = w.open(); return nil }},
	} {
		t.Run(step.name, func(t *testing.T) {
			w.ok(step.do())
			w.bus.take()
			before := w.state(room)
			again := w.postNonce(bob, room, "n")
			equal(t, "duplicate", again.Duplicate, true)
			equal(t, "id", again.Message.ID, first.Message.ID)
			equal(t, "seq", again.Message.Seq, first.Message.Seq)
			equal(t, "cursor", again.Cursor(), first.Cursor())
			equal(t, "created", again.Message.CreatedAt, first.Message.CreatedAt)
			equal(t, "room", w.state(room), before)
			equal(t, "events", len(w.bus.take()), 0)
		})
	}
	for _, c := range []struct {
		name  string
		by    chat.Actor
		room  string
		nonce string
	}{{"another sender", ann, room, "n"}, {"another room", ann, other, "n"}, {"another nonce", bob, room, "N"}} {
		equal(t, c.name, w.postNonce(c.by, c.room, c.nonce).Duplicate, false)
	}
	w.ok(w.DeleteRoom(w.ctx(), ann, room))
	_, err := w.Post(w.ctx(), bob, chat.Draft{Room: room, Text: "hi", Type: chat.ContentText, Nonce: new("n")})
	check(t, err, chat.CodeNotFound, noRoom)
}

// TestExactlyOnceAtOnce lets many retries race: one message, one event, one receipt.
func TestExactlyOnceAtOnce(t *testing.T) {
	w := newWorld(t)
	room := w.room("bob")
	const tries, nonces = 16, 8
	var stored atomic.Int64
	var wg sync.WaitGroup
	ids := make([]sync.Map, nonces)
	for range tries {
		wg.Go(func() {
			for n := range nonces {
				r, err := w.Post(context.Background(), bob, chat.Draft{
					Room: room, Text: "hi", Type: chat.ContentText, Nonce: new(string(rune('a' + n))),
				})
				if err != nil {
					t.Error(err)
					return
				}
				if !r.Duplicate {
					stored.Add(1)
				}
				ids[n].Store(r.Message.ID+" "+r.Cursor(), true)
			}
		})
	}
	wg.Wait()
	equal(t, "stored", stored.Load(), nonces)
	equal(t, "events", len(w.bus.take()), nonces)
	equal(t, "seq", w.state(room).Seq, nonces)
	for n := range ids {
		receipts := 0
		ids[n].Range(func(any, any) bool { receipts++; return true })
		equal(t, "receipts", receipts, 1)
	}
}

package chat_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"parley/chat"
)

// TestMembershipIsCheckedWithTheStoring lets people post while they leave, come
// back, are removed and added again, until the room is deleted. What was told
// says in which order all this was stored: nobody's message stands behind their
// going, none behind the room's end, and the numbers have no gap.
func TestMembershipIsCheckedWithTheStoring(t *testing.T) {
	w := newWorld(t)
	users := w.users(6)
	room := w.group(chat.Public, users...)
	var posted, refusals atomic.Int64
	var stop atomic.Bool
	var posters, churn sync.WaitGroup
	post := func(a chat.Actor) {
		switch _, err := w.Post(context.Background(), a, says(room, "hi")); chat.CodeOf(err) {
		case "":
			posted.Add(1)
		case chat.CodeNotFound:
			refusals.Add(1)
		default:
			t.Error(err)
		}
	}
	for _, u := range users {
		for range 2 {
			posters.Go(func() {
				for !stop.Load() {
					post(actor(u))
				}
				post(actor(u)) // surely behind the deletion
			})
		}
	}
	for i, u := range users {
		churn.Go(func() {
			for range 25 {
				_ = w.LeaveRoom(context.Background(), actor(u), room)
				_, _ = w.JoinRoom(context.Background(), actor(u), room)
			}
		})
		if i%2 == 0 {
			churn.Go(func() {
				for range 25 {
					_ = w.RemoveUsers(context.Background(), ann, room, []string{u})
					_ = w.AddUsers(context.Background(), ann, room, []string{u})
				}
			})
		}
	}
	churn.Wait()
	w.ok(w.DeleteRoom(w.ctx(), ann, room))
	stop.Store(true)
	posters.Wait()

	in := map[string]bool{"ann": true}
	for _, u := range users {
		in[u] = true
	}
	told := replay(t, w.bus.take(), in)
	equal(t, "told", told, posted.Load())
	equal(t, "stored", w.state(room).Seq, posted.Load())
	if refusals.Load() < int64(2*len(users)) {
		t.Errorf("only %d posts were refused", refusals.Load())
	}
	t.Logf("%d posts stored, %d refused", posted.Load(), refusals.Load())
}

// replay follows a room's events, given who is in, and returns its messages' number.
func replay(t *testing.T, events []chat.Event, in map[string]bool) int64 {
	t.Helper()
	var seq, version int64
	deleted := false
	for i, e := range events {
		if deleted {
			t.Fatalf("event %d, %s, after the room's end", i, told(e))
		}
		if e.Version == 0 && e.Kind != chat.EventTyping && e.At != version {
			t.Fatalf("event %d, %s, at version %d", i, told(e), version)
		}
		switch e.Kind {
		case chat.EventMessage:
			seq, version = seq+1, version+1
			if e.Message.Seq != seq || e.Version != version || !in[e.Message.Sender] {
				t.Fatalf("event %d, %s of %s, as number %d at %d; in: %v", i, told(e), e.Message.Sender, seq, version, in)
			}
		case chat.EventRoomJoined, chat.EventRoomLeft:
			for _, u := range e.Users {
				if in[u] == (e.Kind == chat.EventRoomJoined) {
					t.Fatalf("event %d, %s, twice", i, told(e))
				}
				in[u] = e.Kind == chat.EventRoomJoined
			}
		case chat.EventRoomDeleted:
			deleted = true
		default:
		}
	}
	return seq
}

// TestNobodyPostsAfterTheirRemoval holds the same from outside: once the removal
// is answered, no post is.
func TestNobodyPostsAfterTheirRemoval(t *testing.T) {
	w := newWorld(t)
	for range 20 {
		room := w.room("bob")
		var out atomic.Bool
		var posters sync.WaitGroup
		for range 4 {
			posters.Go(func() {
				for {
					late := out.Load()
					_, err := w.Post(context.Background(), bob, says(room, "hi"))
					if late && chat.CodeOf(err) != chat.CodeNotFound {
						t.Errorf("after the removal: %v", err)
					}
					if err != nil {
						return
					}
				}
			})
		}
		w.ok(w.RemoveUsers(w.ctx(), ann, room, []string{"bob"}))
		out.Store(true)
		posters.Wait()
	}
}

// TestOrderIsTheSameForEveryone lets many post, edit and delete in some rooms at
// once: in each room versions are told 1, 2, 3, ..., messages numbered likewise,
// and what the events add up to is what history, lists and sync say.
func TestOrderIsTheSameForEveryone(t *testing.T) {
	w := newWorld(t)
	rooms := []string{w.room("bob", "cid"), w.room("bob", "cid"), w.room("bob", "cid")}
	var wg sync.WaitGroup
	for i, a := range []chat.Actor{ann, bob, cid, ann, bob, cid} {
		rng := rand.New(rand.NewPCG(uint64(i), 1))
		wg.Go(func() {
			var mine []string
			for n := range 60 {
				r, err := w.Post(context.Background(), a, says(rooms[rng.IntN(len(rooms))], fmt.Sprint(i, " ", n)))
				if err != nil {
					t.Error(err)
					return
				}
				mine = append(mine, r.Message.ID)
				switch id := mine[rng.IntN(len(mine))]; rng.IntN(4) {
				case 0:
					_, _ = w.Edit(context.Background(), a, id, fmt.Sprint(i, " edited ", n))
				case 1:
					_, _ = w.Delete(context.Background(), a, id)
				default:
				}
			}
		})
	}
	wg.Wait()
	events := w.bus.take()
	total := int64(0)
	for _, room := range rooms {
		total += w.sameForEveryone(room, events)
	}
	equal(t, "messages", total, 6*60)
}

// sameForEveryone compares a room's events with what can be read, and returns
// how many messages it has had.
func (w *world) sameForEveryone(room string, events []chat.Event) int64 {
	w.t.Helper()
	var version, seq int64
	now := map[int64]chat.Message{}
	for _, e := range events {
		if e.Room != room {
			continue
		}
		version++
		equal(w.t, "version", e.Version, version)
		if e.Kind == chat.EventMessage {
			seq++
			equal(w.t, "seq", e.Message.Seq, seq)
		}
		now[e.Message.Seq] = *e.Message
	}
	var want []string
	for n := int64(1); n <= seq; n++ {
		if !now[n].Deleted {
			want = append(want, now[n].Text)
		}
	}
	history, _, err := w.History(w.ctx(), bob, room, 0, 0, chat.MaxList)
	w.ok(err)
	same(w.t, "history", texts(history), want)
	synced := w.syncOne(bob, room, "")
	for i, m := range synced.Messages {
		if n := now[m.Seq]; n.Text != m.Text || n.Deleted != m.Deleted || n.Version != m.Version {
			w.t.Errorf("sync has %+v, told was %+v", m.Message, n)
		}
		if i > 0 && synced.Messages[i-1].Version >= m.Version {
			w.t.Errorf("sync goes from %d to %d", synced.Messages[i-1].Version, m.Version)
		}
	}
	equal(w.t, "synced", int64(len(synced.Messages)), seq)
	equal(w.t, "head", synced.Cursor.String(), w.cursor(version))
	return seq
}

// TestPostsKeepTheOrderOfTheirCalls holds that who does not wait for the answers
// gets numbers and answers in the order of asking.
func TestPostsKeepTheOrderOfTheirCalls(t *testing.T) {
	w := newWorld(t)
	room, other := w.room(), w.room()
	const n = 500
	answers := make(chan chat.Message, n)
	for i := range n {
		in := room
		if i%3 == 0 {
			in = other
		}
		w.PostAsync(ann, says(in, fmt.Sprint(i)), func(r chat.Receipt, err error) {
			if err != nil {
				t.Error(err)
			}
			answers <- r.Message
		})
	}
	last := map[string]int64{}
	for i := range n {
		m := <-answers
		equal(t, "answer", m.Text, fmt.Sprint(i))
		last[m.Room]++
		equal(t, "seq", m.Seq, last[m.Room])
	}
}

// TestAckAndEventFollowTheCommit holds that whoever learns of a message, by the
// ack or by the event, finds it in the database, over a connection of their own.
func TestAckAndEventFollowTheCommit(t *testing.T) {
	w := newWorld(t)
	room := w.room("bob")
	apart := w.open()
	find := func(what, id string) {
		if _, err := apart.Message(context.Background(), id); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	w.bus.before = func(e chat.Event) { find("event", e.Message.ID) }
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				r, err := w.Post(context.Background(), ann, says(room, "hi"))
				if err != nil {
					t.Error(err)
					return
				}
				find("ack", r.Message.ID)
			}
		})
	}
	wg.Wait()
	equal(t, "events", len(w.bus.take()), 160)
}

// TestSyncMissesNothingWhileOthersWrite lets a client come back again and again
// with its cursor: in the end it has every message as it is.
func TestSyncMissesNothingWhileOthersWrite(t *testing.T) {
	w := newWorld(t)
	room := w.room("bob")
	var writers sync.WaitGroup
	var done atomic.Bool
	for range 4 {
		writers.Go(func() {
			for n := range 100 {
				r, err := w.Post(context.Background(), ann, says(room, "hi"))
				if err == nil && n%3 == 0 {
					_, err = w.Edit(context.Background(), ann, r.Message.ID, "edited")
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	go func() { writers.Wait(); done.Store(true) }()
	have, cursor := map[int64]chat.Message{}, ""
	for last := false; !last; {
		last = done.Load()
		for more := true; more; {
			s := w.syncOne(bob, room, cursor)
			for _, m := range s.Messages {
				have[m.Seq] = m.Message
			}
			cursor, more = s.Cursor.String(), s.More
		}
	}
	all, err := w.db.Changes(w.ctx(), room, 0, 1000)
	w.ok(err)
	equal(t, "messages", len(have), len(all))
	for _, m := range all {
		if h := have[m.Seq]; h.Text != m.Text || h.Version != m.Version {
			t.Errorf("%d is %q at %d, stored is %q at %d", m.Seq, h.Text, h.Version, m.Text, m.Version)
		}
	}
	equal(t, "cursor", cursor, w.cursor(w.state(room).Version))
}

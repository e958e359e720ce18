package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"parley/chat"
	"parley/store/storetest"
)

// post is a command that writes a message of u into room, once per nonce, and
// makes the room if need be.
func post(room, id, nonce string) chat.Command {
	return chat.Command{Room: room, User: "u", Nonce: nonce, Decide: func(s chat.State) (e chat.Effects, _ error) {
		if s.Prior != nil {
			return e, nil
		}
		if s.Room.ID == "" {
			e.Room = &chat.Room{Name: room, Kind: chat.KindGroup}
			e.Members = []chat.Member{{User: "u", State: chat.MemberActive}}
		}
		e.Insert = &chat.Message{ID: id, Sender: "u", Text: "hi", Type: chat.ContentText, Nonce: nonce}
		return e, nil
	}}
}

type result struct {
	chat.Outcome
	err error
}

func submit(s *Store, cmd chat.Command) <-chan result {
	c := make(chan result, 1)
	s.Submit(cmd, func(o chat.Outcome, err error) { c <- result{o, err} })
	return c
}

func wantCode(t *testing.T, what string, err error, code chat.Code) {
	t.Helper()
	if got := chat.CodeOf(err); got != code {
		t.Errorf("%s: %v, want code %q", what, err, code)
	}
}

// hold keeps the committer busy until the function returned is called.
func hold(s *Store) (release func()) {
	begun, released := make(chan struct{}), make(chan struct{})
	var once sync.Once
	s.Submit(chat.Command{Room: "held", Decide: func(chat.State) (chat.Effects, error) {
		once.Do(func() { close(begun) })
		<-released
		return chat.Effects{}, nil
	}}, func(chat.Outcome, error) {})
	<-begun
	return func() { close(released) }
}

func TestFullQueueAnswersBusy(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, Options{URL: url, QueueSize: 3})
		release := hold(s)
		var waiting []<-chan result
		for i := range 3 {
			waiting = append(waiting, submit(s, post("r", fmt.Sprint("m", i), "")))
		}
		if r := <-submit(s, post("r", "m9", "")); !errors.Is(r.err, chat.ErrBusy) {
			t.Errorf("full queue answered %v", r.err)
		}
		release()
		for i, w := range waiting {
			if r := <-w; r.err != nil || r.Message.Seq != int64(i+1) {
				t.Errorf("waiting command %d: %+v", i, r)
			}
		}
		wantCode(t, "once there is room", (<-submit(s, post("r", "m9", ""))).err, "")
	})
}

func TestCloseDrains(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, Options{URL: url, BatchSize: 4})
		release := hold(s)
		var waiting []<-chan result
		for i := range 20 {
			waiting = append(waiting, submit(s, post("r", fmt.Sprint("m", i), fmt.Sprint("n", i))))
		}
		closed := make(chan error)
		go func() { closed <- s.Close(context.Background()) }()
		for { // until Close has begun
			if r := submit(s, chat.Command{Decide: func(chat.State) (e chat.Effects, err error) { return }}); len(r) == 1 {
				if err := (<-r).err; !errors.Is(err, chat.ErrClosing) {
					t.Errorf("submit to a closing store: %v", err)
				}
				break
			}
		}
		release()
		if err := <-closed; err != nil {
			t.Error(err)
		}
		for _, w := range waiting {
			wantCode(t, "submitted before Close", (<-w).err, "")
		}

		again := open(t, Options{URL: url})
		if r := <-submit(again, post("r", "m99", "n7")); r.Before.Prior == nil || r.Before.Prior.ID != "m7" {
			t.Errorf("nonce after reopening: %+v", r)
		}
	})
}

func TestCloseOutOfPatience(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, Options{URL: url, BatchSize: 1})
		release := hold(s)
		waiting := submit(s, post("r", "m", ""))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		closed := make(chan error)
		go func() { closed <- s.Close(ctx) }()
		<-s.stop.Done()
		release()
		if err := <-closed; !errors.Is(err, context.Canceled) {
			t.Errorf("close: %v", err)
		}
		if r := <-waiting; !errors.Is(r.err, chat.ErrClosing) {
			t.Errorf("left in the queue: %v", r.err)
		}
	})
}

// TestPoisonedCommand: what cannot be written fails alone, in its place.
func TestPoisonedCommand(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, Options{URL: url})
		wantCode(t, "first", (<-submit(s, post("r", "taken", ""))).err, "")
		release := hold(s)
		var order []int
		var waiting []<-chan result
		for i := range 9 {
			id := fmt.Sprint("m", i)
			if i == 4 {
				id = "taken"
			}
			c := make(chan result, 1)
			s.Submit(post("r", id, ""), func(o chat.Outcome, err error) { order = append(order, i); c <- result{o, err} })
			waiting = append(waiting, c)
		}
		release()
		seq := int64(1)
		for i, w := range waiting {
			r := <-w
			if i == 4 {
				wantCode(t, "poisoned", r.err, chat.CodeInternal)
				continue
			}
			if seq++; r.err != nil || r.Message.Seq != seq {
				t.Errorf("command %d: %+v, want seq %d", i, r, seq)
			}
		}
		if fmt.Sprint(order) != "[0 1 2 3 4 5 6 7 8]" {
			t.Errorf("answers came in the order %v", order)
		}
	})
}

// TestTwoNodes: two stores on one database, each with its own queue.
func TestTwoNodes(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		nodes := []*Store{open(t, Options{URL: url}), open(t, Options{URL: url})}
		const senders, each, rooms = 8, 30, 3
		var wg sync.WaitGroup
		for n, node := range nodes {
			for u := range senders {
				wg.Go(func() {
					for i := range each {
						room := fmt.Sprint("r", (u+i)%rooms)
						// The same nonces on both nodes: one of the two writes.
						r := <-submit(node, post(room, fmt.Sprint(n, u, i), fmt.Sprint(u, ".", i)))
						if r.err != nil {
							t.Error(r.err)
						}
					}
				})
			}
		}
		wg.Wait()
		var total int64
		for r := range rooms {
			messages, err := nodes[0].Changes(t.Context(), fmt.Sprint("r", r), 0, 1000)
			if err != nil {
				t.Fatal(err)
			}
			for i, m := range messages {
				if m.Seq != int64(i+1) || m.Version != m.Seq {
					t.Fatalf("message %d has seq %d, version %d", i+1, m.Seq, m.Version)
				}
			}
			total += int64(len(messages))
		}
		if total != senders*each {
			t.Errorf("%d messages, want %d", total, senders*each)
		}
	})
}

// TestHeirsOfTwoNodes: members who leave through two nodes at once hand the room on.
func TestHeirsOfTwoNodes(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		storetest.Heirs(t, open(t, Options{URL: url}), open(t, Options{URL: url}))
	})
}

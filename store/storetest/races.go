package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"

	"parley/chat"
)

// nonces: one message per room, sender and nonce, for as long as the room exists.
func nonces(s *suite) {
	s.do(s.create("r", "ann", "bob"))
	s.do(s.create("r2", "ann"))
	first := s.do(s.post("r", "ann", "hi", "n")).Message
	check := func(what string) {
		s.Helper()
		dup := s.do(s.post("r", "ann", "again", "n"))
		if dup.Message != nil || dup.Before.Prior == nil || dup.Before.Prior.ID != first.ID {
			s.Errorf("%s: outcome %+v", what, dup)
		}
	}
	check("at once")
	s.equal("another sender", s.do(s.post("r", "bob", "hi", "n")).Message.Seq, 2)
	s.equal("another room", s.do(s.post("r2", "ann", "hi", "n")).Message.Seq, 1)
	s.equal("without nonce", s.do(s.post("r", "ann", "hi", "")).Message.Seq, 3)
	s.equal("without nonce", s.do(s.post("r", "ann", "hi", "")).Message.Seq, 4)
	s.do(s.change("r", first.ID, func(m *chat.Message) { m.Text = "edited" }))
	check("after an edit")
	s.do(s.remove("r", first.ID))
	check("after deletion")
	s.equal("room", must(s.store.Room(s.ctx(), "r")).Seq, 4)
}

// noncesAtOnce: retries that race, in one group and over many.
func noncesAtOnce(s *suite) {
	s.do(s.create("r", "ann"))
	const tries, names = 24, 20
	var wg sync.WaitGroup
	var inserted atomic.Int32
	for range tries {
		wg.Go(func() {
			for n := range names {
				a := <-s.submit(s.post("r", "ann", "hi", fmt.Sprint("nonce ", n)))
				switch {
				case a.err != nil:
					s.Error(a.err)
				case a.Message != nil:
					inserted.Add(1)
				case a.Before.Prior == nil || a.Before.Prior.Nonce != fmt.Sprint("nonce ", n):
					s.Errorf("prior %+v", a.Before.Prior)
				}
			}
		})
	}
	wg.Wait()
	s.equal("inserted", inserted.Load(), names)
	s.equal("room", must(s.store.Room(s.ctx(), "r")).Seq, names)
}

// nobodyPostsAfterLeaving: once the answer to a leave or removal shows a room's
// seq, no message of that user has a later one.
func nobodyPostsAfterLeaving(s *suite) {
	const users = 6
	var members []string
	for u := range users {
		members = append(members, fmt.Sprint("u", u))
	}
	s.do(s.create("r", members...))
	outAt, lastPost := make([]int64, users), make([]int64, users)
	var wg sync.WaitGroup
	for u := range users {
		started := make(chan struct{})
		wg.Go(func() {
			for i := 0; ; i++ {
				a := <-s.submit(s.post("r", members[u], "hi", ""))
				if i == 0 {
					close(started)
				}
				if a.err != nil {
					s.code("post of who is out", a.err, chat.CodeNotFound)
					return
				}
				lastPost[u] = a.Message.Seq
			}
		})
		wg.Go(func() {
			<-started
			state := chat.MemberLeft
			if u%2 == 0 {
				state = chat.MemberRemoved
			}
			outAt[u] = (<-s.submit(s.stand("r", members[u], state))).Room.Seq
		})
	}
	wg.Wait()
	for u := range users {
		if lastPost[u] > outAt[u] {
			s.Errorf("user %d posted %d after being out at %d", u, lastPost[u], outAt[u])
		}
	}
	room := must(s.store.Room(s.ctx(), "r"))
	s.equal("participants", []any{room.ParticipantCount, len(must(s.store.Participants(s.ctx(), "r", 100)))}, []any{0, 0})
}

// nobodyPostsAfterDeletion: likewise for the room.
func nobodyPostsAfterDeletion(s *suite) {
	s.do(s.create("r", "u0", "u1", "u2"))
	var wg sync.WaitGroup
	var newest atomic.Int64
	started := make(chan struct{})
	var once sync.Once
	for u := range 3 {
		wg.Go(func() {
			for {
				a := <-s.submit(s.post("r", fmt.Sprint("u", u), "hi", ""))
				once.Do(func() { close(started) })
				if a.err != nil {
					s.code("post into a deleted room", a.err, chat.CodeNotFound)
					return
				}
				for old := newest.Load(); a.Message.Seq > old && !newest.CompareAndSwap(old, a.Message.Seq); {
					old = newest.Load()
				}
			}
		})
	}
	<-started
	deleted := s.do(s.deletion("r"))
	wg.Wait()
	s.equal("newest", newest.Load(), deleted.Room.Seq)
	room := must(s.store.Room(s.ctx(), "r"))
	s.equal("room", []any{room.Seq, room.Deleted}, []any{deleted.Room.Seq, true})
}

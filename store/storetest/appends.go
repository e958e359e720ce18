package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"parley/chat"
)

// counters: seq and version count 1, 2, 3, ... in each room, whoever writes.
func counters(s *suite) {
	const rooms, senders, each = 3, 8, 25
	for r := range rooms {
		s.do(s.create(fmt.Sprint("r", r), "u0", "u1", "u2", "u3", "u4", "u5", "u6", "u7"))
	}
	var wg sync.WaitGroup
	for u := range senders {
		wg.Go(func() {
			for i := range each {
				room := fmt.Sprint("r", (u+i)%rooms)
				if a := <-s.submit(s.post(room, fmt.Sprint("u", u), "hi", "")); a.err != nil {
					s.Error(a.err)
				} else if a.Message.Seq > a.Room.Seq || a.Message.Version != a.Message.BornVersion || a.Room.LastMessageID != a.Message.ID {
					s.Errorf("message %+v in room %+v", a.Message, a.Room)
				}
			}
		})
	}
	wg.Wait()
	var total int64
	for r := range rooms {
		room := must(s.store.Room(s.ctx(), fmt.Sprint("r", r)))
		all := must(s.store.Changes(s.ctx(), room.ID, 0, 1000))
		for i, m := range all {
			if m.Seq != int64(i+1) || m.Version != int64(i+1) {
				s.Fatalf("change %d of room %s has seq %d and version %d", i+1, room.ID, m.Seq, m.Version)
			}
		}
		s.equal("room's counters", []int64{room.Seq, room.Version}, []int64{int64(len(all)), int64(len(all))})
		total += room.Seq
	}
	s.equal("messages", total, senders*each)
}

// answersInOrder: done is called in the order of Submit, one call at a time,
// refusals of Decide included.
func answersInOrder(s *suite) {
	s.do(s.create("r", "ann"))
	const n = 700
	var running, calls atomic.Int32
	var order []int
	finished := make(chan struct{})
	for i := range n {
		user := "ann"
		if i%7 == 0 {
			user = "stranger"
		}
		s.store.Submit(s.post("r", user, "hi", ""), func(_ chat.Outcome, err error) {
			if running.Add(1) != 1 {
				s.Error("two answers at once")
			}
			if (err == nil) != (user == "ann") {
				s.Errorf("command %d of %s: %v", i, user, err)
			}
			order = append(order, i)
			running.Add(-1)
			if calls.Add(1) == n {
				close(finished)
			}
		})
	}
	<-finished
	for i, at := range order {
		if i != at {
			s.Fatalf("answer %d was that of command %d", i, at)
		}
	}
}

// effectsOfOneGo: commands that come together see each other's effects.
func effectsOfOneGo(s *suite) {
	created := s.submit(s.create("r", "ann"))
	again := s.submit(s.create("r", "bob"))
	early := s.submit(s.post("r", "bob", "too early", ""))
	joined := s.submit(s.stand("r", "bob", chat.MemberActive))
	posted := s.post("r", "bob", "hello", "n1")
	first := s.submit(posted)
	second := s.submit(s.post("r", "bob", "hello", "n1"))
	var id string
	edit := chat.Command{Room: "r", User: "bob", Nonce: "n1", Decide: func(st chat.State) (chat.Effects, error) {
		m := *st.Prior
		id, m.Text = m.ID, "edited"
		return chat.Effects{Update: &m}, nil
	}}
	edited := s.submit(edit)
	left := s.submit(s.stand("r", "bob", chat.MemberLeft))
	late := s.submit(s.post("r", "bob", "too late", ""))

	s.code("create", (<-created).err, "")
	s.code("create again", (<-again).err, chat.CodeConflict)
	s.code("post before joining", (<-early).err, chat.CodeNotFound)
	s.equal("count after joining", (<-joined).Room.ParticipantCount, 2)
	one, two, three := <-first, <-second, <-edited
	s.equal("first", []int64{one.Message.Seq, one.Message.Version}, []int64{1, 1})
	s.equal("dup wrote nothing", two.Message == nil && two.Before.Prior.ID == one.Message.ID && two.Room.Version == 1, true)
	s.equal("edit", []any{three.Message.ID, three.Message.Text, three.Message.Seq, three.Message.Version}, []any{id, "edited", 1, 2})
	s.equal("count after leaving", (<-left).Room.ParticipantCount, 1)
	s.code("post after leaving", (<-late).err, chat.CodeNotFound)
	stored := must(s.store.Message(s.ctx(), id))
	s.equal("stored", stored, *three.Message)
}

// outcomeIsWhatIsRead: what an answer shows is what a read finds.
func outcomeIsWhatIsRead(s *suite) {
	created := s.do(s.create("r", "ann", "bob"))
	s.equal("new room", must(s.store.Room(s.ctx(), "r")), created.Room)
	id, at := s.next("message")
	full := chat.Message{
		ID: id, Room: "elsewhere", Seq: 99, Sender: "bob", Text: "a\nb \u00e4 \U0001F600 %_'\"\\", Type: chat.ContentFile,
		Files: []string{"f1", "f\"2"}, Nonce: "n", ReplyTo: "message-0", Status: chat.StatusInterrupted, CreatedAt: at, UpdatedAt: at,
		EditedAt: at.Add(123_456_789),
	}
	posted := s.do(chat.Command{Room: "r", User: "bob", Decide: func(chat.State) (chat.Effects, error) {
		m := full
		return chat.Effects{Insert: &m}, nil
	}})
	want := full
	want.Room, want.Seq, want.Version, want.BornVersion = "r", 1, 1, 1
	want.EditedAt = at.Add(123_000_000)
	s.equal("answer", *posted.Message, want)
	s.equal("read", must(s.store.Message(s.ctx(), id)), want)
	room := must(s.store.Room(s.ctx(), "r"))
	s.equal("room", room, posted.Room)
	s.equal("activity", []any{room.ActiveAt, room.LastMessageID}, []any{at, id})
	s.equal("sender has read it", must(s.store.Member(s.ctx(), "r", "bob")).ReadSeq, 1)
	s.equal("others have not", must(s.store.Member(s.ctx(), "r", "ann")).ReadSeq, 0)
	s.equal("before", posted.Before.Room, created.Room)
}

// refusalsWriteNothing: an error or panic of Decide, and effects that make no
// sense, refuse that command alone.
func refusalsWriteNothing(s *suite) {
	id := s.room("r", 1, "ann")[0]
	s.room("other", 0, "ann")
	refused := errors.New("no")
	decide := func(e chat.Effects, err error) func(chat.State) (chat.Effects, error) {
		return func(chat.State) (chat.Effects, error) { return e, err }
	}
	message := chat.Message{ID: "m-new", Sender: "ann", Type: chat.ContentText}
	bad := map[string]chat.Command{
		"error":           {Room: "r", Decide: decide(chat.Effects{Insert: &message}, refused)},
		"panic":           {Room: "r", Decide: func(chat.State) (chat.Effects, error) { panic("decide") }},
		"no room":         {Room: "none", Decide: decide(chat.Effects{Insert: &message}, nil)},
		"other room":      {Room: "other", Decide: decide(chat.Effects{Update: &chat.Message{ID: id}}, nil)},
		"unknown message": {Room: "r", Decide: decide(chat.Effects{Update: &chat.Message{ID: "m-none"}}, nil)},
		"taken id":        {Room: "r", Decide: decide(chat.Effects{Insert: &chat.Message{ID: id, Sender: "ann"}}, nil)},
	}
	var good []<-chan answer
	answers := map[string]<-chan answer{}
	for name, cmd := range bad {
		answers[name] = s.submit(cmd)
		good = append(good, s.submit(s.post("r", "ann", "between", "")))
	}
	for name, c := range answers {
		a := <-c
		s.code(name, a.err, chat.CodeInternal)
		if name == "error" && !errors.Is(a.err, refused) {
			s.Errorf("error of Decide became %v", a.err)
		}
	}
	for _, c := range good {
		s.code("good command", (<-c).err, "")
	}
	s.equal("room", must(s.store.Room(s.ctx(), "r")).Version, 1+len(good))
	s.equal("other", must(s.store.Room(s.ctx(), "other")).Version, 0)

	s.store.Submit(s.post("r", "ann", "panics", ""), func(chat.Outcome, error) { panic("done") })
	s.do(s.post("r", "ann", "goes on", ""))
}

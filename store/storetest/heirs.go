package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/chat"
)

// leave ends a user's part and hands the room to the heir, if it was theirs.
func (s *suite) leave(room, user string) chat.Command {
	return chat.Command{Room: room, User: user, Heir: true, Decide: func(st chat.State) (chat.Effects, error) {
		if !st.Member.Active() {
			return chat.Effects{}, chat.ErrRoomNotFound
		}
		m := st.Member
		m.State = chat.MemberLeft
		e := chat.Effects{Members: []chat.Member{m}}
		if st.Room.Creator == user && st.Heir != "" {
			st.Room.Creator = st.Heir
			e.Room = &st.Room
		}
		return e, nil
	}}
}

// heir asks for the heir of a room, with those left out.
func (s *suite) heir(room, user string, others ...string) chat.Command {
	return chat.Command{Room: room, User: user, Others: others, Heir: true, Decide: func(chat.State) (chat.Effects, error) {
		return chat.Effects{}, nil
	}}
}

// join makes a user take part since the time given.
func (s *suite) join(room, user string, at time.Time) chat.Command {
	return s.effects(room, chat.Effects{Members: []chat.Member{{User: user, State: chat.MemberActive, JoinedAt: at}}})
}

// heirs: who has taken part longest, whoever was named left out.
func heirs(s *suite) {
	s.do(s.create("r", "dee", "ann", "cem", "bob"))
	s.room("other", 0, "aaa")
	heir := func(user string, others ...string) string {
		s.Helper()
		return s.do(s.heir("r", user, others...)).Before.Heir
	}
	s.equal("first", heir("zoe"), "dee")
	s.equal("nobody named", heir(""), "dee")
	s.equal("user left out", heir("dee"), "ann")
	s.equal("others left out", heir("dee", "ann", "dee", "zoe"), "cem")
	s.equal("all left out", heir("dee", "ann", "cem", "bob"), "")
	s.do(s.stand("r", "dee", chat.MemberLeft))
	s.do(s.stand("r", "ann", chat.MemberRemoved))
	s.equal("those who are out", heir("zoe"), "cem")
	s.equal("no such room", s.do(s.heir("none", "zoe")).Before.Heir, "")
	out := s.do(chat.Command{Room: "r", User: "zoe", Decide: func(chat.State) (chat.Effects, error) { return chat.Effects{}, nil }})
	s.equal("not asked for", out.Before.Heir, "")

	// Of those who came in at one time, the lower id; in byte order, on both databases.
	at := start.Add(-time.Hour)
	for _, user := range []string{"b", "B", "a_", "a-"} {
		s.do(s.join("r", user, at))
	}
	s.equal("same time", heir("zoe"), "B")
	s.equal("same time, next", heir("B"), "a-")
	s.equal("same time, next", heir("B", "a-"), "a_")

	var crowd []string
	for i := range 700 {
		crowd = append(crowd, fmt.Sprintf("u%03d", i))
	}
	s.do(s.create("large", crowd...))
	s.equal("behind many who are left out", s.do(s.heir("large", crowd[0], crowd[1:600]...)).Before.Heir, "u600")
	s.equal("all of many left out", s.do(s.heir("large", "", crowd...)).Before.Heir, "")
}

// heirsOfOneGo: who went, came or came back in the same group counts as such.
func heirsOfOneGo(s *suite) {
	var crowd []string
	var leaves []chat.Command
	for i := range 100 {
		crowd = append(crowd, fmt.Sprintf("u%02d", i))
		if i < 80 {
			leaves = append(leaves, s.leave("r", crowd[i]))
		}
	}
	s.do(s.create("r", crowd...))
	for i, a := range s.together(leaves...) {
		s.code("leave", a.err, "")
		s.equal("creator", a.Room.Creator, crowd[i+1])
	}
	early := start.Add(-time.Hour)
	answers := s.together(
		s.join("r", "new", early.Add(time.Minute)),
		s.heir("r", ""),           // 1: new
		s.join("r", "u05", early), // back, with a time before all others
		s.heir("r", ""),           // 3: u05
		s.heir("r", "u05"),        // 4: new
		s.read("r", "u80", 0),     // changes nothing of it
		s.leave("r", "new"),
		s.leave("r", "u05"),
		s.heir("r", ""),                          // 8: u80
		s.join("r", "u80", start.Add(time.Hour)), // is now the last
		s.heir("r", ""),                          // 10: u81
		s.heir("r", "", crowd[81:]...),           // 11: u80
		s.create("fresh", "ann", "bob"),
		s.leave("fresh", "ann"), // 13: bob
		s.leave("fresh", "bob"), // 14: nobody
	)
	for i, want := range map[int]string{1: "new", 3: "u05", 4: "new", 8: "u80", 10: "u81", 11: "u80", 13: "bob", 14: ""} {
		s.code(fmt.Sprint("answer ", i), answers[i].err, "")
		s.equal(fmt.Sprint("heir ", i), answers[i].Before.Heir, want)
	}
	s.equal("creator of the fresh room", must(s.store.Room(s.ctx(), "fresh")).Creator, "bob")
}

// heirsAtOnce: a room whose members come and go always belongs to one of them.
func heirsAtOnce(s *suite) { Heirs(s.T, s.store) }

// Heirs has members of a room come and go at once through all of the stores,
// which are nodes on one database: at every leave the room goes on to somebody
// who takes part, if anybody does.
func Heirs(t *testing.T, nodes ...chat.Store) {
	const users, rounds = 9, 12
	all := make([]*suite, len(nodes))
	for i, node := range nodes {
		all[i] = &suite{T: t, store: node}
	}
	var crowd []string
	for u := range users {
		crowd = append(crowd, fmt.Sprint("u", u))
	}
	all[0].do(all[0].create("heirs", crowd...))
	var handed atomic.Int32
	var wg sync.WaitGroup
	for u, user := range crowd {
		s := all[u%len(all)]
		wg.Go(func() {
			for range rounds {
				a := <-s.submit(s.leave("heirs", user))
				s.code("leave", a.err, "")
				if a.Before.Room.Creator == user && a.Room.ParticipantCount > 0 {
					handed.Add(1)
					if a.Room.Creator == user || a.Room.Creator == "" {
						t.Errorf("%s left with %d others, and the room stayed theirs", user, a.Room.ParticipantCount)
					}
				}
				s.code("come back", (<-s.submit(s.comeBack("heirs", user, a.Room.Creator))).err, "")
			}
		})
	}
	wg.Wait()
	room := must(nodes[0].Room(t.Context(), "heirs"))
	owner := must(nodes[0].Member(t.Context(), "heirs", room.Creator))
	if room.ParticipantCount != users || !owner.Active() || handed.Load() == 0 {
		t.Errorf("%d take part, owner %+v, handed over %d times", room.ParticipantCount, owner, handed.Load())
	}
}

// comeBack makes who has left the last of the members, and the owner of an empty
// room. It fails if the room, still the owner's, belongs to nobody in it.
func (s *suite) comeBack(room, user, owner string) chat.Command {
	return chat.Command{Room: room, User: user, Others: []string{owner}, Decide: func(st chat.State) (e chat.Effects, _ error) {
		if st.Room.ParticipantCount > 0 && st.Room.Creator == owner && !st.Others[owner].Active() {
			return e, fmt.Errorf("the room belongs to %s, who does not take part", owner)
		}
		if st.Room.ParticipantCount == 0 {
			st.Room.Creator = user
			e.Room = &st.Room
		}
		m := st.Member
		m.State, m.JoinedAt = chat.MemberActive, m.JoinedAt.Add(time.Minute)
		e.Members = []chat.Member{m}
		return e, nil
	}}
}

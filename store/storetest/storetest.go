// Package storetest holds what every [chat.Store] must do, as one suite that each
// implementation runs.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/chat"
)

// Run runs the suite. open returns an empty, migrated store that the test's
// cleanup closes; it is called once for each part.
func Run(t *testing.T, open func(*testing.T) chat.Store) {
	parts := []struct {
		name string
		run  func(*suite)
	}{
		{"counters", counters},
		{"answers in order", answersInOrder},
		{"effects of one go", effectsOfOneGo},
		{"outcome is what is read", outcomeIsWhatIsRead},
		{"refusals write nothing", refusalsWriteNothing},
		{"nonces", nonces},
		{"nonces at once", noncesAtOnce},
		{"nobody posts after leaving", nobodyPostsAfterLeaving},
		{"nobody posts after deletion", nobodyPostsAfterDeletion},
		{"rooms", rooms},
		{"members", members},
		{"edits and tombstones", editsAndTombstones},
		{"changes", changes},
		{"pages", pages},
		{"feed", feed},
		{"counts", counts},
		{"search in every script", searchScripts},
		{"search by scope", searchScopes},
		{"search after changes", searchChanges},
		{"rooms of a user", roomsOfUser},
		{"views", views},
		{"read positions", readPositions},
		{"users", users},
		{"updates of users", updatesOfUsers},
		{"users at once", usersAtOnce},
		{"saved users", savedUsers},
		{"lists of users", listsOfUsers},
		{"unread", unread},
		{"all rooms", allRooms},
		{"rooms after", roomsAfter},
		{"invitations", invitations},
		{"invitations of one go", invitationsOfOneGo},
		{"invitations at once", invitationsAtOnce},
		{"lists of invitations", listsOfInvitations},
		{"heirs", heirs},
		{"heirs of one go", heirsOfOneGo},
		{"heirs at once", heirsAtOnce},
		{"files", files},
		{"postings of one go", postingsOfOneGo},
		{"who does not take part", whoDoesNotTakePart},
		{"acts of commands", actsOfCommands},
		{"acts of users", actsOfUsers},
		{"lists of acts", listsOfActs},
		{"rooms of conversations", conversationRooms},
		{"streams", streams},
		{"streams of one go", streamsOfOneGo},
		{"streaming before", streamingBefore},
		{"clears", clears},
		{"clears of one go", clearsOfOneGo},
		{"cleared and searched", clearedAndSearched},
		{"conversations", conversations},
		{"heads of conversations", conversationHeads},
		{"claims", claims},
		{"closed replies", closedReplies},
		{"inbox", inbox},
		{"queue", queue},
		{"deserted", deserted},
		{"notes", notes},
		{"polls", polls},
		{"hooks", hooks},
		{"erasures", erasures},
		{"forgotten", forgotten},
		{"chatbots", chatbots},
		{"sessions", sessions},
		{"sessions at once", sessionsAtOnce},
		{"expired sessions", expiredSessions},
		{"documents", documents},
		{"long documents", longDocuments},
	}
	for _, p := range parts {
		t.Run(p.name, func(t *testing.T) {
			defer func() {
				switch p := recover().(type) {
				case nil:
				case failure:
					t.Fatalf("%s: %v", p.where, p.error)
				default:
					panic(p)
				}
			}()
			p.run(&suite{T: t, store: open(t)})
		})
	}
}

// suite is one part's test with its store and commands shaped like the service's.
type suite struct {
	*testing.T
	store chat.Store
	ids   atomic.Int64
}

// start is the time of the first row; each further one is a second later.
var start = time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC)

// next returns a new id and its time; ids ascend with time.
func (s *suite) next(prefix string) (string, time.Time) {
	n := s.ids.Add(1)
	return fmt.Sprintf("%s-%06d", prefix, n), start.Add(time.Duration(n) * time.Second)
}

type answer struct {
	chat.Outcome
	err error
}

// submit returns where the answer will come.
func (s *suite) submit(cmd chat.Command) <-chan answer {
	c := make(chan answer, 1)
	s.store.Submit(cmd, func(o chat.Outcome, err error) { c <- answer{o, err} })
	return c
}

// do submits and waits; the command must be carried out.
func (s *suite) do(cmd chat.Command) chat.Outcome {
	s.Helper()
	a := <-s.submit(cmd)
	if a.err != nil {
		s.Fatal(a.err)
	}
	return a.Outcome
}

// together submits commands that wait for each other, so that one group takes
// them if it holds so many, and returns their answers.
func (s *suite) together(cmds ...chat.Command) []answer {
	begun, released := make(chan struct{}), make(chan struct{})
	var once sync.Once
	s.store.Submit(chat.Command{Room: "held", Decide: func(chat.State) (chat.Effects, error) {
		once.Do(func() { close(begun) })
		<-released
		return chat.Effects{}, nil
	}}, func(chat.Outcome, error) {})
	<-begun
	waits := make([]<-chan answer, len(cmds))
	for i, cmd := range cmds {
		waits[i] = s.submit(cmd)
	}
	close(released)
	answers := make([]answer, len(cmds))
	for i, w := range waits {
		answers[i] = <-w
	}
	return answers
}

// create makes a room whose first user is its creator, all of them active.
func (s *suite) create(room string, users ...string) chat.Command {
	_, at := s.next("room")
	return chat.Command{Room: room, Others: users, Decide: func(st chat.State) (chat.Effects, error) {
		if st.Room.ID != "" {
			return chat.Effects{}, chat.Errorf(chat.CodeConflict, "room exists")
		}
		e := chat.Effects{Room: &chat.Room{
			ID: room, Name: "Room " + room, Kind: chat.KindGroup, Visibility: chat.Private, CreatedAt: at, UpdatedAt: at,
		}}
		for i, u := range users {
			if i == 0 {
				e.Room.Creator = u
			}
			e.Members = append(e.Members, chat.Member{User: u, State: chat.MemberActive, JoinedAt: at.Add(time.Duration(i) * time.Millisecond)})
		}
		return e, nil
	}}
}

// post writes a message as a member, once per nonce.
func (s *suite) post(room, user, text, nonce string) chat.Command {
	id, at := s.next("message")
	return chat.Command{Room: room, User: user, Nonce: nonce, Decide: func(st chat.State) (chat.Effects, error) {
		if st.Room.ID == "" || st.Room.Deleted || !st.Member.Active() {
			return chat.Effects{}, chat.ErrRoomNotFound
		}
		if st.Prior != nil {
			return chat.Effects{}, nil
		}
		return chat.Effects{Insert: &chat.Message{
			ID: id, Sender: user, Text: text, Type: chat.ContentText, Nonce: nonce, Status: chat.StatusComplete,
			CreatedAt: at, UpdatedAt: at,
		}}, nil
	}}
}

// change edits a message of the room.
func (s *suite) change(room, message string, edit func(*chat.Message)) chat.Command {
	return chat.Command{Room: room, Message: message, Decide: func(st chat.State) (chat.Effects, error) {
		if st.Message == nil {
			return chat.Effects{}, chat.ErrMessageNotFound
		}
		m := *st.Message
		edit(&m)
		return chat.Effects{Update: &m}, nil
	}}
}

// remove makes a tombstone of a message.
func (s *suite) remove(room, message string) chat.Command {
	return s.change(room, message, func(m *chat.Message) { m.Text, m.Files, m.Deleted = "", nil, true })
}

// stand changes how the user stands to the room.
func (s *suite) stand(room, user string, state chat.MemberState) chat.Command {
	_, at := s.next("member")
	return chat.Command{Room: room, User: user, Decide: func(st chat.State) (chat.Effects, error) {
		m := st.Member
		if m.JoinedAt.IsZero() {
			m.JoinedAt = at
		}
		m.User, m.State = user, state
		return chat.Effects{Members: []chat.Member{m}}, nil
	}}
}

// read moves a read position.
func (s *suite) read(room, user string, seq int64) chat.Command {
	return chat.Command{Room: room, User: user, Decide: func(st chat.State) (chat.Effects, error) {
		st.Member.ReadSeq = seq
		return chat.Effects{Members: []chat.Member{st.Member}}, nil
	}}
}

// deletion marks the room deleted.
func (s *suite) deletion(room string) chat.Command {
	return chat.Command{Room: room, Decide: func(st chat.State) (chat.Effects, error) {
		st.Room.Deleted = true
		return chat.Effects{Room: &st.Room}, nil
	}}
}

// act is one of an administrator's on the room, with an id of its own.
func (s *suite) act(room, user string) chat.Audit {
	id, at := s.next("act")
	return chat.Audit{ID: id, At: at, Actor: "root", Act: chat.ActRoomUpdate, Room: room, User: user}
}

// acts lists the ids of all that are recorded, oldest first.
func (s *suite) acts() (ids []string) {
	s.Helper()
	all, _, err := s.store.Audits(s.ctx(), chat.AuditQuery{Limit: 1000})
	for _, a := range must(all, err) {
		ids = append(ids, a.ID)
	}
	slices.Reverse(ids)
	return ids
}

// room makes a room with n messages of its first user and returns their ids.
func (s *suite) room(room string, n int, users ...string) []string {
	s.Helper()
	s.do(s.create(room, users...))
	var ids []string
	for i := range n {
		ids = append(ids, s.do(s.post(room, users[0], fmt.Sprintf("text %d", i+1), "")).Message.ID)
	}
	return ids
}

func (s *suite) ctx() context.Context { return s.Context() }

// must returns v; an error ends the part. It is for the part's own goroutine.
func must[T any](v T, err error) T {
	if err != nil {
		_, file, line, _ := runtime.Caller(1)
		panic(failure{err, fmt.Sprintf("%s:%d", filepath.Base(file), line)})
	}
	return v
}

// failure is a panic of must, which Run turns into a failed test.
type failure struct {
	error
	where string
}

// equal compares with %v, in which nil and empty are the same.
func (s *suite) equal(what string, got, want any) {
	s.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		s.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

func (s *suite) code(what string, err error, want chat.Code) {
	s.Helper()
	if got := chat.CodeOf(err); got != want {
		s.Errorf("%s: code %q (%v), want %q", what, got, errors.Unwrap(err), want)
	}
}

func seqs(messages []chat.Message) []int64 {
	var all []int64
	for _, m := range messages {
		all = append(all, m.Seq)
	}
	return all
}

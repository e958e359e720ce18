package storetest

import (
	"fmt"

	"parley/chat"
)

func (s *suite) file(id, owner string) chat.File {
	s.Helper()
	_, at := s.next("file")
	f := chat.File{ID: id, Owner: owner, Name: "a \"name\" Ä.txt", Type: "text/plain; charset=utf-8", Size: 1 << 33, CreatedAt: at}
	s.code("create file", s.store.CreateFile(s.ctx(), f), "")
	return f
}

// share posts a message with files.
func (s *suite) share(room, user string, files ...string) chat.Command {
	id, at := s.next("message")
	return s.effects(room, chat.Effects{Insert: &chat.Message{
		ID: id, Sender: user, Type: chat.ContentFile, Files: files, CreatedAt: at, UpdatedAt: at,
	}})
}

// readable lists those of ids that the user may use.
func (s *suite) readable(user string, ids ...string) (can []string) {
	s.Helper()
	cannot := map[string]bool{}
	for _, id := range must(s.store.UnreadableFiles(s.ctx(), user, ids)) {
		cannot[id] = true
	}
	for _, id := range ids {
		if !cannot[id] {
			can = append(can, id)
		}
	}
	return can
}

// files: usable by their owners, and by who takes part where they are posted.
func files(s *suite) {
	f1 := s.file("f1", "ann")
	s.file("f2", "ann")
	s.file("f3", "eve")
	s.equal("stored", must(s.store.File(s.ctx(), "f1")), f1)
	_, err := s.store.File(s.ctx(), "none")
	s.code("unknown", err, chat.CodeNotFound)
	if s.store.CreateFile(s.ctx(), f1) == nil {
		s.Error("a taken id was given again")
	}
	s.equal("unreadable", must(s.store.UnreadableFiles(s.ctx(), "ann", []string{"x", "f3", "f1", "x", "f2"})), []string{"x", "f3"})
	s.equal("none asked for", len(must(s.store.UnreadableFiles(s.ctx(), "ann", nil))), 0)

	s.room("r", 0, "ann", "bob")
	s.room("other", 0, "bob", "cem")
	check := func(what, user string, want ...string) {
		s.Helper()
		s.equal(what, s.readable(user, "f1", "f2", "f3", "none"), want)
	}
	check("not posted", "bob")
	first := s.do(s.share("r", "ann", "f1", "f2", "f1", "none")).Message.ID
	check("posted", "bob", "f1", "f2")
	check("a stranger", "cem")
	check("the owner of another", "eve", "f3")
	s.do(s.stand("r", "bob", chat.MemberLeft))
	check("left", "bob")
	s.do(s.stand("r", "bob", chat.MemberActive))
	check("back", "bob", "f1", "f2")

	s.do(s.change("r", first, func(m *chat.Message) { m.Files = []string{"f2", "f3"} }))
	check("changed", "bob", "f2", "f3")
	s.do(s.change("r", first, func(m *chat.Message) { m.Text = "still named" }))
	check("an edit of the text", "bob", "f2", "f3")
	second := s.do(s.share("r", "ann", "f2")).Message.ID
	s.do(s.remove("r", first))
	check("posted by another message too", "bob", "f2")
	s.do(s.change("r", second, func(m *chat.Message) { m.Deleted = true }))
	check("a tombstone names none", "bob")
	check("still the owner's", "ann", "f1", "f2")

	s.do(s.share("r", "ann", "f1"))
	s.do(s.share("other", "bob", "f1"))
	check("in two rooms", "cem", "f1")
	s.do(s.deletion("r"))
	check("one of them deleted", "bob", "f1")
	s.do(s.deletion("other"))
	check("both deleted", "bob")
	check("both deleted", "ann", "f1", "f2")
}

// postingsOfOneGo: what one group posts, changes and deletes again.
func postingsOfOneGo(s *suite) {
	s.room("r", 0, "ann", "bob")
	var ids []string
	for i := range 4 {
		id := fmt.Sprint("f", i)
		s.file(id, "ann")
		ids = append(ids, id)
	}
	old := s.do(s.share("r", "ann", "f0")).Message.ID
	first, second := s.share("r", "ann", "f1", "f2"), s.share("r", "ann", "f3")
	e, _ := first.Decide(chat.State{})
	for i, a := range s.together(
		first,
		s.change("r", e.Insert.ID, func(m *chat.Message) { m.Files = []string{"f2"} }),
		second,
		s.remove("r", old),
		s.change("r", old, func(m *chat.Message) { m.Deleted, m.Files = false, []string{"f0"} }),
		s.remove("r", old),
	) {
		s.code(fmt.Sprint("command ", i), a.err, "")
	}
	s.equal("bob's", s.readable("bob", ids...), []string{"f2", "f3"})
	refused := <-s.submit(chat.Command{Room: "r", Decide: func(chat.State) (chat.Effects, error) {
		e, _ := s.share("r", "ann", "f0").Decide(chat.State{})
		return e, chat.ErrRoomNotFound
	}})
	s.code("refused", refused.err, chat.CodeNotFound)
	taken := chat.Effects{Insert: &chat.Message{ID: old, Sender: "ann", Type: chat.ContentFile, Files: []string{"f0"}}}
	s.code("taken id", (<-s.submit(s.effects("r", taken))).err, chat.CodeInternal)
	s.equal("bob's after refusals", s.readable("bob", ids...), []string{"f2", "f3"})
}

// whoDoesNotTakePart may be a message's sender, and stays a stranger.
func whoDoesNotTakePart(s *suite) {
	s.room("r", 1, "ann", "bob")
	posted := s.do(s.share("r", "root", "f"))
	s.equal("posted", []any{posted.Message.Sender, posted.Message.Seq}, []any{"root", 2})
	s.equal("stranger", must(s.store.Member(s.ctx(), "r", "root")), chat.Member{})
	s.equal("participants", []any{posted.Room.ParticipantCount, len(must(s.store.Participants(s.ctx(), "r", 9)))}, []any{2, 2})
	s.equal("unread by bob", must(s.store.Views(s.ctx(), "bob", []string{"r"}))[0].Unread, 2)

	s.do(s.stand("r", "bob", chat.MemberLeft))
	s.do(s.share("r", "bob", "f"))
	bob := must(s.store.Member(s.ctx(), "r", "bob"))
	s.equal("who has left stays out", []any{bob.State, bob.ReadSeq}, []any{chat.MemberLeft, 3})
}

package storetest

import (
	"errors"
	"time"

	"parley/chat"
)

// actsOfCommands are recorded with what they did, or not at all.
func actsOfCommands(s *suite) {
	ids := s.room("r", 1, "ann")
	want := []string{}
	with := func(e chat.Effects) chat.Command {
		a := s.act("r", "")
		want = append(want, a.ID)
		e.Audit = []chat.Audit{a}
		return s.effects("r", e)
	}
	before := must(s.store.Room(s.ctx(), "r"))
	after := s.do(with(chat.Effects{})).Room
	s.equal("an act alone changes no room", after, before)
	s.do(with(chat.Effects{Invite: []chat.Invitation{s.invitation("ann", "bob")}}))
	s.do(with(chat.Effects{Uninvite: []string{"bob", "cem"}}))
	s.do(with(chat.Effects{Members: []chat.Member{{User: "bob", State: chat.MemberActive}}}))
	for _, a := range s.together(with(chat.Effects{}), with(chat.Effects{Insert: &chat.Message{ID: "m", Sender: "root", Type: chat.ContentText}})) {
		s.code("together", a.err, "")
	}
	none := s.act("none", "")
	s.code("on a room that is not", (<-s.submit(s.effects("none", chat.Effects{Audit: []chat.Audit{none}}))).err, "")
	want = append(want, none.ID)
	s.equal("recorded", s.acts(), want)

	acts := []chat.Audit{s.act("r", "")}
	refused := errors.New("no")
	bad := map[string]chat.Command{
		"refused": {Room: "r", Decide: func(chat.State) (chat.Effects, error) { return chat.Effects{Audit: acts}, refused }},
		"no such message": s.effects("r", chat.Effects{
			Audit: acts, Update: &chat.Message{ID: "none"},
		}),
		"taken id": s.effects("r", chat.Effects{
			Audit: acts, Insert: &chat.Message{ID: ids[0], Sender: "ann", Type: chat.ContentText},
		}),
		"no name": s.effects("r", chat.Effects{Audit: []chat.Audit{{ID: "x"}}}),
		"an act that cannot be recorded": s.effects("r", chat.Effects{
			Audit: []chat.Audit{{ID: want[0], Act: chat.ActExport}}, Insert: &chat.Message{ID: "lost", Sender: "ann", Type: chat.ContentText},
		}),
	}
	for name, cmd := range bad {
		s.code(name, (<-s.submit(cmd)).err, chat.CodeInternal)
	}
	s.equal("recorded after refusals", s.acts(), want)
	_, err := s.store.Message(s.ctx(), "lost")
	s.code("nothing without its act", err, chat.CodeNotFound)
}

// actsOfUsers: likewise where users are changed.
func actsOfUsers(s *suite) {
	want := []string{}
	next := func(ok bool) chat.Audit {
		a := s.act("", "u")
		if ok {
			want = append(want, a.ID)
		}
		return a
	}
	same := func(*chat.User) error { return nil }
	s.code("create", s.store.CreateUser(s.ctx(), s.user("1", "ann"), next(true), next(true)), "")
	s.code("create again", s.store.CreateUser(s.ctx(), s.user("1", "bob"), next(false)), chat.CodeConflict)
	_, err := s.store.UpdateUser(s.ctx(), "1", same, next(true))
	s.code("update", err, "")
	_, err = s.store.UpdateUser(s.ctx(), "none", same, next(false))
	s.code("update of nobody", err, chat.CodeNotFound)
	refused := errors.New("no")
	_, err = s.store.UpdateUser(s.ctx(), "1", func(*chat.User) error { return refused }, next(false))
	if !errors.Is(err, refused) {
		s.Errorf("refusal became %v", err)
	}
	_, err = s.store.SaveUsers(s.ctx(), []chat.User{s.user("2", "")}, next(true))
	s.code("save", err, "")
	_, err = s.store.SaveUsers(s.ctx(), []chat.User{s.user("3", ""), s.user("4", "ANN")}, next(false))
	s.code("save a taken name", err, chat.CodeConflict)
	s.equal("nobody saved", must(s.store.MissingUsers(s.ctx(), []string{"3", "4"})), []string{"3", "4"})
	s.equal("recorded", s.acts(), want)

	taken := chat.Audit{ID: want[0], Act: chat.ActUserCreate}
	s.code("taken act", s.store.CreateUser(s.ctx(), s.user("5", ""), taken), chat.CodeInternal)
	_, err = s.store.UpdateUser(s.ctx(), "1", func(u *chat.User) error { u.Name = "x"; return nil }, taken)
	s.code("taken act", err, chat.CodeInternal)
	_, err = s.store.SaveUsers(s.ctx(), []chat.User{s.user("5", "")}, taken)
	s.code("taken act", err, chat.CodeInternal)
	s.code("taken act", s.store.Record(s.ctx(), s.act("", ""), taken), chat.CodeInternal)
	s.code("no id", s.store.Record(s.ctx(), chat.Audit{Act: chat.ActExport}), chat.CodeInternal)
	s.equal("no user without the act", must(s.store.MissingUsers(s.ctx(), []string{"5"})), []string{"5"})
	s.equal("no change without the act", must(s.store.User(s.ctx(), "1")).Name, "Name 1")
	s.equal("all or none", s.acts(), want)
	s.code("none", s.store.Record(s.ctx()), "")
}

// listsOfActs: newest first, in pages, by each of what they name.
func listsOfActs(s *suite) {
	var all []chat.Audit
	for i := range 6 {
		id, at := s.next("act")
		a := chat.Audit{ID: id, At: at, Actor: "root", Act: chat.ActRoomUpdate, Room: "r"}
		switch i {
		case 1:
			a = chat.Audit{ID: id, At: at, Act: chat.ActExport}
		case 2:
			a.Actor, a.Act, a.User, a.Message = "eve", chat.ActMessageDelete, "ann", "m"
		case 3:
			a.Room, a.User, a.Detail = "q", "ann", map[string]string{"role": "a\"dmin\n\x00Ä", "": "x"}
		}
		all = append(all, a)
	}
	s.code("record", s.store.Record(s.ctx(), all[:4]...), "")
	s.code("record", s.store.Record(s.ctx(), all[4], all[5]), "")
	for name, c := range map[string]struct {
		q    chat.AuditQuery
		want []int // from the newest on
		n    int
	}{
		"all":          {chat.AuditQuery{Limit: 50}, []int{5, 4, 3, 2, 1, 0}, 6},
		"page":         {chat.AuditQuery{Skip: 2, Limit: 2}, []int{3, 2}, 6},
		"past the end": {chat.AuditQuery{Skip: 7, Limit: 2}, nil, 6},
		"actor":        {chat.AuditQuery{Actor: "root", Limit: 50}, []int{5, 4, 3, 0}, 4},
		"room":         {chat.AuditQuery{Room: "r", Limit: 2}, []int{5, 4}, 4},
		"user":         {chat.AuditQuery{User: "ann", Limit: 50}, []int{3, 2}, 2},
		"act":          {chat.AuditQuery{Act: chat.ActExport, Limit: 50}, []int{1}, 1},
		"two":          {chat.AuditQuery{User: "ann", Act: chat.ActMessageDelete, Limit: 50}, []int{2}, 1},
		"nothing":      {chat.AuditQuery{Actor: "eve", Room: "q", Limit: 50}, nil, 0},
	} {
		want := make([]chat.Audit, len(c.want))
		for i, at := range c.want {
			want[i] = all[at]
		}
		got, n, err := s.store.Audits(s.ctx(), c.q)
		s.equal(name, must(got, err), want)
		s.equal("number of "+name, n, c.n)
	}
	s.code("without a time", s.store.Record(s.ctx(), chat.Audit{ID: "z", Act: chat.ActExport}), "")
	got, _, err := s.store.Audits(s.ctx(), chat.AuditQuery{Limit: 1})
	if at := must(got, err)[0].At; at.Before(start) || at.After(time.Now().Add(time.Hour)) {
		s.Errorf("an act without a time was stamped %v", at)
	}
}

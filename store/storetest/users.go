package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"parley/chat"
)

func (s *suite) user(id, username string) chat.User {
	_, at := s.next("user")
	return chat.User{
		ID: id, Username: username, Name: "Name " + id, Email: id + "@example.org", Role: chat.RoleUser,
		PasswordHash: "hash", TokenVersion: 3, CreatedAt: at, ChangedAt: at,
	}
}

// users: created once, found by id and by name.
func users(s *suite) {
	ann := s.user("1", "Änn")
	s.code("create", s.store.CreateUser(s.ctx(), ann), "")
	s.equal("by id", must(s.store.User(s.ctx(), "1")), ann)
	s.equal("by name", must(s.store.UserByName(s.ctx(), "äNN")), ann)
	s.code("same id", s.store.CreateUser(s.ctx(), s.user("1", "other")), chat.CodeConflict)
	s.code("same name", s.store.CreateUser(s.ctx(), s.user("2", "ÄNN")), chat.CodeConflict)
	_, err := s.store.User(s.ctx(), "2")
	s.code("unknown id", err, chat.CodeNotFound)
	_, err = s.store.UserByName(s.ctx(), "nobody")
	s.code("unknown name", err, chat.CodeNotFound)
	_, err = s.store.UserByName(s.ctx(), "")
	s.code("no name", err, chat.CodeNotFound)

	guest := s.user("4", "")
	guest.Role = chat.RoleGuest
	changed := ann
	changed.Name = "not taken over"
	fresh := s.user("3", "")
	s.code("ensure", s.store.EnsureUsers(s.ctx(), []chat.User{guest, changed, fresh, fresh}), "")
	s.code("ensure again", s.store.EnsureUsers(s.ctx(), []chat.User{guest, changed, fresh}), "")
	s.code("ensure none", s.store.EnsureUsers(s.ctx(), nil), "")
	s.equal("as it was", must(s.store.User(s.ctx(), "1")), ann)
	s.equal("ensured", must(s.store.User(s.ctx(), "3")), fresh)
	s.code("ensure a taken name", s.store.EnsureUsers(s.ctx(), []chat.User{s.user("5", "änn")}), chat.CodeConflict)
	s.equal("missing", must(s.store.MissingUsers(s.ctx(), []string{"9", "1", "8", "3", "9"})), []string{"9", "8"})
	s.equal("none missing", len(must(s.store.MissingUsers(s.ctx(), nil))), 0)
	s.equal("guests", must(s.store.Guests(s.ctx(), []string{"4", "1", "7"})), []string{"4"})

	var many []chat.User
	for i := range 2500 {
		many = append(many, s.user(fmt.Sprint("many", i), ""))
	}
	s.code("many", s.store.EnsureUsers(s.ctx(), many), "")
	s.equal("last of many", must(s.store.User(s.ctx(), "many2499")), many[2499])
	s.equal("changed since", len(must(s.store.UsersChangedSince(s.ctx(), many[2000].ChangedAt, 1000))), 500)
	page := must(s.store.UsersChangedSince(s.ctx(), many[10].ChangedAt, 2))
	s.equal("oldest first", []string{page[0].ID, page[1].ID}, []string{"many10", "many11"})
}

// updatesOfUsers: all or nothing.
func updatesOfUsers(s *suite) {
	s.code("create", s.store.CreateUser(s.ctx(), s.user("1", "ann")), "")
	s.code("create", s.store.CreateUser(s.ctx(), s.user("2", "bob")), "")
	want := must(s.store.User(s.ctx(), "1"))
	want.Blocked, want.TokenVersion, want.Email, want.Role = true, 4, "", chat.RoleAgent
	got := must(s.store.UpdateUser(s.ctx(), "1", func(u *chat.User) error {
		*u = want
		u.ID = "9" // is not replaced
		return nil
	}))
	s.equal("returned", got, want)
	s.equal("stored", must(s.store.User(s.ctx(), "1")), want)

	refused := errors.New("no")
	_, err := s.store.UpdateUser(s.ctx(), "1", func(u *chat.User) error { u.Name = "x"; return refused })
	if !errors.Is(err, refused) {
		s.Errorf("refusal became %v", err)
	}
	_, err = s.store.UpdateUser(s.ctx(), "1", func(u *chat.User) error { u.Username = "BOB"; return nil })
	s.code("taken name", err, chat.CodeConflict)
	s.equal("unchanged", must(s.store.User(s.ctx(), "1")), want)
	_, err = s.store.UpdateUser(s.ctx(), "none", func(*chat.User) error { return nil })
	s.code("unknown", err, chat.CodeNotFound)
}

// usersAtOnce: updates of one user lose none; one of many creations wins.
func usersAtOnce(s *suite) {
	s.code("create", s.store.CreateUser(s.ctx(), s.user("1", "ann")), "")
	var wg sync.WaitGroup
	var created atomic.Int32
	for i := range 12 {
		wg.Go(func() {
			_, err := s.store.UpdateUser(s.ctx(), "1", func(u *chat.User) error { u.TokenVersion++; return nil })
			s.code("update", err, "")
			if err := s.store.CreateUser(s.ctx(), s.user(fmt.Sprint("new", i), "same")); err == nil {
				created.Add(1)
			} else {
				s.code("create", err, chat.CodeConflict)
			}
			s.code("ensure", s.store.EnsureUsers(s.ctx(), []chat.User{s.user("b", ""), s.user("a", "")}), "")
		})
	}
	wg.Wait()
	s.equal("updates", must(s.store.User(s.ctx(), "1")).TokenVersion, 3+12)
	s.equal("created", created.Load(), 1)
}

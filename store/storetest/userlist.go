package storetest

import (
	"fmt"
	"slices"
	"sync"

	"parley/chat"
)

// savedUsers are made, or given what the others lack.
func savedUsers(s *suite) {
	ann := s.user("1", "ann")
	s.code("create", s.store.CreateUser(s.ctx(), ann), "")
	save := func(users ...chat.User) []chat.User {
		s.Helper()
		return must(s.store.SaveUsers(s.ctx(), users))
	}
	s.equal("none", len(save()), 0)
	change := s.user("1", "other name")
	change.Name, change.Email, change.Role, change.Blocked = "New", "", chat.RoleAdmin, true
	fresh := s.user("2", "")
	want := ann
	want.Name = "New"
	s.equal("in order", save(fresh, change), []chat.User{fresh, want})
	s.equal("made", must(s.store.User(s.ctx(), "2")), fresh)
	s.equal("given a name alone", must(s.store.User(s.ctx(), "1")), want)
	want.Email = "new@example.org"
	s.equal("given an email alone", save(chat.User{ID: "1", Email: want.Email}), []chat.User{want})
	s.equal("given nothing", save(chat.User{ID: "1"}), []chat.User{want})
	s.code("by name", func() error { _, err := s.store.UserByName(s.ctx(), "ann"); return err }(), "")

	first, second := s.user("3", ""), chat.User{ID: "3", Name: "Later"}
	both := first
	both.Name = "Later"
	s.equal("twice in one call", save(first, second), []chat.User{both, both})
	_, err := s.store.SaveUsers(s.ctx(), []chat.User{s.user("5", ""), s.user("4", "ANN")})
	s.code("taken name", err, chat.CodeConflict)
	s.equal("all or none", must(s.store.MissingUsers(s.ctx(), []string{"4", "5"})), []string{"4", "5"})

	var many []chat.User
	for i := range 2100 {
		many = append(many, s.user(fmt.Sprint("many", i), ""))
	}
	s.equal("many", save(many...), many)

	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() { // in opposite orders, half of them there already
			part := slices.Clone(many[2000:2050])
			for k := range 50 {
				part = append(part, chat.User{ID: fmt.Sprint("late", k), Role: chat.RoleUser})
			}
			if i%2 == 0 {
				slices.Reverse(part)
			}
			_, err := s.store.SaveUsers(s.ctx(), part)
			s.code("at once", err, "")
		})
	}
	wg.Wait()
	s.equal("all there", len(must(s.store.MissingUsers(s.ctx(), []string{"late0", "late49"}))), 0)
}

// listsOfUsers: newest first, in pages, by role and by part of what they are called.
func listsOfUsers(s *suite) {
	for i, u := range []chat.User{
		{ID: "id-ÄPFEL", Name: "Ann", Role: chat.RoleUser},
		{ID: "2", Name: "Bob 100%", Username: "Büb_1", Role: chat.RoleAgent},
		{ID: "3", Email: "Cem@Example.ORG", Role: chat.RoleUser},
		{ID: "4", Name: "Anna", Role: chat.RoleGuest},
	} {
		_, u.CreatedAt = s.next("user")
		if i == 3 {
			u.CreatedAt = start // made last, but older than all
		}
		s.code("create", s.store.CreateUser(s.ctx(), u), "")
	}
	for _, c := range []struct {
		name string
		q    chat.UserQuery
		want []string
		n    int
	}{
		{"all", chat.UserQuery{Page: chat.Page{Limit: 9}}, []string{"3", "2", "id-ÄPFEL", "4"}, 4},
		{"page", chat.UserQuery{Page: chat.Page{Skip: 1, Limit: 2}}, []string{"2", "id-ÄPFEL"}, 4},
		{"past the end", chat.UserQuery{Page: chat.Page{Skip: 5, Limit: 2}}, nil, 4},
		{"role", chat.UserQuery{Role: chat.RoleUser, Page: chat.Page{Limit: 9}}, []string{"3", "id-ÄPFEL"}, 2},
		{"role without users", chat.UserQuery{Role: chat.RoleAdmin, Page: chat.Page{Limit: 9}}, nil, 0},
		{"part of an id", chat.UserQuery{Page: chat.Page{Limit: 9, Search: "äpf"}}, []string{"id-ÄPFEL"}, 1},
		{"part of a name", chat.UserQuery{Page: chat.Page{Limit: 9, Search: "aNN"}}, []string{"id-ÄPFEL", "4"}, 2},
		{"with a role", chat.UserQuery{Role: chat.RoleGuest, Page: chat.Page{Limit: 9, Search: "aNN"}}, []string{"4"}, 1},
		{"part of a username", chat.UserQuery{Page: chat.Page{Limit: 9, Search: "BÜB_"}}, []string{"2"}, 1},
		{"part of an email", chat.UserQuery{Page: chat.Page{Limit: 9, Search: "cem@EXAMPLE"}}, []string{"3"}, 1},
		{"literally", chat.UserQuery{Page: chat.Page{Limit: 9, Search: "%"}}, []string{"2"}, 1},
		{"nothing", chat.UserQuery{Page: chat.Page{Limit: 9, Search: "nobody"}}, nil, 0},
	} {
		var ids []string
		got, n, err := s.store.Users(s.ctx(), c.q)
		for _, u := range must(got, err) {
			ids = append(ids, u.ID)
		}
		s.equal(c.name, []any{ids, n}, []any{c.want, c.n})
	}
	got, _, err := s.store.Users(s.ctx(), chat.UserQuery{Page: chat.Page{Skip: 1, Limit: 1}})
	s.equal("whole", must(got, err)[0], must(s.store.User(s.ctx(), "2")))
}

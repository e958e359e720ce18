package main

import (
	"context"
	"time"

	"parley/auth"
	"parley/chat"
)

// accounts is auth.Service as the HTTP door knows it.
type accounts struct{ *auth.Service }

func (a accounts) Register(ctx context.Context, username, password, name, email string) (string, chat.User, error) {
	g, err := a.Service.Register(ctx, auth.NewAccount{Username: username, Password: password, Name: name, Email: email})
	return g.Token, g.User, err
}

func (a accounts) Login(ctx context.Context, username, password string) (string, chat.User, error) {
	g, err := a.Service.Login(ctx, username, password)
	return g.Token, g.User, err
}

func (a accounts) Guest(ctx context.Context, name, email string) (string, chat.User, error) {
	g, err := a.Service.Guest(ctx, name, email)
	return g.Token, g.User, err
}

func (a accounts) ChangePassword(ctx context.Context, actor chat.Actor, old, replacement string) (string, chat.User, error) {
	g, err := a.Service.ChangePassword(ctx, actor.ID, old, replacement)
	return g.Token, g.User, err
}

func (a accounts) Logout(ctx context.Context, actor chat.Actor) error {
	return a.Service.Logout(ctx, actor.ID)
}

// directory is auth.Service as the use cases know it.
func (s *server) directory() chat.Directory {
	if s.command.Accounts == "local" {
		return s.auth
	}
	return outsiders{s.auth}
}

// outsiders are users without accounts here.
type outsiders struct{ *auth.Service }

func (outsiders) CreateAccount(context.Context, chat.NewAccount, chat.Role, ...chat.Audit) (chat.User, error) {
	return chat.User{}, chat.ErrNoAccounts
}

// revoke ends the connections whose tokens a change of their user has ended, and
// what is being written for who is blocked.
func (s *server) revoke(u chat.User) {
	s.revokeHere(u)
	if s.bus != nil {
		s.bus.Publish(revocation(u))
	}
}

// revokeHere is revoke for this node alone.
func (s *server) revokeHere(u chat.User) {
	s.hub.Publish(revocation(u))
	if u.Blocked {
		s.chat.StopRepliesTo(u.ID)
	}
}

// revocation is the event that ends what a change of the user has ended.
func revocation(u chat.User) chat.Event {
	return chat.Event{Kind: chat.EventUserRevoked, User: u.ID, Blocked: u.Blocked, TokenVersion: u.TokenVersion}
}

// watchEvery is how soon a change of a user made by another process is noticed;
// watchOverlap allows for commits out of order and clocks that differ.
const (
	watchEvery   = 2 * time.Second
	watchOverlap = 10 * time.Second
	watchLimit   = 1000
)

// watchUsers ends the connections of users who are changed by another process,
// such as `parley user block`.
func (s *server) watchUsers(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	since := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		began := time.Now()
		users, err := s.store.UsersChangedSince(ctx, since.Add(-watchOverlap), watchLimit)
		if err != nil {
			if ctx.Err() == nil {
				s.log.Error("cannot read which users changed", "error", err)
			}
			continue
		}
		for _, u := range users {
			s.revokeHere(u)
		}
		if since = began; len(users) == watchLimit {
			since = users[len(users)-1].ChangedAt.Add(watchOverlap)
		}
	}
}

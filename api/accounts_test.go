package api_test

import (
	"context"
	"maps"
	"time"

	"parley/chat"
)

// memAccounts is api.Accounts in memory, without hashing.
type memAccounts map[string]chat.User

func (m memAccounts) Register(_ context.Context, username, _, name, email string) (string, chat.User, error) {
	if _, taken := m[username]; taken {
		return "", chat.User{}, chat.Errorf(chat.CodeConflict, "Username is taken")
	}
	u := chat.User{ID: "u-" + username, Username: username, Name: name, Email: email, Role: chat.RoleUser, CreatedAt: start}
	m[username] = u
	return "token-of-" + username, u, nil
}

func (m memAccounts) Login(_ context.Context, username, password string) (string, chat.User, error) {
	u, ok := m[username]
	if !ok || password == "wrong" {
		return "", chat.User{}, chat.Errorf(chat.CodeUnauthenticated, "Username or password is wrong")
	}
	return "token-of-" + username, u, nil
}

func (m memAccounts) Guest(_ context.Context, name, email string) (string, chat.User, error) {
	return "guest-token", chat.User{ID: "g-1", Name: name, Email: email, Role: chat.RoleGuest, CreatedAt: start}, nil
}

func (m memAccounts) Me(_ context.Context, a chat.Actor) (chat.User, error) {
	for u := range maps.Values(m) {
		if u.ID == a.ID {
			return u, nil
		}
	}
	return chat.User{ID: a.ID, Name: a.Name, Role: a.Role, CreatedAt: start}, nil
}

func (m memAccounts) ChangePassword(ctx context.Context, a chat.Actor, _, _ string) (string, chat.User, error) {
	u, err := m.Me(ctx, a)
	return "new-token", u, err
}

func (m memAccounts) Logout(context.Context, chat.Actor) error { return nil }

var start = time.Date(2025, 3, 8, 17, 21, 49, 677_123_456, time.UTC)

package auth

import (
	"context"
	"errors"
	"fmt"

	"parley/chat"
)

// Authenticate says who the token's bearer is. It takes the token as [Bearer]
// returns it, and creates the user of a valid token if there is none. A known
// user costs one read of the store; the package comment tells where name and
// role come from.
//
// It returns chat.ErrNoToken for "", chat.ErrBadToken (with a cause for the log
// around it), chat.ErrTokenExpired if the token was good once, chat.ErrBlocked,
// CodeUnavailable if the issuer's keys cannot be fetched now, or an error of the
// store. A change of the user that is stored while it runs may be missed: hold
// the connection where Config.Revoked finds it, then check it once more.
func (s *Service) Authenticate(ctx context.Context, token string) (chat.Identity, error) {
	c, err := s.verify(ctx, token)
	if err != nil {
		return chat.Identity{}, err
	}
	u, err := s.cfg.Users.User(ctx, c.sub)
	if chat.CodeOf(err) == chat.CodeNotFound {
		u, err = s.admit(ctx, c)
	}
	if err != nil {
		return chat.Identity{}, fmt.Errorf("authenticate: %w", err)
	}
	if u.Blocked {
		return chat.Identity{}, chat.ErrBlocked
	}
	if c.own && c.version != u.TokenVersion {
		return chat.Identity{}, badToken(fmt.Errorf("its version is %d, the user's is %d", c.version, u.TokenVersion))
	}
	if !ruledByStore(u, c) {
		u = s.follow(ctx, u, c)
	}
	return chat.Identity{
		Actor:   chat.Actor{ID: u.ID, Name: u.Name, Role: u.Role},
		Expires: c.exp, Own: c.own, TokenVersion: u.TokenVersion,
	}, nil
}

// admit creates the token's user. An own token whose version is not 0 belongs to
// a user that was there once, and is gone with a restored backup: it is refused,
// since its account's id must not come back as somebody without a password.
func (s *Service) admit(ctx context.Context, c claims) (chat.User, error) {
	if c.own && c.version != 0 {
		return chat.User{}, badToken(errors.New("its user is gone"))
	}
	u := chat.User{ID: c.sub, Name: c.name, Email: c.email, Role: c.role, CreatedAt: s.now()}
	if u.Name == "" {
		u.Name = c.sub
	}
	if err := s.cfg.Users.EnsureUsers(ctx, []chat.User{u}); err != nil {
		return chat.User{}, err
	}
	// Somebody else may have been first, and may have blocked the user.
	return s.cfg.Users.User(ctx, c.sub)
}

// ruledByStore reports whether the stored name and role hold against the token's.
func ruledByStore(u chat.User, c claims) bool {
	guest := c.own && c.role == chat.RoleGuest && u.Role == chat.RoleGuest
	return u.Account() || guest
}

// follow returns the user as the token describes them, and stores what is new.
// Failing to store it keeps nobody out: the next token tries again.
func (s *Service) follow(ctx context.Context, u chat.User, c claims) chat.User {
	now := described(u, c)
	if now == u {
		return u
	}
	if ok, _ := s.profiles.Allow(u.ID); !ok {
		return now
	}
	_, err := s.cfg.Users.UpdateUser(ctx, u.ID, func(stored *chat.User) error {
		*stored = described(*stored, c)
		return nil
	})
	if err != nil {
		s.cfg.Log.Warn("user not updated from token", "user", u.ID, "err", err)
	}
	return now
}

func described(u chat.User, c claims) chat.User {
	u.Role = c.role
	if c.name != "" {
		u.Name = c.name
	}
	if c.email != "" {
		u.Email = c.email
	}
	return u
}

package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/chat"
)

// Grant is a user and a fresh token of theirs.
type Grant struct {
	Token   string
	Expires time.Time
	User    chat.User
}

// Issue makes an own token for the user as given: HS256, with their token
// version. It touches no store, so that the version must be the stored one, or 0
// for a user yet to be. Lifetimes are whole seconds, at least one (CodeInvalid).
func (s *Service) Issue(u chat.User, ttl time.Duration) (token string, expires time.Time, err error) {
	if ttl < time.Second {
		return "", time.Time{}, chat.Errorf(chat.CodeInvalid, "a token must live for at least a second")
	}
	if err := checkSubject(u.ID); err != nil {
		return "", time.Time{}, chat.Errorf(chat.CodeInvalid, "a token cannot be made: %v", err)
	}
	if !u.Role.Valid() {
		return "", time.Time{}, chat.Errorf(chat.CodeInvalid, "role must be guest, user, agent or admin")
	}
	now := s.cfg.Now().UTC().Truncate(time.Second)
	expires = now.Add(ttl.Truncate(time.Second))
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": ownIssuer, "sub": u.ID, "name": u.Name, "email": u.Email, "role": string(u.Role),
		"tv": u.TokenVersion, "iat": now.Unix(), "exp": expires.Unix(), "jti": s.cfg.NewID(),
	})
	token, err = t.SignedString(s.cfg.Secret)
	if err == nil && len(token) > MaxToken {
		err = chat.Errorf(chat.CodeInvalid, "name and email make the token larger than %d bytes", MaxToken)
	}
	if err != nil {
		return "", time.Time{}, fmt.Errorf("issue: %w", err)
	}
	return token, expires, nil
}

// IssueFor is Issue for u.ID with the stored version, 0 if there is no such user
// yet: what `parley token` does. Of accounts the stored name and role are used,
// of others those of u, or the stored ones where u has none.
func (s *Service) IssueFor(ctx context.Context, u chat.User, ttl time.Duration) (token string, expires time.Time, err error) {
	stored, err := s.cfg.Users.User(ctx, u.ID)
	switch {
	case chat.CodeOf(err) == chat.CodeNotFound:
		u.TokenVersion = 0
	case err != nil:
		return "", time.Time{}, fmt.Errorf("issue: %w", err)
	case stored.Account():
		u = stored
	default:
		u = overlay(stored, u)
	}
	if u.Role == "" {
		u.Role = chat.RoleUser
	}
	return s.Issue(u, ttl)
}

func overlay(stored, given chat.User) chat.User {
	if given.Name != "" {
		stored.Name = given.Name
	}
	if given.Email != "" {
		stored.Email = given.Email
	}
	if given.Role != "" {
		stored.Role = given.Role
	}
	return stored
}

func (s *Service) grant(u chat.User, ttl time.Duration) (Grant, error) {
	token, expires, err := s.Issue(u, ttl)
	return Grant{Token: token, Expires: expires, User: u}, err
}

package auth

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/chat"
)

// MaxUsername bounds an account's username, in characters.
const MaxUsername = 64

// errCredentials does not tell which part was wrong.
var errCredentials = &chat.Error{Code: chat.CodeUnauthenticated, Message: "Username or password is wrong"}

// NewAccount describes an account to be made.
type NewAccount = chat.NewAccount

// CreateAccount makes an account with the role: CodeInvalid for a field outside
// of its bounds, CodeConflict for a username that is taken in any case,
// CodeUnavailable if too many passwords are being hashed.
// The account is made together with the acts, which get its id.
func (s *Service) CreateAccount(ctx context.Context, a NewAccount, role chat.Role, acts ...chat.Audit) (chat.User, error) {
	a.Username = strings.TrimSpace(a.Username)
	if a.Name == "" {
		a.Name = a.Username
	}
	if err := checkAccount(a, role); err != nil {
		return chat.User{}, err
	}
	// Looked up before the hash is paid for; CreateUser has the last word.
	_, err := s.cfg.Users.UserByName(ctx, a.Username)
	if err == nil {
		return chat.User{}, errTaken()
	}
	if chat.CodeOf(err) != chat.CodeNotFound {
		return chat.User{}, fmt.Errorf("create account: %w", err)
	}
	hash, err := s.hashes.hash(ctx, a.Password)
	if err != nil {
		return chat.User{}, fmt.Errorf("create account: %w", err)
	}
	u := chat.User{
		ID: s.cfg.NewID(), Username: a.Username, Name: a.Name, Email: a.Email, Role: role, PasswordHash: hash,
		// Not 0, so that a token outlives no account: see admit.
		TokenVersion: 1, CreatedAt: s.now(),
	}
	acts = slices.Clone(acts)
	for i := range acts {
		acts[i].User = u.ID
	}
	err = s.cfg.Users.CreateUser(ctx, u, acts...)
	if chat.CodeOf(err) == chat.CodeConflict {
		return chat.User{}, errTaken()
	}
	if err != nil {
		return chat.User{}, fmt.Errorf("create account: %w", err)
	}
	return u, nil
}

// Register makes an account of the role user and signs it in. Errors are those
// of CreateAccount.
func (s *Service) Register(ctx context.Context, a NewAccount) (Grant, error) {
	u, err := s.CreateAccount(ctx, a, chat.RoleUser)
	if err != nil {
		return Grant{}, err
	}
	return s.grant(u, s.cfg.TTL)
}

// Login signs an account in. It answers CodeUnauthenticated alike for an unknown
// account and a wrong password, in the same time; CodeRateLimited past
// Config.Logins, which right passwords count for too; chat.ErrBlocked only to
// who knows the password; CodeUnavailable if too many passwords are being hashed.
func (s *Service) Login(ctx context.Context, username, password string) (Grant, error) {
	username = strings.TrimSpace(username)
	if checkUsername(username) != nil || checkPassword(password) != nil {
		return Grant{}, errCredentials // no account has them
	}
	if err := s.attempt(username); err != nil {
		return Grant{}, err
	}
	u, err := s.cfg.Users.UserByName(ctx, username)
	if err != nil && chat.CodeOf(err) != chat.CodeNotFound {
		return Grant{}, fmt.Errorf("login: %w", err)
	}
	ok, err := s.hashes.verify(ctx, password, u.PasswordHash)
	switch {
	case err != nil:
		return Grant{}, fmt.Errorf("login: %w", err)
	case !ok:
		return Grant{}, errCredentials
	case u.Blocked:
		return Grant{}, chat.ErrBlocked
	}
	return s.grant(u, s.cfg.TTL)
}

// Guest makes a user of the role guest, called "Guest" unless named, and signs
// them in. CodeInvalid for a field outside of its bounds.
func (s *Service) Guest(ctx context.Context, name, email string) (Grant, error) {
	if name == "" {
		name = "Guest"
	}
	if err := checkProfile(name, email); err != nil {
		return Grant{}, err
	}
	u := chat.User{ID: s.cfg.NewID(), Name: name, Email: email, Role: chat.RoleGuest, CreatedAt: s.now()}
	if err := s.cfg.Users.CreateUser(ctx, u); err != nil {
		return Grant{}, fmt.Errorf("guest: %w", err)
	}
	return s.grant(u, s.cfg.GuestTTL)
}

// Me returns the actor's user, with the name and role that the actor has now.
func (s *Service) Me(ctx context.Context, actor chat.Actor) (chat.User, error) {
	u, err := s.cfg.Users.User(ctx, actor.ID)
	if err != nil {
		return chat.User{}, fmt.Errorf("me: %w", err)
	}
	u.Name, u.Role = actor.Name, actor.Role
	return u, nil
}

// Find returns the account of the username, or else the user of the id, or
// chat.ErrUserNotFound: what an operator means by a name.
func (s *Service) Find(ctx context.Context, name string) (chat.User, error) {
	u, err := s.cfg.Users.UserByName(ctx, strings.TrimSpace(name))
	if chat.CodeOf(err) == chat.CodeNotFound {
		return s.cfg.Users.User(ctx, name)
	}
	return u, err
}

// attempt counts a try of the account's password.
func (s *Service) attempt(username string) error {
	if s.cfg.Logins == nil {
		return nil
	}
	ok, after := s.cfg.Logins.Allow(strings.ToLower(username))
	if !ok {
		return &chat.Error{Code: chat.CodeRateLimited, Message: "Too many attempts, try again later", RetryAfter: after}
	}
	return nil
}

func checkAccount(a NewAccount, role chat.Role) error {
	if err := checkUsername(a.Username); err != nil {
		return err
	}
	if err := checkPassword(a.Password); err != nil {
		return err
	}
	if !role.Valid() {
		return errRole()
	}
	return checkProfile(a.Name, a.Email)
}

func checkUsername(username string) error {
	n := utf8.RuneCountInString(username)
	if n < 1 || n > MaxUsername {
		return chat.Errorf(chat.CodeInvalid, "username must have 1 to %d characters", MaxUsername)
	}
	if !utf8.ValidString(username) || strings.ContainsFunc(username, unicode.IsControl) {
		return chat.Errorf(chat.CodeInvalid, "username must be UTF-8 text without control characters")
	}
	return nil
}

func checkProfile(name, email string) error {
	for _, f := range []struct {
		field, value string
		limit        int
	}{{"name", name, MaxName}, {"email", email, MaxEmail}} {
		if utf8.RuneCountInString(f.value) > f.limit {
			return chat.Errorf(chat.CodeInvalid, "%s must have at most %d characters", f.field, f.limit)
		}
		if !utf8.ValidString(f.value) || strings.ContainsRune(f.value, 0) {
			return chat.Errorf(chat.CodeInvalid, "%s must be UTF-8 text without NUL", f.field)
		}
	}
	return nil
}

func errTaken() error { return chat.Errorf(chat.CodeConflict, "Username is taken") }

func errRole() error {
	return chat.Errorf(chat.CodeInvalid, "role must be guest, user, agent or admin")
}

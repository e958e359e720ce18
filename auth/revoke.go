package auth

import (
	"context"
	"fmt"

	"parley/chat"
)

// ChangePassword sets a new password for the account that knows the old one, and
// ends all its tokens but the one it returns. CodeUnauthenticated for a wrong old
// password, CodeInvalid for a new one out of bounds, CodeConflict for a user who
// is no account, CodeRateLimited as in Login.
func (s *Service) ChangePassword(ctx context.Context, id, old, replacement string) (Grant, error) {
	u, err := s.cfg.Users.User(ctx, id)
	if err != nil {
		return Grant{}, fmt.Errorf("change password: %w", err)
	}
	if !u.Account() {
		return Grant{}, errNoAccount()
	}
	if err := checkPassword(replacement); err != nil {
		return Grant{}, err
	}
	if checkPassword(old) != nil {
		return Grant{}, errCredentials
	}
	if err := s.attempt(u.Username); err != nil {
		return Grant{}, err
	}
	ok, err := s.hashes.verify(ctx, old, u.PasswordHash)
	if err != nil {
		return Grant{}, fmt.Errorf("change password: %w", err)
	}
	if !ok {
		return Grant{}, errCredentials
	}
	changed, err := s.replaceHash(ctx, id, replacement, func(stored chat.User) error {
		if stored.PasswordHash != u.PasswordHash {
			return errCredentials // changed meanwhile: old is not the old one any more
		}
		return nil
	})
	if err != nil {
		return Grant{}, err
	}
	return s.grant(changed, s.cfg.TTL)
}

// SetPassword sets an account's password and ends all its tokens. CodeInvalid
// for a password out of bounds, CodeConflict for a user who is no account,
// chat.ErrUserNotFound.
func (s *Service) SetPassword(ctx context.Context, id, password string, acts ...chat.Audit) (chat.User, error) {
	if err := checkPassword(password); err != nil {
		return chat.User{}, err
	}
	return s.replaceHash(ctx, id, password, func(stored chat.User) error {
		if !stored.Account() {
			return errNoAccount()
		}
		return nil
	}, acts...)
}

func (s *Service) replaceHash(ctx context.Context, id, password string, check func(chat.User) error, acts ...chat.Audit) (chat.User, error) {
	hash, err := s.hashes.hash(ctx, password)
	if err != nil {
		return chat.User{}, fmt.Errorf("set password: %w", err)
	}
	return s.revoke(ctx, id, func(u *chat.User) (bool, error) {
		err := check(*u)
		u.PasswordHash = hash
		return err == nil, err
	}, acts...)
}

// Logout ends all of the user's own tokens. Outside tokens are their issuer's to end.
func (s *Service) Logout(ctx context.Context, id string) error {
	_, err := s.revoke(ctx, id, func(*chat.User) (bool, error) { return true, nil })
	return err
}

// SetRole changes an account's role and ends all its tokens; the same role
// changes nothing. CodeConflict for a user who is no account, whose role is
// their token's; CodeInvalid for an unknown role; chat.ErrUserNotFound.
func (s *Service) SetRole(ctx context.Context, id string, role chat.Role, acts ...chat.Audit) (chat.User, error) {
	if !role.Valid() {
		return chat.User{}, errRole()
	}
	return s.revoke(ctx, id, func(u *chat.User) (bool, error) {
		if !u.Account() {
			return false, chat.Errorf(chat.CodeConflict, "The role of this user is set by whoever issues their tokens")
		}
		changed := u.Role != role
		u.Role = role
		return changed, nil
	}, acts...)
}

// Block ends all of the user's own tokens and refuses every token of theirs
// until Unblock. chat.ErrUserNotFound; a user who is blocked already stays so.
func (s *Service) Block(ctx context.Context, id string, acts ...chat.Audit) (chat.User, error) {
	return s.revoke(ctx, id, func(u *chat.User) (bool, error) {
		changed := !u.Blocked
		u.Blocked = true
		return changed, nil
	}, acts...)
}

// Unblock lets the user's outside tokens, and new ones of their own, count again.
func (s *Service) Unblock(ctx context.Context, id string, acts ...chat.Audit) (chat.User, error) {
	u, err := s.cfg.Users.UpdateUser(ctx, id, func(u *chat.User) error {
		if u.Blocked {
			u.Blocked, u.ChangedAt = false, s.now()
		}
		return nil
	}, acts...)
	if err != nil {
		return chat.User{}, fmt.Errorf("unblock: %w", err)
	}
	s.cfg.Revoked(u)
	return u, nil
}

// revoke changes a user in one transaction; where change reports that it did
// something, all their own tokens end with it. Config.Revoked is called even
// where it did not, so that a repetition ends what an earlier call missed.
func (s *Service) revoke(ctx context.Context, id string, change func(*chat.User) (changed bool, err error), acts ...chat.Audit) (chat.User, error) {
	u, err := s.cfg.Users.UpdateUser(ctx, id, func(u *chat.User) error {
		changed, err := change(u)
		if changed {
			u.TokenVersion++
			u.ChangedAt = s.now()
		}
		return err
	}, acts...)
	if err != nil {
		return chat.User{}, fmt.Errorf("change user: %w", err)
	}
	s.cfg.Revoked(u)
	return u, nil
}

func errNoAccount() error {
	return chat.Errorf(chat.CodeConflict, "This user has no password here")
}

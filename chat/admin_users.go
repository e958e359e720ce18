package chat

import "context"

// Users lists users, newest first, and their number.
func (s *Service) Users(ctx context.Context, a Actor, q UserQuery) ([]User, int64, error) {
	if err := admin(a); err != nil {
		return nil, 0, err
	}
	if q.Role != "" && !q.Role.Valid() {
		return nil, 0, errRole()
	}
	p, err := page(q.Page)
	if err != nil {
		return nil, 0, err
	}
	q.Page = p
	return s.Store.Users(ctx, q)
}

// User returns any user.
func (s *Service) User(ctx context.Context, a Actor, user string) (User, error) {
	if err := admin(a); err != nil {
		return User{}, err
	}
	if err := id("id", user); err != nil {
		return User{}, err
	}
	return s.Store.User(ctx, user)
}

// ErrNoAccounts refuses what needs accounts where there are none.
var ErrNoAccounts = &Error{Code: CodeForbidden, Message: "This server keeps no accounts"}

// CreateAccount makes an account of the role, user if it is "".
func (s *Service) CreateAccount(ctx context.Context, a Actor, n NewAccount, role Role) (User, error) {
	if err := admin(a); err != nil {
		return User{}, err
	}
	if s.Directory == nil {
		return User{}, ErrNoAccounts
	}
	if role == "" {
		role = RoleUser
	}
	act := s.audit(a, ActUserCreate)
	act.Detail = map[string]string{"role": string(role)}
	return s.Directory.CreateAccount(ctx, n, role, act)
}

// SaveUsers makes those users that there are not yet, of the role user and
// called by their id unless named, and gives the others the name and email where
// these are not empty: so outside users can be added to rooms before they
// connect. At most MaxUsers a call; none is saved if one is refused.
func (s *Service) SaveUsers(ctx context.Context, a Actor, users []User) ([]User, error) {
	if err := admin(a); err != nil {
		return nil, err
	}
	if len(users) == 0 {
		return nil, Errorf(CodeInvalid, "users is required and must be a non-empty array")
	}
	if len(users) > s.MaxUsers {
		return nil, Errorf(CodeInvalid, "users must have at most %d ids", s.MaxUsers)
	}
	now := s.now()
	saved := make([]User, len(users))
	acts := make([]Audit, len(users))
	seen := make(map[string]bool, len(users))
	var nameless []string
	for i, u := range users {
		if err := profile(u); err != nil {
			return nil, err
		}
		if seen[u.ID] {
			return nil, Errorf(CodeInvalid, "users must name each _id once")
		}
		seen[u.ID] = true
		if u.Name == "" {
			nameless = append(nameless, u.ID)
		}
		saved[i] = User{ID: u.ID, Name: u.Name, Email: u.Email, Role: RoleUser, CreatedAt: now}
		acts[i] = s.audit(a, ActUserSave)
		acts[i].User = u.ID
	}
	if err := s.nameByID(ctx, saved, nameless); err != nil {
		return nil, err
	}
	return s.Store.SaveUsers(ctx, saved, acts...)
}

// nameByID calls those of the nameless users that there are not yet by their id.
func (s *Service) nameByID(ctx context.Context, users []User, nameless []string) error {
	if len(nameless) == 0 {
		return nil
	}
	missing, err := s.Store.MissingUsers(ctx, nameless)
	next := 0 // both lists are in one order
	for i := range users {
		if next < len(missing) && users[i].ID == missing[next] {
			users[i].Name = users[i].ID
			next++
		}
	}
	return err
}

// SetRole changes an account's role and ends its tokens.
func (s *Service) SetRole(ctx context.Context, a Actor, user string, role Role) (User, error) {
	act, err := s.userAct(a, ActUserRole, user, "change your own role")
	if err != nil {
		return User{}, err
	}
	if !role.Valid() {
		return User{}, errRole()
	}
	act.Detail = map[string]string{"role": string(role)}
	return s.Directory.SetRole(ctx, user, role, act)
}

// Block ends a user's tokens and connections, and refuses them until Unblock.
func (s *Service) Block(ctx context.Context, a Actor, user string) (User, error) {
	act, err := s.userAct(a, ActUserBlock, user, "block yourself")
	if err != nil {
		return User{}, err
	}
	return s.Directory.Block(ctx, user, act)
}

// Unblock lets a user in again.
func (s *Service) Unblock(ctx context.Context, a Actor, user string) (User, error) {
	act, err := s.userAct(a, ActUserUnblock, user, "unblock yourself")
	if err != nil {
		return User{}, err
	}
	return s.Directory.Unblock(ctx, user, act)
}

// userAct is an act upon another user: who could do it to themselves might leave
// the server without an administrator.
func (s *Service) userAct(a Actor, act Act, user, what string) (Audit, error) {
	if err := admin(a); err != nil {
		return Audit{}, err
	}
	if err := id("id", user); err != nil {
		return Audit{}, err
	}
	if user == a.ID {
		return Audit{}, Errorf(CodeForbidden, "You may not %s", what)
	}
	if s.Directory == nil {
		return Audit{}, ErrNoAccounts
	}
	one := s.audit(a, act)
	one.User = user
	return one, nil
}

func errRole() error {
	return Errorf(CodeInvalid, "role must be guest, user, agent or admin")
}

// Audits lists what administrators did, newest first, and the number of acts.
func (s *Service) Audits(ctx context.Context, a Actor, q AuditQuery) ([]Audit, int64, error) {
	if err := admin(a); err != nil {
		return nil, 0, err
	}
	p, err := page(Page{Skip: q.Skip, Limit: q.Limit})
	if err != nil {
		return nil, 0, err
	}
	q.Skip, q.Limit = p.Skip, p.Limit
	for _, f := range []struct{ field, value string }{
		{"actor", q.Actor}, {"room", q.Room}, {"user", q.User}, {"act", string(q.Act)},
	} {
		if err := text(f.field, f.value); err != nil {
			return nil, 0, err
		}
	}
	return s.Store.Audits(ctx, q)
}

package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"parley/chat"
)

// listSize bounds the ids in one statement, below both databases' limits.
const listSize = 1000

// userRow is a row of users. UsernameKey is the folded username, NULL for users
// who have no account here.
type userRow struct {
	ID           string `gorm:"primaryKey"`
	Username     string
	UsernameKey  *string
	Name         string
	Email        string
	Role         string
	PasswordHash string
	TokenVersion int64
	Blocked      bool
	CreatedAt    int64 `gorm:"autoCreateTime:false"`
	ChangedAt    int64
}

// TableName implements GORM's schema.Tabler.
func (userRow) TableName() string { return "users" }

func rowOfUser(u chat.User) userRow {
	return userRow{
		ID: u.ID, Username: u.Username, UsernameKey: optional(foldName(u.Username)), Name: u.Name, Email: u.Email,
		Role: string(u.Role), PasswordHash: u.PasswordHash, TokenVersion: u.TokenVersion, Blocked: u.Blocked,
		CreatedAt: toMillis(u.CreatedAt), ChangedAt: toMillis(u.ChangedAt),
	}
}

func (u userRow) user() chat.User {
	return chat.User{
		ID: u.ID, Username: u.Username, Name: u.Name, Email: u.Email, Role: chat.Role(u.Role),
		PasswordHash: u.PasswordHash, TokenVersion: u.TokenVersion, Blocked: u.Blocked,
		CreatedAt: fromMillis(u.CreatedAt), ChangedAt: fromMillis(u.ChangedAt),
	}
}

// foldName is what usernames are unique by.
func foldName(username string) string { return strings.ToLower(username) }

// errTaken hides which of the two it is, as the caller's own check tells more.
var errTaken = chat.Errorf(chat.CodeConflict, "This user already exists")

// User implements [chat.UserStore].
func (s *Store) User(ctx context.Context, id string) (chat.User, error) {
	return s.userBy(ctx, "id = ?", id)
}

// UserByName implements [chat.UserStore].
func (s *Store) UserByName(ctx context.Context, username string) (chat.User, error) {
	return s.userBy(ctx, "username_key = ?", foldName(username))
}

func (s *Store) userBy(ctx context.Context, where, arg string) (chat.User, error) {
	var row userRow
	err := s.read(ctx).Where(where, arg).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return chat.User{}, chat.ErrUserNotFound
	}
	if err != nil {
		return chat.User{}, failed("user", err)
	}
	return row.user(), nil
}

// MissingUsers implements [chat.UserStore].
func (s *Store) MissingUsers(ctx context.Context, ids []string) ([]string, error) {
	roles, err := s.roles(ctx, ids)
	if err != nil {
		return nil, err
	}
	return distinct(ids, func(id string) bool { _, known := roles[id]; return !known }), nil
}

// Guests implements [chat.UserStore].
func (s *Store) Guests(ctx context.Context, ids []string) ([]string, error) {
	roles, err := s.roles(ctx, ids)
	if err != nil {
		return nil, err
	}
	return distinct(ids, func(id string) bool { return roles[id] == chat.RoleGuest }), nil
}

// roles returns the role of each of ids that there is.
func (s *Store) roles(ctx context.Context, ids []string) (map[string]chat.Role, error) {
	roles := make(map[string]chat.Role, len(ids))
	for part := range slices.Chunk(ids, listSize) {
		var rows []struct{ ID, Role string }
		if err := s.read(ctx).Model(&userRow{}).Where("id IN ?", part).Find(&rows).Error; err != nil {
			return nil, failed("roles of users", err)
		}
		for _, r := range rows {
			roles[r.ID] = chat.Role(r.Role)
		}
	}
	return roles, nil
}

// distinct returns those of ids that are wanted, in their order, each once.
func distinct(ids []string, want func(string) bool) []string {
	var chosen []string
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		if !seen[id] && want(id) {
			chosen = append(chosen, id)
		}
		seen[id] = true
	}
	return chosen
}

// EnsureUsers implements [chat.UserStore]. Users that are all there already cost
// no write. A new user whose Username is taken answers CodeConflict, and none of
// the users is created.
func (s *Store) EnsureUsers(ctx context.Context, users []chat.User) error {
	missing, err := s.MissingUsers(ctx, column(users, func(u *chat.User) string { return u.ID }))
	if err != nil || len(missing) == 0 {
		return err
	}
	rows := make([]userRow, 0, len(missing))
	for _, u := range users {
		if i := slices.Index(missing, u.ID); i >= 0 {
			missing[i] = "" // the first of two with one ID counts
			rows = append(rows, rowOfUser(u))
		}
	}
	// In one order on all nodes, so that two inserting the same never deadlock.
	slices.SortFunc(rows, func(a, b userRow) int { return cmp.Compare(a.ID, b.ID) })
	err = s.db.write.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		return tx.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoNothing: true}).CreateInBatches(rows, listSize).Error
	})
	return userFault("ensure users", err)
}

// CreateUser implements [chat.UserStore].
func (s *Store) CreateUser(ctx context.Context, u chat.User, acts ...chat.Audit) error {
	row := rowOfUser(u)
	return userFault("create user", s.withActs(ctx, acts, func(tx *gorm.DB) error { return tx.Create(&row).Error }))
}

// UpdateUser implements [chat.UserStore]. The user's row is locked while change
// runs, which must therefore be quick and call no method of the store. A Username
// that is taken answers CodeConflict; the ID cannot be changed.
func (s *Store) UpdateUser(ctx context.Context, id string, change func(*chat.User) error, acts ...chat.Audit) (chat.User, error) {
	var after chat.User
	var refusal error
	err := s.withActs(ctx, acts, func(tx *gorm.DB) error {
		var row userRow
		if err := tx.Clauses(clause.Locking{Strength: "UPDATE"}).Where("id = ?", id).Take(&row).Error; err != nil {
			return err
		}
		u := row.user()
		if refusal = change(&u); refusal != nil {
			return refusal
		}
		u.ID = id
		row = rowOfUser(u)
		after = row.user()
		return tx.Select("*").Updates(&row).Error
	})
	switch {
	case refusal != nil:
		return chat.User{}, refusal
	case errors.Is(err, gorm.ErrRecordNotFound):
		return chat.User{}, chat.ErrUserNotFound
	case err != nil:
		return chat.User{}, userFault("update user", err)
	}
	return after, nil
}

// UsersChangedSince implements [chat.UserStore].
func (s *Store) UsersChangedSince(ctx context.Context, t time.Time, limit int) ([]chat.User, error) {
	var rows []userRow
	err := s.read(ctx).Where("changed_at >= ?", toMillis(t)).Order("changed_at, id").Limit(limit).Find(&rows).Error
	if err != nil {
		return nil, failed("users changed", err)
	}
	return column(rows, func(u *userRow) chat.User { return u.user() }), nil
}

func userFault(op string, err error) error {
	var acts *actsFault
	switch {
	case err == nil:
		return nil
	case faultOf(err) == faultUnique && !errors.As(err, &acts):
		return errTaken
	}
	return failed(op, err)
}

// AnonymizeUser implements [chat.ConversationStore].
func (s *Store) AnonymizeUser(ctx context.Context, id string) error {
	err := s.db.write.WithContext(ctx).Exec(`UPDATE users SET name = '', email = '' WHERE id = ?`, id).Error
	if err != nil {
		return failed("anonymize user", err)
	}
	return nil
}

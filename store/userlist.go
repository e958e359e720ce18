package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"parley/chat"
)

// SaveUsers implements [chat.UserStore]. Of two with one ID, the later counts as
// one who is there already. A new user whose Username is taken answers
// CodeConflict, and nothing is saved.
func (s *Store) SaveUsers(ctx context.Context, users []chat.User, acts ...chat.Audit) ([]chat.User, error) {
	stored := make(map[string]chat.User, len(users))
	err := s.withActs(ctx, acts, func(tx *gorm.DB) error {
		rows := savedRows(users)
		for part := range slices.Chunk(rows, listSize) {
			if err := tx.Clauses(saving).Create(&part).Error; err != nil {
				return err
			}
			var found []userRow
			ids := column(part, func(u *userRow) string { return u.ID })
			if err := tx.Where("id IN ?", ids).Find(&found).Error; err != nil {
				return err
			}
			for _, row := range found {
				stored[row.ID] = row.user()
			}
		}
		return nil
	})
	if err != nil {
		return nil, userFault("save users", err)
	}
	return column(users, func(u *chat.User) chat.User { return stored[u.ID] }), nil
}

// saving makes of an insert what gives those who are there a name and an email.
var saving = clause.OnConflict{
	Columns: []clause.Column{{Name: "id"}},
	DoUpdates: clause.Assignments(map[string]any{
		"name":  gorm.Expr("CASE WHEN excluded.name <> '' THEN excluded.name ELSE users.name END"),
		"email": gorm.Expr("CASE WHEN excluded.email <> '' THEN excluded.email ELSE users.email END"),
	}),
}

// savedRows has one row for each ID, in one order on all nodes, so that two
// saving the same never deadlock.
func savedRows(users []chat.User) []userRow {
	at := make(map[string]int, len(users))
	var rows []userRow
	for _, u := range users {
		if i, there := at[u.ID]; there {
			rows[i].Name, rows[i].Email = cmp.Or(u.Name, rows[i].Name), cmp.Or(u.Email, rows[i].Email)
			continue
		}
		at[u.ID] = len(rows)
		rows = append(rows, rowOfUser(u))
	}
	slices.SortFunc(rows, func(a, b userRow) int { return cmp.Compare(a.ID, b.ID) })
	return rows
}

// called is all that a user is called, in lines: to fold it once is several times
// as fast as to fold each. The id stands apart, for its collation is another.
const called = "(u.name || '\n' || u.username || '\n' || u.email)"

// Users implements [chat.UserStore]. A search reads users, newest first, until
// the page is full and the count at its limit.
func (s *Store) Users(ctx context.Context, q chat.UserQuery) ([]chat.User, int64, error) {
	where, args := "true", []any{}
	if q.Role != "" {
		where, args = "u.role = ?", append(args, string(q.Role))
	}
	count := `SELECT count(*) FROM users u WHERE ` + where
	if q.Search != "" {
		where += " AND (" + s.db.contains("u.id") + " OR " + s.db.contains(called) + ")"
		args = append(args, q.Search, q.Search)
		count = fmt.Sprintf(`SELECT count(*) FROM (SELECT 1 AS one FROM users u WHERE %s LIMIT %d) matches`, where, chat.CountLimit)
	}
	var number int64
	if err := s.read(ctx).Raw(count, args...).Row().Scan(&number); err != nil {
		return nil, 0, failed("count users", err)
	}
	var rows []userRow
	err := s.read(ctx).Raw(`SELECT u.* FROM users u WHERE `+where+` ORDER BY u.created_at DESC, u.id DESC LIMIT ? OFFSET ?`,
		append(args, q.Limit, q.Skip)...).Scan(&rows).Error
	if err != nil {
		return nil, 0, failed("users", err)
	}
	return column(rows, func(u *userRow) chat.User { return u.user() }), number, nil
}

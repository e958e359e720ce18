package store

import (
	"context"
	"fmt"

	"parley/chat"
)

// strangers is what a room's viewRow has for who takes no part. SQLite finds no
// index for "NOT deleted".
const strangers = `SELECT ` + roomColumns + `, '', 0 FROM rooms r WHERE r.deleted = false`

// AllRooms implements [chat.RoomReader]. Their number is counted in an index of
// the ids alone; a search reads names, newest room first, until the page is full
// and the count at its limit.
func (s *Store) AllRooms(ctx context.Context, page chat.Page) ([]chat.RoomView, int64, error) {
	count, list, args := `SELECT count(*) FROM rooms r WHERE r.deleted = false`, strangers, []any{}
	if page.Search != "" {
		named := " AND " + s.db.contains("r.name")
		list, args = list+named, append(args, page.Search)
		count = fmt.Sprintf(`SELECT count(*) FROM (SELECT 1 AS one FROM rooms r WHERE r.deleted = false%s LIMIT %d) matches`,
			named, chat.CountLimit)
	}
	var number int64
	if err := s.read(ctx).Raw(count, args...).Row().Scan(&number); err != nil {
		return nil, 0, failed("count all rooms", err)
	}
	rows, err := s.viewRows(s.read(ctx).Raw(list+` ORDER BY r.id DESC LIMIT ? OFFSET ?`, append(args, page.Limit, page.Skip)...))
	if err != nil {
		return nil, 0, err
	}
	views, err := s.views(ctx, rows)
	return views, number, err
}

// RoomsAfter implements [chat.RoomReader].
func (s *Store) RoomsAfter(ctx context.Context, id string, limit int) ([]chat.RoomView, error) {
	rows, err := s.viewRows(s.read(ctx).Raw(strangers+` AND r.id > ? ORDER BY r.id LIMIT ?`, id, limit))
	if err != nil {
		return nil, err
	}
	return s.views(ctx, rows)
}

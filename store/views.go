package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"parley/chat"
)

// armSize bounds the selects that one statement joins with UNION ALL; SQLite
// takes 500.
const armSize = 100

// viewRow is a room with its viewer's standing.
type viewRow struct {
	roomRow
	State   string
	ReadSeq int64
}

// RoomsOf implements [chat.RoomReader]. A page takes six statements at most,
// whatever its size up to armSize rooms. Rooms with a name of one and the same
// activity come in a fixed order.
func (s *Store) RoomsOf(ctx context.Context, user string, page chat.Page) ([]chat.RoomView, int64, error) {
	from := ` FROM members m JOIN rooms r ON r.id = m.room_id WHERE m.user_id = ? AND m.state = 'active' AND NOT r.deleted`
	args := []any{user}
	count := `SELECT count(*)` + from
	if page.Search != "" {
		from += " AND " + s.db.contains("r.name")
		args = append(args, page.Search)
		count = fmt.Sprintf(`SELECT count(*) FROM (SELECT 1 AS one %s LIMIT %d) matches`, from, chat.CountLimit)
	}
	var number int64
	if err := s.read(ctx).Raw(count, args...).Row().Scan(&number); err != nil {
		return nil, 0, failed("count rooms", err)
	}
	rows, err := s.viewRows(s.read(ctx).Raw(`SELECT `+roomColumns+`, m.state, m.read_seq`+from+
		` ORDER BY r.active_at DESC, r.id DESC LIMIT ? OFFSET ?`, append(args, page.Limit, page.Skip)...))
	if err != nil {
		return nil, 0, err
	}
	views, err := s.views(ctx, rows)
	return views, number, err
}

// Views implements [chat.RoomReader]. Deleted rooms are left out; a user who does
// not take part has nothing unread.
func (s *Store) Views(ctx context.Context, user string, ids []string) ([]chat.RoomView, error) {
	known := make(map[string]viewRow, len(ids))
	for part := range slices.Chunk(ids, listSize) {
		rows, err := s.viewRows(s.read(ctx).Raw(`SELECT `+roomColumns+`, coalesce(m.state, ''), coalesce(m.read_seq, 0)
			FROM rooms r LEFT JOIN members m ON m.room_id = r.id AND m.user_id = ? WHERE r.id IN ? AND NOT r.deleted`, user, part))
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			known[r.ID] = r
		}
	}
	rows := make([]viewRow, 0, len(ids))
	for _, id := range ids {
		if r, ok := known[id]; ok {
			rows = append(rows, r)
		}
	}
	return s.views(ctx, rows)
}

func (s *Store) viewRows(query *gorm.DB) ([]viewRow, error) {
	rows, err := query.Rows()
	if err != nil {
		return nil, failed("rooms", err)
	}
	defer rows.Close()
	var all []viewRow
	for rows.Next() {
		var r viewRow
		if err := rows.Scan(append(r.targets(), &r.State, &r.ReadSeq)...); err != nil {
			return nil, failed("rooms", err)
		}
		all = append(all, r)
	}
	if err := rows.Err(); err != nil {
		return nil, failed("rooms", err)
	}
	return all, nil
}

// views fills in participants, unread counts and last messages.
func (s *Store) views(ctx context.Context, rows []viewRow) ([]chat.RoomView, error) {
	participants, err := s.participantsOf(ctx, column(rows, func(r *viewRow) string { return r.ID }))
	if err != nil {
		return nil, err
	}
	last, err := s.lastMessages(ctx, rows)
	if err != nil {
		return nil, err
	}
	unread, err := s.unread(ctx, rows)
	if err != nil {
		return nil, err
	}
	views := make([]chat.RoomView, len(rows))
	for i, r := range rows {
		views[i] = chat.RoomView{
			Room: r.room(), Epoch: s.Epoch(), Participants: participants[r.ID], LastMessage: last[r.ID], Unread: unread[r.ID],
		}
	}
	return views, nil
}

// unread counts, where the viewer takes part, the messages above their read
// position that are not deleted: seq has no gaps, so the tombstones among them
// are all that is looked up.
func (s *Store) unread(ctx context.Context, rows []viewRow) (map[string]int64, error) {
	all := map[string]int64{}
	var behind []viewRow
	for _, r := range rows {
		r.ReadSeq = max(r.ReadSeq, r.ClearedSeq) // all up to there are tombstones
		if r.State == string(chat.MemberActive) && r.Seq > r.ReadSeq {
			all[r.ID] = r.Seq - r.ReadSeq
			behind = append(behind, r)
		}
	}
	for part := range slices.Chunk(behind, armSize) {
		var deleted []struct {
			RoomID string
			N      int64
		}
		err := s.unionOf(ctx, `SELECT room_id, count(*) AS n FROM messages WHERE room_id = ? AND seq > ? AND seq <= ? AND seq > 0 AND deleted
			GROUP BY room_id`, column(part, func(r *viewRow) []any { return []any{r.ID, r.ReadSeq, r.Seq} })).Scan(&deleted).Error
		if err != nil {
			return nil, failed("unread", err)
		}
		for _, d := range deleted {
			all[d.RoomID] = max(0, all[d.RoomID]-d.N)
		}
	}
	return all, nil
}

// participantsOf lists the first of each room, in the order they joined. One
// bounded select per room, joined into one statement, reads no more of a large
// room than is listed.
func (s *Store) participantsOf(ctx context.Context, rooms []string) (map[string][]string, error) {
	all := make(map[string][]string, len(rooms))
	for part := range slices.Chunk(rooms, armSize) {
		var rows []struct{ RoomID, UserID string }
		err := s.union(ctx, part, `SELECT room_id, user_id, joined_at FROM members
			WHERE room_id = ? AND state = 'active' ORDER BY joined_at, user_id LIMIT ?`, chat.ListedParticipants).
			Scan(&rows).Error
		if err != nil {
			return nil, failed("participants", err)
		}
		for _, r := range rows {
			all[r.RoomID] = append(all[r.RoomID], r.UserID)
		}
	}
	return all, nil
}

// lastMessages returns each room's newest message that is not deleted. Where the
// room's last one is a tombstone, the one before it is looked for.
func (s *Store) lastMessages(ctx context.Context, rooms []viewRow) (map[string]*chat.Message, error) {
	last := make(map[string]*chat.Message, len(rooms))
	var ids []string
	for _, r := range rooms {
		if r.LastMessageID != "" {
			ids = append(ids, r.LastMessageID)
		}
	}
	messages, err := s.messagesByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	cleared := make(map[string]int64, len(rooms))
	for _, r := range rooms {
		cleared[r.ID] = r.ClearedSeq
	}
	var stale [][]any
	for _, m := range messages {
		if m.Deleted {
			stale = append(stale, []any{m.Room, cleared[m.Room]})
		} else {
			last[m.Room] = &m
		}
	}
	ids = ids[:0]
	for part := range slices.Chunk(stale, armSize) {
		var found []string
		err := s.unionOf(ctx, `SELECT id FROM messages WHERE room_id = ? AND seq > ? AND seq > 0 AND NOT deleted
			ORDER BY seq DESC LIMIT 1`, part).Scan(&found).Error
		if err != nil {
			return nil, failed("last messages", err)
		}
		ids = append(ids, found...)
	}
	if messages, err = s.messagesByID(ctx, ids); err != nil {
		return nil, err
	}
	for _, m := range messages {
		last[m.Room] = &m
	}
	return last, nil
}

// union joins one select per room, whose arguments are the room and args.
func (s *Store) union(ctx context.Context, rooms []string, arm string, args ...any) *gorm.DB {
	return s.unionOf(ctx, arm, column(rooms, func(room *string) []any { return append([]any{*room}, args...) }))
}

// unionOf joins one select per list of arguments.
func (s *Store) unionOf(ctx context.Context, arm string, args [][]any) *gorm.DB {
	arms := strings.Repeat(" UNION ALL SELECT * FROM ("+arm+") arm", len(args))
	return s.read(ctx).Raw(strings.TrimPrefix(arms, " UNION ALL "), slices.Concat(args...)...)
}

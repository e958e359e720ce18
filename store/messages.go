package store

import (
	"context"
	"slices"

	"gorm.io/gorm"

	"parley/chat"
)

// listed is the condition of every list: what is deleted or still streaming
// stands in none.
const listed = `m.seq > 0 AND NOT m.deleted`

// Message implements [chat.MessageReader].
func (s *Store) Message(ctx context.Context, id string) (chat.Message, error) {
	messages, err := s.messagesByID(ctx, []string{id})
	if err != nil {
		return chat.Message{}, err
	}
	if len(messages) == 0 {
		return chat.Message{}, chat.ErrMessageNotFound
	}
	return messages[0], s.fillReplies(ctx, messages)
}

// Messages implements [chat.MessageReader]. The number is that of the whole list,
// whatever Before, After, Skip and Limit leave of it. What selects by words or by
// sender comes from the full-text index (search.go), and its list ends at
// CountLimit.
func (s *Store) Messages(ctx context.Context, q chat.MessageQuery, count bool) ([]chat.Message, int64, error) {
	switch {
	case q.Search != "" || q.Sender != "":
		return s.search(ctx, q, count)
	case q.Room != "":
		return s.messagesOfRoom(ctx, q, count)
	case q.User != "":
		return s.messagesOfUser(ctx, q, count)
	}
	return s.allMessages(ctx, q, count)
}

// nearestAfter reports that the page is the one nearest to After.
func nearestAfter(q chat.MessageQuery) bool { return q.After != 0 && q.Before == 0 }

func (s *Store) messagesOfRoom(ctx context.Context, q chat.MessageQuery, count bool) ([]chat.Message, int64, error) {
	var number int64
	var err error
	if count {
		if number, err = s.countMessages(ctx, []string{q.Room}); err != nil {
			return nil, 0, err
		}
	}
	ascending := q.Oldest || nearestAfter(q)
	if q.Skip > 0 {
		if q, err = s.skipped(ctx, q, ascending); err != nil {
			return nil, 0, err
		}
	}
	// SQLite begins at the first bound that it reads, and listed has one, too. What
	// was cleared is not walked through.
	where := `m.room_id = ? AND m.seq > (SELECT CASE WHEN r.cleared_seq > ? THEN r.cleared_seq ELSE ? END
		FROM rooms r WHERE r.id = ?) AND ` + listed
	args := []any{q.Room, q.After, q.After, q.Room}
	if q.Before != 0 {
		where, args = where+" AND m.seq < ?", append(args, q.Before)
	}
	order := " ORDER BY m.seq DESC"
	if ascending {
		order = " ORDER BY m.seq"
	}
	messages, err := scanMessages(s.read(ctx).Raw(`SELECT `+messageColumns+` FROM messages m WHERE `+where+order+
		" LIMIT ?", append(args, q.Limit)...))
	if ascending && !q.Oldest {
		slices.Reverse(messages)
	}
	return messages, number, err
}

// skipped turns Skip into a bound of seq, so that the depth of a page costs nothing:
// seq has no gaps, and tombstones are counted in their index.
func (s *Store) skipped(ctx context.Context, q chat.MessageQuery, ascending bool) (chat.MessageQuery, error) {
	var newest int64
	if err := s.read(ctx).Raw("SELECT coalesce(max(seq), 0) FROM rooms WHERE id = ?", q.Room).Row().Scan(&newest); err != nil {
		return q, failed("newest seq", err)
	}
	live := func(low, top int64) (int64, error) { // from low to below top
		if low >= top {
			return 0, nil
		}
		deleted, err := s.tombstones(ctx, q.Room, low, top)
		return top - low - deleted, err
	}
	low, top := newest+1, newest+1 // what lies before the list, as it is walked
	switch {
	case ascending:
		low, top = 1, min(q.After, newest)+1
	case q.Before != 0:
		low = min(q.Before, newest+1)
	}
	outside, err := live(low, top)
	if err != nil {
		return q, err
	}
	skip := outside + int64(q.Skip)
	if ascending {
		all, err := live(1, newest+1)
		if err != nil {
			return q, err
		}
		if skip >= all {
			q.Limit = 0
			return q, nil
		}
		skip = all - skip
	}
	bound, err := s.seqAfterSkip(ctx, q.Room, int(skip))
	if ascending {
		q.After = max(q.After, bound-1)
	} else {
		q.Before = bound
	}
	q.Skip = 0
	return q, err
}

// allMessages lists the messages of all rooms, by their ids, which sort by time.
func (s *Store) allMessages(ctx context.Context, q chat.MessageQuery, count bool) ([]chat.Message, int64, error) {
	const inRoom = ` AND NOT (SELECT r.deleted FROM rooms r WHERE r.id = m.room_id)`
	read := s.db.search.WithContext(ctx)
	var number int64
	if count {
		err := read.Raw(`SELECT (SELECT coalesce(sum(seq), 0) FROM rooms WHERE NOT deleted) -
			(SELECT count(*) FROM messages m WHERE m.seq > 0 AND m.deleted` + inRoom + `)`).Row().Scan(&number)
		if err != nil {
			return nil, 0, failed("count messages", err)
		}
	}
	order := " ORDER BY m.id DESC"
	if q.Oldest {
		order = " ORDER BY m.id"
	}
	messages, err := scanMessages(read.Raw(`SELECT `+messageColumns+` FROM messages m WHERE `+listed+inRoom+order+
		" LIMIT ? OFFSET ?", q.Limit, q.Skip))
	return messages, number, err
}

// Changes implements [chat.MessageReader]. A reply that still streams is no
// change yet.
func (s *Store) Changes(ctx context.Context, room string, after int64, limit int) ([]chat.Message, error) {
	messages, err := scanMessages(s.read(ctx).Raw(`SELECT `+messageColumns+` FROM messages m
		WHERE m.room_id = ? AND m.version > ? AND m.seq > 0 ORDER BY m.version LIMIT ?`, room, after, limit))
	if err != nil {
		return nil, err
	}
	return messages, s.fillReplies(ctx, messages)
}

// countMessages counts the listed messages of the rooms. It reads no message but
// tombstones, behind what was cleared: seq has no gaps.
func (s *Store) countMessages(ctx context.Context, rooms []string) (int64, error) {
	var number int64
	for part := range slices.Chunk(rooms, listSize) {
		var n int64
		err := s.read(ctx).Raw(`SELECT coalesce(sum(r.seq - r.cleared_seq - (SELECT count(*) FROM messages m
			WHERE m.room_id = r.id AND m.seq > r.cleared_seq AND m.seq > 0 AND m.deleted)), 0) FROM rooms r WHERE r.id IN ?`, part).
			Row().Scan(&n)
		if err != nil {
			return 0, failed("count messages", err)
		}
		number += n
	}
	return number, nil
}

// messagesByID returns those that exist, in no particular order.
func (s *Store) messagesByID(ctx context.Context, ids []string) ([]chat.Message, error) {
	var all []chat.Message
	for part := range slices.Chunk(ids, listSize) {
		messages, err := scanMessages(s.read(ctx).Raw(`SELECT `+messageColumns+` FROM messages m WHERE m.id IN ?`, part))
		if err != nil {
			return nil, err
		}
		all = append(all, messages...)
	}
	return all, nil
}

func scanMessages(query *gorm.DB) ([]chat.Message, error) {
	rows, err := query.Rows()
	if err != nil {
		return nil, failed("messages", err)
	}
	defer rows.Close()
	var all []chat.Message
	for rows.Next() {
		var row messageRow
		if err := rows.Scan(row.targets()...); err != nil {
			return nil, failed("messages", err)
		}
		m, err := row.message()
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	if err := rows.Err(); err != nil {
		return nil, failed("messages", err)
	}
	return all, nil
}

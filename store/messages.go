package store

import (
	"context"
	"fmt"
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
	return messages[0], nil
}

// Messages implements [chat.MessageReader]. The number is that of the whole list,
// whatever Before, After, Skip and Limit leave of it. Search compares lower-case
// forms of text as it is stored, without normalising it: "É" finds "é", but not
// an e with a combining accent; scripts whose lower case depends on what stands
// around a letter (a final sigma) may differ between the databases.
func (s *Store) Messages(ctx context.Context, q chat.MessageQuery, count bool) ([]chat.Message, int64, error) {
	if q.Room == "" {
		return s.messagesOfUser(ctx, q, count)
	}
	var number int64
	if count {
		var err error
		if number, err = s.countMessages(ctx, []string{q.Room}, q.Search); err != nil {
			return nil, 0, err
		}
	}
	where, args := `m.room_id = ? AND `+listed, []any{q.Room}
	if q.Before != 0 {
		where, args = where+" AND m.seq < ?", append(args, q.Before)
	}
	if q.After != 0 {
		where, args = where+" AND m.seq > ?", append(args, q.After)
	}
	if q.Search != "" {
		where, args = where+" AND "+s.db.contains("m.text"), append(args, q.Search)
	}
	nearestAfter := q.After != 0 && q.Before == 0
	order := " ORDER BY m.seq DESC"
	if nearestAfter {
		order = " ORDER BY m.seq"
	}
	messages, err := scanMessages(s.read(ctx).Raw(`SELECT `+messageColumns+` FROM messages m WHERE `+where+order+
		" LIMIT ? OFFSET ?", append(args, q.Limit, q.Skip)...))
	if nearestAfter {
		slices.Reverse(messages)
	}
	return messages, number, err
}

// Changes implements [chat.MessageReader]. A reply that still streams is no
// change yet.
func (s *Store) Changes(ctx context.Context, room string, after int64, limit int) ([]chat.Message, error) {
	return scanMessages(s.read(ctx).Raw(`SELECT `+messageColumns+` FROM messages m
		WHERE m.room_id = ? AND m.version > ? AND m.seq > 0 ORDER BY m.version LIMIT ?`, room, after, limit))
}

// countMessages counts the listed messages of the rooms. Without a search it
// reads no message but tombstones: seq has no gaps.
func (s *Store) countMessages(ctx context.Context, rooms []string, search string) (int64, error) {
	var number int64
	for part := range slices.Chunk(rooms, listSize) {
		query, args := `SELECT (SELECT coalesce(sum(seq), 0) FROM rooms WHERE id IN ?) -
			(SELECT count(*) FROM messages WHERE room_id IN ? AND seq > 0 AND deleted)`, []any{part, part}
		if search != "" {
			query = `SELECT count(*) FROM (SELECT 1 AS one FROM messages m WHERE m.room_id IN ? AND ` + listed + ` AND ` +
				s.db.contains("m.text") + ` LIMIT ?) matches`
			args = []any{part, search, chat.CountLimit - number}
		}
		var n int64
		if err := s.read(ctx).Raw(query, args...).Row().Scan(&n); err != nil {
			return 0, fmt.Errorf("store: count messages: %w", err)
		}
		if number += n; search != "" && number >= chat.CountLimit {
			break
		}
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
		return nil, fmt.Errorf("store: messages: %w", err)
	}
	defer rows.Close()
	var all []chat.Message
	for rows.Next() {
		var row messageRow
		if err := rows.Scan(row.targets()...); err != nil {
			return nil, fmt.Errorf("store: messages: %w", err)
		}
		m, err := row.message()
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("store: messages: %w", err)
	}
	return all, nil
}

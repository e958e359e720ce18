package store

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"parley/chat"
)

const (
	feedSlack    = 20
	roomsPerFeed = 25 // asked in one statement
)

// feedKey places a message in the list over all of a user's rooms: by time, then
// by id.
type feedKey struct {
	ID        string
	CreatedAt int64
}

// messagesOfUser lists the messages of all rooms that the user takes part in.
//
// Rooms are asked in the order of their last activity (of their creation, where
// the oldest messages come first), a bounded number of messages from each by its
// index, until no further room can have a message that belongs on the page. So neither the number of the user's rooms
// nor what other people write makes it slow.
//
// Within a room the index is by seq, which follows time but for replies that
// were streamed while others wrote; feedSlack more are asked for to set those
// right. One that more messages than that have overtaken may be placed too low.
func (s *Store) messagesOfUser(ctx context.Context, q chat.MessageQuery, count bool) ([]chat.Message, int64, error) {
	rooms, err := s.feedRooms(ctx, q)
	if err != nil {
		return nil, 0, err
	}
	var number int64
	if count {
		number, err = s.countMessages(ctx, column(rooms, func(r *feedRoom) string { return r.ID }))
		if err != nil {
			return nil, 0, err
		}
	}
	keys, err := s.feedKeys(ctx, rooms, q)
	if err != nil {
		return nil, 0, err
	}
	keys = keys[min(q.Skip, len(keys)):]
	messages, err := s.messagesByID(ctx, column(keys, func(k *feedKey) string { return k.ID }))
	if err != nil {
		return nil, 0, err
	}
	place := make(map[string]int, len(keys))
	for i, k := range keys {
		place[k.ID] = i
	}
	slices.SortFunc(messages, func(a, b chat.Message) int { return cmp.Compare(place[a.ID], place[b.ID]) })
	return messages, number, nil
}

// feedRoom is one of the user's rooms; no message in it lies before Bound, as the
// list goes.
type feedRoom struct {
	ID         string
	Bound      int64
	ClearedSeq int64
}

func (s *Store) feedRooms(ctx context.Context, q chat.MessageQuery) ([]feedRoom, error) {
	bound := "r.active_at AS bound, r.cleared_seq"
	order := " ORDER BY r.active_at DESC"
	if q.Oldest {
		bound, order = "r.created_at AS bound, r.cleared_seq", " ORDER BY r.created_at"
	}
	var rooms []feedRoom
	err := s.read(ctx).Raw(`SELECT r.id, `+bound+` FROM members m JOIN rooms r ON r.id = m.room_id
		WHERE m.user_id = ? AND m.state = 'active' AND NOT r.deleted AND r.seq > r.cleared_seq`+order, q.User).
		Scan(&rooms).Error
	if err != nil {
		return nil, failed("rooms of a user", err)
	}
	return rooms, nil
}

// feedKeys returns the first Skip+Limit keys of the list.
func (s *Store) feedKeys(ctx context.Context, rooms []feedRoom, q chat.MessageQuery) ([]feedKey, error) {
	need := q.Skip + q.Limit
	if need <= 0 {
		return nil, nil
	}
	arm, sign := `SELECT m.id, m.created_at FROM messages m WHERE m.room_id = ? AND m.seq > ? AND `+listed+` ORDER BY m.seq DESC LIMIT ?`, -1
	if q.Oldest {
		arm, sign = strings.Replace(arm, " DESC", "", 1), 1
	}
	var keys []feedKey
	for part := range slices.Chunk(rooms, roomsPerFeed) {
		if len(keys) == need && cmp.Compare(keys[need-1].CreatedAt, part[0].Bound) == -sign {
			break
		}
		var more []feedKey
		args := column(part, func(r *feedRoom) []any { return []any{r.ID, r.ClearedSeq, need + feedSlack} })
		if err := s.unionOf(ctx, arm, args).Scan(&more).Error; err != nil {
			return nil, failed("messages of a user", err)
		}
		keys = append(keys, more...)
		slices.SortFunc(keys, func(a, b feedKey) int {
			return sign * cmp.Or(cmp.Compare(a.CreatedAt, b.CreatedAt), cmp.Compare(a.ID, b.ID))
		})
		keys = keys[:min(need, len(keys))]
	}
	return keys, nil
}

package store

import (
	"context"
	"database/sql"
	"slices"

	"parley/chat"
)

// headColumns are how a room r stands, and its conversation c. A group has no
// conversation, and none is looked for.
const headColumns = `r.id, r.version, r.participant_count, r.cleared_version, r.owner_epoch, r.open_reply_id, c.key, c.state, c.waiting_since`

const withConversation = ` LEFT JOIN conversations c ON c.room_id = CASE WHEN r.kind <> 'group' THEN r.id END `

// RoomHeads implements [chat.RoomReader].
func (s *Store) RoomHeads(ctx context.Context, user string) ([]chat.RoomHead, error) {
	heads := []chat.RoomHead{}
	err := s.stands(ctx, func(h chat.RoomHead) { heads = append(heads, h) },
		"SELECT "+headColumns+" FROM members m JOIN rooms r ON r.id = m.room_id"+withConversation+
			"WHERE m.user_id = ? AND m.state = 'active' AND NOT r.deleted", user)
	if err != nil {
		return nil, failed("room heads", err)
	}
	return heads, nil
}

// Stands implements [chat.RoomReader].
func (s *Store) Stands(ctx context.Context, rooms []string) (map[string]chat.RoomHead, error) {
	heads := make(map[string]chat.RoomHead, len(rooms))
	for part := range slices.Chunk(rooms, listSize) {
		err := s.stands(ctx, func(h chat.RoomHead) { heads[h.Room] = h },
			"SELECT "+headColumns+" FROM rooms r"+withConversation+"WHERE r.id IN ? AND NOT r.deleted", part)
		if err != nil {
			return nil, failed("stands", err)
		}
	}
	return heads, nil
}

func (s *Store) stands(ctx context.Context, each func(chat.RoomHead), query string, arg any) error {
	rows, err := s.read(ctx).Raw(query, arg).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		h, err := scanHead(rows)
		if err != nil {
			return err
		}
		each(h)
	}
	return rows.Err()
}

func scanHead(rows *sql.Rows) (chat.RoomHead, error) {
	var h chat.RoomHead
	var key, state *string
	var since *int64
	err := rows.Scan(&h.Room, &h.Version, &h.Members, &h.ClearedVersion, &h.OwnerEpoch, &h.OpenReply, &key, &state, &since)
	if err == nil && key != nil {
		h.Conversation = &chat.Conversation{
			Room: h.Room, Key: *key, State: chat.ConversationState(*state), WaitingSince: fromMillis(*since),
		}
	}
	return h, err
}

// Active implements [chat.RoomReader].
func (s *Store) Active(ctx context.Context, room string, users []string) ([]string, error) {
	var active []string
	for part := range slices.Chunk(users, listSize) {
		var some []string
		err := s.read(ctx).Raw(`SELECT m.user_id FROM members m JOIN rooms r ON r.id = m.room_id
			WHERE m.room_id = ? AND m.user_id IN ? AND m.state = 'active' AND NOT r.deleted`, room, part).Scan(&some).Error
		if err != nil {
			return nil, failed("active", err)
		}
		active = append(active, some...)
	}
	return active, nil
}

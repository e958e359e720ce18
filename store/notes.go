package store

import (
	"context"

	"parley/chat"
)

// noteRow is a row of notes.
type noteRow struct {
	ID, RoomID, AuthorID, Text string
	CreatedAt                  int64
}

func (n *noteRow) note() chat.Note {
	return chat.Note{ID: n.ID, Room: n.RoomID, Author: n.AuthorID, Text: n.Text, CreatedAt: fromMillis(n.CreatedAt)}
}

// Notes implements [chat.ConversationStore].
func (s *Store) Notes(ctx context.Context, room string, p chat.Page) ([]chat.Note, int64, error) {
	var number int64
	if err := s.read(ctx).Raw(`SELECT count(*) FROM notes WHERE room_id = ?`, room).Row().Scan(&number); err != nil {
		return nil, 0, failed("count notes", err)
	}
	var rows []noteRow
	err := s.read(ctx).Raw(`SELECT id, room_id, author_id, text, created_at FROM notes WHERE room_id = ?
		ORDER BY created_at, id LIMIT ? OFFSET ?`, room, p.Limit, p.Skip).Scan(&rows).Error
	if err != nil {
		return nil, 0, failed("notes", err)
	}
	return column(rows, func(n *noteRow) chat.Note { return n.note() }), number, nil
}

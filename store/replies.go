package store

import (
	"context"
	"slices"
	"time"

	"parley/chat"
)

// StreamingBefore implements [chat.ReplyStore]. The index holds what streams, and
// that is little: it is read as a whole, and sorted.
func (s *Store) StreamingBefore(ctx context.Context, t time.Time, limit int) ([]chat.Message, error) {
	messages, err := scanMessages(s.read(ctx).Raw(`SELECT `+messageColumns+` FROM messages m
		WHERE m.status = 'streaming' AND m.updated_at <= ? ORDER BY m.updated_at, m.id LIMIT ?`, toMillis(t), limit))
	if err != nil {
		return nil, err
	}
	return messages, s.fillReplies(ctx, messages)
}

// fillReplies gives chatbots' messages what is kept of their replies. Where there
// are none it asks nothing.
func (s *Store) fillReplies(ctx context.Context, messages []chat.Message) error {
	var ids []string
	for i := range messages {
		if messages[i].Bot() && !messages[i].Deleted {
			ids = append(ids, messages[i].ID)
		}
	}
	known := make(map[string]*chat.ReplyRecord, len(ids))
	for part := range slices.Chunk(ids, listSize) {
		var rows []replyRow
		if err := s.read(ctx).Raw(`SELECT `+replyColumns+` FROM replies p WHERE p.message_id IN ?`, part).Scan(&rows).Error; err != nil {
			return failed("replies", err)
		}
		for i := range rows {
			record, err := rows[i].record()
			if err != nil {
				return err
			}
			known[rows[i].MessageID] = record
		}
	}
	for i := range messages {
		messages[i].Reply = known[messages[i].ID]
	}
	return nil
}

package store

import (
	"context"
	"fmt"

	"parley/chat"
)

// The queue of those who wait for a person, in an index of these alone.
const (
	queued     = `c.state = 'waiting' AND NOT c.deleted`
	queueOrder = `c.waiting_since, c.room_id`
)

// position is the place in the queue of a conversation c that waits, counted one
// past the last that is shown.
var position = fmt.Sprintf(`(SELECT count(*) FROM (SELECT 1 AS one FROM conversations q WHERE q.state = 'waiting' AND NOT q.deleted
	AND (q.waiting_since, q.room_id) <= (c.waiting_since, c.room_id) ORDER BY q.waiting_since, q.room_id LIMIT %d) ahead)`, chat.QueueShown+1)

// shown is a counted position as it is told.
func shown(position int) int {
	if position > chat.QueueShown {
		return 0
	}
	return position
}

// Queue implements [chat.ConversationStore].
func (s *Store) Queue(ctx context.Context, limit int) ([]chat.QueuedConversation, error) {
	rows, err := s.read(ctx).Raw(`SELECT `+conversationColumns+`, r.owner_epoch, r.version FROM conversations c JOIN rooms r ON r.id = c.room_id
		WHERE `+queued+` ORDER BY `+queueOrder+` LIMIT ?`, limit).Rows()
	if err != nil {
		return nil, failed("queue", err)
	}
	defer rows.Close()
	var all []chat.QueuedConversation
	for rows.Next() {
		var c conversationRow
		var epoch, version int64
		if err := rows.Scan(append(c.targets(), &epoch, &version)...); err != nil {
			return nil, failed("queue", err)
		}
		all = append(all, chat.QueuedConversation{Conversation: c.conversation(), OwnerEpoch: epoch, Version: version})
	}
	if err := rows.Err(); err != nil {
		return nil, failed("queue", err)
	}
	return all, nil
}

// fillPositions gives those that wait their places, which it reads once for all.
func (s *Store) fillPositions(ctx context.Context, views []chat.ConversationView) error {
	waiting := false
	for i := range views {
		waiting = waiting || views[i].State == chat.Waiting
	}
	if !waiting {
		return nil
	}
	var rooms []string
	err := s.read(ctx).Raw(`SELECT c.room_id FROM conversations c WHERE `+queued+` ORDER BY `+queueOrder+` LIMIT ?`, chat.QueueShown).
		Scan(&rooms).Error
	if err != nil {
		return failed("places in the queue", err)
	}
	places := make(map[string]int, len(rooms))
	for i, room := range rooms {
		places[room] = i + 1
	}
	for i := range views {
		if views[i].State == chat.Waiting {
			views[i].Position = places[views[i].Room]
		}
	}
	return nil
}

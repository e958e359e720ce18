package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"parley/chat"
)

// SeenAgents implements [chat.ConversationStore]. When an agent was last seen never
// goes back.
func (s *Store) SeenAgents(ctx context.Context, agents []string, at time.Time) error {
	// Each once: one statement cannot change a row twice.
	err := eachPart(distinct(agents, func(string) bool { return true }), func(part []string) error {
		args := make([]any, 0, 2*len(part))
		for _, id := range part {
			args = append(args, id, toMillis(at))
		}
		values := strings.Join(slices.Repeat([]string{"(?,?)"}, len(part)), ",")
		return s.db.write.WithContext(ctx).Exec(`INSERT INTO agents (user_id, seen_at) VALUES `+values+`
			ON CONFLICT (user_id) DO UPDATE SET seen_at = excluded.seen_at WHERE agents.seen_at < excluded.seen_at`, args...).Error
	})
	if err != nil {
		return failed("seen agents", err)
	}
	return nil
}

// Deserted implements [chat.ConversationStore]. It walks through what is assigned,
// agent by agent; one who was never seen is not there.
func (s *Store) Deserted(ctx context.Context, t time.Time, limit int) ([]chat.Conversation, error) {
	var rows []conversationRow
	err := s.read(ctx).Raw(`SELECT `+conversationColumns+` FROM conversations c WHERE c.state = 'assigned' AND NOT c.deleted
		AND NOT EXISTS (SELECT 1 FROM agents a WHERE a.user_id = c.agent_id AND a.seen_at > ?)
		ORDER BY c.agent_id, c.room_id LIMIT ?`, toMillis(t), limit).Scan(&rows).Error
	if err != nil {
		return nil, failed("deserted", err)
	}
	return column(rows, func(c *conversationRow) chat.Conversation { return c.conversation() }), nil
}

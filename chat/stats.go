package chat

import (
	"context"
	"slices"
)

// Stats are figures of conversations, and who answers in them.
type Stats struct {
	// Conversations are their numbers, by state; a state of none may be missing.
	Conversations map[ConversationState]int64
	// Agents are the agents and administrators with a live connection to this node,
	// in the order of their ids.
	Agents []string
}

// Stats returns figures to an administrator.
func (s *Service) Stats(ctx context.Context, a Actor) (Stats, error) {
	if err := admin(a); err != nil {
		return Stats{}, err
	}
	counts, err := s.Store.CountConversations(ctx)
	if err != nil {
		return Stats{}, err
	}
	stats := Stats{Conversations: counts}
	if s.Agents != nil {
		stats.Agents = slices.Sorted(slices.Values(s.Agents()))
	}
	return stats, nil
}

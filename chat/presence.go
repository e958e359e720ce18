package chat

import "context"

// Presence returns who is online among the participants that a Room lists, in
// that order; for a participant. Of a larger room the others are not asked for.
func (s *Service) Presence(ctx context.Context, a Actor, roomID string) ([]string, error) {
	r, err := s.member(ctx, a, roomID)
	if err != nil {
		return nil, err
	}
	members, err := s.Store.Participants(ctx, r.ID, ListedParticipants)
	if err != nil {
		return nil, err
	}
	online := []string{}
	if s.Options.Presence == nil {
		return online, nil
	}
	users := make([]string, len(members))
	for i, m := range members {
		users[i] = m.User
	}
	return append(online, s.Options.Presence.Online(users)...), nil
}

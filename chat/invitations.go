package chat

import "context"

// ReceivedInvitations lists the caller's invitations, newest first, and their number.
func (s *Service) ReceivedInvitations(ctx context.Context, a Actor, p Page) ([]Invitation, int64, error) {
	return s.invitations(ctx, a, false, p)
}

// SentInvitations lists those that the caller has sent and nobody has answered yet.
func (s *Service) SentInvitations(ctx context.Context, a Actor, p Page) ([]Invitation, int64, error) {
	return s.invitations(ctx, a, true, p)
}

func (s *Service) invitations(ctx context.Context, a Actor, sent bool, p Page) ([]Invitation, int64, error) {
	p, err := page(p)
	if err != nil {
		return nil, 0, err
	}
	return s.Store.Invitations(ctx, a.ID, sent, p)
}

// AcceptInvitation makes the caller take part in the room.
func (s *Service) AcceptInvitation(ctx context.Context, a Actor, invitationID string) error {
	now := s.now()
	return s.endInvitation(ctx, invitationID, func(st State) (Effects, error) {
		if st.Invitation.Receiver != a.ID {
			return Effects{}, ErrInvitation
		}
		if err := notGuest(a); err != nil {
			return Effects{}, err
		}
		eff := Effects{Uninvite: []string{a.ID}}
		if m := st.Others[a.ID]; !m.Active() {
			eff.Members = []Member{activated(m, st.Room.ID, a.ID, now)}
			eff.Room = adopted(st.Room, a.ID)
		}
		return eff, nil
	}, func(out Outcome) []Event {
		if out.Before.Others[a.ID].Active() {
			return nil
		}
		return joined(out, []string{a.ID})
	})
}

// DeclineInvitation ends an invitation that the caller has received.
func (s *Service) DeclineInvitation(ctx context.Context, a Actor, invitationID string) error {
	return s.endInvitation(ctx, invitationID, func(st State) (Effects, error) {
		if st.Invitation.Receiver != a.ID {
			return Effects{}, ErrInvitation
		}
		return Effects{Uninvite: []string{a.ID}}, nil
	}, nil)
}

// CancelInvitation ends an invitation that the caller has sent.
func (s *Service) CancelInvitation(ctx context.Context, a Actor, invitationID string) error {
	return s.endInvitation(ctx, invitationID, func(st State) (Effects, error) {
		if st.Invitation.Sender != a.ID {
			return Effects{}, ErrInvitation
		}
		return Effects{Uninvite: []string{st.Invitation.Receiver}}, nil
	}, nil)
}

// endInvitation runs decide under the room's lock with State.Invitation set and
// its receiver among Others. Of two that end one invitation, one finds none.
func (s *Service) endInvitation(ctx context.Context, invitationID string, decide func(State) (Effects, error), events func(Outcome) []Event) error {
	if err := id("id", invitationID); err != nil {
		return err
	}
	// An invitation never changes, so its room may be read before it is locked.
	inv, err := s.Store.Invitation(ctx, invitationID)
	if err != nil {
		return err
	}
	cmd := Command{Room: inv.Room, Invitation: inv.ID, Others: []string{inv.Receiver}, Decide: func(st State) (Effects, error) {
		if st.Invitation == nil || st.Room.ID == "" || st.Room.Deleted {
			return Effects{}, ErrInvitation
		}
		return decide(st)
	}}
	_, err = s.apply(ctx, cmd, events)
	return err
}

// adopted is the room with its creator, if nobody took part in it who could be:
// who comes into an empty room owns it. It is nil where nothing changes.
func adopted(r Room, user string) *Room {
	if r.ParticipantCount > 0 || r.Creator == user {
		return nil
	}
	r.Creator = user
	return &r
}

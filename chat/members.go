package chat

import (
	"context"
	"slices"
	"strings"
	"time"
)

// AddUsers adds users to a group; any participant may. Who was removed may be
// added again. With ExplicitJoins the users are invited instead, which it
// reports: they take part once they accept.
func (s *Service) AddUsers(ctx context.Context, a Actor, roomID string, ids []string) (invited bool, err error) {
	roomID = RoomOf(a, roomID)
	users, err := s.addable(ctx, roomID, ids, func() error {
		// The caller's standing comes first: a stranger learns nothing, not even
		// which users exist.
		_, err := s.member(ctx, a, roomID)
		if err == nil {
			err = s.postRate(a)
		}
		return err
	})
	if err != nil {
		return false, err
	}
	return s.ExplicitJoins, s.add(ctx, a, roomID, users, visible, nil)
}

// addable returns the users who may be added to a group, after a look at whether
// the caller may.
func (s *Service) addable(ctx context.Context, roomID string, ids []string, may func() error) ([]string, error) {
	if err := id("roomId", roomID); err != nil {
		return nil, err
	}
	users, err := s.users(ids)
	if err != nil {
		return nil, err
	}
	if err := may(); err != nil {
		return nil, err
	}
	return users, s.known(ctx, users)
}

// add adds or invites users to a group in which the caller may do so.
// Administrators, whose act is recorded, always add.
func (s *Service) add(ctx context.Context, a Actor, roomID string, users []string, may func(State) error, acts []Audit) error {
	now := s.now()
	invite := s.ExplicitJoins && acts == nil
	_, err := s.apply(ctx, Command{Room: roomID, User: a.ID, Others: users, Decide: func(st State) (Effects, error) {
		if err := may(st); err != nil {
			return Effects{}, err
		}
		if err := group(st.Room); err != nil {
			return Effects{}, err
		}
		for _, u := range users {
			if st.Others[u].Active() {
				return Effects{}, Errorf(CodeInvalid, "users array contains existing member ids")
			}
		}
		if invite {
			return Effects{Invite: s.invite(a, roomID, users, now)}, nil
		}
		eff := Effects{Room: adopted(st.Room, users[0]), Uninvite: users, Audit: acts}
		for _, u := range users {
			eff.Members = append(eff.Members, activated(st.Others[u], roomID, u, now))
		}
		return eff, nil
	}}, func(out Outcome) []Event {
		if invite {
			return nil
		}
		return joined(out, users)
	})
	return err
}

func (s *Service) invite(a Actor, roomID string, users []string, now time.Time) []Invitation {
	invitations := make([]Invitation, len(users))
	for i, u := range users {
		invitations[i] = Invitation{ID: s.NewID(), Room: roomID, Sender: a.ID, Receiver: u, CreatedAt: now}
	}
	return invitations
}

// RemoveUsers removes users from a group, for its creator or an administrator.
// Who is removed stops to receive the room's events at once and may not join
// again. If that is the creator, who has taken part longest owns the room then.
func (s *Service) RemoveUsers(ctx context.Context, a Actor, roomID string, ids []string) error {
	roomID, err := s.roomID(ctx, a, roomID)
	if err != nil {
		return err
	}
	users, err := s.users(ids)
	if err != nil {
		return err
	}
	act := s.audit(a, ActMembersRemove)
	act.Room, act.Detail = roomID, map[string]string{"users": strings.Join(users, ",")}
	cmd := Command{Room: roomID, Others: users, Heir: true, Decide: func(st State) (Effects, error) {
		if err := owned(a, st); err != nil {
			return Effects{}, err
		}
		if err := group(st.Room); err != nil {
			return Effects{}, err
		}
		eff := Effects{Uninvite: users, Room: inherited(st, users), Audit: ofAdmin(a, act)}
		for _, u := range users {
			if m, ok := st.Others[u]; ok {
				m.State = MemberRemoved
				eff.Members = append(eff.Members, m)
			}
		}
		return eff, nil
	}}
	if !a.Admin() {
		cmd.User = a.ID // an administrator's own standing does not count
	}
	_, err = s.apply(ctx, cmd, func(out Outcome) []Event {
		gone := slices.DeleteFunc(slices.Clone(users), func(u string) bool { return !out.Before.Others[u].Active() })
		return left(out, gone)
	})
	return err
}

// inherited is the room with its heir, if its creator is among those who go. It
// is nil where nothing changes: whoever comes into an empty room owns it.
func inherited(st State, gone []string) *Room {
	if st.Heir == "" || !slices.Contains(gone, st.Room.Creator) {
		return nil
	}
	r := st.Room
	r.Creator = st.Heir
	return &r
}

// JoinRoom makes the caller take part in a public group, or in one they left
// before. For a member it changes nothing. It returns the room's view.
func (s *Service) JoinRoom(ctx context.Context, a Actor, roomID string) (RoomView, error) {
	roomID, err := s.roomID(ctx, a, roomID)
	if err != nil {
		return RoomView{}, err
	}
	if err := s.postRate(a); err != nil {
		return RoomView{}, err
	}
	now := s.now()
	_, err = s.apply(ctx, Command{Room: roomID, User: a.ID, Decide: func(st State) (Effects, error) {
		if st.Room.ID == "" || st.Room.Deleted || st.Member.State == MemberRemoved ||
			(st.Member.State == "" && st.Room.Visibility != Public) {
			return Effects{}, ErrRoomNotFound
		}
		if err := group(st.Room); err != nil {
			return Effects{}, err
		}
		if err := notGuest(a); err != nil {
			return Effects{}, err
		}
		if st.Member.Active() {
			return Effects{}, nil
		}
		return Effects{
			Room: adopted(st.Room, a.ID), Members: []Member{activated(st.Member, roomID, a.ID, now)}, Uninvite: []string{a.ID},
		}, nil
	}}, func(out Outcome) []Event {
		if out.Before.Member.Active() {
			return nil
		}
		return joined(out, []string{a.ID})
	})
	if err != nil {
		return RoomView{}, err
	}
	return s.view(ctx, a, roomID)
}

// LeaveRoom ends the caller's part in a group. If the creator leaves, who has
// taken part longest owns it then. Where empty rooms are deleted, the last one
// out deletes the room.
func (s *Service) LeaveRoom(ctx context.Context, a Actor, roomID string) error {
	return s.leave(ctx, a, roomID, s.DeleteEmptyRooms)
}

// LeaveRoomLive is LeaveRoom for the Socket.IO event, which never deletes a room.
func (s *Service) LeaveRoomLive(ctx context.Context, a Actor, roomID string) error {
	return s.leave(ctx, a, roomID, false)
}

func (s *Service) leave(ctx context.Context, a Actor, roomID string, deleteEmpty bool) error {
	roomID, err := s.roomID(ctx, a, roomID)
	if err != nil {
		return err
	}
	if err := s.postRate(a); err != nil {
		return err
	}
	now := s.now()
	_, err = s.apply(ctx, Command{Room: roomID, User: a.ID, Heir: true, Decide: func(st State) (Effects, error) {
		if err := visible(st); err != nil {
			return Effects{}, err
		}
		if err := group(st.Room); err != nil {
			return Effects{}, err
		}
		m := st.Member
		m.State = MemberLeft
		eff := Effects{Members: []Member{m}, Room: inherited(st, []string{a.ID})}
		if deleteEmpty && st.Room.ParticipantCount == 1 {
			room := st.Room
			room.Deleted, room.UpdatedAt = true, now
			eff.Room = &room
		}
		return eff, nil
	}}, func(out Outcome) []Event { return append(left(out, []string{a.ID}), deletedEvents(out)...) })
	return err
}

// activated is the membership of a user who comes in, or comes back with the
// read position they had.
func activated(m Member, room, user string, now time.Time) Member {
	m.Room, m.User, m.State, m.JoinedAt = room, user, MemberActive, now
	return m
}

// joined tells the users themselves, who are subscribed by it, and then the room.
func joined(out Outcome, users []string) []Event {
	events := []Event{joinedEvent(out, users)}
	for _, u := range users {
		events = append(events, participantEvent(EventParticipantJoined, out, u))
	}
	return events
}

// left unsubscribes the users and then tells the room that is left.
func left(out Outcome, users []string) []Event {
	if len(users) == 0 {
		return nil
	}
	events := []Event{{
		Kind: EventRoomLeft, Room: out.Room.ID, RoomName: out.Room.Name, At: out.Room.Version, Users: users,
	}}
	for _, u := range users {
		events = append(events, participantEvent(EventParticipantLeft, out, u))
	}
	return events
}

func participantEvent(kind EventKind, out Outcome, user string) Event {
	return Event{
		Kind: kind, Room: out.Room.ID, At: out.Room.Version, User: user,
		Quiet: out.Room.ParticipantCount > LargeRoom,
	}
}

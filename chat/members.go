package chat

import (
	"context"
	"slices"
	"time"
)

// AddUsers adds users to a group; any participant may. Who was removed may be
// added again.
func (s *Service) AddUsers(ctx context.Context, a Actor, roomID string, ids []string) error {
	if err := id("roomId", roomID); err != nil {
		return err
	}
	users, err := s.users(ids)
	if err != nil {
		return err
	}
	// The caller's standing comes first: a stranger learns nothing, not even
	// which users exist.
	if _, err := s.member(ctx, a, roomID); err != nil {
		return err
	}
	if err := s.known(ctx, users); err != nil {
		return err
	}
	now := s.now()
	_, err = s.apply(ctx, Command{Room: roomID, User: a.ID, Others: users, Decide: func(st State) (Effects, error) {
		if err := visible(st); err != nil {
			return Effects{}, err
		}
		if err := group(st.Room); err != nil {
			return Effects{}, err
		}
		var members []Member
		for _, u := range users {
			m := st.Others[u]
			if m.Active() {
				return Effects{}, Errorf(CodeInvalid, "users array contains existing member ids")
			}
			members = append(members, activated(m, roomID, u, now))
		}
		return Effects{Members: members}, nil
	}}, func(out Outcome) []Event { return joined(out, users) })
	return err
}

// RemoveUsers removes users from a group, for its creator or an administrator.
// Who is removed stops to receive the room's events at once and may not join again.
func (s *Service) RemoveUsers(ctx context.Context, a Actor, roomID string, ids []string) error {
	if err := id("roomId", roomID); err != nil {
		return err
	}
	users, err := s.users(ids)
	if err != nil {
		return err
	}
	_, err = s.apply(ctx, Command{Room: roomID, User: a.ID, Others: users, Decide: func(st State) (Effects, error) {
		if err := owned(a, st); err != nil {
			return Effects{}, err
		}
		if err := group(st.Room); err != nil {
			return Effects{}, err
		}
		var members []Member
		for _, u := range users {
			if m, ok := st.Others[u]; ok {
				m.State = MemberRemoved
				members = append(members, m)
			}
		}
		return Effects{Members: members}, nil
	}}, func(out Outcome) []Event {
		gone := slices.DeleteFunc(slices.Clone(users), func(u string) bool { return !out.Before.Others[u].Active() })
		return left(out, gone)
	})
	return err
}

// JoinRoom makes the caller take part in a public group, or in one they left
// before. For a member it changes nothing. It returns the room's view.
func (s *Service) JoinRoom(ctx context.Context, a Actor, roomID string) (RoomView, error) {
	if err := id("roomId", roomID); err != nil {
		return RoomView{}, err
	}
	now := s.now()
	_, err := s.apply(ctx, Command{Room: roomID, User: a.ID, Decide: func(st State) (Effects, error) {
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
		return Effects{Members: []Member{activated(st.Member, roomID, a.ID, now)}}, nil
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

// LeaveRoom ends the caller's part in a group. Where empty rooms are deleted,
// the last one out deletes the room.
func (s *Service) LeaveRoom(ctx context.Context, a Actor, roomID string) error {
	return s.leave(ctx, a, roomID, s.DeleteEmptyRooms)
}

// LeaveRoomLive is LeaveRoom for the Socket.IO event, which never deletes a room.
func (s *Service) LeaveRoomLive(ctx context.Context, a Actor, roomID string) error {
	return s.leave(ctx, a, roomID, false)
}

func (s *Service) leave(ctx context.Context, a Actor, roomID string, deleteEmpty bool) error {
	if err := id("roomId", roomID); err != nil {
		return err
	}
	now := s.now()
	_, err := s.apply(ctx, Command{Room: roomID, User: a.ID, Decide: func(st State) (Effects, error) {
		if err := visible(st); err != nil {
			return Effects{}, err
		}
		if err := group(st.Room); err != nil {
			return Effects{}, err
		}
		m := st.Member
		m.State = MemberLeft
		eff := Effects{Members: []Member{m}}
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

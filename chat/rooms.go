package chat

import (
	"context"
	"strings"
)

// visible answers a room that is not the caller's as if it did not exist.
func visible(st State) error {
	if st.Room.ID == "" || st.Room.Deleted || !st.Member.Active() {
		return ErrRoomNotFound
	}
	return nil
}

// owned admits the creator and administrators, and hides the room from strangers.
func owned(a Actor, st State) error {
	if st.Room.ID == "" || st.Room.Deleted || (!st.Member.Active() && !a.Admin()) {
		return ErrRoomNotFound
	}
	if st.Room.Creator != a.ID && !a.Admin() {
		return Errorf(CodeForbidden, "Only the creator of a room or an administrator may do this")
	}
	return nil
}

func group(r Room) error {
	if r.Kind != KindGroup {
		return Errorf(CodeForbidden, "This room is not a group")
	}
	return nil
}

func notGuest(a Actor) error {
	if a.Role == RoleGuest {
		return Errorf(CodeForbidden, "Guests may not take part in group rooms")
	}
	return nil
}

// NewRoom is what a group is made from.
type NewRoom struct {
	Name       string
	Users      []string // the caller is a participant, listed or not
	Visibility Visibility
}

// CreateRoom makes a group and returns its id. Every participant's connections
// get room-joined and, from then on, the room's events. With ExplicitJoins the
// others are invited.
func (s *Service) CreateRoom(ctx context.Context, a Actor, n NewRoom) (string, error) {
	if err := notGuest(a); err != nil {
		return "", err
	}
	n, err := s.newRoom(n)
	if err != nil {
		return "", err
	}
	if err := s.postRate(a); err != nil {
		return "", err
	}
	others := without(n.Users, a.ID)
	if err := s.known(ctx, others); err != nil {
		return "", err
	}
	room := s.room(n, a.ID)
	members := []string{a.ID}
	eff := Effects{Room: &room}
	if s.ExplicitJoins {
		eff.Invite = s.invite(a, room.ID, others, room.CreatedAt)
	} else {
		members = append(members, others...)
	}
	if err := s.create(ctx, room, members, eff); err != nil {
		return "", err
	}
	return room.ID, nil
}

// newRoom checks what a room is to be made from, and fills it in.
func (s *Service) newRoom(n NewRoom) (NewRoom, error) {
	if err := roomName(n.Name); err != nil {
		return n, err
	}
	if n.Visibility == "" {
		n.Visibility = Private
	}
	if err := visibility(n.Visibility); err != nil {
		return n, err
	}
	var err error
	n.Users, err = s.users(n.Users)
	return n, err
}

// room is a new group.
func (s *Service) room(n NewRoom, creator string) Room {
	now := s.now()
	return Room{
		ID: s.NewID(), Name: n.Name, Kind: KindGroup, Visibility: n.Visibility, Creator: creator,
		CreatedAt: now, UpdatedAt: now, ActiveAt: now,
	}
}

// create makes a room with its members, beside other effects.
func (s *Service) create(ctx context.Context, room Room, members []string, eff Effects) error {
	for _, u := range members {
		eff.Members = append(eff.Members, Member{Room: room.ID, User: u, State: MemberActive, JoinedAt: room.CreatedAt})
	}
	_, err := s.apply(ctx, Command{Room: room.ID, Decide: func(State) (Effects, error) { return eff, nil }},
		func(out Outcome) []Event { return []Event{joinedEvent(out, members)} })
	return err
}

// known refuses ids that no user has, or makes users of them where that is
// allowed, and keeps guests out of groups.
func (s *Service) known(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	missing, err := s.Store.MissingUsers(ctx, ids)
	if err != nil {
		return err
	}
	if len(missing) > 0 && !s.OpenUsers {
		return Errorf(CodeInvalid, "users [%s] do not exist", strings.Join(missing, ","))
	}
	if len(missing) > 0 {
		now := s.now()
		users := make([]User, len(missing))
		for i, id := range missing {
			users[i] = User{ID: id, Name: id, Role: RoleUser, CreatedAt: now}
		}
		if err := s.Store.EnsureUsers(ctx, users); err != nil {
			return err
		}
	}
	guests, err := s.Store.Guests(ctx, ids)
	if err != nil {
		return err
	}
	if len(guests) > 0 {
		return Errorf(CodeForbidden, "users [%s] are guests and may not take part in group rooms", strings.Join(guests, ","))
	}
	return nil
}

// Rooms lists the caller's rooms, last activity first, and their number.
func (s *Service) Rooms(ctx context.Context, a Actor, p Page) ([]RoomView, int64, error) {
	p, err := page(p)
	if err != nil {
		return nil, 0, err
	}
	views, count, err := s.Store.RoomsOf(ctx, a.ID, p)
	for i := range views {
		views[i].Epoch = s.Store.Epoch()
	}
	return views, count, err
}

// Room returns one of the caller's rooms.
func (s *Service) Room(ctx context.Context, a Actor, id string) (RoomView, error) {
	r, err := s.member(ctx, a, id)
	if err != nil {
		return RoomView{}, err
	}
	return s.view(ctx, a, r.ID)
}

func (s *Service) view(ctx context.Context, a Actor, id string) (RoomView, error) {
	views, err := s.Store.Views(ctx, a.ID, []string{id})
	if err != nil {
		return RoomView{}, err
	}
	if len(views) == 0 {
		return RoomView{}, ErrRoomNotFound
	}
	views[0].Epoch = s.Store.Epoch()
	return views[0], nil
}

// member returns the room if the caller takes part in it.
func (s *Service) member(ctx context.Context, a Actor, room string) (Room, error) {
	room, err := s.roomID(ctx, a, room)
	if err != nil {
		return Room{}, err
	}
	r, err := s.Store.Room(ctx, room)
	if err != nil {
		return Room{}, err
	}
	m, err := s.Store.Member(ctx, room, a.ID)
	if err != nil {
		return Room{}, err
	}
	return r, visible(State{Room: r, Member: m})
}

// RoomChange is what PATCH may change; nil leaves as it is.
type RoomChange struct {
	Name       *string
	Visibility *Visibility
	Creator    *string // the new creator must take part
}

// UpdateRoom renames, opens, closes or hands over a group; for its creator or an administrator.
func (s *Service) UpdateRoom(ctx context.Context, a Actor, roomID string, c RoomChange) (RoomView, error) {
	roomID, err := s.roomID(ctx, a, roomID)
	if err != nil {
		return RoomView{}, err
	}
	if c.Name != nil {
		if err := roomName(*c.Name); err != nil {
			return RoomView{}, err
		}
	}
	if c.Visibility != nil {
		if err := visibility(*c.Visibility); err != nil {
			return RoomView{}, err
		}
	}
	var others []string
	if c.Creator != nil {
		if err := id("creator", *c.Creator); err != nil {
			return RoomView{}, err
		}
		others = []string{*c.Creator}
	}
	act := s.audit(a, ActRoomUpdate)
	act.Room = roomID
	_, err = s.apply(ctx, Command{Room: roomID, User: a.ID, Others: others, Decide: func(st State) (Effects, error) {
		if err := owned(a, st); err != nil {
			return Effects{}, err
		}
		if err := group(st.Room); err != nil {
			return Effects{}, err
		}
		room := st.Room
		room.UpdatedAt = act.At
		if c.Name != nil {
			room.Name = *c.Name
		}
		if c.Visibility != nil {
			room.Visibility = *c.Visibility
		}
		if c.Creator != nil {
			if !st.Others[*c.Creator].Active() {
				return Effects{}, Errorf(CodeInvalid, "creator must be a participant of the room")
			}
			room.Creator = *c.Creator
		}
		return Effects{Room: &room, Audit: ofAdmin(a, act)}, nil
	}}, nil)
	if err != nil {
		return RoomView{}, err
	}
	return s.view(ctx, a, roomID)
}

// DeleteRoom deletes a group; for its creator or an administrator.
func (s *Service) DeleteRoom(ctx context.Context, a Actor, roomID string) error {
	roomID, err := s.roomID(ctx, a, roomID)
	if err != nil {
		return err
	}
	act := s.audit(a, ActRoomDelete)
	act.Room = roomID
	_, err = s.apply(ctx, Command{Room: roomID, User: a.ID, Decide: func(st State) (Effects, error) {
		if err := owned(a, st); err != nil {
			return Effects{}, err
		}
		if err := group(st.Room); err != nil {
			return Effects{}, err
		}
		room := st.Room
		room.Deleted, room.UpdatedAt = true, act.At
		return Effects{Room: &room, Audit: ofAdmin(a, act)}, nil
	}}, deletedEvents)
	return err
}

func visibility(v Visibility) error {
	if v != Private && v != Public {
		return Errorf(CodeInvalid, "visibility must be %s or %s", Private, Public)
	}
	return nil
}

func without(ids []string, one string) []string {
	kept := make([]string, 0, len(ids))
	for _, id := range ids {
		if id != one {
			kept = append(kept, id)
		}
	}
	return kept
}

func joinedEvent(out Outcome, users []string) Event {
	return Event{
		Kind: EventRoomJoined, Room: out.Room.ID, RoomName: out.Room.Name, At: out.Room.Version, Users: users,
		Quiet: out.Room.ParticipantCount > LargeRoom,
	}
}

func deletedEvents(out Outcome) []Event {
	if !out.Room.Deleted || out.Before.Room.Deleted {
		return nil
	}
	return []Event{{Kind: EventRoomDeleted, Room: out.Room.ID, RoomName: out.Room.Name, At: out.Room.Version}}
}

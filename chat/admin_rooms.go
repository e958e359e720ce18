package chat

import (
	"context"
	"slices"
	"strings"
)

// ErrNotAdmin refuses who is no administrator what only administrators may do.
var ErrNotAdmin = &Error{Code: CodeForbidden, Message: "Only administrators may do this"}

// admin admits administrators.
func admin(a Actor) error {
	if !a.Admin() {
		return ErrNotAdmin
	}
	return nil
}

// AdminRooms lists every room, newest first, and their number.
func (s *Service) AdminRooms(ctx context.Context, a Actor, p Page) ([]RoomView, int64, error) {
	if err := admin(a); err != nil {
		return nil, 0, err
	}
	p, err := page(p)
	if err != nil {
		return nil, 0, err
	}
	views, count, err := s.Store.AllRooms(ctx, p)
	for i := range views {
		views[i].Epoch = s.Store.Epoch()
	}
	return views, count, err
}

// AdminRoom returns any room.
func (s *Service) AdminRoom(ctx context.Context, a Actor, roomID string) (RoomView, error) {
	if err := admin(a); err != nil {
		return RoomView{}, err
	}
	if err := id("roomId", roomID); err != nil {
		return RoomView{}, err
	}
	return s.view(ctx, a, roomID)
}

// AdminCreateRoom makes a group of n.Users, of whom creator owns it, the first
// if it is "". The administrator takes no part in it unless named. Nobody is
// invited, whatever ExplicitJoins says.
func (s *Service) AdminCreateRoom(ctx context.Context, a Actor, n NewRoom, creator string) (RoomView, error) {
	if err := admin(a); err != nil {
		return RoomView{}, err
	}
	if strings.TrimSpace(n.Name) == "" {
		return RoomView{}, Errorf(CodeInvalid, "name is required")
	}
	if creator != "" && !slices.Contains(n.Users, creator) {
		n.Users = append([]string{creator}, n.Users...)
	}
	if len(n.Users) == 0 {
		return RoomView{}, Errorf(CodeInvalid, "participants is required and must be a non-empty array")
	}
	n, err := s.newRoom(n)
	if err != nil {
		return RoomView{}, err
	}
	if err := s.known(ctx, n.Users); err != nil {
		return RoomView{}, err
	}
	if creator == "" {
		creator = n.Users[0]
	}
	room := s.room(n, creator)
	act := s.audit(a, ActRoomCreate)
	act.Room, act.Detail = room.ID, map[string]string{"users": strings.Join(n.Users, ",")}
	if err := s.create(ctx, room, n.Users, Effects{Room: &room, Audit: []Audit{act}}); err != nil {
		return RoomView{}, err
	}
	return s.view(ctx, a, room.ID)
}

// AdminDeleteRooms deletes groups; none of them if one does not exist.
func (s *Service) AdminDeleteRooms(ctx context.Context, a Actor, ids []string) error {
	if err := admin(a); err != nil {
		return err
	}
	ids, err := s.idList(ids)
	if err != nil {
		return err
	}
	views, err := s.Store.Views(ctx, a.ID, ids)
	if err != nil {
		return err
	}
	if len(views) < len(ids) {
		return ErrRoomNotFound
	}
	for _, v := range views {
		if err := group(v.Room); err != nil {
			return err
		}
	}
	for _, room := range ids {
		if err := s.DeleteRoom(ctx, a, room); err != nil && CodeOf(err) != CodeNotFound {
			return err
		}
	}
	return nil
}

// AdminAddUsers adds users to any group. Nobody is invited.
func (s *Service) AdminAddUsers(ctx context.Context, a Actor, roomID string, ids []string) error {
	if err := admin(a); err != nil {
		return err
	}
	users, err := s.addable(ctx, roomID, ids, func() error {
		_, err := s.AdminRoom(ctx, a, roomID)
		return err
	})
	if err != nil {
		return err
	}
	act := s.audit(a, ActMembersAdd)
	act.Room, act.Detail = roomID, map[string]string{"users": strings.Join(users, ",")}
	return s.add(ctx, a, roomID, users, existing, []Audit{act})
}

// AdminRemoveUsers removes users from any group; see RemoveUsers.
func (s *Service) AdminRemoveUsers(ctx context.Context, a Actor, roomID string, ids []string) error {
	if err := admin(a); err != nil {
		return err
	}
	return s.RemoveUsers(ctx, a, roomID, ids)
}

// existing admits anybody to a room that there is.
func existing(st State) error {
	if st.Room.ID == "" || st.Room.Deleted {
		return ErrRoomNotFound
	}
	return nil
}

// idList checks the ids of what is to be deleted in one call and returns each once.
func (s *Service) idList(ids []string) ([]string, error) {
	if len(ids) == 0 {
		return nil, Errorf(CodeInvalid, "ids is required and must be a non-empty array")
	}
	if len(ids) > s.MaxUsers {
		return nil, Errorf(CodeInvalid, "ids must have at most %d ids", s.MaxUsers)
	}
	unique := slices.Clone(ids)
	slices.Sort(unique)
	unique = slices.Compact(unique)
	for _, one := range unique {
		if err := id("ids", one); err != nil {
			return nil, err
		}
	}
	return unique, nil
}

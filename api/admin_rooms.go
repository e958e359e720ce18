package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/chat"
)

// adminRoomList calls its rooms what existing administrators' clients do.
type adminRoomList struct {
	Rooms []room `json:"chatRoomDocuments" nullable:"false"`
	Count int64  `json:"count" doc:"Of all rooms; with search it stops at 10000"`
}

type adminNewRoomInput struct {
	Body struct {
		Name         string   `json:"name"`
		Participants []string `json:"participants" nullable:"false" doc:"Ids of users"`
		Creator      string   `json:"creator,omitempty" doc:"Id of a user, who takes part; the first participant unless said"`
	}
}

type deleteRoomsInput struct {
	IDs
	Body *struct {
		IDs []string `json:"ids,omitempty" nullable:"false"`
	}
}

func (s *server) adminRoomRoutes() {
	administered(s, huma.Operation{
		OperationID: "adminListRooms", Method: http.MethodGet, Path: "/admin/chat/rooms",
		Summary: "List all rooms, newest first",
	}, s.adminListRooms)
	administered(s, huma.Operation{
		OperationID: "adminCreateRoom", Method: http.MethodPost, Path: "/admin/chat/rooms",
		Summary: "Create a group room of users", Description: "The administrator takes no part in it unless named, and nobody is invited first.",
	}, s.adminCreateRoom)
	administered(s, huma.Operation{
		OperationID: "adminDeleteRooms", Method: http.MethodDelete, Path: "/admin/chat/rooms",
		Summary: "Delete rooms", Description: "The ids of the query and of the body. None of them is deleted if one does not exist.",
	}, s.adminDeleteRooms)
	administered(s, huma.Operation{
		OperationID: "adminGetRoom", Method: http.MethodGet, Path: "/admin/chat/rooms/{id}",
		Summary: "Get any room",
	}, s.adminGetRoom)
	administered(s, huma.Operation{
		OperationID: "adminAddUsers", Method: http.MethodPut, Path: "/admin/chat/rooms/{id}/add",
		Summary: "Add users to a room", Description: "Nobody is invited first.",
	}, s.adminAddUsers)
	remove := huma.Operation{
		OperationID: "adminRemoveUsers", Method: http.MethodPut, Path: "/admin/chat/rooms/{id}/remove",
		Summary: "Remove users from a room", Description: "Who is removed may not join again.",
	}
	administered(s, remove, s.adminRemoveUsers)
	remove.OperationID, remove.Path = "adminRemoveUsersFromRoom", "/admin/chat/room/{id}/remove"
	administered(s, remove, s.adminRemoveUsers)
}

func (s *server) adminListRooms(ctx context.Context, a chat.Actor, in *listRoomsInput) (adminRoomList, error) {
	views, total, err := s.Chat.AdminRooms(ctx, a, in.page())
	return adminRoomList{Rooms: shown(views, newRoom), Count: total}, err
}

func (s *server) adminCreateRoom(ctx context.Context, a chat.Actor, in *adminNewRoomInput) (room, error) {
	v, err := s.Chat.AdminCreateRoom(ctx, a, chat.NewRoom{Name: in.Body.Name, Users: in.Body.Participants}, in.Body.Creator)
	return newRoom(v), err
}

func (s *server) adminDeleteRooms(ctx context.Context, a chat.Actor, in *deleteRoomsInput) (result, error) {
	ids := in.IDs.IDs
	if in.Body != nil {
		ids = append(ids, in.Body.IDs...)
	}
	return result{"Done"}, s.Chat.AdminDeleteRooms(ctx, a, ids)
}

func (s *server) adminGetRoom(ctx context.Context, a chat.Actor, in *roomInput) (room, error) {
	v, err := s.Chat.AdminRoom(ctx, a, in.ID)
	return newRoom(v), err
}

func (s *server) adminAddUsers(ctx context.Context, a chat.Actor, in *usersInput) (result, error) {
	return result{"Users added"}, s.Chat.AdminAddUsers(ctx, a, in.ID, in.Body.Users)
}

func (s *server) adminRemoveUsers(ctx context.Context, a chat.Actor, in *usersInput) (result, error) {
	return result{"Ok"}, s.Chat.AdminRemoveUsers(ctx, a, in.ID, in.Body.Users)
}

package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/chat"
)

type newRoomInput struct {
	Body struct {
		RoomName   string `json:"roomName"`
		Users      ids    `json:"users" nullable:"false" doc:"Ids of the other participants; the caller is one, listed or not"`
		Visibility string `json:"visibility,omitempty" enum:"private,public" doc:"private, unless said"`
	}
}

type roomID struct {
	RoomID string `json:"roomId"`
}

// Span is the part of a list that is asked for.
type Span struct {
	Skip  count `query:"skip" doc:"How many to leave out, from the list's beginning"`
	Limit count `query:"limit" doc:"50 unless said, 200 at most; more is 200"`
}

// Page is the part of a list of rooms or messages that is asked for.
type Page struct {
	Span
	Search   string `query:"search" doc:"Of rooms, a part of the name, in any case; of messages, words that all are in the text"`
	Populate string `query:"populate" doc:"Accepted and ignored"`
}

func (s Span) page() chat.Page { return chat.Page{Skip: s.Skip.int(), Limit: s.Limit.int()} }

func (p Page) page() chat.Page {
	page := p.Span.page()
	page.Search = p.Search
	return page
}

type listRoomsInput struct{ Page }

type roomList struct {
	Rooms []room `json:"rooms" nullable:"false"`
	Count int64  `json:"count" doc:"Of all the caller's rooms; with search it stops at 10000"`
}

type roomInput struct {
	ID string `path:"id" doc:"The room's id"`
}

type changeRoomInput struct {
	ID   string `path:"id" doc:"The room's id"`
	Body struct {
		RoomName   *string          `json:"roomName,omitempty"`
		Visibility *chat.Visibility `json:"visibility,omitempty" enum:"private,public"`
		Creator    *string          `json:"creator,omitempty" doc:"A participant who is to be the creator"`
	}
}

func (s *server) roomRoutes() {
	guarded(s, huma.Operation{
		OperationID: "createRoom", Method: http.MethodPost, Path: "/chat/rooms", Tags: []string{tagRooms},
		Summary: "Create a group room",
	}, s.createRoom)
	guarded(s, huma.Operation{
		OperationID: "listRooms", Method: http.MethodGet, Path: "/chat/rooms", Tags: []string{tagRooms},
		Summary: "List the caller's rooms, last activity first",
	}, s.listRooms)
	guarded(s, huma.Operation{
		OperationID: "getRoom", Method: http.MethodGet, Path: "/chat/rooms/{id}", Tags: []string{tagRooms},
		Summary: "Get a room",
	}, s.getRoom)
	guarded(s, huma.Operation{
		OperationID: "updateRoom", Method: http.MethodPatch, Path: "/chat/rooms/{id}", Tags: []string{tagRooms},
		Summary: "Rename, open, close or hand over a room", Description: "For its creator and administrators.",
	}, s.updateRoom)
	guarded(s, huma.Operation{
		OperationID: "deleteRoom", Method: http.MethodDelete, Path: "/chat/rooms/{id}", Tags: []string{tagRooms},
		Summary: "Delete a room", Description: "For its creator and administrators.",
	}, s.deleteRoom)
}

func (s *server) createRoom(ctx context.Context, a chat.Actor, in *newRoomInput) (roomID, error) {
	id, err := s.Chat.CreateRoom(ctx, a, chat.NewRoom{
		Name: in.Body.RoomName, Users: in.Body.Users, Visibility: chat.Visibility(in.Body.Visibility),
	})
	return roomID{id}, err
}

func (s *server) listRooms(ctx context.Context, a chat.Actor, in *listRoomsInput) (roomList, error) {
	views, total, err := s.Chat.Rooms(ctx, a, in.page())
	return roomList{Rooms: shown(views, newRoom), Count: total}, err
}

func (s *server) getRoom(ctx context.Context, a chat.Actor, in *roomInput) (room, error) {
	v, err := s.Chat.Room(ctx, a, in.ID)
	return newRoom(v), err
}

func (s *server) updateRoom(ctx context.Context, a chat.Actor, in *changeRoomInput) (room, error) {
	v, err := s.Chat.UpdateRoom(ctx, a, in.ID, chat.RoomChange{
		Name: in.Body.RoomName, Visibility: in.Body.Visibility, Creator: in.Body.Creator,
	})
	return newRoom(v), err
}

func (s *server) deleteRoom(ctx context.Context, a chat.Actor, in *roomInput) (result, error) {
	return result{"Done"}, s.Chat.DeleteRoom(ctx, a, in.ID)
}

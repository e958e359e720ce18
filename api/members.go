package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/chat"
)

// ids is a list of users. What is no array is read as none, for which the use
// cases have the answer.
type ids []string

// UnmarshalJSON reads an array of strings.
func (l *ids) UnmarshalJSON(text []byte) error {
	*l = nil
	if text[0] != '[' {
		return nil
	}
	if json.Unmarshal(text, (*[]string)(l)) != nil {
		return errors.New("users must be an array of ids")
	}
	return nil
}

type usersInput struct {
	ID   string `path:"id" doc:"The room's id"`
	Body struct {
		Users ids `json:"users" nullable:"false"`
	}
}

func (s *server) memberRoutes() {
	guarded(s, huma.Operation{
		OperationID: "addUsers", Method: http.MethodPut, Path: "/chat/rooms/{id}/addUsers", Tags: []string{tagRooms},
		Summary: "Add users to a room", Description: "For any participant.",
	}, s.addUsers)
	remove := huma.Operation{
		OperationID: "removeUsers", Method: http.MethodPut, Path: "/chat/rooms/{id}/removeUsers", Tags: []string{tagRooms},
		Summary: "Remove users from a room", Description: "For its creator and administrators. Who is removed may not join again.",
	}
	guarded(s, remove, s.removeUsers)
	remove.OperationID, remove.Path = "removeUsersFromRoom", "/chat/room/{id}/remove"
	guarded(s, remove, s.removeUsers)
	guarded(s, huma.Operation{
		OperationID: "joinRoom", Method: http.MethodPut, Path: "/chat/rooms/{id}/join", Tags: []string{tagRooms},
		Summary: "Join a public room, or one left before",
	}, s.joinRoom)
	guarded(s, huma.Operation{
		OperationID: "leaveRoom", Method: http.MethodPut, Path: "/chat/leave/{id}", Tags: []string{tagRooms},
		Summary: "Leave a room",
	}, s.leaveRoom)
}

func (s *server) addUsers(ctx context.Context, a chat.Actor, in *usersInput) (result, error) {
	invited, err := s.Chat.AddUsers(ctx, a, in.ID, in.Body.Users)
	if invited {
		return result{"Invitations sent"}, err
	}
	return result{"Users added"}, err
}

func (s *server) removeUsers(ctx context.Context, a chat.Actor, in *usersInput) (result, error) {
	return result{"Ok"}, s.Chat.RemoveUsers(ctx, a, in.ID, in.Body.Users)
}

func (s *server) joinRoom(ctx context.Context, a chat.Actor, in *roomInput) (result, error) {
	_, err := s.Chat.JoinRoom(ctx, a, in.ID)
	return result{"Ok"}, err
}

func (s *server) leaveRoom(ctx context.Context, a chat.Actor, in *roomInput) (result, error) {
	return result{"Ok"}, s.Chat.LeaveRoom(ctx, a, in.ID)
}

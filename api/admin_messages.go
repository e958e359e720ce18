package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/chat"
	"parley/wire"
)

// order is the order of a list of messages: newest first, unless said.
type order struct{ oldest bool }

// UnmarshalText reads -createdAt or createdAt.
func (o *order) UnmarshalText(text []byte) error {
	switch string(text) {
	case "-createdAt":
	case "createdAt":
		o.oldest = true
	default:
		return errors.New("must be -createdAt or createdAt")
	}
	return nil
}

// Schema describes it to huma.
func (order) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Enum: []any{"-createdAt", "createdAt"}}
}

type adminMessagesInput struct {
	SenderUser string `query:"senderUser" doc:"One user's messages"`
	RoomID     string `query:"roomId" doc:"One room's messages"`
	Sort       order  `query:"sort" doc:"-createdAt, newest first, unless said"`
	Page
}

type userMessagesInput struct {
	ID   string `path:"id" doc:"The user's id"`
	Sort order  `query:"sort" doc:"-createdAt, newest first, unless said"`
	Page
}

type deleteMessagesInput struct{ IDs }

type adminPostInput struct {
	ID   string `path:"id" doc:"The room's id"`
	Body struct {
		As string `json:"as,omitempty" doc:"Id of a participant who is the sender; without it, a system message"`
		Post
	}
}

func (s *server) adminMessageRoutes() {
	administered(s, huma.Operation{
		OperationID: "adminListMessages", Method: http.MethodGet, Path: "/admin/chat/messages",
		Summary: "List messages of all rooms", Description: "With search, or of one sender, it may be some moments behind. It is recorded that it was done.",
	}, s.adminListMessages)
	administered(s, huma.Operation{
		OperationID: "adminDeleteMessages", Method: http.MethodDelete, Path: "/admin/chat/messages",
		Summary: "Delete messages", Description: "ids is required. None of them is deleted if one does not exist.",
	}, s.adminDeleteMessages)
	administered(s, huma.Operation{
		OperationID: "adminPostMessage", Method: http.MethodPost, Path: "/admin/chat/rooms/{id}/messages",
		DefaultStatus: http.StatusCreated, Summary: "Post a message into any room",
		Description: "In the name of a participant, or, without as, a system message: a backend's way in. Answers as postMessage.",
	}, s.adminPostMessage)
	administered(s, huma.Operation{
		OperationID: "adminUserMessages", Method: http.MethodGet, Path: "/admin/chat/users/{id}/messages",
		Summary: "List what a user wrote", Description: "It may be some moments behind. It is recorded that it was done.",
	}, s.adminUserMessages)
}

func (s *server) adminListMessages(ctx context.Context, a chat.Actor, in *adminMessagesInput) (messageList, error) {
	views, total, err := s.Chat.AdminMessages(ctx, a, chat.MessageQuery{
		Room: in.RoomID, Sender: in.SenderUser, Oldest: in.Sort.oldest, Page: in.page(),
	})
	return messageList{Messages: shown(views, wire.NewMessage), Count: total}, err
}

func (s *server) adminDeleteMessages(ctx context.Context, a chat.Actor, in *deleteMessagesInput) (result, error) {
	return result{"Done"}, s.Chat.AdminDeleteMessages(ctx, a, in.IDs.IDs)
}

func (s *server) adminPostMessage(ctx context.Context, a chat.Actor, in *adminPostInput) (wire.Receipt, error) {
	r, err := s.Chat.AdminPost(ctx, a, in.Body.draft(in.ID), in.Body.As)
	return wire.NewReceipt(r), err
}

func (s *server) adminUserMessages(ctx context.Context, a chat.Actor, in *userMessagesInput) (messageList, error) {
	views, total, err := s.Chat.UserMessages(ctx, a, in.ID, chat.MessageQuery{Oldest: in.Sort.oldest, Page: in.page()})
	return messageList{Messages: shown(views, wire.NewMessage), Count: total}, err
}

package api

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/chat"
	"parley/wire"
)

type listMessagesInput struct {
	RoomID string `query:"roomId" doc:"One room; without it, all the caller's rooms"`
	Before count  `query:"before" doc:"Messages below this seq; with roomId"`
	After  count  `query:"after" doc:"Messages above this seq; with roomId. Without before, the nearest to it"`
	Page
}

type messageList struct {
	Messages []wire.Message `json:"messages" nullable:"false"`
	Count    int64          `json:"count" doc:"Of all, wherever the page begins; with search, or of one sender, it stops at 10000"`
}

// encode implements inPieces: 200 messages of 64 KiB are many megabytes, and JSON
// may make six bytes of one.
func (l messageList) encode(w io.Writer) error {
	type rest messageList
	list := l.Messages
	l.Messages = []wire.Message{}
	return encodeList(w, rest(l), "messages", list)
}

type messageInput struct {
	ID string `path:"id" doc:"The message's id"`
}

type editInput struct {
	ID   string `path:"id" doc:"The message's id"`
	Body struct {
		NewMessage string `json:"newMessage"`
	}
}

func (s *server) messageRoutes() {
	guarded(s, huma.Operation{
		OperationID: "postMessage", Method: http.MethodPost, Path: "/chat/messages", Tags: []string{tagMessages},
		DefaultStatus: http.StatusCreated, Summary: "Post a message",
		Description: "Answers once it is stored. The same nonce of the same sender in the same room is one message: a repetition gets the first answer again.",
	}, s.postMessage)
	guarded(s, huma.Operation{
		OperationID: "listMessages", Method: http.MethodGet, Path: "/chat/messages", Tags: []string{tagMessages},
		Summary: "List messages, newest first",
	}, s.listMessages)
	guarded(s, huma.Operation{
		OperationID: "getMessage", Method: http.MethodGet, Path: "/chat/messages/{id}", Tags: []string{tagMessages},
		Summary: "Get a message",
	}, s.getMessage)
	edit := huma.Operation{
		OperationID: "editMessage", Method: http.MethodPatch, Path: "/chat/messages/{id}", Tags: []string{tagMessages},
		Summary: "Replace a message's text", Description: "For its sender.",
	}
	guarded(s, edit, s.editMessage)
	edit.OperationID, edit.Method = "replaceMessage", http.MethodPut
	guarded(s, edit, s.editMessage)
	guarded(s, huma.Operation{
		OperationID: "deleteMessage", Method: http.MethodDelete, Path: "/chat/messages/{id}", Tags: []string{tagMessages},
		Summary: "Delete a message", Description: "For its sender and administrators.",
	}, s.deleteMessage)
}

func (s *server) postMessage(ctx context.Context, a chat.Actor, in *postInput) (wire.Receipt, error) {
	r, err := s.Chat.Post(ctx, a, in.Body.draft(in.Body.RoomID))
	return wire.NewReceipt(r), err
}

func (s *server) listMessages(ctx context.Context, a chat.Actor, in *listMessagesInput) (messageList, error) {
	views, total, err := s.Chat.Messages(ctx, a, chat.MessageQuery{
		Room: in.RoomID, Before: in.Before.n, After: in.After.n, Page: in.page(),
	})
	return messageList{Messages: shown(views, wire.NewMessage), Count: total}, err
}

func (s *server) getMessage(ctx context.Context, a chat.Actor, in *messageInput) (wire.Message, error) {
	v, err := s.Chat.Message(ctx, a, in.ID)
	return wire.NewMessage(v), err
}

func (s *server) editMessage(ctx context.Context, a chat.Actor, in *editInput) (result, error) {
	_, err := s.Chat.Edit(ctx, a, in.ID, in.Body.NewMessage)
	return result{"Message updated successfully"}, err
}

func (s *server) deleteMessage(ctx context.Context, a chat.Actor, in *messageInput) (result, error) {
	_, err := s.Chat.Delete(ctx, a, in.ID)
	return result{"Message deleted successfully"}, err
}

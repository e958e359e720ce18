package api

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/chat"
	"parley/wire"
)

type historyInput struct {
	Before count `query:"before" doc:"Messages below this seq"`
	Limit  count `query:"limit" doc:"50 unless said, 200 at most; more is 200"`
}

type history struct {
	Messages []wire.Message `json:"messages" nullable:"false" doc:"Oldest first"`
	Count    int64          `json:"count" doc:"Of all, wherever the page begins"`
	More     bool           `json:"more" doc:"Whether there are older ones: ask again with before, the first one's seq"`
}

// encode implements inPieces.
func (h history) encode(w io.Writer) error {
	type rest history
	list := h.Messages
	h.Messages = []wire.Message{}
	return encodeList(w, rest(h), "messages", list)
}

func (s *server) historyRoutes() {
	guarded(s, huma.Operation{
		OperationID: "getHistory", Method: http.MethodGet, Path: "/chat/history", Tags: []string{tagMessages},
		Summary: "List the caller's own conversation with the assistant", Description: "The newest messages, or those before a seq, oldest first. A reply is listed once it is closed.",
	}, s.history)
	guarded(s, huma.Operation{
		OperationID: "clearHistory", Method: http.MethodDelete, Path: "/chat/history", Tags: []string{tagMessages},
		Summary: "Clear the caller's own conversation with the assistant", Description: "An open reply is stopped. Seq goes on.",
	}, s.clearHistory)
}

func (s *server) history(ctx context.Context, a chat.Actor, in *historyInput) (history, error) {
	views, total, more, err := s.Chat.ConversationHistory(ctx, a, in.Before.n, in.Limit.int())
	return history{Messages: shown(views, wire.NewMessage), Count: total, More: more}, err
}

func (s *server) clearHistory(ctx context.Context, a chat.Actor, _ *none) (result, error) {
	return result{"History cleared"}, s.Chat.ClearHistory(ctx, a)
}

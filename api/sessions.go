package api

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/chat"
	"parley/wire"
)

// session is the wire form of a session that was begun.
type session struct {
	ID               string            `json:"session_id" doc:"For the socket at /ws/chat/{session_id}; it cannot be guessed"`
	ConversationID   string            `json:"conversation_id" doc:"The room's id; it outlives the session"`
	ChatbotID        string            `json:"chatbot_id"`
	ChatbotName      string            `json:"chatbot_name"`
	PreviousMessages []previousMessage `json:"previous_messages" nullable:"false" doc:"The last 50 of the conversation, oldest first"`
}

// previousMessage is a message of an earlier session.
type previousMessage struct {
	Role      string `json:"role" enum:"user,assistant,agent"`
	Message   string `json:"message"`
	CreatedAt string `json:"created_at" format:"date-time"`
}

func newSession(n chat.NewSession) session {
	return session{
		ID: n.ID, ConversationID: n.Room, ChatbotID: n.Chatbot, ChatbotName: n.ChatbotName,
		PreviousMessages: shown(n.Previous, func(m chat.Message) previousMessage {
			return previousMessage{Role: string(m.RoleIn(n.User)), Message: m.Text, CreatedAt: wire.Time(m.CreatedAt)}
		}),
	}
}

// encode implements inPieces.
func (n session) encode(w io.Writer) error {
	type rest session
	list := n.PreviousMessages
	n.PreviousMessages = []previousMessage{}
	return encodeList(w, rest(n), "previous_messages", list)
}

type sessionInput struct {
	ID string `path:"id" doc:"The session's id"`
}

func (s *server) sessionRoutes() {
	guarded(s, huma.Operation{
		OperationID: "openSession", Method: http.MethodPost, Path: "/chatbot/{id}/session", Tags: []string{tagChatbots},
		Summary: "Begin a session with a chatbot", Description: "A user has one at a time: another one of theirs is closed, its socket with 4409.",
	}, s.openSession)
	guarded(s, huma.Operation{
		OperationID: "closeSession", Method: http.MethodDelete, Path: "/chatbot/session/{id}", Tags: []string{tagChatbots},
		Summary: "Close one of the caller's sessions", Description: "Its socket is closed with 4408. The conversation stays.",
	}, s.closeSession)
}

func (s *server) openSession(ctx context.Context, a chat.Actor, in *chatbotInput) (session, error) {
	n, err := s.Chat.OpenSession(ctx, a, in.ID)
	return newSession(n), err
}

func (s *server) closeSession(ctx context.Context, a chat.Actor, in *sessionInput) (result, error) {
	return result{"Session closed"}, s.Chat.CloseSession(ctx, a, in.ID)
}

package rawws

import (
	"time"

	"parley/chat"
	"parley/gateway"
	"parley/wire"
)

type infoWire struct {
	Type        string `json:"type"`
	SessionID   string `json:"session_id"`
	ChatbotName string `json:"chatbot_name"`
	Message     string `json:"message"`
}

type messageReceivedWire struct {
	Type      string `json:"type"`
	MessageID string `json:"message_id"`
	Timestamp string `json:"timestamp"`
}

type responseStartWire struct {
	Type    string           `json:"type"`
	Message string           `json:"message"`
	Role    chat.MessageRole `json:"role,omitempty"` // of a person
}

type responseChunkWire struct {
	Type  string `json:"type"`
	Chunk string `json:"chunk"`
}

type responseCompleteWire struct {
	Type         string        `json:"type"`
	MessageID    string        `json:"message_id"`
	Timestamp    string        `json:"timestamp"`
	FullResponse string        `json:"full_response"`
	Status       chat.Status   `json:"status"`
	Sources      []wire.Source `json:"sources,omitempty"`
}

// sessionFormat shows events to one socket of a session.
type sessionFormat struct {
	owner string
	visit *visit
	now   func() time.Time
}

// welcome is what a socket gets first: which session it is in, and the replies
// that were closed, up to the room's head, since its client has seen anything.
func (f *sessionFormat) welcome(one chat.Session, bot chat.Chatbot, missed []chat.Message, head int64) []any {
	shown := []any{infoWire{"session_info", one.ID, bot.Name, "Connected to " + bot.Name + ". You can start chatting!"}}
	for _, m := range missed {
		if m.BornVersion <= head {
			shown = append(shown, complete(m), f.visit.proof(m.BornVersion))
		}
	}
	return shown
}

// Encode implements gateway.Format.
func (f *sessionFormat) Encode(e chat.Event, _ string) (gateway.Frame, bool) {
	switch e.Kind {
	case chat.EventStreamStart:
		return message(responseStartWire{"response_start", "Assistant is thinking...", ""}), true
	case chat.EventStreamToken:
		return message(responseChunkWire{"response_chunk", e.Token}), true
	case chat.EventStreamEnd:
		shown := append(replyError(*e.Message, f.now()), complete(*e.Message), f.visit.proof(e.At))
		return message(shown...), true
	case chat.EventMessage:
		if e.Message.RoleIn(f.owner) == chat.FromAgent {
			return message(personSays(*e.Message)...), true
		}
	case chat.EventConversationState:
		return conversationState(e, f.now()), true
	}
	return gateway.Frame{}, false // what the user said elsewhere has no shape here
}

// personSays shows a person's text as a response.
func personSays(m chat.Message) []any {
	shown := []any{responseStartWire{"response_start", "A person is answering...", chat.FromAgent}}
	if m.Text != "" {
		shown = append(shown, responseChunkWire{"response_chunk", m.Text})
	}
	return append(shown, complete(m))
}

func complete(m chat.Message) responseCompleteWire {
	return responseCompleteWire{"response_complete", m.ID, wire.Time(m.UpdatedAt), m.Text, endStatus(m), wire.Sources(m)}
}

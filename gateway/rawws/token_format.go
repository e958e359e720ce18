package rawws

import (
	"time"

	"parley/chat"
	"parley/gateway"
	"parley/wire"
)

type connectionWire struct {
	Type         string `json:"type"`
	Message      string `json:"message"`
	Conversation string `json:"conversation"`
	Cursor       string `json:"cursor"`
	Timestamp    string `json:"timestamp"`
}

type receivedWire struct {
	Type      string `json:"type"`
	MessageID string `json:"messageId"`
	Nonce     string `json:"nonce,omitempty"`
	Seq       int64  `json:"seq"`
	Cursor    string `json:"cursor"`
	Timestamp string `json:"timestamp"`
}

type startWire struct {
	Type      string           `json:"type"`
	MessageID string           `json:"messageId"`
	Role      chat.MessageRole `json:"role,omitempty"` // of a person
	Timestamp string           `json:"timestamp"`
}

type tokenWire struct {
	Type      string `json:"type"`
	MessageID string `json:"messageId"`
	Token     string `json:"token"`
	Offset    int    `json:"offset"`
	Timestamp string `json:"timestamp"`
}

type endWire struct {
	Type      string        `json:"type"`
	MessageID string        `json:"messageId"`
	Status    chat.Status   `json:"status"`
	Cursor    string        `json:"cursor"`
	Sources   []wire.Source `json:"sources,omitempty"`
	Timestamp string        `json:"timestamp"`
}

type messageWire struct {
	Type      string           `json:"type"`
	MessageID string           `json:"messageId"`
	Role      chat.MessageRole `json:"role"`
	Name      string           `json:"name"`
	Content   string           `json:"content"`
	Cursor    string           `json:"cursor"`
	Timestamp string           `json:"timestamp"`
}

type editedWire struct {
	Type      string `json:"type"`
	MessageID string `json:"messageId"`
	Content   string `json:"content"`
	Cursor    string `json:"cursor"`
	Timestamp string `json:"timestamp"`
}

// clearedWire also tells of a deletion, of the message that it names.
type clearedWire struct {
	Type      string `json:"type"`
	MessageID string `json:"messageId,omitempty"`
	Cursor    string `json:"cursor"`
	Timestamp string `json:"timestamp"`
}

type syncedWire struct {
	Type     string `json:"type"`
	Messages []any  `json:"messages"`
	Cursor   string `json:"cursor"`
	More     bool   `json:"more"`
}

type resyncWire struct {
	Type   string `json:"type"`
	Resync bool   `json:"resync"`
}

type changedWire struct {
	MessageID string           `json:"messageId"`
	Role      chat.MessageRole `json:"role"`
	Content   string           `json:"content"`
	Status    chat.Status      `json:"status"`
	Seq       int64            `json:"seq"`
}

type goneWire struct {
	MessageID string `json:"messageId"`
	Seq       int64  `json:"seq"`
	Deleted   bool   `json:"deleted"`
}

type escalatedWire struct {
	Type      string `json:"type"`
	Message   string `json:"message"`
	Timestamp string `json:"timestamp"`
}

type pongWire struct {
	Type      string `json:"type"`
	Timestamp string `json:"timestamp"`
}

// tokenFormat shows events to one connection: who says what is told by whose
// conversation it is.
type tokenFormat struct {
	owner chat.Actor
	now   func() time.Time
}

// Encode implements gateway.Format.
func (f *tokenFormat) Encode(e chat.Event, _ string) (gateway.Frame, bool) {
	at := wire.Time(f.now())
	switch e.Kind {
	case chat.EventStreamStart:
		return message(startWire{"stream-start", e.Message.ID, "", at}), true
	case chat.EventStreamToken:
		return message(tokenWire{"stream-token", e.MessageID, e.Token, e.Offset, at}), true
	case chat.EventStreamEnd:
		end := endWire{"stream-end", e.Message.ID, endStatus(*e.Message), endCursor(e), wire.Sources(*e.Message), at}
		return message(append(replyError(*e.Message, f.now()), end)...), true
	case chat.EventMessage:
		if e.Message.Bot() {
			return gateway.Frame{}, false // it was streamed
		}
		return message(f.said(e, at)...), true
	case chat.EventMessageEdited:
		return message(editedWire{"message-edited", e.Message.ID, e.Message.Text, e.Cursor(), at}), true
	case chat.EventMessageDeleted:
		return message(clearedWire{"message-deleted", e.Message.ID, e.Cursor(), at}), true
	case chat.EventHistoryCleared:
		return message(clearedWire{"history-cleared", "", e.Cursor(), at}), true
	case chat.EventConversationState:
		return conversationState(e, f.now()), true
	}
	return gateway.Frame{}, false
}

// said shows what a person has written. What comes from somebody else comes as a
// stream too, for clients that know no `message`.
func (f *tokenFormat) said(e chat.Event, at string) []any {
	m := e.Message
	said := messageWire{"message", m.ID, m.RoleIn(f.owner.ID), e.SenderName, m.Text, e.Cursor(), at}
	if said.Role == chat.FromUser {
		if said.Name == "" { // what the store was asked for has none
			said.Name = f.owner.Name
		}
		return []any{said}
	}
	shown := []any{said, startWire{"stream-start", m.ID, said.Role, at}}
	if m.Text != "" {
		shown = append(shown, tokenWire{"stream-token", m.ID, m.Text, 0, at})
	}
	return append(shown, endWire{"stream-end", m.ID, m.Status, e.Cursor(), nil, at})
}

// endStatus is how a reply ended; one that was deleted meanwhile was cancelled.
func endStatus(m chat.Message) chat.Status {
	if m.Deleted {
		return chat.StatusCancelled
	}
	return m.Status
}

// endCursor is the room's cursor at the end of a stream, which itself moves none.
func endCursor(e chat.Event) string {
	return chat.Cursor{Epoch: e.Epoch, Version: e.At}.String()
}

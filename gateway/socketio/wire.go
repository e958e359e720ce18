package socketio

import (
	"time"

	"parley/chat"
	"parley/wire"
)

// messageWire is the `message` event.
type messageWire struct {
	ID          string           `json:"_id"`
	Nonce       string           `json:"nonce,omitempty"`
	Sender      string           `json:"sender"`
	Message     string           `json:"message"`
	Content     string           `json:"content"`
	ContentType chat.ContentType `json:"contentType"`
	Files       []string         `json:"files"`
	ReplyTo     string           `json:"replyTo,omitempty"`
	Room        string           `json:"room"`
	Seq         int64            `json:"seq"`
	Cursor      string           `json:"cursor"`
	Status      chat.Status      `json:"status"`
	CreatedAt   string           `json:"createdAt"`
}

type editedWire struct {
	MessageID string `json:"messageId"`
	Message   string `json:"message"`
	Room      string `json:"room"`
	Seq       int64  `json:"seq"`
	Cursor    string `json:"cursor"`
	EditedAt  string `json:"editedAt"`
}

type deletedWire struct {
	MessageID string `json:"messageId"`
	Room      string `json:"room"`
	Seq       int64  `json:"seq"`
	Cursor    string `json:"cursor"`
}

type readWire struct {
	Room   string `json:"room"`
	ReadBy string `json:"readBy"`
	Seq    int64  `json:"seq"`
}

type typingWire struct {
	Room   string `json:"room"`
	User   string `json:"user"`
	Typing bool   `json:"typing"`
}

type clearedWire struct {
	Room   string `json:"room"`
	Cursor string `json:"cursor"`
}

type presenceWire struct {
	Room   string `json:"room"`
	User   string `json:"user"`
	Online bool   `json:"online"`
}

type roomWire struct {
	Room string `json:"room"`
	Name string `json:"roomName,omitempty"`
}

type participantWire struct {
	Room string `json:"room"`
	User string `json:"user"`
}

type drainingWire struct {
	ReconnectInMs int64 `json:"reconnectInMs"`
}

type readyWire struct {
	User  userWire          `json:"user"`
	Rooms map[string]string `json:"rooms"`
}

type userWire struct {
	ID   string    `json:"_id"`
	Name string    `json:"name"`
	Role chat.Role `json:"role"`
}

// eventWire is an event's one argument, nil for what clients are not shown.
func eventWire(e chat.Event, now func() time.Time) any {
	switch e.Kind {
	case chat.EventMessage:
		return messageEvent(*e.Message, e.Cursor())
	case chat.EventMessageEdited:
		m := e.Message
		return editedWire{m.ID, m.Text, m.Room, m.Seq, e.Cursor(), wire.Time(m.EditedAt)}
	case chat.EventMessageDeleted:
		return deletedWire{e.Message.ID, e.Message.Room, e.Message.Seq, e.Cursor()}
	case chat.EventHistoryCleared:
		return clearedWire{e.Room, e.Cursor()}
	case chat.EventStreamStart, chat.EventStreamToken, chat.EventStreamEnd:
		return streamWire(e)
	case chat.EventConversationState:
		return newState(e, now())
	case chat.EventConversationUpdated, chat.EventConversationDeleted, chat.EventNote:
		return inboxWire(e)
	case chat.EventMessagesRead:
		return readWire{e.Room, e.User, e.Seq}
	case chat.EventTyping:
		return typingWire{e.Room, e.User, e.Typing}
	case chat.EventPresence:
		return presenceWire{e.Room, e.User, e.Online}
	case chat.EventRoomJoined, chat.EventRoomDeleted:
		return roomWire{e.Room, e.RoomName}
	case chat.EventRoomLeft:
		return roomWire{Room: e.Room}
	case chat.EventParticipantJoined, chat.EventParticipantLeft:
		return participantWire{e.Room, e.User}
	}
	return nil
}

func messageEvent(m chat.Message, cursor string) messageWire {
	return messageWire{
		ID: m.ID, Nonce: m.Nonce, Sender: m.Sender, Message: m.Text, Content: m.Text, ContentType: m.Type,
		Files: wire.List(m.Files), ReplyTo: m.ReplyTo, Room: m.Room, Seq: m.Seq, Cursor: cursor, Status: m.Status,
		CreatedAt: wire.Time(m.CreatedAt),
	}
}

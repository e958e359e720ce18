package redis

import (
	"time"

	"parley/chat"
)

// wireEvent is a chat.Event as nodes send it to each other. A number belongs to its
// field for good: an older node skips those that it does not know, and what is zero
// is left out.
type wireEvent struct {
	Kind         chat.EventKind    `cbor:"1,keyasint,omitempty"`
	Room         string            `cbor:"2,keyasint,omitempty"`
	Version      int64             `cbor:"3,keyasint,omitempty"`
	At           int64             `cbor:"4,keyasint,omitempty"`
	Epoch        string            `cbor:"5,keyasint,omitempty"`
	RoomName     string            `cbor:"6,keyasint,omitempty"`
	Message      *wireMessage      `cbor:"7,keyasint,omitempty"`
	SenderName   string            `cbor:"8,keyasint,omitempty"`
	Conversation *wireConversation `cbor:"9,keyasint,omitempty"`
	OwnerEpoch   int64             `cbor:"10,keyasint,omitempty"`
	Position     int               `cbor:"11,keyasint,omitempty"`
	Note         *wireNote         `cbor:"12,keyasint,omitempty"`
	User         string            `cbor:"13,keyasint,omitempty"`
	Users        []string          `cbor:"14,keyasint,omitempty"`
	Seq          int64             `cbor:"15,keyasint,omitempty"`
	Typing       bool              `cbor:"16,keyasint,omitempty"`
	Origin       string            `cbor:"17,keyasint,omitempty"`
	MessageID    string            `cbor:"18,keyasint,omitempty"`
	Token        string            `cbor:"19,keyasint,omitempty"`
	Offset       int               `cbor:"20,keyasint,omitempty"`
	Replaced     bool              `cbor:"21,keyasint,omitempty"`
	Online       bool              `cbor:"22,keyasint,omitempty"`
	TokenVersion int64             `cbor:"23,keyasint,omitempty"`
	Blocked      bool              `cbor:"24,keyasint,omitempty"`
	Node         string            `cbor:"25,keyasint,omitempty"`
	Body         []byte            `cbor:"26,keyasint,omitempty"`
	Quiet        bool              `cbor:"27,keyasint,omitempty"`
}

type wireMessage struct {
	ID          string           `cbor:"1,keyasint,omitempty"`
	Room        string           `cbor:"2,keyasint,omitempty"`
	Seq         int64            `cbor:"3,keyasint,omitempty"`
	Version     int64            `cbor:"4,keyasint,omitempty"`
	BornVersion int64            `cbor:"5,keyasint,omitempty"`
	Sender      string           `cbor:"6,keyasint,omitempty"`
	Text        string           `cbor:"7,keyasint,omitempty"`
	Type        chat.ContentType `cbor:"8,keyasint,omitempty"`
	Files       []string         `cbor:"9,keyasint,omitempty"`
	Nonce       string           `cbor:"10,keyasint,omitempty"`
	ReplyTo     string           `cbor:"11,keyasint,omitempty"`
	Status      chat.Status      `cbor:"12,keyasint,omitempty"`
	EditedAt    wireTime         `cbor:"13,keyasint,omitempty"`
	CreatedAt   wireTime         `cbor:"14,keyasint,omitempty"`
	UpdatedAt   wireTime         `cbor:"15,keyasint,omitempty"`
	Deleted     bool             `cbor:"16,keyasint,omitempty"`
	Reply       *wireReply       `cbor:"17,keyasint,omitempty"`
}

type wireReply struct {
	OwnerEpoch int64        `cbor:"1,keyasint,omitempty"`
	Sources    []wireSource `cbor:"2,keyasint,omitempty"`

	PromptTokens     int64 `cbor:"3,keyasint,omitempty"`
	CompletionTokens int64 `cbor:"4,keyasint,omitempty"`
}

type wireSource struct {
	Document string `cbor:"1,keyasint,omitempty"`
	Passage  string `cbor:"2,keyasint,omitempty"`
}

type wireConversation struct {
	Room         string                 `cbor:"1,keyasint,omitempty"`
	Key          string                 `cbor:"2,keyasint,omitempty"`
	Name         string                 `cbor:"3,keyasint,omitempty"`
	Email        string                 `cbor:"4,keyasint,omitempty"`
	User         string                 `cbor:"5,keyasint,omitempty"`
	State        chat.ConversationState `cbor:"6,keyasint,omitempty"`
	Agent        string                 `cbor:"7,keyasint,omitempty"`
	Reason       string                 `cbor:"8,keyasint,omitempty"`
	WaitingSince wireTime               `cbor:"9,keyasint,omitempty"`
	CreatedAt    wireTime               `cbor:"10,keyasint,omitempty"`
	UpdatedAt    wireTime               `cbor:"11,keyasint,omitempty"`
}

type wireNote struct {
	ID        string   `cbor:"1,keyasint,omitempty"`
	Room      string   `cbor:"2,keyasint,omitempty"`
	Author    string   `cbor:"3,keyasint,omitempty"`
	Text      string   `cbor:"4,keyasint,omitempty"`
	CreatedAt wireTime `cbor:"5,keyasint,omitempty"`
}

// wireTime is a time in nanoseconds since 1970, 0 for none.
type wireTime int64

func toTime(t time.Time) wireTime {
	if t.IsZero() {
		return 0
	}
	return wireTime(t.UnixNano())
}

func (t wireTime) time() time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(t)).UTC()
}

func toWire(e *chat.Event) *wireEvent {
	return &wireEvent{
		Kind: e.Kind, Room: e.Room, Version: e.Version, At: e.At, Epoch: e.Epoch, RoomName: e.RoomName,
		Message: toWireMessage(e.Message), SenderName: e.SenderName, Conversation: toWireConversation(e.Conversation),
		OwnerEpoch: e.OwnerEpoch, Position: e.Position, Note: toWireNote(e.Note), User: e.User, Users: e.Users, Seq: e.Seq,
		Typing: e.Typing, Origin: e.Origin, MessageID: e.MessageID, Token: e.Token, Offset: e.Offset, Replaced: e.Replaced,
		Online: e.Online, TokenVersion: e.TokenVersion, Blocked: e.Blocked, Node: e.Node, Body: e.Body, Quiet: e.Quiet,
	}
}

func (e *wireEvent) event() chat.Event {
	return chat.Event{
		Kind: e.Kind, Room: e.Room, Version: e.Version, At: e.At, Epoch: e.Epoch, RoomName: e.RoomName,
		Message: e.Message.message(), SenderName: e.SenderName, Conversation: e.Conversation.conversation(),
		OwnerEpoch: e.OwnerEpoch, Position: e.Position, Note: e.Note.note(), User: e.User, Users: e.Users, Seq: e.Seq,
		Typing: e.Typing, Origin: e.Origin, MessageID: e.MessageID, Token: e.Token, Offset: e.Offset, Replaced: e.Replaced,
		Online: e.Online, TokenVersion: e.TokenVersion, Blocked: e.Blocked, Node: e.Node, Body: e.Body, Quiet: e.Quiet,
	}
}

func toWireMessage(m *chat.Message) *wireMessage {
	if m == nil {
		return nil
	}
	w := &wireMessage{
		ID: m.ID, Room: m.Room, Seq: m.Seq, Version: m.Version, BornVersion: m.BornVersion, Sender: m.Sender, Text: m.Text,
		Type: m.Type, Files: m.Files, Nonce: m.Nonce, ReplyTo: m.ReplyTo, Status: m.Status,
		EditedAt: toTime(m.EditedAt), CreatedAt: toTime(m.CreatedAt), UpdatedAt: toTime(m.UpdatedAt), Deleted: m.Deleted,
	}
	if r := m.Reply; r != nil {
		w.Reply = &wireReply{OwnerEpoch: r.OwnerEpoch, PromptTokens: r.PromptTokens, CompletionTokens: r.CompletionTokens}
		for _, s := range r.Sources {
			w.Reply.Sources = append(w.Reply.Sources, wireSource(s))
		}
	}
	return w
}

func (w *wireMessage) message() *chat.Message {
	if w == nil {
		return nil
	}
	m := &chat.Message{
		ID: w.ID, Room: w.Room, Seq: w.Seq, Version: w.Version, BornVersion: w.BornVersion, Sender: w.Sender, Text: w.Text,
		Type: w.Type, Files: w.Files, Nonce: w.Nonce, ReplyTo: w.ReplyTo, Status: w.Status,
		EditedAt: w.EditedAt.time(), CreatedAt: w.CreatedAt.time(), UpdatedAt: w.UpdatedAt.time(), Deleted: w.Deleted,
	}
	if r := w.Reply; r != nil {
		m.Reply = &chat.ReplyRecord{OwnerEpoch: r.OwnerEpoch, PromptTokens: r.PromptTokens, CompletionTokens: r.CompletionTokens}
		for _, s := range r.Sources {
			m.Reply.Sources = append(m.Reply.Sources, chat.Source(s))
		}
	}
	return m
}

func toWireConversation(c *chat.Conversation) *wireConversation {
	if c == nil {
		return nil
	}
	return &wireConversation{
		Room: c.Room, Key: c.Key, Name: c.Name, Email: c.Email, User: c.User, State: c.State, Agent: c.Agent, Reason: c.Reason,
		WaitingSince: toTime(c.WaitingSince), CreatedAt: toTime(c.CreatedAt), UpdatedAt: toTime(c.UpdatedAt),
	}
}

func (c *wireConversation) conversation() *chat.Conversation {
	if c == nil {
		return nil
	}
	return &chat.Conversation{
		Room: c.Room, Key: c.Key, Name: c.Name, Email: c.Email, User: c.User, State: c.State, Agent: c.Agent, Reason: c.Reason,
		WaitingSince: c.WaitingSince.time(), CreatedAt: c.CreatedAt.time(), UpdatedAt: c.UpdatedAt.time(),
	}
}

func toWireNote(n *chat.Note) *wireNote {
	if n == nil {
		return nil
	}
	return &wireNote{ID: n.ID, Room: n.Room, Author: n.Author, Text: n.Text, CreatedAt: toTime(n.CreatedAt)}
}

func (n *wireNote) note() *chat.Note {
	if n == nil {
		return nil
	}
	return &chat.Note{ID: n.ID, Room: n.Room, Author: n.Author, Text: n.Text, CreatedAt: n.CreatedAt.time()}
}

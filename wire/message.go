// Package wire holds the JSON shapes that several doors show alike: HTTP, and the
// answers of Socket.IO. A door's own shapes are its own.
package wire

import (
	"time"

	"parley/chat"
)

// layout is RFC 3339 in UTC with milliseconds.
const layout = "2006-01-02T15:04:05.000Z"

// Time is a moment as every door writes it.
func Time(t time.Time) string { return t.UTC().Format(layout) }

// List is never null on the wire.
func List(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// Message is a stored message.
type Message struct {
	ID          string   `json:"_id"`
	Room        string   `json:"room"`
	Seq         int64    `json:"seq" doc:"1, 2, 3, ... in its room, without gaps"`
	Cursor      string   `json:"cursor" doc:"The room's state at the message's last change, opaque"`
	SenderUser  string   `json:"senderUser"`
	Message     string   `json:"message"`
	MessageType string   `json:"messageType" enum:"text,file,multimedia,system"`
	Files       []string `json:"files" nullable:"false"`
	ReadBy      []string `json:"readBy,omitzero" nullable:"false" doc:"Who has read it; in rooms of up to 50 members"`
	Status      string   `json:"status" enum:"complete,streaming,interrupted,cancelled,failed"`
	Nonce       string   `json:"nonce,omitempty"`
	ReplyTo     string   `json:"replyTo,omitempty"`
	EditedAt    string   `json:"editedAt,omitempty" format:"date-time"`
	CreatedAt   string   `json:"createdAt" format:"date-time"`
	UpdatedAt   string   `json:"updatedAt" format:"date-time"`
	Deleted     bool     `json:"deleted"`
}

// NewMessage shows a message that is not deleted.
func NewMessage(v chat.MessageView) Message {
	m := Message{
		ID: v.ID, Room: v.Room, Seq: v.Seq, Cursor: v.Cursor(), SenderUser: v.Sender,
		Message: v.Text, MessageType: string(v.Type), Files: List(v.Files), ReadBy: v.ReadBy,
		Status: string(v.Status), Nonce: v.Nonce, ReplyTo: v.ReplyTo,
		CreatedAt: Time(v.CreatedAt), UpdatedAt: Time(v.UpdatedAt), Deleted: v.Deleted,
	}
	if !v.EditedAt.IsZero() {
		m.EditedAt = Time(v.EditedAt)
	}
	return m
}

// Tombstone is what is left of a deleted message, seen in sync alone.
type Tombstone struct {
	ID      string `json:"_id"`
	Room    string `json:"room"`
	Seq     int64  `json:"seq"`
	Cursor  string `json:"cursor"`
	Nonce   string `json:"nonce,omitempty"`
	Deleted bool   `json:"deleted"`
}

// Messages shows messages and tombstones in their order.
func Messages(views []chat.MessageView) []any {
	shown := make([]any, len(views))
	for i, v := range views {
		if v.Deleted {
			shown[i] = Tombstone{v.ID, v.Room, v.Seq, v.Cursor(), v.Nonce, true}
		} else {
			shown[i] = NewMessage(v)
		}
	}
	return shown
}

// Receipt answers a post, the same for a repetition of its nonce.
type Receipt struct {
	MessageID string `json:"messageId"`
	Seq       int64  `json:"seq"`
	Cursor    string `json:"cursor"`
	CreatedAt string `json:"createdAt" format:"date-time"`
}

// NewReceipt shows a receipt.
func NewReceipt(r chat.Receipt) Receipt {
	return Receipt{MessageID: r.Message.ID, Seq: r.Message.Seq, Cursor: r.Cursor(), CreatedAt: Time(r.Message.CreatedAt)}
}

package api

import "parley/chat"

// message is the wire form of a stored message.
type message struct {
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
	EditedAt    moment   `json:"editedAt,omitzero"`
	CreatedAt   moment   `json:"createdAt"`
	UpdatedAt   moment   `json:"updatedAt"`
	Deleted     bool     `json:"deleted"`
}

func newMessage(v chat.MessageView) message {
	return message{
		ID: v.ID, Room: v.Room, Seq: v.Seq, Cursor: v.Cursor(), SenderUser: v.Sender,
		Message: v.Text, MessageType: string(v.Type), Files: list(v.Files), ReadBy: v.ReadBy,
		Status: string(v.Status), Nonce: v.Nonce, ReplyTo: v.ReplyTo, EditedAt: moment(v.EditedAt),
		CreatedAt: moment(v.CreatedAt), UpdatedAt: moment(v.UpdatedAt), Deleted: v.Deleted,
	}
}

// receipt is the answer to a post, the same for a repetition of its nonce.
type receipt struct {
	MessageID string `json:"messageId"`
	Seq       int64  `json:"seq"`
	Cursor    string `json:"cursor"`
	CreatedAt moment `json:"createdAt"`
}

func newReceipt(r chat.Receipt) receipt {
	return receipt{
		MessageID: r.Message.ID, Seq: r.Message.Seq, Cursor: r.Cursor(), CreatedAt: moment(r.Message.CreatedAt),
	}
}

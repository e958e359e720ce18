package chat

import "time"

// ContentType is the kind of a message's content.
type ContentType string

// The content types. A typing "message" is never stored: it is the typing event.
const (
	ContentText       ContentType = "text"
	ContentFile       ContentType = "file"
	ContentTyping     ContentType = "typing"
	ContentMultimedia ContentType = "multimedia"
	ContentSystem     ContentType = "system"
)

// Status is how a message ended. Only streamed replies are ever anything but complete.
type Status string

// The statuses. A streaming message has no seq and stands in no list.
const (
	StatusComplete    Status = "complete"
	StatusStreaming   Status = "streaming"
	StatusInterrupted Status = "interrupted"
	StatusCancelled   Status = "cancelled"
	StatusFailed      Status = "failed"
)

// Message is one stored message. Seq numbers the messages of its room 1, 2, 3,
// ... without gaps; Version is the room's version at the message's last change,
// and BornVersion at its creation.
type Message struct {
	ID, Room             string
	Seq                  int64
	Version, BornVersion int64
	Sender               string
	Text                 string
	Type                 ContentType
	Files                []string
	Nonce                string
	ReplyTo              string
	Status               Status
	EditedAt             time.Time // zero if never
	CreatedAt, UpdatedAt time.Time
	// Deleted marks a tombstone: ID, Seq, Nonce and Version are all that is left.
	Deleted bool
	// Reply is set on what a chatbot streamed, where it was asked for.
	Reply *ReplyRecord
}

// MessageView is a message as clients are shown it.
type MessageView struct {
	Message
	Epoch  string
	ReadBy []string // in rooms of at most ReadByRoom members, else nil
}

// Cursor returns the room's cursor at the message's last change.
func (m MessageView) Cursor() string { return Cursor{m.Epoch, m.Version}.String() }

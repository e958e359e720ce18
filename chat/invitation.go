package chat

import "time"

// Invitation asks a user to take part in a room. A user has at most one to a
// room; it ends when it is answered or cancelled, or its receiver is removed.
type Invitation struct {
	ID, Room         string
	RoomName         string // as it is when read
	Sender, Receiver string
	CreatedAt        time.Time
}

package chat

import "time"

// Session is one sitting of a user with a chatbot. The conversation, its room,
// outlives it.
type Session struct {
	ID, User, Chatbot, Room string
	CreatedAt               time.Time
	// UsedAt is when the user last said something, or the creation.
	UsedAt time.Time
	// SeenAt is when a socket of the session was last known to be open, zero if
	// none ever was.
	SeenAt time.Time
	// SeenVersion is the room's version up to which its client is known to have
	// seen everything.
	SeenVersion int64
	ClosedAt    time.Time // zero while it is active
	// Entered orders the sockets of a session, on whichever nodes: the one with the
	// highest is the session's. EnterSession sets it; it is not stored.
	Entered int64
}

var (
	// ErrSessionNotFound is the answer for a session that is not there, or not the caller's.
	ErrSessionNotFound = &Error{Code: CodeNotFound, Message: "Session does not exist"}
	// ErrSessionClosed ends the socket of a session that is idle or was closed.
	ErrSessionClosed = &Error{Code: CodeNotFound, Message: "The session is closed"}
	// ErrSessionReplaced ends the socket of a session after which another was begun.
	ErrSessionReplaced = &Error{Code: CodeConflict, Message: "The session was replaced by a newer one"}
)

// PreviousMessages is how many earlier messages a new session is shown.
const PreviousMessages = 50

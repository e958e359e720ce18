package gateway

import "parley/chat"

// Format is how one protocol shows events. Formats are compared by identity:
// sessions of the same Format share what was encoded.
type Format interface {
	// Encode returns the frame that shows the event, or false if this protocol
	// shows nothing for it. Offset names the event among all that this node
	// sends; the frame is the same for every receiver.
	Encode(e chat.Event, offset string) (Frame, bool)
}

// Sink is where a session's frames go: the protocol's side of the connection.
// Its methods never block and may be called from anywhere, under locks too.
type Sink interface {
	Send(f Frame)
	// Backlog is how many bytes wait to be written: pieces of a streamed reply are
	// held together for a client that is behind.
	Backlog() int
	// End tells the client why and closes its connection for good.
	End(why *chat.Error)
}

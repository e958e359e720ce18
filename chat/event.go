package chat

// EventKind names what happened.
type EventKind string

// The events that travel from use cases to live connections.
const (
	EventMessage           EventKind = "message"
	EventMessageEdited     EventKind = "message-edited"
	EventMessageDeleted    EventKind = "message-deleted"
	EventMessagesRead      EventKind = "messagesRead"
	EventTyping            EventKind = "typing"
	EventRoomJoined        EventKind = "room-joined"
	EventRoomLeft          EventKind = "room-left"
	EventRoomDeleted       EventKind = "room-deleted"
	EventParticipantJoined EventKind = "participant-joined"
	EventParticipantLeft   EventKind = "participant-left"
	// EventHistoryCleared is a stored change: all messages are gone.
	EventHistoryCleared EventKind = "history-cleared"
	// EventStreamStart and EventStreamToken tell of a reply while it is written. It
	// ends with its EventMessage, which the hub has EventStreamEnd follow; nobody
	// else makes that.
	EventStreamStart EventKind = "stream-start"
	EventStreamToken EventKind = "stream-token"
	EventStreamEnd   EventKind = "stream-end"
	// EventSessionClosed ends the sockets of a user's chatbot session, Origin.
	EventSessionClosed EventKind = "session-closed"
	// EventConversationState tells a room who its conversation is with now, and a
	// waiting customer their place. One of an older OwnerEpoch than the room has been
	// told of is news no more.
	EventConversationState EventKind = "conversation-state"
	// EventConversationUpdated, EventConversationDeleted and EventNote tell all agents
	// of a conversation, whether or not they are in its room; they belong to no order.
	EventConversationUpdated EventKind = "conversation-updated"
	EventConversationDeleted EventKind = "conversation-deleted"
	EventNote                EventKind = "conversation-note"
	// EventPresence tells the others in a small room that a user came online, or
	// went offline; it belongs to no order.
	EventPresence EventKind = "presence"
	// EventUserRevoked tells nodes to end a user's connections: all of them if
	// the user is blocked, else those of own tokens older than TokenVersion.
	EventUserRevoked EventKind = "user-revoked"
	// EventQueueChanged tells nodes that the queue of customers is another.
	EventQueueChanged EventKind = "queue-changed"
	// EventReplyAsked asks the node that writes a reply in the room, if there is one,
	// to tell the node Origin how it stands; by an EventStreamStart and an
	// EventStreamToken with all of the text.
	EventReplyAsked EventKind = "reply-asked"
	// EventReplyStopped asks the node that writes the reply MessageID to end it;
	// EventSilenced the one that writes any in the room, and answers what waits there,
	// to let go of all: its bot is about to lose its turn.
	EventReplyStopped EventKind = "reply-stopped"
	EventSilenced     EventKind = "silenced"
)

// Event is a fact, published once its transaction has committed.
type Event struct {
	Kind EventKind
	Room string
	// Version is the room's version after a stored change; such events reach
	// every connection in contiguous order. For any other event of a room it is
	// zero, and At is the version that the event must not overtake.
	Version, At int64
	Epoch       string
	RoomName    string
	// Message is set on message, message-edited, message-deleted, stream-start and stream-end.
	Message *Message
	// SenderName is the name of who sent a message, where it is known.
	SenderName string
	// Conversation is set on conversation events, OwnerEpoch as it was then; Position,
	// if known, on conversation-state; Note on conversation-note.
	Conversation *Conversation
	OwnerEpoch   int64
	Position     int
	Note         *Note
	// User is whom the event is about.
	User string
	// Users are those for whom RoomJoined and RoomLeft are meant; their
	// connections start or stop to receive the room's events.
	Users []string
	// Seq is set on messagesRead: User has read up to it. On session-closed, if not
	// zero, it is a socket's Session.Entered: those that entered before it end.
	Seq int64
	// Typing is set on typing; Origin is the connection that is left out. On a
	// message it is the one that posted it, if any.
	Typing bool
	Origin string
	// MessageID, Token and Offset, the code units of UTF-16 before it, are set on stream-token.
	MessageID, Token string
	Offset           int
	// Replaced is set on session-closed where a newer one took its place.
	Replaced bool
	// Online is set on presence. Its Seq, if not zero, orders a user's changes as they
	// were seen by all nodes together.
	Online bool
	// TokenVersion and Blocked are set on user-revoked.
	TokenVersion int64
	Blocked      bool
	// Node is the one node that the event is for, "" for all that it concerns.
	Node string
	// Body, if set, is the event as Socket.IO clients are shown it, up to its offset: it
	// is encoded once, by the node that publishes it, and passed on as it is.
	Body []byte
	// Quiet says on membership events that the room is large: they are told to
	// those concerned alone, and still move subscriptions.
	Quiet bool
}

// Cursor returns the room's cursor after the event, "" for events that move none.
func (e Event) Cursor() string {
	if e.Version == 0 {
		return ""
	}
	return Cursor{e.Epoch, e.Version}.String()
}

// Bus carries events to every node's live connections. Publish returns without
// waiting for any client, may be called from many goroutines, and keeps the
// order of calls made one after the other. It may lose events: nodes find a
// versioned one that is missing by its number and read it from the store.
type Bus interface {
	Publish(Event)
}

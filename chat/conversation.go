package chat

import (
	"slices"
	"time"
)

// ConversationState says who a conversation is with.
type ConversationState string

// The states. A chatbot answers in WithBot alone; one that is Waiting is in the
// queue for a person.
const (
	WithBot  ConversationState = "bot"
	Waiting  ConversationState = "waiting"
	Assigned ConversationState = "assigned"
	Resolved ConversationState = "resolved"
)

// Valid reports whether s is one of the four states.
func (s ConversationState) Valid() bool {
	switch s {
	case WithBot, Waiting, Assigned, Resolved:
		return true
	}
	return false
}

// Conversation is a room's entry in the agents' inbox. A customer's room has one
// from the start, any other but a group once a person was asked for. Each change of
// its State or Agent raises the room's OwnerEpoch, in the same transaction.
type Conversation struct {
	Room string
	// Key names it on the polling door and in the inbox: a random UUID (version 4).
	// Whoever has a customer's may read and write there, so it stands in no log.
	Key string
	// Name and Email are the customer's, as given.
	Name, Email string
	// User is the user whom it belongs to, "" for a customer who never signed in.
	User  string
	State ConversationState
	// Agent is who has claimed it, while it is Assigned.
	Agent string
	// Reason is what was said when a person was last asked for.
	Reason string
	// WaitingSince is when it came into the queue. It stays while it is Assigned:
	// who loses their agent has waited longest.
	WaitingSince         time.Time
	CreatedAt, UpdatedAt time.Time
}

// customer reports whether a user is the one whom the conversation is with.
func (c Conversation) customer(r Room, user string) bool {
	return user == r.Creator || user != "" && user == c.User
}

// ConversationView is a conversation as the inbox shows it.
type ConversationView struct {
	Conversation
	Kind    RoomKind
	Creator string // the customer's user id
	Chatbot string
	// Unread counts the messages that no agent has read.
	Unread int64
	// Last is the newest message, nil if there is none.
	Last *Message
	// Position is its place in the queue, from 1, while it is Waiting; 0 past QueueShown.
	Position int
}

// QueueShown is how far places in the queue are counted.
const QueueShown = 1000

// Waited is how long a conversation has been waiting, zero for one that is not.
func (c Conversation) Waited(now time.Time) time.Duration {
	if c.State != Waiting {
		return 0
	}
	return max(0, now.Sub(c.WaitingSince))
}

// MessageRole says who a message of a conversation is from.
type MessageRole string

// The roles of messages.
const (
	FromUser      MessageRole = "user"
	FromAssistant MessageRole = "assistant"
	FromAgent     MessageRole = "agent"
)

// RoleIn says who the message is from in a conversation of the owners', which are
// several where one person has two user ids.
func (m Message) RoleIn(owners ...string) MessageRole {
	switch {
	case m.Bot():
		return FromAssistant
	case slices.Contains(owners, m.Sender) && m.Type != ContentSystem:
		return FromUser
	default:
		return FromAgent
	}
}

// RoleOf says who a message of the conversation is from.
func (c ConversationView) RoleOf(m Message) MessageRole {
	if c.User == "" {
		return m.RoleIn(c.Creator)
	}
	return m.RoleIn(c.Creator, c.User)
}

// answered reports whether a chatbot answers what is said in the room.
func answered(r Room, c *Conversation) bool {
	if r.Kind == KindGroup || r.Chatbot == "" {
		return false
	}
	return c == nil || c.State == WithBot
}

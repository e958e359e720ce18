package chat

import (
	"context"
	"time"
)

// Polled is what one look at a conversation finds.
type Polled struct {
	// ConversationView is without Unread and Last.
	ConversationView
	// OwnerEpoch and Version are the room's.
	OwnerEpoch, Version int64
	// Blocked says that the customer is.
	Blocked bool
	// Messages are those above the asked seq, oldest first; without BornVersion,
	// Version, Files, Nonce and Reply.
	Messages []Message
}

// ConversationQuery selects conversations. Search is part of the name, email, user
// or reason, any case.
type ConversationQuery struct {
	State ConversationState // "" for all
	Page
}

// QueuedConversation is one that waits.
type QueuedConversation struct {
	Conversation
	// OwnerEpoch and Version are the room's.
	OwnerEpoch, Version int64
}

// ConversationStore reads conversations, which are written by commands. Those of
// deleted rooms are not there.
type ConversationStore interface {
	// Conversation returns the one with the key, or ErrConversationNotFound.
	Conversation(ctx context.Context, key string) (ConversationView, error)
	// Conversations lists them, last updated first, but those that wait, if these alone
	// are asked for, in the order of the queue; and their number (up to CountLimit
	// where the query has a Search).
	Conversations(ctx context.Context, q ConversationQuery) ([]ConversationView, int64, error)
	// Poll returns the conversation with the key and its messages above since, at
	// most limit and about PollText, in one indexed query; or ErrConversationNotFound.
	Poll(ctx context.Context, key string, since int64, limit int) (Polled, error)
	// CountConversations counts them by state; states of none may be left out.
	CountConversations(ctx context.Context) (map[ConversationState]int64, error)
	// Queue lists those that wait, who has waited longest first, at most limit.
	Queue(ctx context.Context, limit int) ([]QueuedConversation, error)
	// SeenAgents notes that these agents were there.
	SeenAgents(ctx context.Context, agents []string, at time.Time) error
	// Deserted lists assigned conversations whose agent was not seen after t, at most limit.
	Deserted(ctx context.Context, t time.Time, limit int) ([]Conversation, error)
	// Notes lists a room's notes, oldest first, and their number.
	Notes(ctx context.Context, room string, p Page) ([]Note, int64, error)
	// FilesOnlyIn lists the files that are posted in the room and in no other.
	FilesOnlyIn(ctx context.Context, room string) ([]string, error)
	// ForgetFiles removes what is known of the files.
	ForgetFiles(ctx context.Context, ids []string) error
	// AnonymizeUser removes the name and email of a user.
	AnonymizeUser(ctx context.Context, id string) error
}

package chat

import (
	"context"
	"time"
)

// Store keeps users, rooms and messages. It holds no policy: what may be
// written is decided by the [Command] that asks for it. All methods may be
// called at once. Reads return [CodeNotFound] errors only where said; any other
// error is a fault of the database.
type Store interface {
	Appender
	RoomReader
	MessageReader
	UserStore
	InvitationReader
	FileStore
	AuditStore
	ReplyStore
	ChatbotStore
	SessionStore
	DocumentStore
	ConversationStore
	WebhookStore
	// Epoch names the database's present epoch.
	Epoch() string
	// Ping reports whether the database answers.
	Ping(ctx context.Context) error
}

// Appender is the one way to change a room: a bounded queue of commands,
// committed in groups and answered in the order they were submitted.
type Appender interface {
	// Submit queues a command and returns at once. done is called exactly once,
	// never before the outcome is durable, one call at a time, in the order of
	// submission. A full queue or a closing store answers [CodeUnavailable]; an error of
	// Decide is passed on as it is, with nothing written for that command. done
	// must not block: the next group is answered after it.
	Submit(cmd Command, done func(Outcome, error))
}

// Command changes one room. The store locks the room's row, loads what the
// command names into a [State], calls Decide, and writes its [Effects], all in
// one transaction, perhaps with other commands before and after it.
type Command struct {
	// Room is locked and loaded; it need not exist.
	Room string
	// User's membership is loaded, and Others' (who may name User again).
	User   string
	Others []string
	// Message, if set, is loaded if it belongs to Room.
	Message string
	// Nonce, if set, finds the earlier message of User in Room with this nonce,
	// those of the same group included.
	Nonce string
	// Invitation, if set, is loaded if it belongs to Room.
	Invitation string
	// Heir asks who has taken part longest, User and Others left out.
	Heir bool
	// Decide is pure: it may be called more than once, in any goroutine.
	Decide func(State) (Effects, error)
	// Hooks, if set, is called with what Decide's effects come to, and says which
	// webhook deliveries are queued in the same transaction. It is pure likewise.
	Hooks func(Outcome) []Delivery
}

// State is what a command finds, read under the room's lock.
type State struct {
	Room   Room // zero if there is none (a deleted room is there, Deleted)
	Member Member
	// Conversation is the room's, nil if it has none. It is always loaded.
	Conversation *Conversation
	Others       map[string]Member // those without a row are absent
	Message      *Message
	Prior        *Message // the message that has the command's nonce
	// Invitation is the one that was named, nil if there is none any more.
	Invitation *Invitation
	// Heir is the user who was asked for, "" if nobody else takes part.
	Heir string
}

// Effects are what a command writes; the zero value writes nothing.
type Effects struct {
	// Room, if set, is created, or replaces Name, Visibility, Creator, Chatbot,
	// OwnerEpoch, Deleted and UpdatedAt. The other figures are the store's.
	Room *Room
	// Members are inserted or replaced; ReadSeq never goes back.
	Members []Member
	// Insert is written with the room's next Seq and Version, becomes the room's
	// last message and moves the ReadSeq of its sender, who need not take part.
	// Its Files count as posted in the room. A streaming one takes no numbers, moves
	// nothing and stands in no list: it becomes the room's OpenReply.
	Insert *Message
	// Update replaces Text, Files, Status, EditedAt, UpdatedAt and Deleted of an existing
	// message and takes the room's next Version. Files that it no longer names
	// are posted in the room no more, unless by another message. A streaming message
	// that stays so takes no Version; one that is closed takes the next Seq and Version
	// as if it were inserted now, and is the room's OpenReply no more.
	Update *Message
	// Clear makes tombstones of all the room's messages, which nothing finds any
	// more but a nonce, takes the room's next Version as ClearedVersion, and its Seq
	// as ClearedSeq. An open reply stays. Not with Insert or Update.
	Clear bool
	// Conversation, if set, is created, or replaces all but Room, Key and CreatedAt.
	Conversation *Conversation
	// CloseReply, if set, closes the room's open reply, if there is one, with this
	// status and what Frozen says, or else with the text that was last stored. It
	// takes its place in front of an Insert. Not with Update.
	CloseReply Status
	Frozen     *Frozen
	// Note is added to the room's conversation.
	Note *Note
	// Erase removes the room's conversation, its notes, and the deliveries of webhooks
	// that wait for it or are dead. Not with Conversation or Note.
	Erase bool
	// Uninvite ends these users' invitations to the room; ids without one are ignored.
	Uninvite []string
	// Invite adds invitations to the room, after Uninvite. Who has one already keeps it.
	Invite []Invitation
	// Audit is recorded with the rest.
	Audit []Audit
}

// Frozen is an open reply as its writer had it when it was made to stop.
type Frozen struct {
	Text   string
	Record ReplyRecord
}

// Outcome is what became of a command.
type Outcome struct {
	// Before is what Decide saw.
	Before State
	// Room is the room after the command, with the counters.
	Room Room
	// Message is the inserted or updated message with its numbers, nil if none.
	Message *Message
	// Closed is what CloseReply closed, with its numbers, nil if nothing.
	Closed *Message
	// Conversation is the room's after the command, nil if it has none.
	Conversation *Conversation
}

// Page bounds a list. Limit is always set by the caller; Skip counts from the newest.
type Page struct {
	Skip, Limit int
	// Search selects, "" for all: rooms and users by a part of their name, without
	// regard to case; messages by the words in them, all of which must be there.
	Search string
}

// CountLimit is where a filtered count stops.
const CountLimit = 10_000

// RoomHead is a room that a user takes part in and its present version.
type RoomHead struct {
	Room    string
	Version int64
	Members int
	// ClearedVersion is the room's: cursors below it cannot be served.
	ClearedVersion int64
	// OwnerEpoch is the room's, and Conversation its conversation as far as Key,
	// State and WaitingSince; nil if it has none.
	OwnerEpoch   int64
	Conversation *Conversation
	// OpenReply is the reply that is being written in it, "" if none is.
	OpenReply string
}

// RoomReader reads rooms and memberships. Deleted rooms are only seen by Room.
type RoomReader interface {
	// Room returns the room, or ErrRoomNotFound. A deleted one comes with Deleted.
	Room(ctx context.Context, id string) (Room, error)
	// Member returns the user's standing, the zero Member for a stranger.
	Member(ctx context.Context, room, user string) (Member, error)
	// Participants lists the active members in the order they joined, at most limit.
	Participants(ctx context.Context, room string, limit int) ([]Member, error)
	// RoomsOf lists the user's rooms, last activity first, with Participants,
	// Unread and LastMessage filled, and their number.
	RoomsOf(ctx context.Context, user string, page Page) ([]RoomView, int64, error)
	// Views fills the rooms for the user likewise, in the order of ids; unknown ids are left out.
	Views(ctx context.Context, user string, ids []string) ([]RoomView, error)
	// RoomHeads lists all rooms the user takes part in.
	RoomHeads(ctx context.Context, user string) ([]RoomHead, error)
	// Heads returns the versions of the named rooms that exist and are not deleted.
	Heads(ctx context.Context, rooms []string) (map[string]int64, error)
	// Stands is Heads with how the rooms stand besides.
	Stands(ctx context.Context, rooms []string) (map[string]RoomHead, error)
	// Active returns those of the users who take part in a room, in no order; none of
	// one that is deleted.
	Active(ctx context.Context, room string, users []string) ([]string, error)
	// AllRooms lists every room, newest first, as a stranger sees it (nothing
	// unread), and their number.
	AllRooms(ctx context.Context, page Page) ([]RoomView, int64, error)
	// RoomsAfter lists every room whose id is above the given one, by id.
	RoomsAfter(ctx context.Context, id string, limit int) ([]RoomView, error)
}

// MessageQuery selects messages that are not deleted and have a seq, newest first.
type MessageQuery struct {
	// Room selects one room; without it all rooms that User takes part in, or all
	// there are if User is "".
	Room, User string
	// Sender, if set, selects one user's messages.
	Sender string
	// Oldest turns the order round; not with Before or After.
	Oldest bool
	// Before and After bound seq, exclusively, if not zero; only with Room. With
	// After alone the page is the one nearest to it.
	Before, After int64
	Page
}

// MessageReader reads messages. What selects by words or by sender may be some
// moments behind the writes.
type MessageReader interface {
	// Message returns one, tombstones included, or ErrMessageNotFound.
	Message(ctx context.Context, id string) (Message, error)
	// Messages returns a page, and their number if count is true (up to
	// CountLimit where the query has a Search or a Sender).
	Messages(ctx context.Context, q MessageQuery, count bool) ([]Message, int64, error)
	// Changes returns the messages changed after the version, tombstones
	// included, oldest change first, at most limit.
	Changes(ctx context.Context, room string, after int64, limit int) ([]Message, error)
	// ReadSeqs returns the read positions of the active members of each room
	// that has at most maxMembers of them.
	ReadSeqs(ctx context.Context, rooms []string, maxMembers int) (map[string]map[string]int64, error)
}

// UserStore keeps users.
type UserStore interface {
	// User returns the user with the id, or ErrUserNotFound.
	User(ctx context.Context, id string) (User, error)
	// UserByName returns the account with the username, any case, or ErrUserNotFound.
	UserByName(ctx context.Context, username string) (User, error)
	// MissingUsers returns those of ids that no user has, in their order.
	MissingUsers(ctx context.Context, ids []string) ([]string, error)
	// Guests returns those of ids whose role is guest, in their order.
	Guests(ctx context.Context, ids []string) ([]string, error)
	// EnsureUsers creates those users whose ID is not taken; the others stay as they are.
	EnsureUsers(ctx context.Context, users []User) error
	// CreateUser creates one, in one transaction with the acts, or answers
	// CodeConflict where the ID or Username is taken.
	CreateUser(ctx context.Context, u User, acts ...Audit) error
	// UpdateUser loads the user, applies change and writes it, in one
	// transaction with the acts; an error of change is passed on and writes nothing.
	UpdateUser(ctx context.Context, id string, change func(*User) error, acts ...Audit) (User, error)
	// SaveUsers makes those users whose ID is not taken, and gives the others Name
	// and Email where these are not empty, in one transaction with the acts. It
	// returns all as they are stored, in the order given.
	SaveUsers(ctx context.Context, users []User, acts ...Audit) ([]User, error)
	// Users lists users, newest first, and their number (up to CountLimit where
	// the query has a Search).
	Users(ctx context.Context, q UserQuery) ([]User, int64, error)
	// UsersChangedSince returns the users with ChangedAt at or after t, at most limit, oldest first.
	UsersChangedSince(ctx context.Context, t time.Time, limit int) ([]User, error)
}

// UserQuery selects users. Search is part of the id, name, username or email.
type UserQuery struct {
	Page
	Role Role // "" for all
}

// InvitationReader reads invitations to rooms that are not deleted.
type InvitationReader interface {
	// Invitation returns one, or ErrInvitation.
	Invitation(ctx context.Context, id string) (Invitation, error)
	// Invitations lists those the user has received, or sent, newest first, and their number.
	Invitations(ctx context.Context, user string, sent bool, page Page) ([]Invitation, int64, error)
}

// FileStore keeps what is known of files, but not their bytes.
type FileStore interface {
	CreateFile(ctx context.Context, f File) error
	// File returns one, or ErrFileNotFound.
	File(ctx context.Context, id string) (File, error)
	// UnreadableFiles returns those of ids that the user neither owns nor finds
	// posted in a room that they take part in, unknown ones included, in their order.
	UnreadableFiles(ctx context.Context, user string, ids []string) ([]string, error)
}

// AuditStore keeps what administrators did.
type AuditStore interface {
	// Record writes acts that change nothing stored.
	Record(ctx context.Context, acts ...Audit) error
	// Audits lists acts, newest first, and their number (at most CountLimit).
	Audits(ctx context.Context, q AuditQuery) ([]Audit, int64, error)
}

// ReplyStore reads streamed replies. A chatbot's message comes with its Reply from
// here, from Message and from Changes, and from nowhere else.
type ReplyStore interface {
	// StreamingBefore lists streaming messages with UpdatedAt at or before t, oldest
	// first, at most limit.
	StreamingBefore(ctx context.Context, t time.Time, limit int) ([]Message, error)
}

// ChatbotStore keeps chatbots.
type ChatbotStore interface {
	// Chatbot returns one, deleted ones included, or ErrChatbotNotFound.
	Chatbot(ctx context.Context, id string) (Chatbot, error)
	// Chatbots lists those that are not deleted, oldest first, and their number.
	// Search is a part of the name, any case.
	Chatbots(ctx context.Context, p Page) ([]Chatbot, int64, error)
	// CreateChatbot makes one, in one transaction with the acts; CodeConflict where
	// the id is taken.
	CreateChatbot(ctx context.Context, c Chatbot, acts ...Audit) error
	// UpdateChatbot loads one that is not deleted, applies change and writes it, in
	// one transaction with the acts; an error of change is passed on.
	UpdateChatbot(ctx context.Context, id string, change func(*Chatbot) error, acts ...Audit) (Chatbot, error)
	// DeleteChatbot marks one deleted, drops its key and documents, and closes its
	// active sessions, which it returns; ErrChatbotNotFound.
	DeleteChatbot(ctx context.Context, id string, at time.Time, acts ...Audit) ([]Session, error)
}

// SessionStore keeps chatbot sessions.
type SessionStore interface {
	// OpenSession stores an active session. The user's other active ones are closed
	// in the same transaction, and returned: of two at once one is.
	OpenSession(ctx context.Context, s Session) ([]Session, error)
	// Session returns one, or ErrSessionNotFound.
	Session(ctx context.Context, id string) (Session, error)
	// CloseSessions closes those of ids that are active, and returns them.
	CloseSessions(ctx context.Context, ids []string, at time.Time) ([]Session, error)
	// SeenSessions sets SeenAt of active sessions, and their SeenVersion, which never
	// goes back.
	SeenSessions(ctx context.Context, seen map[string]int64, at time.Time) error
	// UsedSession sets UsedAt.
	UsedSession(ctx context.Context, id string, at time.Time) error
	// LeftSession sets SeenAt, and SeenVersion, which never goes back.
	LeftSession(ctx context.Context, id string, version int64, at time.Time) error
	// ExpiredSessions lists active sessions with a SeenAt at or before seen, or a
	// UsedAt at or before used, at most limit.
	ExpiredSessions(ctx context.Context, seen, used time.Time, limit int) ([]string, error)
}

// DocumentStore keeps chatbots' documents and finds their passages.
type DocumentStore interface {
	// CreateDocument stores a document with its passages, in one transaction with the acts.
	CreateDocument(ctx context.Context, d Document, passages []Passage, acts ...Audit) error
	// Document returns one, or ErrDocumentNotFound.
	Document(ctx context.Context, id string) (Document, error)
	// Documents lists a chatbot's, newest first, and their number.
	Documents(ctx context.Context, chatbot string, p Page) ([]Document, int64, error)
	// DeleteDocument removes one with its passages, in one transaction with the acts.
	DeleteDocument(ctx context.Context, id string, acts ...Audit) error
	// Passages returns up to limit passages of a chatbot's documents, the best for
	// the words first, with Document, DocumentName, Place and Text. Both databases
	// give the same.
	Passages(ctx context.Context, chatbot string, words []string, limit int) ([]Passage, error)
}

package chat

import "time"

// RoomKind says which rules a room follows.
type RoomKind string

// The kinds. Join, leave, add, remove, rename and delete apply to groups alone.
const (
	KindGroup     RoomKind = "group"
	KindAssistant RoomKind = "assistant"
	KindSession   RoomKind = "session"
	KindCustomer  RoomKind = "customer"
)

// Visibility says who may join a group unasked.
type Visibility string

// A private group is joined by being added, a public one by anybody but guests.
const (
	Private Visibility = "private"
	Public  Visibility = "public"
)

// LargeRoom is the number of members past which presence, typing, read and
// participant events are not broadcast.
const LargeRoom = 200

// ListedParticipants is how many participants a Room lists.
const ListedParticipants = 200

// ReadByRoom is the size of room up to which messages list who has read them.
const ReadByRoom = 50

// Room is a place where messages are kept in one order.
type Room struct {
	ID         string
	Name       string
	Kind       RoomKind
	Visibility Visibility
	Creator    string
	// Seq is the number of the newest message; Version counts stored changes.
	// Both are kept by the store, inside the transaction of the change.
	Seq, Version     int64
	ParticipantCount int
	LastMessageID    string
	CreatedAt        time.Time
	UpdatedAt        time.Time
	// ActiveAt is the time of the last message, or of the creation.
	ActiveAt time.Time
	Deleted  bool
	// Chatbot answers in this conversation, "" where none does.
	Chatbot string
	// OwnerEpoch is raised each time the conversation's owner changes: what a bot
	// produces under an older one is refused. Conversations begin at 1.
	OwnerEpoch int64
	// OpenReply is the id of the reply that is being streamed, "" for none.
	OpenReply string
	// ClearedSeq and ClearedVersion stand where the messages were last cleared.
	ClearedSeq, ClearedVersion int64
}

// MemberState is how a user stands to a room.
type MemberState string

// A member who left may come back by themselves, a removed one must be added.
const (
	MemberActive  MemberState = "active"
	MemberLeft    MemberState = "left"
	MemberRemoved MemberState = "removed"
)

// Member is a user's standing in a room. The zero value is a stranger.
type Member struct {
	Room, User string
	State      MemberState
	// ReadSeq is the seq up to which the user has read; it never goes back.
	ReadSeq  int64
	JoinedAt time.Time
}

// Active reports whether the user takes part now.
func (m Member) Active() bool { return m.State == MemberActive }

// RoomView is a room as one member sees it.
type RoomView struct {
	Room
	Epoch        string
	Participants []string // at most ListedParticipants, in the order they joined
	Unread       int64
	LastMessage  *Message
}

// Cursor returns the room's present cursor.
func (r RoomView) Cursor() string { return Cursor{r.Epoch, r.Version}.String() }

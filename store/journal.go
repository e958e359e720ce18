package store

import (
	"context"

	"parley/chat"
)

// journal is a database as the appender sees it: one transaction at a time that
// locks and loads what a group of commands names, and writes what they decided.
// All but ping is used by one goroutine.
type journal interface {
	// begin starts a transaction, locks the rooms in the order given, and then
	// reads what want names. After an error there is no transaction.
	begin(ctx context.Context, want wants) (transaction, found, error)
	// committed finds out, on a fresh connection, whether the transaction of the
	// receipt was committed. It waits until the transaction is over; an error says
	// that this could not be learnt yet.
	committed(ctx context.Context, r receipt) (bool, error)
	// ping asks the database for a sign of life. It may be called at any time, from
	// other goroutines.
	ping(ctx context.Context) error
}

// transaction is a journal's open transaction.
type transaction interface {
	// load reads more, under the same locks. It locks no rooms.
	load(ctx context.Context, want wants) (found, error)
	// commit writes the changes and commits. An *unknownOutcome says that it may
	// or may not have done so; after any other error it has not. The transaction
	// is over either way.
	commit(ctx context.Context, c changes) error
	// rollback ends a transaction that was not committed.
	rollback()
}

type memberKey struct{ room, user string }

type nonceKey struct{ room, user, nonce string }

// wants names rows to read, each once; rooms in ascending order.
type wants struct {
	rooms    []string
	members  []memberKey
	messages []string
	nonces   []nonceKey
	// invitations are asked for by id, invited by room and receiver.
	invitations []string
	invited     []memberKey
	elders      []elderKey
	replies     []string // by their messages' ids
}

// elderKey asks for the active members of a room who come next, by time of
// joining and id, after the given one.
type elderKey struct {
	room     string
	joinedAt int64
	user     string
	limit    int
}

// found are the wanted rows that exist. Messages holds those asked for by id
// and by nonce, invitations those by id and by place; one may be there twice.
type found struct {
	rooms       []chat.Room
	members     []chat.Member
	messages    []chat.Message
	invitations []chat.Invitation
	elders      []chat.Member // of each room in order
	replies     []replyRow
	// conversations are those of the rooms that were asked for.
	conversations []conversationRow
}

// changes are the rows to write, as they are to be.
type changes struct {
	newRooms, rooms []chat.Room
	members         []chat.Member // inserted or replaced
	read            []chat.Member // of which ReadSeq alone has moved
	inserts         []chat.Message
	updates         []chat.Message
	checkpoints     []chat.Message // of which Text and UpdatedAt alone have changed
	closes          []chat.Message // streamed ones that take their place
	clears          []clearance    // written before any message
	replies         []replyRow     // inserted or replaced
	unreplied       []string       // replies to drop, by their messages' ids
	uninvite        []string       // ids, ended before others are made
	invite          []chat.Invitation
	unposted        []posting
	posted          []posting
	audit           []chat.Audit
	erased          []string // rooms, before what they get anew
	conversations   []conversationRow
	notes           []chat.Note
	deliveries      []chat.Delivery
}

// posting is a file that a message has posted in its room.
type posting struct{ file, room, message string }

func (c changes) empty() bool {
	return len(c.newRooms)+len(c.rooms)+len(c.members)+len(c.read)+len(c.inserts)+len(c.updates)+
		len(c.checkpoints)+len(c.closes)+len(c.clears)+len(c.replies)+len(c.unreplied)+len(c.uninvite)+len(c.invite)+len(c.unposted)+len(c.posted)+len(c.audit)+
		len(c.erased)+len(c.conversations)+len(c.notes)+len(c.deliveries) == 0
}

// receipt identifies a transaction whose COMMIT was not answered.
type receipt struct {
	// transaction is the database's own name for it, where it has one.
	transaction string
	// message is one that it inserted, "" if none.
	message string
}

func (c changes) receipt(transaction string) receipt {
	r := receipt{transaction: transaction}
	if len(c.inserts) > 0 {
		r.message = c.inserts[0].ID
	}
	return r
}

package store

import (
	"context"
	"fmt"
	"time"

	"parley/chat"
)

// overlay is the state of the rooms of one group inside its transaction: the
// loaded rows, changed in memory by one command after the other, so that each
// sees what those before it did. Nothing is written until all have run.
type overlay struct {
	tx       transaction
	clock    func() time.Time
	rooms    map[string]*roomState
	replies  map[string]*chat.ReplyRecord // nil for what has none
	members  map[memberKey]*memberState
	messages map[string]*messageState
	nonces   map[nonceKey]*messageState
	places   map[memberKey]*placeState // invitations by room and receiver
	invited  map[string]*placeState    // and by their ids
	elders   map[string]*elders
	// The order in which rows were first changed, which is that of writing.
	changedRooms    []*roomState
	changedMembers  []*memberState
	changedMessages []*messageState
	changedPlaces   []*placeState
	acts            []chat.Audit
	changedInboxes  []*roomState
	notes           []chat.Note
	deliveries      []chat.Delivery
	// failure is a fault of the database while a command ran; it ends the group.
	failure error
}

type roomState struct {
	chat.Room
	stored, changed bool
	// cleared says that the group clears the room, and cleared before up to where.
	cleared       bool
	clearedBefore int64
	inboxState
}

type memberState struct {
	chat.Member
	changed  bool // in any way
	replaced bool // in more than the read position
}

type messageState struct {
	chat.Message
	stored, changed bool
	posted          []string // the files that it posts as it is stored
	closed          bool     // it has streamed, and has taken its place
	rewritten       bool     // in more than a checkpoint changes
	replied         bool     // its Reply is to be written
}

func newOverlay(tx transaction, want wants, rows found, clock func() time.Time) *overlay {
	o := &overlay{
		tx: tx, clock: clock,
		rooms:    make(map[string]*roomState, len(rows.rooms)),
		members:  make(map[memberKey]*memberState, len(rows.members)),
		messages: make(map[string]*messageState, len(rows.messages)),
		nonces:   make(map[nonceKey]*messageState, len(rows.messages)),
	}
	for _, r := range rows.rooms {
		o.rooms[r.ID] = &roomState{Room: r, stored: true}
	}
	o.addConversations(rows)
	o.add(want, rows)
	return o
}

// add takes in what was loaded; what is there already stays.
// A member who was asked for and not found is kept as a stranger, so that nobody
// asks again.
func (o *overlay) add(want wants, rows found) {
	for _, m := range rows.members {
		k := memberKey{m.Room, m.User}
		if o.members[k] == nil {
			o.members[k] = &memberState{Member: m}
		}
	}
	for _, k := range want.members {
		if o.members[k] == nil {
			o.members[k] = &memberState{}
		}
	}
	for _, m := range rows.messages {
		if o.messages[m.ID] == nil {
			o.remember(&messageState{Message: m, stored: true, posted: posts(m)})
		}
	}
	o.addReplies(want, rows)
	o.clearAdded(rows)
	o.addInvitations(want, rows)
	o.addElders(want, rows)
}

func (o *overlay) remember(m *messageState) {
	o.messages[m.ID] = m
	if m.Nonce != "" {
		o.nonces[nonceKey{m.Room, m.Sender, m.Nonce}] = m
	}
}

// run decides one command and applies its effects: all of them or, with an
// error, none.
func (o *overlay) run(ctx context.Context, cmd chat.Command) (chat.Outcome, error) {
	state, err := o.state(ctx, cmd)
	out := chat.Outcome{Before: state, Room: state.Room, Conversation: state.Conversation}
	if err != nil {
		return out, err
	}
	effects, err := cmd.Decide(state)
	if err != nil {
		return out, err
	}
	if err := o.check(ctx, cmd.Room, effects); err != nil {
		return out, err
	}
	o.apply(cmd.Room, effects, &out)
	if r := o.rooms[cmd.Room]; r != nil {
		out.Room, out.Conversation = r.Room, r.conversation()
	}
	o.hook(cmd, out)
	return out, nil
}

// state shows the command copies of what it named.
func (o *overlay) state(ctx context.Context, cmd chat.Command) (s chat.State, err error) {
	if r := o.rooms[cmd.Room]; r != nil {
		s.Room, s.Conversation = r.Room, r.conversation()
	}
	if m := o.members[memberKey{cmd.Room, cmd.User}]; m != nil {
		s.Member = m.Member
	}
	if len(cmd.Others) > 0 {
		s.Others = make(map[string]chat.Member, len(cmd.Others))
		for _, user := range cmd.Others {
			if m := o.members[memberKey{cmd.Room, user}]; m != nil && m.State != "" {
				s.Others[user] = m.Member
			}
		}
	}
	if m := o.messages[cmd.Message]; m != nil && m.Room == cmd.Room {
		s.Message = copyOf(m.Message)
	}
	if cmd.Nonce != "" {
		if m := o.nonces[nonceKey{cmd.Room, cmd.User, cmd.Nonce}]; m != nil {
			s.Prior = copyOf(m.Message)
		}
	}
	if cmd.Invitation != "" {
		s.Invitation = o.invitation(cmd.Room, cmd.Invitation)
	}
	if cmd.Heir {
		s.Heir, err = o.heir(ctx, cmd)
	}
	return s, err
}

func copyOf(m chat.Message) *chat.Message { return &m }

// check refuses effects that cannot be applied, before any of them is. It loads
// the rows that the effects touch and the command did not name.
func (o *overlay) check(ctx context.Context, room string, e chat.Effects) error {
	if err := checkActs(e.Audit); err != nil {
		return err
	}
	if o.rooms[room] == nil && e.Room == nil {
		if e.Insert != nil || e.Update != nil || e.Clear || len(e.Members)+len(e.Invite) > 0 || inboxed(e) {
			return fmt.Errorf("store: effects on room %q, which does not exist", room)
		}
		return nil
	}
	if e.Clear && (e.Insert != nil || e.Update != nil) {
		return fmt.Errorf("store: room %q cannot be cleared and written to by one command", room)
	}
	if err := checkInvitations(e.Invite); err != nil {
		return err
	}
	if err := o.checkInbox(room, e); err != nil {
		return err
	}
	if e.Insert != nil && (e.Insert.ID == "" || e.Insert.Sender == "" || o.messages[e.Insert.ID] != nil) {
		return fmt.Errorf("store: message %q of %q cannot be inserted", e.Insert.ID, e.Insert.Sender)
	}
	if err := o.loadTouched(ctx, room, e); err != nil {
		return err
	}
	if e.CloseReply != "" {
		return o.checkClose(ctx, room, e.CloseReply)
	}
	if e.Update != nil {
		return o.checkUpdate(ctx, room, e.Update)
	}
	return nil
}

func (o *overlay) checkUpdate(ctx context.Context, room string, want *chat.Message) error {
	m := o.messages[want.ID]
	if m == nil || m.Room != room {
		return fmt.Errorf("store: update of message %q, which is not in room %q", want.ID, room)
	}
	if m.Status != chat.StatusStreaming && want.Status == chat.StatusStreaming {
		return fmt.Errorf("store: message %q cannot stream again", want.ID)
	}
	return o.loadReply(ctx, m, want)
}

func (o *overlay) loadTouched(ctx context.Context, room string, e chat.Effects) error {
	var want wants
	missing := func(user string) {
		if k := (memberKey{room, user}); o.members[k] == nil {
			want.members = append(want.members, k)
		}
	}
	for _, m := range e.Members {
		missing(m.User)
	}
	if e.Insert != nil {
		if e.Insert.Status != chat.StatusStreaming {
			missing(e.Insert.Sender)
		}
	}
	if e.Update != nil && o.messages[e.Update.ID] == nil {
		want.messages = []string{e.Update.ID}
	}
	if r := o.rooms[room]; e.CloseReply != "" && r != nil && r.OpenReply != "" && o.messages[r.OpenReply] == nil {
		want.messages = []string{r.OpenReply}
	}
	want.invited = o.unknownPlaces(room, e)
	if len(want.members)+len(want.messages)+len(want.invited) == 0 {
		return nil
	}
	return o.load(ctx, want)
}

// load takes in more rows. If it fails, so does the group.
func (o *overlay) load(ctx context.Context, want wants) error {
	rows, err := o.tx.load(ctx, want)
	if err != nil {
		o.failure = err
		return err
	}
	o.add(want, rows)
	return nil
}

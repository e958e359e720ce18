package store

import (
	"slices"
	"time"

	"parley/chat"
)

// apply changes the overlay as the effects say, which check has passed, and
// tells of copies of the messages that were written.
func (o *overlay) apply(room string, e chat.Effects, out *chat.Outcome) {
	if e.Room != nil {
		o.applyRoom(room, *e.Room)
	}
	r := o.rooms[room]
	for _, m := range e.Members {
		o.applyMember(r, m)
	}
	if e.CloseReply != "" {
		out.Closed = o.applyClose(r, e.CloseReply, e.Frozen)
	}
	if e.Update != nil {
		out.Message = o.applyUpdate(r, *e.Update)
	}
	if e.Insert != nil {
		out.Message = o.applyInsert(r, *e.Insert)
	}
	if e.Clear {
		o.applyClear(r)
	}
	for _, user := range e.Uninvite {
		o.applyUninvite(memberKey{room, user})
	}
	for _, inv := range e.Invite {
		o.applyInvite(room, inv)
	}
	for _, a := range e.Audit {
		o.applyAct(a)
	}
	o.applyInbox(r, e)
}

// applyRoom creates the room or replaces what a command may replace.
func (o *overlay) applyRoom(id string, want chat.Room) {
	r := o.rooms[id]
	if r == nil {
		created := want.CreatedAt
		if created.IsZero() {
			created = o.clock()
		}
		r = &roomState{Room: chat.Room{
			ID: id, Kind: want.Kind, CreatedAt: asStored(created), ActiveAt: asStored(created),
		}}
		o.rooms[id] = r
	}
	updated := want.UpdatedAt
	if updated.IsZero() {
		updated = o.clock()
	}
	r.Name, r.Visibility, r.Creator, r.Deleted = want.Name, want.Visibility, want.Creator, want.Deleted
	r.Chatbot, r.OwnerEpoch = want.Chatbot, want.OwnerEpoch
	r.UpdatedAt = asStored(updated)
	o.touchRoom(r)
	if r.talk != nil && r.talk.Deleted != r.Deleted {
		o.applyConversation(r, r.talk.conversation())
	}
}

// applyMember inserts or replaces a membership and keeps the count of those who
// take part. The read position never goes back.
func (o *overlay) applyMember(r *roomState, want chat.Member) {
	k := memberKey{r.ID, want.User}
	m := o.members[k]
	if m == nil {
		m = &memberState{}
		o.members[k] = m
	}
	before := m.Active()
	want.Room, want.ReadSeq, want.JoinedAt = r.ID, max(want.ReadSeq, m.ReadSeq), asStored(want.JoinedAt)
	m.Member, m.replaced = want, true
	o.touchMember(m)
	switch {
	case m.Active() && !before:
		r.ParticipantCount++
		o.touchRoom(r)
	case before && !m.Active():
		r.ParticipantCount--
		o.touchRoom(r)
	}
}

// applyInsert gives the message the room's next numbers. Its sender has read it.
// One that begins to stream takes none.
func (o *overlay) applyInsert(r *roomState, msg chat.Message) *chat.Message {
	msg.Room, msg.Seq, msg.Version, msg.BornVersion = r.ID, 0, 0, 0
	if msg.CreatedAt.IsZero() {
		msg.CreatedAt = o.clock()
	}
	if msg.UpdatedAt.IsZero() {
		msg.UpdatedAt = msg.CreatedAt
	}
	if msg.Status == "" {
		msg.Status = chat.StatusComplete
	}
	if len(msg.Files) == 0 {
		msg.Files = nil
	}
	stamp(&msg)
	if msg.Reply != nil {
		record := *msg.Reply
		msg.Reply = &record
	}
	m := &messageState{Message: msg, replied: msg.Reply != nil}
	o.remember(m)
	o.touchMessage(m)
	if m.Status == chat.StatusStreaming {
		r.OpenReply = m.ID
		o.touchRoom(r)
		return copyOf(m.Message)
	}
	o.place(r, m, m.CreatedAt)
	if sender := o.members[memberKey{r.ID, msg.Sender}]; sender != nil && sender.State != "" && sender.ReadSeq < r.Seq {
		sender.ReadSeq = r.Seq
		o.touchMember(sender)
	}
	return copyOf(m.Message)
}

// place gives a message the room's next numbers and makes it the last one.
func (o *overlay) place(r *roomState, m *messageState, at time.Time) {
	r.Seq++
	r.Version++
	m.Seq, m.Version, m.BornVersion = r.Seq, r.Version, r.Version
	r.LastMessageID = m.ID
	if at.After(r.ActiveAt) {
		r.ActiveAt = at
	}
	o.touchRoom(r)
}

// applyUpdate replaces what a command may replace of a message. A streaming one
// takes its place once it streams no more, and no numbers before.
func (o *overlay) applyUpdate(r *roomState, want chat.Message) *chat.Message {
	m := o.messages[want.ID]
	streamed := m.Status == chat.StatusStreaming
	before := m.Message
	m.Text, m.Files, m.Status, m.Deleted = want.Text, want.Files, want.Status, want.Deleted
	if len(m.Files) == 0 {
		m.Files = nil
	}
	m.EditedAt, m.UpdatedAt = want.EditedAt, want.UpdatedAt
	if want.Reply != nil {
		record := *want.Reply
		m.Reply, m.replied = &record, true
	}
	stamp(&m.Message)
	o.touchMessage(m)
	switch {
	case !streamed:
		r.Version++
		m.Version = r.Version
		m.rewritten = true
		o.touchRoom(r)
	case m.Status != chat.StatusStreaming:
		m.closed = true
		o.place(r, m, m.UpdatedAt)
		if r.OpenReply == m.ID {
			r.OpenReply = ""
		}
	case !slices.Equal(before.Files, m.Files) || before.Deleted != m.Deleted || !before.EditedAt.Equal(m.EditedAt):
		m.rewritten = true
	}
	return copyOf(m.Message)
}

// stamp cuts the message's times to what the database gives back.
func stamp(m *chat.Message) {
	m.CreatedAt, m.UpdatedAt, m.EditedAt = asStored(m.CreatedAt), asStored(m.UpdatedAt), asStored(m.EditedAt)
}

func (o *overlay) touchRoom(r *roomState) {
	if !r.changed {
		r.changed = true
		o.changedRooms = append(o.changedRooms, r)
	}
}

func (o *overlay) touchMember(m *memberState) {
	if !m.changed {
		m.changed = true
		o.changedMembers = append(o.changedMembers, m)
	}
}

func (o *overlay) touchMessage(m *messageState) {
	if !m.changed {
		m.changed = true
		o.changedMessages = append(o.changedMessages, m)
	}
}

// changes lists what has to be written, each row once and as it is at the end.
func (o *overlay) changes() changes {
	c := changes{read: make([]chat.Member, 0, len(o.changedMembers)), inserts: make([]chat.Message, 0, len(o.changedMessages))}
	for _, r := range o.changedRooms {
		if r.stored {
			c.rooms = append(c.rooms, r.Room)
		} else {
			c.newRooms = append(c.newRooms, r.Room)
		}
	}
	for _, m := range o.changedMembers {
		if m.replaced {
			c.members = append(c.members, m.Member)
		} else {
			c.read = append(c.read, m.Member)
		}
	}
	for _, m := range o.changedMessages {
		switch {
		case !m.stored:
			c.inserts = append(c.inserts, m.Message)
		case m.closed:
			c.closes = append(c.closes, m.Message)
		case m.rewritten:
			c.updates = append(c.updates, m.Message)
		default:
			c.checkpoints = append(c.checkpoints, m.Message)
		}
		c.reply(m)
		c.postings(m)
	}
	c.clears = o.clears(c.clears)
	for _, p := range o.changedPlaces {
		c.invitation(p)
	}
	c.audit = o.acts
	o.inboxChanges(&c)
	return c
}

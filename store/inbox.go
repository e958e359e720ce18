package store

import (
	"context"
	"fmt"
	"slices"

	"parley/chat"
)

// inboxState is what a room has in the agents' inbox.
type inboxState struct {
	talk *conversationRow // nil if none; replaced, never changed in place
	// inboxed says that the group has changed it, and erased that it removes what
	// was there before.
	inboxed, erased bool
}

// conversation is a copy of the room's, nil if it has none.
func (s *inboxState) conversation() *chat.Conversation {
	if s.talk == nil {
		return nil
	}
	c := s.talk.conversation()
	return &c
}

// addConversations takes in what was loaded with the rooms.
func (o *overlay) addConversations(rows found) {
	for i := range rows.conversations {
		c := &rows.conversations[i]
		if r := o.rooms[c.RoomID]; r != nil && r.Kind != chat.KindGroup {
			r.talk = c
		}
	}
}

// inboxed reports whether effects touch the inbox.
func inboxed(e chat.Effects) bool {
	return e.Conversation != nil || e.CloseReply != "" || e.Note != nil || e.Erase
}

// checkInbox refuses effects on the inbox that cannot be applied.
func (o *overlay) checkInbox(room string, e chat.Effects) error {
	if !inboxed(e) {
		return nil
	}
	r := o.rooms[room]
	kind, talk := chat.RoomKind(""), e.Conversation != nil
	if r != nil {
		kind, talk = r.Kind, talk || r.talk != nil
	} else {
		kind = e.Room.Kind
	}
	switch {
	case e.Erase && (e.Conversation != nil || e.Note != nil):
		return fmt.Errorf("store: conversation of room %q cannot be erased and written to by one command", room)
	case e.Conversation != nil && kind == chat.KindGroup:
		return fmt.Errorf("store: group %q cannot have a conversation", room)
	case e.Conversation != nil && (r == nil || r.talk == nil) && e.Conversation.Key == "":
		return fmt.Errorf("store: conversation of room %q needs a key", room)
	case e.Note != nil && (!talk || e.Note.ID == ""):
		return fmt.Errorf("store: note %q needs a conversation in room %q", e.Note.ID, room)
	case e.CloseReply != "" && (e.Update != nil || e.CloseReply == chat.StatusStreaming):
		return fmt.Errorf("store: the reply of room %q cannot be closed so", room)
	}
	return nil
}

// checkClose readies the room's open reply, which is loaded, to be shown closed.
func (o *overlay) checkClose(ctx context.Context, room string, status chat.Status) error {
	m := o.openReply(o.rooms[room])
	if m == nil {
		return nil
	}
	return o.loadReply(ctx, m, &chat.Message{Status: status})
}

// openReply is the message that streams in the room, nil if none does.
func (o *overlay) openReply(r *roomState) *messageState {
	if r == nil || r.OpenReply == "" {
		return nil
	}
	m := o.messages[r.OpenReply]
	if m == nil || m.Status != chat.StatusStreaming {
		return nil
	}
	return m
}

// applyClose gives the open reply its place, as its writer had it or, where that is
// not known, with the text that was last stored.
func (o *overlay) applyClose(r *roomState, status chat.Status, frozen *chat.Frozen) *chat.Message {
	m := o.openReply(r)
	if m == nil {
		return nil
	}
	want := m.Message
	want.Status, want.UpdatedAt, want.Reply = status, r.UpdatedAt, nil // its record stays
	if frozen != nil {
		want.Text, want.Reply = frozen.Text, &frozen.Record
	}
	return o.applyUpdate(r, want)
}

// applyInbox changes what the room has in the inbox.
func (o *overlay) applyInbox(r *roomState, e chat.Effects) {
	if e.Erase {
		o.applyErase(r)
	}
	if e.Conversation != nil {
		o.applyConversation(r, *e.Conversation)
	}
	if e.Note != nil {
		n := *e.Note
		n.Room = r.ID
		if n.CreatedAt.IsZero() {
			n.CreatedAt = o.clock()
		}
		o.notes = append(o.notes, n)
	}
}

// applyConversation creates the room's conversation or replaces what a command may
// replace.
func (o *overlay) applyConversation(r *roomState, want chat.Conversation) {
	want.Room = r.ID
	if r.talk != nil {
		had := r.talk.conversation()
		want.Key, want.CreatedAt = had.Key, had.CreatedAt
	}
	if want.CreatedAt.IsZero() {
		want.CreatedAt = o.clock()
	}
	if want.UpdatedAt.IsZero() {
		want.UpdatedAt = o.clock()
	}
	row := rowOfConversation(want)
	row.Deleted = r.Deleted
	r.talk = &row
	o.touchInbox(r)
}

// applyErase removes what the room has in the inbox, and what is on its way from it.
func (o *overlay) applyErase(r *roomState) {
	r.talk, r.erased = nil, true
	o.touchInbox(r)
	o.notes = slices.DeleteFunc(o.notes, func(n chat.Note) bool { return n.Room == r.ID })
	o.deliveries = slices.DeleteFunc(o.deliveries, func(d chat.Delivery) bool { return d.Room == r.ID })
}

func (o *overlay) touchInbox(r *roomState) {
	if !r.inboxed {
		r.inboxed = true
		o.changedInboxes = append(o.changedInboxes, r)
	}
}

// hook queues the deliveries of a command whose effects are applied. They cannot be
// taken back by then: a panic ends the group, which is taken apart.
func (o *overlay) hook(cmd chat.Command, out chat.Outcome) {
	if cmd.Hooks == nil {
		return
	}
	before := o.failure
	o.failure = fmt.Errorf("store: hooks of a command on room %q did not return", cmd.Room)
	list := cmd.Hooks(out)
	o.failure = before
	for _, d := range list {
		d.Room = cmd.Room
		if d.CreatedAt.IsZero() {
			d.CreatedAt = o.clock()
		}
		o.deliveries = append(o.deliveries, d)
	}
}

// inboxChanges lists what has to be written of the inbox.
func (o *overlay) inboxChanges(c *changes) {
	for _, r := range o.changedInboxes {
		if r.erased {
			c.erased = append(c.erased, r.ID)
		}
		if r.talk != nil {
			c.conversations = append(c.conversations, *r.talk)
		}
	}
	c.notes, c.deliveries = o.notes, o.deliveries
}

package gateway

import "parley/chat"

// sendState tells a room who its conversation is with, and ends what its bot was
// writing: on no connection does anything of it come behind this. What was true
// under an older owner epoch than the room has heard of is news no more.
//
// One that names an Origin was made by greet, for that session alone.
func (h *Hub) sendState(r *room, e chat.Event) {
	if e.OwnerEpoch < r.ownerEpoch {
		return
	}
	r.ownerEpoch = e.OwnerEpoch
	r.silence(e.OwnerEpoch)
	if e.Conversation == nil || e.Conversation.State == "" {
		return
	}
	enc := h.encoder(e)
	if e.Origin == "" {
		r.sendAll(enc)
		return
	}
	for _, s := range r.sessions {
		if s.ID == e.Origin && (s.room == "" || e.Conversation.State != chat.WithBot) {
			enc.send(s)
		}
	}
}

// greet tells a session that has just come into a room how the room's conversation
// stood when it was read: as soon as the room's events have come as far, so that the
// session gets nothing behind it of what was before. A session of one room is told
// what is out of the ordinary alone, not that its bot answers.
func (h *Hub) greet(s *Session, head chat.RoomHead) {
	if head.Conversation == nil && head.OwnerEpoch < 2 {
		return // nothing can be older
	}
	if r := h.lookup(head.Room); r != nil {
		r.handle(chat.Event{
			Kind: chat.EventConversationState, Room: head.Room, At: head.Version, Epoch: h.opts.Epoch(),
			OwnerEpoch: head.OwnerEpoch, Conversation: head.Conversation, Origin: s.ID,
		})
	}
}

package gateway

import (
	"slices"
	"time"

	"parley/chat"
)

// encoder encodes an event at most once per format.
type encoder struct {
	event  chat.Event
	offset uint64
	name   string
	now    time.Time
	done   []encoded
}

type encoded struct {
	format Format
	frame  Frame
	ok     bool
}

func (h *Hub) encoder(e chat.Event) *encoder {
	n, name := h.offset()
	return &encoder{event: e, offset: n, name: name, now: h.opts.Now()}
}

// send delivers the event to the session in its format.
func (e *encoder) send(s *Session) {
	for i := range e.done {
		if e.done[i].format == s.format {
			if e.done[i].ok {
				s.deliver(e.done[i].frame, e.offset, e.now)
			}
			return
		}
	}
	frame, ok := s.format.Encode(e.event, e.name)
	e.done = append(e.done, encoded{s.format, frame, ok})
	if ok {
		s.deliver(frame, e.offset, e.now)
	}
}

// broadcast sends an event whose turn has come. The room's lock is held, so that
// every session gets the room's events in one order; sending only queues.
func (h *Hub) broadcast(r *room, e chat.Event) {
	enc := h.encoder(e)
	switch e.Kind {
	case chat.EventRoomJoined:
		h.sendJoined(r, enc)
	case chat.EventRoomLeft:
		h.sendLeft(r, enc)
	case chat.EventTyping:
		for _, s := range r.sessions {
			if s.ID != e.Origin && s.Actor().ID != e.User {
				enc.send(s)
			}
		}
	case chat.EventRoomDeleted:
		for _, s := range slices.Clone(r.sessions) {
			enc.send(s)
			r.remove(s)
			s.exit(r.id)
		}
		go h.sweep(r)
	default:
		if e.Quiet {
			return
		}
		for _, s := range r.sessions {
			enc.send(s)
		}
	}
}

// sendJoined tells those who joined, on all their connections. They were brought
// in when the event came; an earlier one that had to wait may have taken them out.
func (h *Hub) sendJoined(r *room, enc *encoder) {
	for _, u := range enc.event.Users {
		for _, s := range h.sessionsOf(u) {
			r.enter(s, false)
			enc.send(s)
		}
	}
}

// sendLeft tells those who left, on all their connections, and takes them out.
func (h *Hub) sendLeft(r *room, enc *encoder) {
	for _, u := range enc.event.Users {
		for _, s := range h.sessionsOf(u) {
			enc.send(s)
			r.remove(s)
			s.exit(r.id)
		}
	}
	go h.sweep(r)
}

// direct tells users who left of a room that nobody here listens to.
func (h *Hub) direct(e chat.Event) {
	enc := h.encoder(e)
	for _, u := range e.Users {
		for _, s := range h.sessionsOf(u) {
			enc.send(s)
			h.unsubscribe(s, e.Room) // which it may have come into meanwhile
		}
	}
}

// sweep removes the room if it has become empty. It runs apart from the sending:
// the hub's lock is taken before a room's, never after.
func (h *Hub) sweep(r *room) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.dead {
		h.bury(r)
	}
}

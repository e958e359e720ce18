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
	about  *subject
	done   []encoded
}

type encoded struct {
	format Format
	frame  Frame
	ok     bool
}

func (h *Hub) encoder(e chat.Event) *encoder {
	n, name := h.offset()
	return &encoder{event: e, offset: n, name: name, now: h.opts.Now(), about: subjectOf(e)}
}

// passing encodes an event that is not recovered.
func passing(e chat.Event) *encoder { return &encoder{event: e} }

// frame returns the event in a format, or false if that shows nothing.
func (e *encoder) frame(f Format) (Frame, bool) {
	for i := range e.done {
		if e.done[i].format == f {
			return e.done[i].frame, e.done[i].ok
		}
	}
	frame, ok := f.Encode(e.event, e.name)
	e.done = append(e.done, encoded{f, frame, ok})
	return frame, ok
}

// send delivers the event to the session in its format.
func (e *encoder) send(s *Session) {
	if frame, ok := e.frame(s.format); ok {
		s.deliver(frame, e)
	}
}

// sendMember delivers an event about the session's user to it, unless the event's
// room is none of the session's business.
func (e *encoder) sendMember(s *Session) {
	if s.minds(e.event.Room) {
		e.send(s)
	}
}

// broadcast sends an event whose turn has come. The room's lock is held, so that
// every session gets the room's events in one order; sending only queues.
func (h *Hub) broadcast(r *room, e chat.Event) {
	switch {
	case e.Kind == chat.EventStreamToken:
		r.takeToken(e)
		return
	case e.Kind == chat.EventStreamStart:
		r.beginStream(e)
		return
	case e.Kind == chat.EventMessage && e.Message.Bot(),
		e.Kind == chat.EventMessageDeleted && len(r.streams) > 0 && r.stream(e.Message.ID) != nil:
		r.endStream(e)
		return
	case e.Kind == chat.EventConversationState:
		h.sendState(r, e)
		return
	case forAgents(e.Kind):
		h.sendAgents(e)
		return
	}
	enc := h.encoder(e)
	switch e.Kind {
	case chat.EventRoomJoined:
		h.sendJoined(r, enc)
	case chat.EventRoomLeft:
		h.sendLeft(r, enc)
	case chat.EventTyping:
		if r.types(e) {
			r.sendOthers(enc)
		}
	case chat.EventPresence:
		h.sendPresence(r, enc)
	case chat.EventRoomDeleted:
		h.sendDeleted(r, enc)
	case chat.EventParticipantJoined, chat.EventParticipantLeft:
		h.sendParticipant(r, enc)
	default:
		r.sendAll(enc)
	}
}

// sendAll leaves out a silent session that has itself said what is sent.
func (r *room) sendAll(enc *encoder) {
	origin := enc.event.Origin
	for _, s := range r.sessions {
		if !s.silent || s.ID != origin {
			enc.send(s)
		}
	}
}

// sendOthers leaves out whom the event is about, on all their connections.
func (r *room) sendOthers(enc *encoder) {
	e := enc.event
	for _, s := range r.sessions {
		if s.ID != e.Origin && s.Actor().ID != e.User {
			enc.send(s)
		}
	}
}

// sendDeleted tells everybody and lets them go.
func (h *Hub) sendDeleted(r *room, enc *encoder) {
	r.typists.clear()
	for _, s := range slices.Clone(r.sessions) {
		enc.send(s)
		r.remove(s)
		s.exit(r.id)
		h.setPart(s.Actor().ID, r.id, false)
	}
	go h.sweep(r)
}

// sendParticipant tells a small room who came or left, and of who came that they
// are there.
func (h *Hub) sendParticipant(r *room, enc *encoder) {
	e := enc.event
	r.resize(enc.offset, e.Quiet)
	if e.Quiet {
		return
	}
	r.sendAll(enc)
	if e.Kind == chat.EventParticipantJoined {
		h.sendJoiner(r, e)
	} else if r.typists.drop(e.User) {
		r.sendOthers(h.encoder(chat.Event{Kind: chat.EventTyping, Room: r.id, User: e.User, Epoch: e.Epoch}))
	}
}

// sendJoined tells those who joined, on all their connections. They were brought
// in when the event came; an earlier one that had to wait may have taken them out.
func (h *Hub) sendJoined(r *room, enc *encoder) {
	r.resize(enc.offset, enc.event.Quiet)
	for _, u := range enc.event.Users {
		news := h.setPart(u, r.id, true) || !h.among() // which tells twice what it may have lost
		if news {
			h.shareJoiner(enc.event, u)
		}
		for _, s := range h.sessionsOf(u) {
			r.enter(s, false)
			if news {
				enc.sendMember(s)
			}
		}
	}
}

// sendLeft tells those who left, on all their connections, and takes them out.
func (h *Hub) sendLeft(r *room, enc *encoder) {
	for _, u := range enc.event.Users {
		news := h.setPart(u, r.id, false) || !h.among()
		for _, s := range h.sessionsOf(u) {
			if news {
				enc.sendMember(s)
			}
			r.remove(s)
			s.exit(r.id)
		}
		if r.typists.drop(u) {
			r.sendOthers(h.encoder(chat.Event{Kind: chat.EventTyping, Room: r.id, User: u, Epoch: enc.event.Epoch}))
		}
	}
	go h.sweep(r)
}

// direct takes note of who came into, or left, a room that nobody here listens
// to, and tells those who left.
func (h *Hub) direct(e chat.Event) {
	switch e.Kind {
	case chat.EventRoomJoined:
		for _, u := range e.Users {
			if h.setPart(u, e.Room, true) {
				h.shareJoiner(e, u)
			}
		}
		return
	case chat.EventRoomLeft:
	default:
		return
	}
	enc := h.encoder(e)
	for _, u := range e.Users {
		news := h.setPart(u, e.Room, false) || !h.among()
		for _, s := range h.sessionsOf(u) {
			if news {
				enc.sendMember(s)
			}
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

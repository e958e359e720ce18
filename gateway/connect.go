package gateway

import (
	"context"
	"slices"
	"time"

	"parley/chat"
)

// Connect makes a session of a connection whose token was checked: it takes part
// in every room of its user from here on. What happens is held back until
// Announce, so that the client may be let in meanwhile. A PID makes the session
// recoverable.
func (h *Hub) Connect(ctx context.Context, s NewSession) (*Session, error) {
	session := &Session{
		ID: s.ID, PID: s.PID, hub: h, format: s.Format, identity: s.Identity, sink: s.Sink,
		holding: true, rooms: map[string]struct{}{}, room: s.Room, chatbot: s.Chatbot, entered: s.Entered, silent: s.Silent,
	}
	h.remember(session)
	heads, err := h.subscribeAll(ctx, session)
	if err != nil {
		session.Close()
		return nil, err
	}
	session.heads = heads
	return session, nil
}

// NewSession is what a protocol knows of a new connection.
type NewSession struct {
	ID, PID  string
	Format   Format
	Identity chat.Identity
	Sink     Sink
	// Room, if set, is the one room whose events the session gets, which its user
	// takes part in. Without it, it gets those of all its user's rooms.
	Room string
	// Chatbot is the chatbot session that this is the socket of, if it is one's.
	Chatbot string
	// Entered orders the sockets of one chatbot session: see chat.Session.
	Entered int64
	// Silent leaves out the messages that were posted with the session's ID as Origin.
	Silent bool
}

// Announce lets a new session's events flow. The first that the client gets is
// frame's, made of the cursors of its user's rooms; what has happened since
// Connect comes behind it. It reports false if the session has ended or that has
// become too much: then it is to be closed.
func (s *Session) Announce(frame func(cursors map[string]string, offset string) Frame) bool {
	h := s.hub
	cursors := make(map[string]string, len(s.heads))
	for room, version := range s.heads {
		if s.in(room) {
			cursors[room] = chat.Cursor{Epoch: h.opts.Epoch(), Version: version}.String()
		}
	}
	s.heads = nil
	h.arrived(s, true)
	n, name := h.offset()
	return s.announce(frame(cursors, name), n, h.opts.Now())
}

// subscribeAll enters all rooms of the session's user. The heads are read once
// more after the subscription: from there on everything comes live. Where the
// room's own head is further on, that is what the session starts from: another
// session has read it later, and what lies between was not passed on. Of
// conversations the session is told how they stand.
func (h *Hub) subscribeAll(ctx context.Context, s *Session) (map[string]int64, error) {
	asOf, _ := h.offset() // what happens from here on is newer
	rooms, err := h.opts.Store.RoomHeads(ctx, s.Actor().ID)
	if err != nil || len(rooms) == 0 {
		return nil, err
	}
	ids, conversations := make([]string, 0, len(rooms)), false
	for _, r := range rooms {
		if !s.minds(r.Room) {
			s.enter(r.Room, true) // its user is there
			continue
		}
		h.subscribe(s, r.Room, entry{setup: true, size: size{asOf, r.Members}})
		ids = append(ids, r.Room)
		conversations = conversations || r.OwnerEpoch > 0
	}
	if len(ids) == 0 {
		return nil, nil
	}
	heads, stand, err := h.reread(ctx, s, ids, conversations)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		head, ok := heads[id]
		if !ok {
			h.unsubscribe(s, id)
			continue
		}
		heads[id] = h.prime(id, head)
		if c, ok := stand[id]; ok {
			h.greet(s, c)
			h.miss(c)
		}
	}
	return heads, nil
}

// reread returns the versions of those of the rooms that are still there and, if
// there are conversations among them, how these stand.
func (h *Hub) reread(ctx context.Context, s *Session, ids []string, conversations bool) (map[string]int64, map[string]chat.RoomHead, error) {
	if !conversations {
		heads, err := h.opts.Store.Heads(ctx, ids)
		return heads, nil, err
	}
	rooms, err := h.opts.Store.RoomHeads(ctx, s.Actor().ID)
	if err != nil {
		return nil, nil, err
	}
	stand := make(map[string]chat.RoomHead, len(rooms))
	for _, r := range rooms {
		stand[r.Room] = r
	}
	heads := make(map[string]int64, len(ids))
	for _, id := range ids {
		if r, ok := stand[id]; ok {
			heads[id] = r.Version
		}
	}
	return heads, stand, nil
}

// prime tells a room its head, if it knows none, and returns the further of both.
func (h *Hub) prime(id string, head int64) int64 {
	r := h.lookup(id)
	if r == nil {
		return head
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.prime(head)
	return max(head, r.head)
}

// measure tells a room how many take part in it.
func (h *Hub) measure(id string, n size) {
	if r := h.lookup(id); r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.measure(n)
	}
}

// Listen lets a session get a room's live events. Whether it may is checked before
// it gets any, and once the subscription stands: a removal that the check does not
// see yet will end it. The check returns the room's head; it is repeated where the
// room's events turn out to have gone further on than it saw.
func (h *Hub) Listen(s *Session, room string, check func() (chat.RoomHead, error)) error {
	listened := s.in(room)
	if !listened {
		if _, err := check(); err != nil {
			return err
		}
		h.subscribe(s, room, entry{})
	}
	asOf, _ := h.offset() // what happens from here on is newer
	head, err := check()
	if err == nil {
		h.measure(room, size{asOf, head.Members})
		if h.prime(room, head.Version) > head.Version {
			_, err = check()
		}
	}
	if err != nil && !listened {
		h.unsubscribe(s, room)
	}
	return err
}

// Unlisten stops a room's live events for this session alone.
func (h *Hub) Unlisten(s *Session, room string) { h.unsubscribe(s, room) }

// Resume gives a detached session a new connection, if nothing is missing after
// the offset and the client is the same user, and an agent only if it was one:
// agents are told what others are not. Otherwise it returns nil and the
// client starts anew. Nothing goes out before Resumed is called.
func (h *Hub) Resume(pid, offset string, id chat.Identity, format Format, sink Sink) *Session {
	s := h.resume(pid, offset, id, format, sink)
	if s != nil {
		h.restart(s)
	}
	return s
}

func (h *Hub) resume(pid, offset string, id chat.Identity, format Format, sink Sink) *Session {
	h.usersMu.RLock()
	s := h.pids[pid]
	h.usersMu.RUnlock()
	n, ok := h.parseOffset(offset)
	if s == nil || !ok {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.sink != nil || s.format != format || s.identity.ID != id.ID || !s.detached.Stop() {
		return nil
	}
	missed, ok := s.ring.after(n)
	if !ok || answers(id.Role) != answers(s.identity.Role) {
		s.detached.Reset(0) // closes it
		return nil
	}
	s.identity, s.sink, s.holding, s.hold, s.held = id, sink, true, missed, 0
	return s
}

// Resumed lets a resumed session's events flow, the missed ones first. It reports
// false if the session has ended or something is missing after all: then it is
// to be closed.
func (s *Session) Resumed() bool {
	s.hub.arrived(s, false)
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.hold
	s.holding, s.hold, s.left = false, nil, nil
	if s.closed || s.overrun {
		return false
	}
	s.pushAll(held)
	s.expireAt(s.identity.Expires)
	return true
}

// trimWaiting closes the user's sessions that have waited longest for their
// clients, past maxWaiting.
func (h *Hub) trimWaiting(user string) {
	type wait struct {
		session *Session
		since   time.Time
	}
	var waiting []wait
	for _, s := range h.sessionsOf(user) {
		if since, ok := s.waiting(); ok {
			waiting = append(waiting, wait{s, since})
		}
	}
	if len(waiting) <= maxWaiting {
		return
	}
	slices.SortFunc(waiting, func(a, b wait) int { return a.since.Compare(b.since) })
	for _, w := range waiting[:len(waiting)-maxWaiting] {
		w.session.Close()
	}
}

package gateway

import (
	"maps"
	"slices"
	"sync"
	"time"

	"parley/chat"
)

// Session is one user's connection to the chat, or, for RecoveryWindow after
// its connection was lost, the wait for that client to come back.
type Session struct {
	// ID names the session to its server alone; PID is the client's secret.
	ID, PID string
	hub     *Hub
	format  Format
	// What it was made for, see NewSession.
	room, chatbot string
	entered       int64
	silent        bool

	mu       sync.Mutex
	identity chat.Identity
	heads    map[string]int64    // of its rooms when it was made; gone once announced
	sink     Sink                // nil while detached
	holding  bool                // frames wait until the session is announced
	hold     []Frame             // those frames
	rooms    map[string]struct{} // which it gets the events of, or its user takes part in
	left     map[string]struct{} // rooms left while holding
	ring     ring
	held     int  // bytes in hold
	overrun  bool // more was held back than may be
	closed   bool
	present  bool // counts among its user's connections
	expiry   *time.Timer
	detached *time.Timer
	lost     time.Time // when it was detached
}

// Identity returns who the session belongs to.
func (s *Session) Identity() chat.Identity {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.identity
}

// Actor returns who acts through the session.
func (s *Session) Actor() chat.Actor { return s.Identity().Actor }

// Send queues a frame that belongs to this client alone and is not recovered.
func (s *Session) Send(f Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.push(f)
}

func (s *Session) push(f Frame) {
	switch {
	case s.closed || s.sink == nil:
	case s.holding:
		s.holdBack(f)
	default:
		s.sink.Send(f)
	}
}

func (s *Session) pushAll(frames []Frame) {
	for _, f := range frames {
		s.push(f)
	}
}

// holdBack keeps a frame for later, up to what a client may be behind.
func (s *Session) holdBack(f Frame) {
	s.held += f.Len()
	if s.overrun = s.overrun || s.held > ringDetached; s.overrun {
		s.hold = nil
		return
	}
	s.hold = append(s.hold, f)
}

// deliver queues an event and keeps it for recovery.
func (s *Session) deliver(f Frame, e *encoder) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	if s.PID != "" {
		limit := ringBytes
		if s.sink == nil {
			limit = ringDetached
		}
		s.ring.add(ringEvent{offset: e.offset, at: e.now.UnixNano(), frame: f, about: e.about}, limit)
	}
	s.push(f)
}

// announce sends the first frame and then what was held back. It reports false
// if that had become too much.
func (s *Session) announce(first Frame, offset uint64, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.hold
	s.hold, s.left, s.holding = nil, nil, false
	if s.closed || s.overrun {
		return false
	}
	if s.PID != "" {
		// It goes out first, so it stands first.
		events := s.ring.events[s.ring.first:]
		s.ring = ring{}
		s.ring.add(ringEvent{offset: offset, at: now.UnixNano(), frame: first}, ringBytes)
		for _, e := range events {
			s.ring.add(e, ringBytes)
		}
	}
	s.push(first)
	s.pushAll(held)
	s.expireAt(s.identity.Expires)
	return true
}

// Refresh extends the session in place with a new token of the same user, which
// may have another role.
func (s *Session) Refresh(id chat.Identity) error {
	s.hub.usersMu.Lock()
	defer s.hub.usersMu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if id.ID != s.identity.ID {
		return chat.Errorf(chat.CodeForbidden, "The token belongs to another user")
	}
	s.identity = id
	s.hub.enrol(s)
	s.expireAt(id.Expires)
	return nil
}

// expireAt ends the session when its token ends. The caller holds the lock.
func (s *Session) expireAt(t time.Time) {
	if s.expiry != nil {
		s.expiry.Stop()
		s.expiry = nil
	}
	if !t.IsZero() && !s.closed {
		s.expiry = time.AfterFunc(t.Sub(s.hub.opts.Now()), func() { s.expire(t) })
	}
}

// expire ends the session unless its token was renewed meanwhile.
func (s *Session) expire(t time.Time) {
	if s.Identity().Expires.Equal(t) {
		s.End(chat.ErrTokenExpired)
	}
}

// End tells the client why, and closes the session for good.
func (s *Session) End(why *chat.Error) {
	s.mu.Lock()
	sink := s.sink
	s.mu.Unlock()
	s.Close()
	if sink != nil {
		sink.End(why)
	}
}

// Ended reports whether the session is over for good: from then on nothing that its
// client has sent may take effect, though its connection is still being closed.
func (s *Session) Ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// Close ends the session. It may be called more than once.
func (s *Session) Close() {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.closed = true
	s.sink, s.hold, s.ring = nil, nil, ring{}
	for _, t := range []*time.Timer{s.expiry, s.detached} {
		if t != nil {
			t.Stop()
		}
	}
	rooms, user, present := s.rooms, s.identity.ID, s.present
	s.rooms, s.present = nil, false
	s.mu.Unlock()
	if present {
		s.hub.departed(s, user)
	}
	s.hub.forget(s, user, rooms)
}

// Detach keeps the session for RecoveryWindow without its connection: events go
// on into its ring. A session that cannot be recovered is closed instead.
func (s *Session) Detach() {
	s.mu.Lock()
	if s.closed || s.PID == "" || s.holding {
		s.mu.Unlock()
		s.Close()
		return
	}
	s.sink, s.lost = nil, s.hub.opts.Now()
	s.detached = time.AfterFunc(RecoveryWindow, s.Close)
	user, present := s.identity.ID, s.present
	s.present = false
	s.mu.Unlock()
	if present {
		s.hub.departed(s, user)
	}
	s.hub.trimWaiting(user)
}

func (s *Session) connected() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sink != nil
}

// waiting reports since when the session has been without its connection.
func (s *Session) waiting() (since time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost, s.sink == nil && !s.closed
}

// in reports whether the session receives the room's events.
func (s *Session) in(room string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.rooms[room]
	return ok
}

// minds reports whether the room's events are meant for the session.
func (s *Session) minds(room string) bool { return s.room == "" || s.room == room }

// listening returns the rooms that the session may be in.
func (s *Session) listening() []string {
	if s.room != "" {
		return []string{s.room}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.rooms))
}

// enter notes the room and reports whether the session is to get its events, and
// has not got them before. During setup a room that was left meanwhile is not entered.
func (s *Session) enter(room string, setup bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, left := s.left[room]; s.closed || (setup && left) {
		return false
	}
	delete(s.left, room)
	if _, ok := s.rooms[room]; ok {
		return false
	}
	s.rooms[room] = struct{}{}
	return s.minds(room)
}

// exit forgets the room.
func (s *Session) exit(room string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.rooms, room)
	if s.holding {
		if s.left == nil {
			s.left = map[string]struct{}{}
		}
		s.left[room] = struct{}{}
	}
}

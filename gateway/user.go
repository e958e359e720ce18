package gateway

import (
	"time"

	"parley/chat"
)

// user is somebody with sessions on this node, or whose last connection was lost
// a moment ago. The hub's usersMu guards it, which is taken behind a room's lock
// and before a session's.
type user struct {
	id       string
	sessions map[*Session]struct{}
	// rooms are those that the user takes part in, whether or not a session
	// listens to them; nil until a connection was counted.
	rooms map[string]struct{}

	connections int
	online      bool        // has a connection, or had one within the grace
	grace       *time.Timer // set while nothing else keeps the user online
	told        bool        // whether the rooms hold the user to be online
	telling     bool        // one goroutine tells them, so that they learn it in order
	large       []string    // rooms, as of when a connection came, or the last was lost
	version     int64       // of what was told last, as the nodes order it
	unsure      bool        // something may have been lost before rooms was known
}

// remember makes a session known, before it hears of anything.
func (h *Hub) remember(s *Session) {
	h.usersMu.Lock()
	defer h.usersMu.Unlock()
	id := s.identity.ID
	u := h.users[id]
	if u == nil {
		u = &user{id: id, sessions: map[*Session]struct{}{}}
		h.users[id] = u
		h.listen(chat.UserTopic(id))
	}
	u.sessions[s] = struct{}{}
	h.enrol(s) // nobody else knows it yet
	if s.PID != "" {
		h.pids[s.PID] = s
	}
}

// forget takes a closed session of a user out of everything.
func (h *Hub) forget(s *Session, id string, rooms map[string]struct{}) {
	h.usersMu.Lock()
	if u := h.users[id]; u != nil {
		delete(u.sessions, s)
		h.dismiss(u)
	}
	delete(h.pids, s.PID)
	h.resign(s)
	h.usersMu.Unlock()
	for id := range rooms {
		h.unsubscribe(s, id)
	}
}

// dismiss forgets a user of whom nothing is left. The caller holds the lock.
func (h *Hub) dismiss(u *user) {
	if len(u.sessions) == 0 && !u.online && !u.told && !u.telling && h.users[u.id] == u {
		delete(h.users, u.id)
		h.unlisten(chat.UserTopic(u.id))
	}
}

func (h *Hub) sessionsOf(id string) []*Session {
	h.usersMu.RLock()
	defer h.usersMu.RUnlock()
	u := h.users[id]
	if u == nil {
		return nil
	}
	sessions := make([]*Session, 0, len(u.sessions))
	for s := range u.sessions {
		sessions = append(sessions, s)
	}
	return sessions
}

// setPart notes that a user takes part in a room, or no longer does, and reports
// whether that is news here. The room's lock is held, so that this keeps the order of
// its events.
func (h *Hub) setPart(id, room string, in bool) (news bool) {
	h.usersMu.Lock()
	defer h.usersMu.Unlock()
	u := h.users[id]
	if u == nil || u.rooms == nil { // its first connection will know
		return true
	}
	_, was := u.rooms[room]
	if in {
		u.rooms[room] = struct{}{}
	} else {
		delete(u.rooms, room)
	}
	return was != in
}

// TakesPart reports whether a user with a connection here takes part in a room.
func (h *Hub) TakesPart(id, room string) bool {
	h.usersMu.RLock()
	defer h.usersMu.RUnlock()
	u := h.users[id]
	if u == nil {
		return false
	}
	_, in := u.rooms[room]
	return in
}

// outside reports whether a user of this node is known not to take part in a
// room: whoever has left is not spoken of any more.
func (h *Hub) outside(id, room string) bool {
	h.usersMu.RLock()
	defer h.usersMu.RUnlock()
	u := h.users[id]
	if u == nil || u.rooms == nil {
		return false
	}
	_, in := u.rooms[room]
	return !in
}

package gateway

import (
	"maps"
	"slices"
	"time"

	"parley/chat"
)

// Online returns those of the users who have a connection to any node, or had one
// within the grace, in their order. It implements chat.Presence.
func (h *Hub) Online(users []string) []string {
	var online, others []string
	for _, id := range users {
		if h.online(id) {
			online = append(online, id)
		} else {
			others = append(others, id)
		}
	}
	if h.opts.Among.Roster == nil || len(others) == 0 {
		return online
	}
	online = append(online, h.opts.Among.Roster.Online(others)...)
	return slices.DeleteFunc(slices.Clone(users), func(id string) bool { return !slices.Contains(online, id) })
}

// online reports whether a user is online by this node.
func (h *Hub) online(id string) bool {
	h.usersMu.RLock()
	defer h.usersMu.RUnlock()
	u := h.users[id]
	return u != nil && u.online
}

// OnlineUsers counts those who are online by this node.
func (h *Hub) OnlineUsers() int {
	h.usersMu.RLock()
	defer h.usersMu.RUnlock()
	n := 0
	for _, u := range h.users {
		if u.online {
			n++
		}
	}
	return n
}

// share gives an event that this node has made to all nodes with sessions in its
// room, itself included.
func (h *Hub) share(e chat.Event) {
	h.Publish(e)
	if h.opts.Among.Elsewhere != nil {
		h.opts.Among.Elsewhere.Publish(e)
	}
}

// arrived counts a session's connection, before its client learns of anything:
// when somebody has connected, the others know. What a fresh session has entered
// are all the rooms of its user.
func (h *Hub) arrived(s *Session, fresh bool) {
	h.usersMu.Lock()
	s.mu.Lock()
	if s.closed || s.sink == nil {
		s.mu.Unlock()
		h.usersMu.Unlock()
		return
	}
	s.present = true
	u := h.users[s.identity.ID]
	if fresh {
		u.rooms = maps.Clone(s.rooms)
	}
	s.mu.Unlock()
	u.connections++
	u.online = true
	if u.grace != nil {
		u.grace.Stop()
		u.grace = nil
	}
	h.usersMu.Unlock()
	if h.opts.Among.Roster != nil {
		go h.tellPresence(u) // which asks other nodes: nobody waits for that
		return
	}
	h.tellPresence(u)
}

// departed ends what hung on a session's connection: its typing at once, its
// user's presence after the grace if it was the last.
func (h *Hub) departed(s *Session, id string) {
	h.usersMu.Lock()
	u := h.users[id]
	rooms := slices.Collect(maps.Keys(u.rooms))
	if u.connections--; u.connections == 0 {
		var grace *time.Timer
		grace = time.AfterFunc(h.opts.PresenceGrace, func() { h.lapse(u, &grace) })
		u.grace = grace
	}
	h.usersMu.Unlock()
	for _, room := range rooms {
		h.stopTyping(room, id, s.ID)
	}
}

// lapse turns a user offline whose grace is over, unless that grace was ended.
// The timer is read under the lock under which it was set.
func (h *Hub) lapse(u *user, grace **time.Timer) {
	h.usersMu.Lock()
	over := u.grace != nil && u.grace == *grace
	if over {
		u.grace, u.online = nil, false
	}
	h.usersMu.Unlock()
	if over {
		h.tellPresence(u)
	}
}

// depose turns a user offline at once who may not come back.
func (h *Hub) depose(id string) {
	h.usersMu.Lock()
	u := h.users[id]
	if u == nil || u.grace == nil {
		h.usersMu.Unlock()
		return
	}
	u.grace.Stop()
	u.grace, u.online = nil, false
	h.usersMu.Unlock()
	h.tellPresence(u)
}

// tellPresence tells the user's rooms what they do not know yet. Large ones are
// left out where the event arrives. While one goroutine is at it, others leave
// what they have changed to it: no room hears online and offline the wrong way round.
func (h *Hub) tellPresence(u *user) {
	h.usersMu.Lock()
	defer h.usersMu.Unlock()
	if u.telling {
		return
	}
	u.telling = true
	for u.told != u.online {
		u.told = u.online
		e := presenceEvent(u.id, u.online, h.opts.Epoch())
		rooms := slices.Collect(maps.Keys(u.rooms))
		h.usersMu.Unlock()
		if h.news(&e) {
			for _, e.Room = range rooms {
				h.share(e)
			}
		}
		h.usersMu.Lock()
	}
	u.telling = false
	h.dismiss(u)
}

func presenceEvent(user string, online bool, epoch string) chat.Event {
	return chat.Event{Kind: chat.EventPresence, User: user, Online: online, Epoch: epoch}
}

// sendPresence passes a change on to the others in a small room.
func (h *Hub) sendPresence(r *room, enc *encoder) {
	if !r.small() || h.outside(enc.event.User, r.id) || !h.here.take(enc.event.User, enc.event.Seq) {
		return
	}
	r.sendOthers(enc)
}

// sendJoiner tells a small room, which has just learnt of a participant, that
// they are there: as if they had come online in that moment.
func (h *Hub) sendJoiner(r *room, joined chat.Event) {
	if h.online(joined.User) {
		e := presenceEvent(joined.User, true, joined.Epoch)
		e.Room = r.id
		h.sendPresence(r, h.encoder(e))
		if h.opts.Among.Elsewhere != nil { // where nobody knows it
			h.opts.Among.Elsewhere.Publish(e)
		}
	}
}

package gateway

import (
	"context"
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

// onlineSince is online, with the version under which the others were told.
func (h *Hub) onlineSince(id string) (version int64, online bool) {
	h.usersMu.RLock()
	defer h.usersMu.RUnlock()
	u := h.users[id]
	if u == nil || !u.online {
		return 0, false
	}
	return u.version, true
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

// largeOf returns those of the rooms that are known to be large. Alone a node leaves
// them out where the event arrives.
func (h *Hub) largeOf(rooms []string) (large []string) {
	if !h.among() {
		return nil
	}
	for _, id := range rooms {
		if h.large(id) {
			large = append(large, id)
		}
	}
	return large
}

// arrived counts a session's connection, before its client learns of anything:
// when somebody has connected, the others know. What a fresh session has entered
// are all the rooms of its user.
func (h *Hub) arrived(s *Session, fresh bool) {
	large := h.largeOf(s.listening())
	h.usersMu.Lock()
	s.mu.Lock()
	if s.closed || s.sink == nil {
		s.mu.Unlock()
		h.usersMu.Unlock()
		return
	}
	s.present = true
	u := h.users[s.identity.ID]
	unsure := u.unsure
	switch {
	case fresh && u.rooms != nil && h.among(): // what the user's other sessions know
		unsure = unsure || !maps.Equal(u.rooms, s.rooms)
	case fresh:
		u.rooms = maps.Clone(s.rooms)
	}
	u.unsure, u.large = false, large
	s.mu.Unlock()
	u.connections++
	u.online = true
	if u.grace != nil {
		u.grace.Stop()
		u.grace = nil
	}
	h.usersMu.Unlock()
	if unsure {
		h.doubtUser(u.id)
	}
	if h.opts.Among.Roster != nil {
		go h.tellPresence(u) // which asks other nodes: nobody waits for that
		return
	}
	h.tellPresence(u)
}

// departed ends what hung on a session's connection: its typing at once, its
// user's presence after the grace if it was the last.
func (h *Hub) departed(s *Session, id string) {
	h.usersMu.RLock()
	u := h.users[id]
	rooms := slices.Collect(maps.Keys(u.rooms))
	h.usersMu.RUnlock()
	large := h.largeOf(rooms) // as long as the session is there
	h.usersMu.Lock()
	if u.connections--; u.connections == 0 {
		u.large = large
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
		rooms := slices.DeleteFunc(slices.Collect(maps.Keys(u.rooms)), func(r string) bool { return slices.Contains(u.large, r) })
		h.usersMu.Unlock()
		news := h.news(&e)
		h.usersMu.Lock()
		u.version = e.Seq
		h.usersMu.Unlock()
		if news {
			for _, e.Room = range rooms {
				h.share(e)
			}
		}
		h.usersMu.Lock()
	}
	u.telling = false
	h.dismiss(u)
}

// news settles with the other nodes whether a change of presence is one.
func (h *Hub) news(e *chat.Event) bool {
	if h.opts.Among.Roster == nil {
		return true
	}
	changed, version := h.opts.Among.Roster.Set(e.User, e.Online)
	e.Seq = version
	return changed
}

// large reports whether a room is known here to be large.
func (h *Hub) large(room string) bool {
	r := h.lookup(room)
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sized() && r.large
}

// TellPresence tells the rooms of a user, who need not be on this node, that they
// came online or went offline; version is the roster's.
func (h *Hub) TellPresence(ctx context.Context, user string, online bool, version int64) error {
	rooms, err := h.opts.Store.RoomHeads(ctx, user)
	if err != nil {
		return err
	}
	e := presenceEvent(user, online, h.opts.Epoch())
	e.Seq = version
	for _, r := range rooms {
		if e.Room = r.Room; r.Members <= chat.LargeRoom {
			h.share(e)
		}
	}
	return nil
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
	if version, online := h.onlineSince(joined.User); online {
		h.sendPresence(r, h.encoder(joinerEvent(joined, joined.User, version)))
	}
}

// shareJoiner tells the other nodes of a small room the same of a user of this one,
// whether or not anybody here listens to the room. Online on two, they hear it twice.
func (h *Hub) shareJoiner(joined chat.Event, user string) {
	if h.opts.Among.Elsewhere == nil || joined.Quiet {
		return
	}
	if version, online := h.onlineSince(user); online {
		h.opts.Among.Elsewhere.Publish(joinerEvent(joined, user, version))
	}
}

func joinerEvent(joined chat.Event, user string, version int64) chat.Event {
	e := presenceEvent(user, true, joined.Epoch)
	e.Room, e.Seq = joined.Room, version
	return e
}

func presenceEvent(user string, online bool, epoch string) chat.Event {
	return chat.Event{Kind: chat.EventPresence, User: user, Online: online, Epoch: epoch}
}

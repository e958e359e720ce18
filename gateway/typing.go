package gateway

import (
	"time"

	"parley/chat"
)

// typists are the connections that type in a room, by their users. Each has the
// timer that ends it: nodes need not hear of an end to know it.
type typists map[string]map[string]*time.Timer

// stop forgets a connection and reports whether its user has stopped by that:
// another of their connections may still type.
func (t typists) stop(user, origin string) bool {
	timer := t[user][origin]
	if timer == nil {
		return false
	}
	timer.Stop()
	delete(t[user], origin)
	if len(t[user]) > 0 {
		return false
	}
	delete(t, user)
	return true
}

// drop forgets all connections of a user and reports whether there were any.
func (t typists) drop(user string) bool {
	for _, timer := range t[user] {
		timer.Stop()
	}
	_, typed := t[user]
	delete(t, user)
	return typed
}

// clear forgets everybody.
func (t typists) clear() {
	for user := range t {
		t.drop(user)
	}
}

// types notes who types and reports whether the others are to be told: of an end
// only where a beginning was told and nothing else keeps it. The caller holds the
// lock.
func (r *room) types(e chat.Event) bool {
	if !e.Typing {
		return r.typists.stop(e.User, e.Origin)
	}
	if r.hub.outside(e.User, r.id) {
		return false // they left while they were let in
	}
	if r.typists == nil {
		r.typists = typists{}
	}
	if r.typists[e.User] == nil {
		r.typists[e.User] = map[string]*time.Timer{}
	}
	if before := r.typists[e.User][e.Origin]; before != nil {
		before.Stop()
	}
	var timer *time.Timer
	timer = time.AfterFunc(r.hub.opts.TypingTimeout, func() { r.tire(e, &timer) })
	r.typists[e.User][e.Origin] = timer
	return true
}

// tire ends a typing that was not repeated in time. The timer is read under the
// lock under which it was set.
func (r *room) tire(e chat.Event, timer **time.Timer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.typists[e.User][e.Origin] == *timer {
		e.Typing = false
		r.pass(e)
	}
}

// StopTyping ends what this connection has begun in a room, because its user has
// posted there.
func (s *Session) StopTyping(room string) { s.hub.stopTyping(room, s.Actor().ID, s.ID) }

// stopTyping ends a connection's typing in a room, if it does.
func (h *Hub) stopTyping(room, user, origin string) {
	r := h.lookup(room)
	if r == nil {
		return
	}
	r.mu.Lock()
	types := r.typists[user][origin] != nil
	r.mu.Unlock()
	if types {
		h.share(chat.Event{Kind: chat.EventTyping, Room: room, User: user, Origin: origin, Epoch: h.opts.Epoch()})
	}
}

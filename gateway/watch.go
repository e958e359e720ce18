package gateway

import (
	"sync"
	"sync/atomic"

	"parley/chat"
)

// watches are the rooms of which somebody without a connection waits for news: a
// long poll over HTTP. It reads the store when it is woken, which holds whatever
// an event tells of: so it need not wait for the events' order, and an event that
// comes behind a gap tells of the gap too. Its zero value is empty.
type watches struct {
	open atomic.Int64 // rooms; while there are none, events pass by without a lock

	mu    sync.Mutex
	rooms map[string]*watched
}

// watched is one such room. It stays for one comparison with the store after its
// last watch has ended: a client that polls comes back in a moment.
type watched struct {
	news map[chan struct{}]struct{}
	seen int64 // the highest version that was read, heard of, or found in the store
	// ownerEpoch is the highest that was heard of, or found in the store; 0 for none.
	ownerEpoch int64
	idle       bool // nobody watched when it was last compared
}

// Watch returns a channel of capacity one that gets a value after each event from
// then on that changes what is read of a room (several may be one), and sometimes
// without one; and a function that ends it, which may be called more than once. What
// the bus loses is found within CompareEvery while Run runs. Version is up to where
// the caller has read the room. It does not block, and the room need not have
// sessions, nor exist.
func (h *Hub) Watch(room string, version int64) (news <-chan struct{}, end func()) {
	c := make(chan struct{}, 1)
	if h.watches.add(room, version, c) {
		h.listen(chat.RoomTopic(room))
	}
	return c, func() { h.watches.remove(room, c) }
}

// add reports whether nobody has watched the room before.
func (w *watches) add(room string, version int64, c chan struct{}) (first bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.rooms[room]
	if first = r == nil; first {
		r = &watched{news: map[chan struct{}]struct{}{}, seen: version}
		if w.rooms == nil {
			w.rooms = map[string]*watched{}
		}
		w.rooms[room] = r
		w.open.Add(1)
	}
	r.seen, r.idle = max(r.seen, version), false
	r.news[c] = struct{}{}
	return first
}

func (w *watches) remove(room string, c chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r := w.rooms[room]; r != nil {
		delete(r.news, c)
	}
}

// hear wakes those who watch the event's room, if it changes what they read.
func (w *watches) hear(e chat.Event) {
	switch e.Kind {
	case chat.EventMessage, chat.EventMessageEdited, chat.EventMessageDeleted, chat.EventHistoryCleared,
		chat.EventConversationState, chat.EventRoomDeleted:
	default:
		return
	}
	if w.open.Load() == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if r := w.rooms[e.Room]; r != nil {
		r.seen, r.ownerEpoch = max(r.seen, e.Version), max(r.ownerEpoch, e.OwnerEpoch)
		r.wake()
	}
}

// wake tells everybody, without waiting for anybody.
func (r *watched) wake() {
	for c := range r.news {
		select {
		case c <- struct{}{}:
		default: // it has not looked since it was last told
		}
	}
}

// listed returns the rooms that are to be compared with the store, and forgets
// those that nobody has come back to, which it returns too.
func (w *watches) listed() (ids, left []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, r := range w.rooms {
		if len(r.news) == 0 && r.idle {
			delete(w.rooms, id)
			w.open.Add(-1)
			left = append(left, id)
			continue
		}
		r.idle = len(r.news) == 0
		ids = append(ids, id)
	}
	return ids, left
}

// compared wakes those whose room has gone further on than was heard, or is gone, or
// whose conversation is perhaps with somebody else.
func (w *watches) compared(ids []string, stands map[string]chat.RoomHead) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range ids {
		r := w.rooms[id]
		if r == nil {
			continue
		}
		head, exists := stands[id]
		if !exists || head.Version > r.seen || head.OwnerEpoch > r.ownerEpoch {
			r.wake()
		}
		r.seen, r.ownerEpoch = max(r.seen, head.Version), max(r.ownerEpoch, head.OwnerEpoch)
	}
}

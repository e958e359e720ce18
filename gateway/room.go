package gateway

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"parley/chat"
)

// maxPending is how many events of one room wait for an earlier one. Past it
// they are dropped: the gap is read from the store.
const maxPending = 4096

// room is a room with sessions on this node. It passes events on in the order
// of their versions, without a gap.
type room struct {
	id  string
	hub *Hub

	mu       sync.Mutex
	sessions []*Session
	index    map[*Session]int
	// head is the version up to which events were passed on; known is false
	// until it was first learnt.
	head    int64
	known   bool
	pending []chat.Event // by place
	filling bool         // a gap is being waited for or read
	typists typists
	streams []*stream // replies that are being written
	// ownerEpoch is the highest under which anything of the room's conversation was
	// passed on; 0 until there was.
	ownerEpoch int64
	stored     int64  // the highest version that the store was seen to have
	came       int    // how many events had to wait, ever
	asks       asks   // of other nodes, for the replies that they write
	early      early  // pieces of such replies
	pacing     bool   // a look at who is behind in them is due
	large      bool   // more than chat.LargeRoom take part
	asOf       uint64 // the offset up to which that is known, 0 if it is not
	dead       bool   // removed from the hub: get it anew
}

// entry says how a session comes into a room.
type entry struct {
	setup bool // among the rooms of a new session
	known bool // head is a version up to which it needs no events
	head  int64
	size  size
}

// size is how many took part in a room when this node was at an offset.
type size struct {
	asOf    uint64
	members int
}

// add subscribes the session. It reports false if the room is dead.
func (r *room) add(s *Session, e entry) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dead {
		return false
	}
	r.enter(s, e.setup)
	r.measure(e.size)
	if e.known {
		r.prime(e.head)
	}
	return true
}

// enter subscribes the session unless it is. The caller holds the lock.
func (r *room) enter(s *Session, setup bool) {
	if s.enter(r.id, setup) {
		r.index[s] = len(r.sessions)
		r.sessions = append(r.sessions, s)
		r.begin(s)
		r.takeReplies(false)
	}
}

// prime sets the head if none is known yet, and passes on what waited for it.
func (r *room) prime(head int64) {
	if r.known {
		return
	}
	r.known, r.head = true, head
	r.drain()
	if r.stored > r.head {
		r.wait()
	}
}

// remove unsubscribes the session. The caller holds the lock.
func (r *room) remove(s *Session) {
	i, ok := r.index[s]
	if !ok {
		return
	}
	last := len(r.sessions) - 1
	r.sessions[i] = r.sessions[last]
	r.index[r.sessions[i]] = i
	r.sessions[last] = nil
	r.sessions = r.sessions[:last]
	delete(r.index, s)
	for _, st := range r.streams {
		delete(st.behind, s)
	}
}

// sized reports whether it is known how large the room is.
func (r *room) sized() bool { return r.asOf > 0 }

// small reports whether the room is known to be one in which all is told.
func (r *room) small() bool { return r.sized() && !r.large }

// measure takes a size that was read, unless events have told a later one.
func (r *room) measure(n size) {
	if n.asOf > 0 && n.asOf >= r.asOf {
		r.resize(n.asOf, n.members > chat.LargeRoom)
	}
}

// resize notes whether the room is large.
func (r *room) resize(asOf uint64, large bool) { r.asOf, r.large = asOf, large }

// handle takes one event from the bus.
func (r *room) handle(e chat.Event) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dead {
		return false
	}
	r.take(e)
	return true
}

// take is handle for who holds the lock, of a room that is not dead.
func (r *room) take(e chat.Event) {
	switch {
	case r.known && r.next(e):
		r.pass(e)
		r.drain()
	case r.known && e.Version != 0 && e.Version <= r.head: // seen before
	case len(r.pending) < maxPending:
		i, _ := slices.BinarySearchFunc(r.pending, place(e)+1, func(e chat.Event, at int64) int { return cmp.Compare(place(e), at) })
		r.pending = slices.Insert(r.pending, i, e)
		r.came++
		r.wait()
	default:
		r.wait()
	}
}

// place orders events: each version, and behind it what must not overtake it.
func place(e chat.Event) int64 {
	if e.Version == 0 {
		return 2*e.At + 1
	}
	return 2 * e.Version
}

// next reports whether the event may be passed on now.
func (r *room) next(e chat.Event) bool {
	if e.Version == 0 {
		return e.At <= r.head
	}
	return e.Version == r.head+1
}

// pass sends the event to the room's sessions.
func (r *room) pass(e chat.Event) {
	if e.Version > r.head {
		r.head = e.Version
	}
	r.hub.broadcast(r, e)
}

// drain passes on what waited and has become due.
func (r *room) drain() {
	n := 0
	for ; n < len(r.pending); n++ {
		e := r.pending[n]
		if r.next(e) {
			r.pass(e)
		} else if e.Version == 0 || e.Version > r.head {
			break
		}
	}
	r.pending = slices.Delete(r.pending, 0, n)
	if len(r.pending) > 0 {
		r.wait()
	}
}

// wait gives a missing event some time before the store is asked.
func (r *room) wait() {
	if r.filling || !r.known {
		return
	}
	r.filling = true
	time.AfterFunc(r.hub.opts.GapDelay, func() { r.hub.fill(r) })
}

// reading is what the store had of a room.
type reading struct {
	from, cleared int64
	changes       []chat.Message
	upTo          int64 // the version that the changes lead to
	all           bool  // there were no more
	stored        int64 // the room's version, read behind them
	came          int   // the room's, read before them
}

// filled passes on what the store had, and moves the head on to where that reading
// stood. A clearing among it stands for what was before.
func (r *room) filled(read reading) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.filling = false
	from := max(read.from, r.head) // what has come meanwhile was passed on
	if read.cleared > from {
		r.pass(chat.Event{Kind: chat.EventHistoryCleared, Room: r.id, Version: read.cleared, Epoch: r.hub.opts.Epoch()})
	}
	for _, m := range read.changes {
		if m.Version > r.head {
			r.pass(changeEvent(m, from, r.hub.opts.Epoch()))
		}
	}
	r.head = max(r.head, read.upTo)
	if read.all && r.head >= read.stored && r.came == read.came && len(r.pending) > 0 {
		r.settle()
	}
	r.drain()
}

// settle drops what waits for changes that the store does not have: whoever told of
// them did so before they were stored, or there will be none.
func (r *room) settle() {
	due, _ := slices.BinarySearchFunc(r.pending, place(chat.Event{At: r.head})+1, func(e chat.Event, at int64) int {
		return cmp.Compare(place(e), at)
	})
	if late := r.pending[due:]; len(late) > 0 {
		r.hub.opts.Log.Warn("events of changes that are not stored", "room", r.id, "events", len(late), "at", late[0].At, "head", r.head)
		r.hub.sendWaiting(late)
	}
	r.pending = r.pending[:due:due]
}

// changeEvent is the event that a stored change would have been: the creation,
// if that is among what was missed.
func changeEvent(m chat.Message, from int64, epoch string) chat.Event {
	kind := chat.EventMessage
	switch {
	case m.Deleted:
		kind = chat.EventMessageDeleted
	case m.BornVersion <= from:
		kind = chat.EventMessageEdited
	}
	return chat.Event{Kind: kind, Room: m.Room, Version: m.Version, Epoch: epoch, Message: &m}
}

package gateway

import (
	"strconv"
	"time"

	"parley/chat"
)

// The bounds of what a session keeps for recovery, and of how many of one user's
// are kept: whoever comes and goes without end would have the server serve all
// they left behind.
const (
	maxWaiting = 8
	// RecoveryWindow is how long a session may be without its connection.
	RecoveryWindow = 2 * time.Minute
	ringBytes      = 256 << 10 // while connected
	ringDetached   = 1 << 20   // while not
)

// ring holds the latest events of a session, so that a client that comes back
// in time gets those it missed. The frames are shared with every other session
// that got them.
type ring struct {
	events []ringEvent // from first on
	first  int
	bytes  int
}

type ringEvent struct {
	offset uint64
	at     int64 // Unix nanoseconds
	frame  Frame
	about  *subject // of a passing state, nil of what is to be kept
}

// subject is what a passing state is about: a later event about the same one
// makes an earlier one untrue.
type subject struct {
	kind      chat.EventKind
	room, who string // a user, or the turn of an owner
}

// subjectOf returns nil for events that no later one makes untrue.
func subjectOf(e chat.Event) *subject {
	switch e.Kind {
	case chat.EventPresence, chat.EventTyping:
		return &subject{e.Kind, e.Room, e.User}
	case chat.EventConversationState: // but none makes untrue that somebody's turn has come and gone
		return &subject{e.Kind, e.Room, strconv.FormatInt(e.OwnerEpoch, 10)}
	}
	return nil
}

// add appends an event and forgets the oldest ones past the bound or the window.
func (r *ring) add(e ringEvent, limit int) {
	if len(r.events) == cap(r.events) && r.first > len(r.events)/2 {
		n := copy(r.events, r.events[r.first:])
		clear(r.events[n:])
		r.events, r.first = r.events[:n], 0
	}
	r.events = append(r.events, e)
	r.bytes += e.frame.Len()
	for oldest := e.at - int64(RecoveryWindow); r.first < len(r.events)-1; r.first++ {
		old := &r.events[r.first]
		if r.bytes <= limit && old.at >= oldest {
			return
		}
		r.bytes -= old.frame.Len()
		*old = ringEvent{}
	}
}

// after returns the frames behind the event with the offset, and false if the
// ring no longer holds that event: something may be missing.
func (r *ring) after(offset uint64) ([]Frame, bool) {
	for i := len(r.events) - 1; i >= r.first; i-- {
		if r.events[i].offset == offset {
			return current(r.events[i+1:]), true
		}
	}
	return nil, false
}

// current leaves out what later events have made untrue: who comes back learns
// who is there, who types and whom a conversation is with, not who was and did.
func current(events []ringEvent) []Frame {
	latest := map[subject]int{}
	for i, e := range events {
		if e.about != nil {
			latest[*e.about] = i
		}
	}
	frames := make([]Frame, 0, len(events))
	for i, e := range events {
		if e.about == nil || latest[*e.about] == i {
			frames = append(frames, e.frame)
		}
	}
	return frames
}

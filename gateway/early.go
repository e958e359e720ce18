package gateway

import (
	"slices"
	"time"

	"parley/chat"
)

const (
	// askEvery is how often another node is asked for the reply that it writes in a room.
	askEvery = 200 * time.Millisecond
	// askTries bounds how often it is asked for one that it does not tell of: it may not
	// hear of the room yet, and it may be gone.
	askTries = 10
)

// asks are what a room asks of other nodes.
type asks struct {
	open  bool   // one was asked a moment ago
	again bool   // and is to be asked once more
	reply string // that is not known here, "" if none is
	tries int    // how often it was asked for since
}

// askReplies asks the other nodes for the rest of a reply of which something was missed,
// now or in a moment. The room's lock is held.
func (r *room) askReplies() {
	ask := r.hub.opts.Among.AskReplies
	switch {
	case ask == nil:
		return
	case r.asks.open:
		r.asks.again = true
		return
	}
	r.asks.open, r.asks.again = true, false
	ask(r.id)
	time.AfterFunc(askEvery, r.asked)
}

// asked asks once more, if something has been missed since, or nobody has answered.
func (r *room) asked() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asks.open = false
	if reply := r.asks.reply; reply != "" {
		if r.asks.tries++; r.stream(reply) != nil || r.hub.ended.has(reply) || r.asks.tries >= askTries {
			r.asks.reply, r.asks.tries = "", 0
		} else {
			r.asks.again = true
		}
	}
	if r.asks.again && !r.dead {
		r.askReplies()
	}
}

// miss asks for a reply that is being written in the room, if it is another node's and
// not known, or perhaps something of it was lost. The room's lock is held.
func (r *room) miss(reply string, lost bool) {
	known := r.stream(reply) != nil
	if reply == "" || r.hub.opts.Among.AskReplies == nil || r.hub.ended.has(reply) || known && !lost {
		return
	}
	for _, open := range r.hub.opts.Replies(r.id) {
		if open.Message.ID == reply {
			return
		}
	}
	if !known {
		r.asks.reply = reply
	}
	r.askReplies()
}

// miss asks for the reply that is being written in a room, if it is not known here: this
// node may have heard of the room already, for a poll.
func (h *Hub) miss(head chat.RoomHead) {
	if head.OpenReply == "" {
		return
	}
	if r := h.lookup(head.Room); r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.miss(head.OpenReply, false)
	}
}

// The bounds of the pieces that wait for what is in front of them.
const (
	earlyPieces = 1024
	earlyBytes  = 256 << 10
)

// early are pieces of replies that other nodes write, in the order in which they came,
// for which something in front is missing. It is asked for; its answer may be overtaken
// by more pieces.
type early struct {
	pieces []chat.Event
	bytes  int
}

// keep takes in a piece; past the bounds those before it are dropped.
func (l *early) keep(e chat.Event) {
	if len(l.pieces) >= earlyPieces || l.bytes+len(e.Token) > earlyBytes {
		*l = early{}
	}
	if len(e.Token) <= earlyBytes {
		l.pieces, l.bytes = append(l.pieces, e), l.bytes+len(e.Token)
	}
}

// drop forgets what is of a reply.
func (l *early) drop(id string) {
	l.pieces = slices.DeleteFunc(l.pieces, func(e chat.Event) bool {
		if e.MessageID != id {
			return false
		}
		l.bytes -= len(e.Token)
		return true
	})
	if len(l.pieces) == 0 {
		l.pieces = nil
	}
}

// takeEarly adds to a stream those of the pieces that waited for it and join now.
func (r *room) takeEarly(st *stream) {
	if len(r.early.pieces) == 0 {
		return
	}
	news := ""
	end, left := st.units, early{}
	for _, e := range r.early.pieces {
		if e.MessageID == st.id {
			more, ok := after(end, e.Token, e.Offset)
			if ok {
				news, end = news+more, end+chat.UTF16Len(more)
				continue
			}
		}
		left.pieces, left.bytes = append(left.pieces, e), left.bytes+len(e.Token)
	}
	r.early = left
	if news != "" {
		r.grow(st, news, end-st.units)
	}
}

// Streamed returns the text of an open reply as far as this node was told of it, "" for
// one that it was not.
func (h *Hub) Streamed(room, reply string) string {
	r := h.lookup(room)
	if r == nil {
		return ""
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if st := r.stream(reply); st != nil {
		return string(st.text)
	}
	return ""
}

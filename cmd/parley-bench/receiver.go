package main

import (
	"bytes"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"parley/internal/sioclient"
)

// receiver is one connection of a run: it checks what arrives and, where the
// connection also sends, takes its acks. It is the connection's Handler, so its
// unguarded fields belong to the reading goroutine until the connection is closed.
type receiver struct {
	run   *run
	index int
	user  string
	rooms map[string]*sequence
	conn  *sioclient.Conn

	received atomic.Uint64 // different messages, all rooms
	acked    atomic.Uint64
	window   chan struct{} // one element per unanswered message; nil for an open loop

	lastAck      uint64
	ackDisorders uint64
}

// Event checks a message; other events are none of a load's business.
func (r *receiver) Event(args []byte) {
	if !bytes.HasPrefix(args, messageEvent) {
		if bytes.HasPrefix(args, []byte(`["exception"`)) {
			r.run.faults.note("exception " + code(args))
		}
		return
	}
	now := r.run.clock()
	a, ok := parseMessage(args)
	if !ok {
		r.run.faults.note(fmt.Sprintf("unreadable message %.120s", args))
		return
	}
	room := r.rooms[string(a.room)]
	if room == nil {
		r.run.faults.note("message of a room that the receiver is not in")
		return
	}
	before := room.received
	room.observe(a.seq)
	if room.received == before {
		return
	}
	r.received.Add(1)
	if r.run.measuring.Load() {
		r.run.delivery.record(r.index, now-a.due)
	}
}

// Ack takes the answer to a message. Its id is the time the message was due.
func (r *receiver) Ack(id uint64, args []byte) {
	now := r.run.clock()
	if id <= r.lastAck {
		r.ackDisorders++
	}
	r.lastAck = id
	if bytes.Contains(args, okField) {
		if seq, ok := numberField(args, seqField); ok {
			r.run.raise(r.run.roomOf(r.index), seq)
		}
		if r.run.measuring.Load() {
			r.run.ack.record(r.index, now-time.Duration(id))
		}
	} else {
		r.run.faults.note("refused: " + code(args))
	}
	r.acked.Add(1)
	if r.window != nil {
		select {
		case <-r.window:
		default: // an ack that nobody asked for; ackDisorders or the counts tell
		}
	}
}

// code is the error code that an event or an ack carries.
func code(args []byte) string {
	if c, ok := textField(args, codeField); ok {
		return string(c)
	}
	return fmt.Sprintf("%.120s", args)
}

// faults counts what should not have happened, by its text.
type faults struct {
	mu     sync.Mutex
	counts map[string]int
}

// maxFaults bounds the different texts kept; the rest is counted together.
const maxFaults = 20

func (f *faults) note(what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.counts == nil {
		f.counts = map[string]int{}
	}
	if _, known := f.counts[what]; !known && len(f.counts) >= maxFaults {
		what = "other"
	}
	f.counts[what]++
}

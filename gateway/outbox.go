package gateway

import (
	"errors"
	"sync"
)

// ErrOutboxFull is returned by Push when a connection is further behind than its bound.
var ErrOutboxFull = errors.New("gateway: outbox is full")

// ErrOutboxClosed is returned by Push once no more is taken.
var ErrOutboxClosed = errors.New("gateway: outbox is closed")

// Outbox is the one queue between the server and a connection: whatever the
// client is sent enters it, in the order in which it is to arrive. It is bounded
// in bytes, counting what its consumer has taken but not yet written. Push never
// blocks and never writes; a consumer runs only while there is something to
// write, so that an idle connection costs no goroutine.
type Outbox struct {
	mu       sync.Mutex
	items    []Frame
	bytes    int // in items
	taken    int // handed to the consumer and not yet written
	limit    int
	active   bool   // the consumer runs, or was told to
	consumer func() // started in its own goroutine when there is work
	closed   bool
}

// NewOutbox returns an outbox that holds at most limit bytes.
func NewOutbox(limit int) *Outbox { return &Outbox{limit: limit} }

// Push appends frames, all of them or none. A single push onto an empty outbox
// is always taken, however large.
func (o *Outbox) Push(frames ...Frame) error {
	n := 0
	for _, f := range frames {
		n += f.Len()
	}
	o.mu.Lock()
	if o.closed {
		o.mu.Unlock()
		return ErrOutboxClosed
	}
	if held := o.bytes + o.taken; held > 0 && held+n > o.limit {
		o.mu.Unlock()
		return ErrOutboxFull
	}
	o.items = append(o.items, frames...)
	o.bytes += n
	start := o.wake()
	o.mu.Unlock()
	if start != nil {
		go start()
	}
	return nil
}

// wake returns the consumer if it is to be started. The caller holds the lock.
func (o *Outbox) wake() func() {
	if o.active || o.consumer == nil || (len(o.items) == 0 && !o.closed) {
		return nil
	}
	o.active = true
	return o.consumer
}

// Consume sets the function that is run, one at a time and in a goroutine of its
// own, when there is something to write or the outbox was closed. It calls Next
// until that returns nothing. Nil keeps what comes waiting.
func (o *Outbox) Consume(consumer func()) {
	o.mu.Lock()
	o.consumer = consumer
	o.active = false
	start := o.wake()
	o.mu.Unlock()
	if start != nil {
		go start()
	}
}

// Next takes what is queued, up to max bytes but at least one frame, and counts
// what was taken before as written. Without frames the consumer must stop; last
// tells that nothing will ever come.
func (o *Outbox) Next(max int) (frames []Frame, last bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.taken = 0
	if len(o.items) == 0 {
		o.active = false
		o.items = nil
		return nil, o.closed
	}
	n, size := 0, 0
	for n < len(o.items) && (n == 0 || size+o.items[n].Len() <= max) {
		size += o.items[n].Len()
		n++
	}
	frames = o.items[:n:n]
	o.items = o.items[n:]
	if len(o.items) == 0 {
		o.items = nil
	}
	o.bytes -= size
	o.taken = size
	return frames, false
}

// Close takes no more frames; what is queued is still to be written, unless
// discard is set. It reports whether this call closed it.
func (o *Outbox) Close(discard bool) bool {
	o.mu.Lock()
	first := !o.closed
	o.closed = true
	if discard {
		o.items, o.bytes = nil, 0
	}
	start := o.wake()
	o.mu.Unlock()
	if start != nil {
		go start()
	}
	return first
}

// Written counts what was taken as written, for a consumer that does not call
// Next again at once.
func (o *Outbox) Written() {
	o.mu.Lock()
	o.taken = 0
	o.mu.Unlock()
}

// Empty reports whether everything was written.
func (o *Outbox) Empty() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytes+o.taken == 0
}

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
	spare    []Frame // what was taken last, to be used again
	bytes    int     // in items
	taken    int     // handed to the consumer and not yet written
	limit    int
	active   bool   // the consumer runs, or was told to
	consumer func() // started in its own goroutine when there is work
	closed   bool
}

// NewOutbox returns an outbox that holds at most limit bytes.
func NewOutbox(limit int) *Outbox { return &Outbox{limit: limit} }

// asEmpty is how many bytes may wait before a frame of any size: the answer to
// CONNECT, behind which `ready` names every room of a user who may be in very many.
const asEmpty = 512

// Push appends a frame. An outbox that is as good as empty takes any, however large.
func (o *Outbox) Push(f Frame) error {
	n := f.Len()
	o.mu.Lock()
	if o.closed {
		o.mu.Unlock()
		return ErrOutboxClosed
	}
	if held := o.bytes + o.taken; held > min(asEmpty, o.limit/2) && held+n > o.limit {
		o.mu.Unlock()
		return ErrOutboxFull
	}
	o.items = append(o.items, f)
	o.bytes += n
	start := o.wake()
	o.mu.Unlock()
	if start != nil {
		go start()
	}
	return nil
}

// Held is how many bytes wait to be written, or are being written.
func (o *Outbox) Held() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytes + o.taken
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
// until that returns nothing; what Next gives is good until the next call. Nil keeps what comes waiting.
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
	clear(o.spare) // lets the frames go
	if len(o.items) == 0 {
		o.active = false
		return nil, o.closed
	}
	n, size := 0, 0
	for n < len(o.items) && (n == 0 || size+o.items[n].Len() <= max) {
		size += o.items[n].Len()
		n++
	}
	frames = o.items[:n:n]
	if n == len(o.items) {
		o.items, o.spare = o.spare[:0], recyclable(o.items)
	} else {
		o.items = o.items[n:]
	}
	o.bytes -= size
	o.taken = size
	return frames, false
}

// recyclable is the slice to be used again, unless it is so large that an idle
// connection should not keep it.
func recyclable(s []Frame) []Frame {
	if cap(s) > 8 {
		return nil
	}
	return s
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

// Finish closes the outbox behind one last frame, which is taken over the bound
// too, so that a goodbye always stands last.
func (o *Outbox) Finish(f Frame) {
	o.mu.Lock()
	if !o.closed {
		o.items = append(o.items, f)
		o.bytes += f.Len()
		o.closed = true
	}
	start := o.wake()
	o.mu.Unlock()
	if start != nil {
		go start()
	}
}

// Written counts what was taken as written, for a consumer that does not call
// Next again at once.
func (o *Outbox) Written() {
	o.mu.Lock()
	o.taken = 0
	o.mu.Unlock()
}

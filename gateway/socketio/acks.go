package socketio

import "sync"

// maxPending is how many events of one socket may be under way; past it the next
// waits, and the connection is not read.
const maxPending = 256

// acks sends the answers to a socket's events in the order in which the events
// came, whenever each is ready.
type acks struct {
	mu      sync.Mutex
	room    sync.Cond
	pending []*ack
	closed  bool
}

// ack is the place of one event's answer.
type ack struct {
	of    *acks
	send  func()
	ready bool
}

func newAcks() *acks {
	a := &acks{}
	a.room.L = &a.mu
	return a
}

// next takes the next place, waiting while there are too many. It returns nil
// once the socket is closed.
func (a *acks) next() *ack {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.pending) >= maxPending && !a.closed {
		a.room.Wait()
	}
	if a.closed {
		return nil
	}
	k := &ack{of: a}
	a.pending = append(a.pending, k)
	return k
}

// done fills the place and sends what has become due. send must not block.
func (k *ack) done(send func()) {
	a := k.of
	a.mu.Lock()
	defer a.mu.Unlock()
	if k.ready {
		return
	}
	k.send, k.ready = send, true
	for len(a.pending) > 0 && a.pending[0].ready {
		first := a.pending[0]
		a.pending[0] = nil
		a.pending = a.pending[1:]
		first.send()
	}
	a.room.Broadcast()
}

// settled waits until every event before this one has been answered, so that
// what this one reads holds their effects. It reports false if the socket was
// closed meanwhile.
func (k *ack) settled() bool {
	a := k.of
	a.mu.Lock()
	defer a.mu.Unlock()
	for !a.closed && len(a.pending) > 0 && a.pending[0] != k {
		a.room.Wait()
	}
	return !a.closed
}

// close gives up what is not answered yet: its client is gone. Nobody waits any
// more.
func (a *acks) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed, a.pending = true, nil
	a.room.Broadcast()
}

// idle waits until every event has been answered.
func (a *acks) idle() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.pending) > 0 {
		a.room.Wait()
	}
}

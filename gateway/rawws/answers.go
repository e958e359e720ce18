package rawws

import "sync"

// maxPending is how many events of one connection may be under way; past it the
// connection is not read.
const maxPending = 256

// answers sends the answers to a connection's events in the order in which the
// events came, whenever each is ready.
type answers struct {
	mu      sync.Mutex
	room    sync.Cond // of mu
	pending []*answer
	closed  bool // no more are taken
}

// answer is the place of one event's answer.
type answer struct {
	of    *answers
	send  func()
	ready bool
}

// next takes the next place, waiting while there are too many. It returns nil
// once no more are taken.
func (a *answers) next() *answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.pending) >= maxPending && !a.closed {
		a.room.Wait()
	}
	if a.closed {
		return nil
	}
	k := &answer{of: a}
	a.pending = append(a.pending, k)
	return k
}

// done fills the place, once, and sends what has become due. send must not block.
func (k *answer) done(send func()) {
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
	if len(a.pending) == 0 {
		a.pending = nil // an idle connection keeps nothing
	}
	a.room.Broadcast()
}

// settled waits until every event before this one has been answered, so that
// what this one reads holds their effects. It reports false if the connection has
// ended meanwhile.
func (k *answer) settled() bool {
	a := k.of
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.pending) > 0 && a.pending[0] != k {
		a.room.Wait()
	}
	return len(a.pending) > 0
}

// busy reports whether there are events not answered yet.
func (a *answers) busy() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.pending) > 0
}

// finish takes no more events and waits until those taken have been answered.
func (a *answers) finish() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	a.room.Broadcast()
	for len(a.pending) > 0 {
		a.room.Wait()
	}
}

// close takes no more events and gives up those not answered yet: the client is
// gone. Nobody waits any more.
func (a *answers) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed, a.pending = true, nil
	a.room.Broadcast()
}

package gateway

import "sync"

// MaxAnswers is how many events of one client may be under way; past it the next
// waits, and its connection is not read.
const MaxAnswers = 256

// Answers gives the answers to a client's events in the order in which the
// events came, whenever each is ready. The zero value is ready for use; one
// without events under way keeps nothing. Its methods, and those of its places,
// may be called from anywhere but from within an answer that is being given.
type Answers struct {
	mu      sync.Mutex
	change  sync.Cond // of mu, once somebody waits
	pending []*Answer
	closed  bool // no more are taken
}

// Answer is the place of one event's answer.
type Answer struct {
	of    *Answers
	send  func()
	ready bool
}

// Next takes the next place, waiting while MaxAnswers are taken. It returns nil
// once no more are.
func (a *Answers) Next() *Answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.pending) >= MaxAnswers && !a.closed {
		a.wait()
	}
	if a.closed {
		return nil
	}
	k := &Answer{of: a}
	a.pending = append(a.pending, k)
	return k
}

// wait waits for a change. The caller holds the lock.
func (a *Answers) wait() {
	if a.change.L == nil { // set once: those who wait read it without the lock
		a.change.L = &a.mu
	}
	a.change.Wait()
}

// Done fills the place, once, and sends what has become due: its own answer, if
// all before it are given, and those behind it that are ready. send is called
// with the lock held and must not block. After Close it is never called.
func (k *Answer) Done(send func()) {
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
		a.pending = nil
	}
	a.change.Broadcast()
}

// Settled waits until every event before this one, which is not answered itself,
// has been, so that what this one reads holds their effects. It reports false if
// they were given up by Close; Finish has it wait on.
func (k *Answer) Settled() bool {
	a := k.of
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.pending) > 0 && a.pending[0] != k {
		a.wait()
	}
	return len(a.pending) > 0
}

// Pending is how many events are not answered yet.
func (a *Answers) Pending() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.pending)
}

// Busy reports whether there are events not answered yet.
func (a *Answers) Busy() bool { return a.Pending() > 0 }

// Idle waits until every event has been answered, or given up.
func (a *Answers) Idle() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.pending) > 0 {
		a.wait()
	}
}

// Finish takes no more events and waits until those taken have been answered, or
// given up.
func (a *Answers) Finish() {
	a.mu.Lock()
	a.closed = true
	a.change.Broadcast()
	a.mu.Unlock()
	a.Idle()
}

// Close takes no more events and gives up those not answered yet: their client is
// gone. Nobody waits any more.
func (a *Answers) Close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed, a.pending = true, nil
	a.change.Broadcast()
}

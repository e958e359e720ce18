package limit

import (
	"container/list"
	"sync"
	"time"
)

// Limiter holds a Bucket for each key. It may be used by many goroutines. A nil
// Limiter allows everything.
//
// At most a fixed number of keys is held; past it, the key that was asked for
// least recently is forgotten, and has a full bucket when it comes back. Whoever
// can invent keys without end can so forget them: choose keys that cost
// something (an address, an account), or put a limit by such a key before it.
// Keys are kept as they are, so callers bound their length.
type Limiter struct {
	rate Rate
	keys int
	now  func() time.Time

	mu     sync.Mutex
	start  time.Time
	byKey  map[string]*list.Element
	recent *list.List // of *entry, the most recently used first
}

type entry struct {
	key   string
	level level
}

// New returns a limiter for at most keys keys (at least one), each with a full
// bucket at first. now is the clock, time.Now outside of tests.
func New(rate Rate, keys int, now func() time.Time) *Limiter {
	return &Limiter{
		rate: rate, keys: max(keys, 1), now: now, start: now(),
		byKey: make(map[string]*list.Element), recent: list.New(),
	}
}

// Allow takes one event out of the key's bucket. An empty bucket answers false
// and when an event will be there again; asking costs nothing then.
func (l *Limiter) Allow(key string) (ok bool, retryAfter time.Duration) {
	if l == nil || l.rate.unlimited() {
		return true, 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.entry(key).level.take(l.rate, l.now().Sub(l.start))
}

// Spent returns what was used of each key since the last call, as the time in which
// the rate gives it back. It is kept from the first call on.
func (l *Limiter) Spent() map[string]time.Duration { return nil }

// Raise notes that a key's bucket will not be full before a time: others have taken
// out of it.
func (l *Limiter) Raise(key string, full time.Time) {}

// Len returns how many keys are held.
func (l *Limiter) Len() int {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.byKey)
}

func (l *Limiter) entry(key string) *entry {
	if e, ok := l.byKey[key]; ok {
		l.recent.MoveToFront(e)
		return e.Value.(*entry)
	}
	if len(l.byKey) >= l.keys {
		oldest := l.recent.Back()
		delete(l.byKey, l.recent.Remove(oldest).(*entry).key)
	}
	e := &entry{key: key}
	l.byKey[key] = l.recent.PushFront(e)
	return e
}

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
	shared bool       // others are told what was spent
	news   []*entry   // of which something was spent since they were told, and is not forgotten
}

type entry struct {
	key   string
	level level
	spent time.Duration
}

// debt is how many events a key can owe beyond an empty bucket for what was taken
// elsewhere: as many nodes as that may take one in the same moment, and the rate holds.
const debt = 64

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
	e := l.entry(key)
	ok, retryAfter = e.level.take(l.rate, l.now().Sub(l.start))
	if ok && l.shared {
		l.spend(e)
	}
	return ok, retryAfter
}

// spend keeps what was taken until it is asked for. Should nobody ask, it grows no
// longer than the keys.
func (l *Limiter) spend(e *entry) {
	if e.spent == 0 {
		if len(l.news) >= l.keys {
			return
		}
		l.news = append(l.news, e)
	}
	interval, _ := l.rate.interval()
	e.spent += interval
}

// Spent returns what was taken of each key since the last call, as the time in which
// the rate gives it back; nothing for a rate without a limit. It is kept from the first
// call on: a limiter that nobody asks pays nothing for it. It is one caller's.
func (l *Limiter) Spent() map[string]time.Duration {
	if l == nil || l.rate.unlimited() {
		return nil
	}
	news := l.takeNews()
	if len(news) == 0 {
		return nil
	}
	spent := make(map[string]time.Duration, len(news))
	for _, n := range news {
		spent[n.key] += n.spent // a key that was forgotten may have come back
	}
	return spent
}

type expense struct {
	key   string
	spent time.Duration
}

func (l *Limiter) takeNews() []expense {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shared = true
	taken := make([]expense, len(l.news))
	for i, e := range l.news {
		taken[i] = expense{e.key, e.spent}
		e.spent = 0
	}
	clear(l.news)
	l.news = l.news[:0]
	return taken
}

// Raise notes that a key's bucket will not be full before a time: others have taken
// out of it. It never makes it fuller, nor emptier than by 64 events beyond empty; a
// key that is not held has been forgotten, and stays so.
func (l *Limiter) Raise(key string, full time.Time) {
	if l == nil || l.rate.unlimited() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	held, ok := l.byKey[key]
	if !ok {
		return
	}
	interval, slack := l.rate.interval()
	most := l.now().Add(slack + debt*interval)
	if full.After(most) {
		full = most
	}
	e := held.Value.(*entry)
	e.level = max(e.level, level(full.Sub(l.start)))
}

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

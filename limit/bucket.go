// Package limit holds token buckets: one alone, or one for each of a bounded
// number of keys. It is a leaf of the house and knows nothing of chat; whoever
// asks turns a refusal into an error of the wire.
//
// A bucket is one number, the time at which it will be full again (the generic
// cell rate algorithm): nothing runs in the background, and an unused bucket
// costs only its memory.
package limit

import (
	"sync"
	"time"
)

// Bucket limits one stream of events. It may be used by many goroutines. A nil
// Bucket allows everything.
type Bucket struct {
	now func() time.Time

	mu    sync.Mutex
	start time.Time
	level level
	rate  Rate
}

// NewBucket returns a full bucket. now is the clock, time.Now outside of tests.
func NewBucket(rate Rate, now func() time.Time) *Bucket {
	return &Bucket{rate: rate, now: now, start: now()}
}

// Allow takes one event out of the bucket. An empty bucket answers false and
// when an event will be there again; asking costs nothing then.
func (b *Bucket) Allow() (ok bool, retryAfter time.Duration) {
	if b == nil || b.rate.unlimited() {
		return true, 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.level.take(b.rate, b.now().Sub(b.start))
}

// level is the time since the start at which the bucket is full again.
type level time.Duration

func (l *level) take(rate Rate, now time.Duration) (ok bool, retryAfter time.Duration) {
	interval, slack := rate.interval()
	full := max(time.Duration(*l), now)
	if wait := full - slack - now; wait > 0 {
		return false, wait
	}
	*l = level(full + interval)
	return true, 0
}

package redis

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ears know when this node did not hear what others told. Its beats say so, and who has
// told of users in that time does it again.
type ears struct {
	mu    sync.Mutex
	since map[string]time.Time // by shard that is not heard; all, before any was
	begun time.Time
	last  deafness
}

// deafness is a time in which a node has missed what it was told. The number is another
// for each; the zero value is none.
type deafness struct {
	number   int64
	from, to time.Time
}

// mergeWithin is how long ago a deafness may have ended for another one to go with it:
// the others have long seen it by then.
const mergeWithin = time.Minute

func newEars() *ears { return &ears{since: map[string]time.Time{}, begun: time.Now()} }

// deafened notes that a shard is not heard, perhaps since it last spoke.
func (b *Bus) deafened(shard string) {
	e := b.ears
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.since[shard].IsZero() {
		e.since[shard] = time.Now().Add(-readTimeout - pingEvery)
	}
}

// hears notes that a shard is heard, if not all of its topics yet.
func (b *Bus) hears(shard string) {
	b.ears.hear(shard)
	b.registry.hurry()
}

func (e *ears) hear(shard string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	since, known := e.since[shard]
	if !known {
		since = e.begun
	}
	if since.IsZero() {
		return
	}
	e.since[shard] = time.Time{}
	now := time.Now()
	from := since
	if now.Sub(e.last.to) < mergeWithin && e.last.from.Before(from) {
		from = e.last.from
	}
	e.last = deafness{number: e.last.number + 1, from: from, to: now}
}

// say returns the last deafness as beatScript takes it: the number, and how many
// microseconds ago it began and ended.
func (e *ears) say() []any {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.last
	if d.number == 0 {
		return []any{0, 0, 0}
	}
	return []any{d.number, time.Since(d.from).Microseconds(), time.Since(d.to).Microseconds()}
}

// entry is what a life says of itself.
type entry struct {
	beat int64  // when it last did, in microseconds by Redis's clock
	url  string // where the node is reached, "" once it leaves
	// deaf is the number of its last deafness, from and to its bounds as beat is one.
	deaf, from, to int64
}

// parseEntry reads an entry, which beatScript has written.
func parseEntry(text string) (e entry, err error) {
	fields := strings.SplitN(text, " ", 5)
	if len(fields) != 5 || len(fields[4]) > maxURL {
		return entry{}, errReply
	}
	for i, n := range []*int64{&e.beat, &e.deaf, &e.from, &e.to} {
		if *n, err = strconv.ParseInt(fields[i], 10, 64); err != nil || *n < 0 {
			return entry{}, fmt.Errorf("%w: %q is no number", errReply, fields[i])
		}
	}
	e.url = fields[4]
	return e, nil
}

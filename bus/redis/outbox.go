package redis

import (
	"slices"
	"sync"
	"time"

	"parley/chat"
)

// Bounds of what waits to be published, on all shards together.
const (
	outboxBytes   = 16 << 20
	outboxParcels = 64 << 10
)

// Bounds of one pipeline, so that it is sent within publishTimeout.
const (
	batchBytes   = 1 << 20
	batchParcels = 1000
)

// lossEvery is how often the other nodes are told of losses: each answer of theirs
// reads the store.
const lossEvery = 500 * time.Millisecond

// parcel is an envelope and the topic to whose listeners it goes.
type parcel struct {
	topic   chat.Topic
	payload []byte
	notice  bool // of a loss
}

// outbox holds what one shard is to publish, and of which topics something was lost.
// Its methods may be called at once and do not wait.
type outbox struct {
	maxBytes, maxParcels int
	notice               []byte        // tells of a loss
	ready                chan struct{} // of capacity one

	mu      sync.Mutex
	parcels []parcel
	bytes   int
	losses  losses
	told    time.Time // of losses, the last time
}

// put queues a parcel, and reports false where there is no room: it is lost then. For a
// single one there always is.
func (o *outbox) put(p parcel) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	fits := len(o.parcels) < o.maxParcels && (o.bytes+len(p.payload) <= o.maxBytes || o.bytes == 0)
	if fits {
		o.parcels = append(o.parcels, p)
		o.bytes += len(p.payload)
	} else {
		o.losses.add(p.topic)
	}
	o.wake()
	return fits
}

// lose notes that something of a topic was lost.
func (o *outbox) lose(t chat.Topic) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.losses.add(t)
	o.wake()
}

func (o *outbox) wake() {
	select {
	case o.ready <- struct{}{}:
	default:
	}
}

// take moves the next parcels into batch, and behind them what tells of losses. If it has
// nothing, after says when it will, 0 for not before ready.
func (o *outbox) take(batch []parcel, now time.Time) (_ []parcel, after time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, size := 0, 0
	for n < len(o.parcels) && n < batchParcels && size < batchBytes {
		size += len(o.parcels[n].payload)
		n++
	}
	batch = append(batch[:0], o.parcels[:n]...)
	o.parcels = slices.Delete(o.parcels, 0, n)
	o.bytes -= size
	if o.losses.none() {
		return batch, 0
	}
	if due := o.told.Add(lossEvery); now.Before(due) {
		return batch, due.Sub(now)
	}
	o.told = now
	for _, t := range o.losses.take() {
		batch = append(batch, parcel{t, o.notice, true})
	}
	return batch, 0
}

// maxLosses bounds of how many topics it is remembered that something was lost.
const maxLosses = 1000

// losses are the topics of which something was lost; more than maxLosses are all of
// them. The zero value holds none.
type losses struct {
	topics map[chat.Topic]struct{}
}

func (l *losses) none() bool { return len(l.topics) == 0 }

func (l *losses) add(t chat.Topic) {
	_, known := l.topics[t]
	_, all := l.topics[everything]
	switch {
	case known || all:
		return
	case t == everything || len(l.topics) == maxLosses:
		l.topics, t = nil, everything
	}
	if l.topics == nil {
		l.topics = map[chat.Topic]struct{}{}
	}
	l.topics[t] = struct{}{}
}

// take empties it.
func (l *losses) take() []chat.Topic {
	topics := make([]chat.Topic, 0, len(l.topics))
	for t := range l.topics {
		topics = append(topics, t)
	}
	l.topics = nil
	return topics
}

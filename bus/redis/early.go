package redis

import (
	"sync"

	"parley/chat"
)

// early is what was asked of a bus before Redis was reached, when nobody knows yet how
// many shards there are. Its zero value is empty.
type early struct {
	mu        sync.Mutex
	listeners map[chat.Topic]int
	losses    losses
}

// listen counts listeners. It returns the topic's shard instead if Redis was reached meanwhile.
func (e *early) listen(b *Bus, t chat.Topic, listeners int) *shard {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s := b.shard(t); s != nil {
		return s
	}
	if e.listeners == nil {
		e.listeners = map[chat.Topic]int{}
	}
	if e.listeners[t] += listeners; e.listeners[t] <= 0 {
		delete(e.listeners, t)
	}
	return nil
}

// lose notes that something of a topic was lost. It returns the topic's shard instead if
// Redis was reached meanwhile.
func (e *early) lose(b *Bus, t chat.Topic) *shard {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s := b.shard(t); s != nil {
		return s
	}
	e.losses.add(t)
	return nil
}

// attach gives the shards what was asked of the bus until now.
func (b *Bus) attach(shards []*shard) {
	e := &b.early
	e.mu.Lock()
	defer e.mu.Unlock()
	for t, n := range e.listeners {
		shardOf(shards, t).interests.listen(t, n)
	}
	for _, t := range e.losses.take() {
		if t != everything {
			shardOf(shards, t).outbox.lose(t)
			continue
		}
		for _, s := range shards {
			s.outbox.lose(t)
		}
	}
	e.listeners = nil
	b.shards.Store(&shards)
}

package redis

import (
	"sync"
	"time"

	"parley/chat"
)

// interests are the topics of one shard that this node wants to hear of. Its methods
// may be called at once and do not wait.
type interests struct {
	linger time.Duration
	wake   func() // tells that next has something

	mu     sync.RWMutex
	topics map[chat.Topic]*interest
	next   map[chat.Topic]struct{} // those to subscribe to
	idle   []idling                // the oldest first, each topic at most once
}

// interest is a topic that is listened to, or was so until a while ago.
type interest struct {
	listeners int
	since     time.Time // there have been none
	idle      bool      // has a place in interests.idle
	heard     bool      // Redis has confirmed the subscription
}

type idling struct {
	topic chat.Topic
	since time.Time
}

// listen counts listeners. It reports whether the topic is heard of already.
func (i *interests) listen(t chat.Topic, listeners int) (heard bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	known := i.topics[t]
	if known == nil {
		known = &interest{}
		i.topics[t] = known
		i.next[t] = struct{}{}
		i.wake()
	}
	known.listeners += listeners
	return known.heard
}

// unlisten takes one listener back.
func (i *interests) unlisten(t chat.Topic, now time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	known := i.topics[t]
	if known == nil || known.listeners == 0 {
		return
	}
	if known.listeners--; known.listeners > 0 {
		return
	}
	known.since = now
	if !known.idle {
		known.idle = true
		i.idle = append(i.idle, idling{t, now})
	}
}

// wanted reports whether somebody listens to a topic.
func (i *interests) wanted(t chat.Topic) bool {
	i.mu.RLock()
	defer i.mu.RUnlock()
	known := i.topics[t]
	return known != nil && known.listeners > 0
}

// confirm notes that Redis has confirmed a subscription. It reports whether somebody
// listens.
func (i *interests) confirm(t chat.Topic) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	known := i.topics[t]
	if known == nil {
		return false
	}
	known.heard = true
	return known.listeners > 0
}

// renew has all topics subscribed to anew: the connection is another.
func (i *interests) renew() {
	i.mu.Lock()
	defer i.mu.Unlock()
	for t, known := range i.topics {
		known.heard = false
		i.next[t] = struct{}{}
	}
	i.wake()
}

// take returns what is to be subscribed to.
func (i *interests) take() []chat.Topic {
	i.mu.Lock()
	defer i.mu.Unlock()
	topics := make([]chat.Topic, 0, len(i.next))
	for t := range i.next {
		topics = append(topics, t)
	}
	clear(i.next)
	return topics
}

// lapse forgets the topics that have had no listener for long, and returns them.
func (i *interests) lapse(now time.Time) []chat.Topic {
	i.mu.Lock()
	defer i.mu.Unlock()
	var lapsed []chat.Topic
	n := 0
	for ; n < len(i.idle) && now.Sub(i.idle[n].since) >= i.linger; n++ {
		t := i.idle[n].topic
		known := i.topics[t]
		switch {
		case known.listeners > 0:
			known.idle = false
		case now.Sub(known.since) < i.linger: // somebody has come and gone meanwhile
			i.idle = append(i.idle, idling{t, known.since})
		default:
			delete(i.topics, t)
			delete(i.next, t)
			lapsed = append(lapsed, t)
		}
	}
	i.idle = append(i.idle[:0], i.idle[n:]...)
	return lapsed
}

// all returns the topics that somebody listens to.
func (i *interests) all() []chat.Topic {
	i.mu.RLock()
	defer i.mu.RUnlock()
	topics := make([]chat.Topic, 0, len(i.topics))
	for t, known := range i.topics {
		if known.listeners > 0 {
			topics = append(topics, t)
		}
	}
	return topics
}

// heard counts the topics whose subscription Redis has confirmed.
func (i *interests) heard() (n int) {
	i.mu.RLock()
	defer i.mu.RUnlock()
	for _, known := range i.topics {
		if known.heard {
			n++
		}
	}
	return n
}

package gateway

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/chat"
)

// carrier carries events between the nodes of one process as a bus does: to those that
// hear of the topic, in the order of each topic, and of several in any; it loses,
// doubles and holds up what it is told to. A node hears of a topic some time after it
// wants to.
type carrier struct {
	mu    sync.Mutex
	rng   *rand.Rand
	links map[string]*link
	// of 100 events to a node, those that are lost, and doubled where that is harmless.
	lose, double int
	sent         map[string]int // events delivered, by node and topic
	at           map[string]map[string]bool
	versions     map[string]int64 // of users' presence, by whom is at
}

func newCarrier(seed uint64) *carrier {
	return &carrier{
		rng: rand.New(rand.NewPCG(seed, 3)), links: map[string]*link{}, sent: map[string]int{},
		at: map[string]map[string]bool{}, versions: map[string]int64{},
	}
}

// link is one node's part. It implements chat.Bus, Interest and Roster.
type link struct {
	c    *carrier
	name string
	// deliver and heard are the node's.
	deliver func(chat.Event)
	heard   func(context.Context, []chat.Topic) error

	// The carrier's lock guards these.
	wanted map[chat.Topic]int
	hears  map[chat.Topic]bool
	fresh  []chat.Topic // wanted, and not heard of yet
	queues map[chat.Topic][]chat.Event
	held   map[chat.Topic]bool
	lost   bool // something was
	cut    bool // from all others

	work sync.Mutex // one delivery at a time
}

func (c *carrier) join(name string) *link {
	l := &link{
		c: c, name: name, wanted: map[chat.Topic]int{}, hears: map[chat.Topic]bool{chat.TopicNodes: true, chat.NodeTopic(name): true},
		queues: map[chat.Topic][]chat.Event{}, held: map[chat.Topic]bool{},
	}
	c.links[name] = l
	return l
}

// Publish implements chat.Bus.
func (l *link) Publish(e chat.Event) {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	for _, p := range e.Parcels() {
		for _, to := range l.c.links {
			if to == l || !to.hears[p.Topic] {
				continue
			}
			if l.cut || to.cut || l.c.rng.IntN(100) < l.c.lose {
				to.lost = true
				continue
			}
			to.queues[p.Topic] = append(to.queues[p.Topic], p.Event)
			if p.Event.Version > 0 && l.c.rng.IntN(100) < l.c.double {
				to.queues[p.Topic] = append(to.queues[p.Topic], p.Event)
			}
		}
	}
}

// Listen implements Interest.
func (l *link) Listen(t chat.Topic) {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	if l.wanted[t]++; l.wanted[t] == 1 {
		l.fresh = append(l.fresh, t)
	}
}

// Unlisten implements Interest.
func (l *link) Unlisten(t chat.Topic) {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	if l.wanted[t]--; l.wanted[t] < 0 {
		panic("unlistened more often than listened: " + t)
	}
	if l.wanted[t] == 0 {
		delete(l.wanted, t)
		delete(l.hears, t)
	}
}

// Set implements Roster.
func (l *link) Set(user string, here bool) (changed bool, version int64) {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	if l.c.at[user] == nil {
		l.c.at[user] = map[string]bool{}
	}
	before := len(l.c.at[user])
	if here {
		l.c.at[user][l.name] = true
	} else {
		delete(l.c.at[user], l.name)
	}
	changed = (before == 0) != (len(l.c.at[user]) == 0)
	if changed {
		l.c.versions[user]++
	}
	return changed, l.c.versions[user]
}

// Online implements Roster.
func (l *link) Online(users []string) []string {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(users), func(u string) bool { return len(l.c.at[u]) == 0 })
}

// subscribe has the node hear of what it wants to, and tells it so.
func (l *link) subscribe(t testing.TB) {
	l.c.mu.Lock()
	topics := l.fresh
	l.fresh = nil
	for _, topic := range topics {
		if l.wanted[topic] > 0 {
			l.hears[topic] = true
		}
	}
	l.c.mu.Unlock()
	if len(topics) > 0 {
		l.tell(t, topics)
	}
}

// recover tells the node of all its topics if something of them was lost.
func (l *link) recover(t testing.TB) {
	l.c.mu.Lock()
	lost := l.lost && !l.cut
	l.lost = l.lost && l.cut
	var topics []chat.Topic
	for topic := range l.hears {
		topics = append(topics, topic)
	}
	l.c.mu.Unlock()
	if lost {
		l.tell(t, topics)
	}
}

func (l *link) tell(t testing.TB, topics []chat.Topic) {
	if err := l.heard(context.Background(), topics); err != nil {
		t.Errorf("%s cannot read what it missed: %v", l.name, err)
	}
}

// hold keeps a topic's events from a node until it is released.
func (l *link) hold(topic chat.Topic, on bool) {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	l.held[topic] = on
}

// sever cuts a node off from the others, or joins it to them again.
func (l *link) sever(on bool) {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	l.cut = on
}

// next takes an event of any topic of the node, in the topic's order.
func (l *link) next() (e chat.Event, ok bool) {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	var topics []chat.Topic
	for topic, queue := range l.queues {
		if len(queue) > 0 && !l.held[topic] {
			topics = append(topics, topic)
		}
	}
	if len(topics) == 0 {
		return e, false
	}
	slices.Sort(topics)
	topic := topics[l.c.rng.IntN(len(topics))]
	e = l.queues[topic][0]
	l.queues[topic] = l.queues[topic][1:]
	l.c.sent[l.name+" "+string(topic)]++
	return e, true
}

// step delivers one event to a node.
func (l *link) step() bool {
	l.work.Lock()
	defer l.work.Unlock()
	e, ok := l.next()
	if ok {
		l.deliver(e)
	}
	return ok
}

// flush delivers everything that is not held up, and what comes of it.
func (c *carrier) flush() {
	for more := true; more; {
		more = false
		for _, l := range c.links {
			for l.step() {
				more = true
			}
		}
	}
}

// settle subscribes, tells of losses, and delivers.
func (c *carrier) settle(t testing.TB) {
	for range 3 {
		for _, l := range c.links {
			l.subscribe(t)
			l.recover(t)
		}
		c.flush()
	}
}

// carry delivers as it comes until the test ends.
func (c *carrier) carry(t testing.TB) (stop func()) {
	var work sync.WaitGroup
	over := make(chan struct{})
	for _, l := range c.links {
		work.Go(func() {
			for {
				select {
				case <-over:
					return
				case <-time.After(time.Millisecond):
				}
				l.subscribe(t)
				for l.step() {
				}
			}
		})
	}
	return sync.OnceFunc(func() {
		close(over)
		work.Wait()
	})
}

package redis

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"parley/chat"
)

// prefix begins every key and channel, so that Redis may be shared with others.
const prefix = "parley:"

// Options are what a Bus needs. All are required but Log.
type Options struct {
	// URL is as newClient reads it.
	URL string
	// Node names this node in this life of its process; NodeURL is where other nodes
	// reach it.
	Node, NodeURL string
	// Deliver takes an event from another node, one call at a time. It must not wait.
	Deliver func(e chat.Event)
	// Heard is called once the node hears of topics, and for all once something was lost;
	// an error has it called again. It may take as long as reading the store does.
	Heard func(ctx context.Context, topics []chat.Topic) error
	// Changed tells that a user came online or went offline, as all nodes together see
	// it, of which nobody else will tell: their node is gone, or could not ask at the time.
	Changed func(ctx context.Context, user string, online bool, version int64) error
	Log     *slog.Logger
}

// timing is what tests have shorter: linger, pingEvery and readTimeout.
type timing struct{ linger, ping, read time.Duration }

// Bus is one node's part. It implements chat.Bus, for the other nodes alone,
// gateway.Interest and gateway.Roster; its methods may be called at once.
type Bus struct {
	opts     Options
	client   *client
	codec    *codec
	timing   timing
	link     link
	hearings hearings
	counts   counts

	early  early
	shards atomic.Pointer[[]*shard] // nil before Redis was reached

	delivering sync.Mutex

	registry *registry
	ears     *ears
	roster   *roster
	quotas   quotas
}

// Open returns a bus that is not connected yet: that is Run's. An error is one of the options.
func Open(o Options) (*Bus, error) {
	c, err := newClient(o.URL)
	if err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	codec, err := newCodec(o.Node)
	if err != nil {
		return nil, err
	}
	b := &Bus{opts: o, client: c, codec: codec, timing: timing{linger, pingEvery, readTimeout}, registry: newRegistry(usualPace), ears: newEars(), roster: newRoster()}
	b.link.log = o.Log
	b.hearings = hearings{call: o.Heard, wanted: b.listening, log: o.Log, ready: make(chan struct{}, 1), topics: map[chat.Topic]struct{}{}}
	b.Listen(chat.TopicNodes)
	b.Listen(chat.NodeTopic(o.Node))
	return b, nil
}

// Run connects, and keeps the node among the others until ctx ends; then it publishes
// what is queued and leaves, within a second if Redis answers. It is called once.
func (b *Bus) Run(ctx context.Context) {
	var work sync.WaitGroup
	for _, run := range []func(context.Context){b.hearings.run, b.runRoster, b.runRegistry, b.runQuotas} {
		work.Go(func() { run(ctx) })
	}
	defer work.Wait()
	if !b.connect(ctx) {
		return
	}
	for _, s := range *b.shards.Load() {
		work.Go(func() { s.listen(ctx) })
		work.Go(func() { s.publish(ctx) })
	}
}

// connect reaches Redis for the first time, and reports false if ctx ends before.
func (b *Bus) connect(ctx context.Context) bool {
	failures := newBackoff()
	for {
		redis, err := b.client.get(ctx)
		if ctx.Err() != nil {
			return false
		}
		b.link.report("connect", err)
		if err == nil {
			b.attach(newShards(b, redis, b.client.clustered()))
			return true
		}
		if !pause(ctx, failures.NextBackOff()) {
			return false
		}
	}
}

// Close ends the connections, behind Run.
func (b *Bus) Close() error { return b.client.close() }

// Publish implements chat.Bus, for the other nodes that the event concerns.
func (b *Bus) Publish(e chat.Event) {
	if e.Node == b.opts.Node && e.Node != "" {
		return
	}
	for _, p := range e.Parcels() {
		payload, err := b.codec.encode(&p.Event)
		if err != nil {
			b.opts.Log.Error("an event cannot travel to other nodes", "kind", e.Kind, "room", e.Room, "error", err)
		}
		b.put(parcel{topic: p.Topic, payload: payload}, err != nil)
	}
}

// put queues a parcel, or notes that it is lost.
func (b *Bus) put(p parcel, lost bool) {
	s := b.shard(p.topic)
	if s == nil {
		s = b.early.lose(b, p.topic)
		lost = true
	}
	switch {
	case lost && s != nil:
		s.outbox.lose(p.topic)
	case !lost:
		lost = !s.outbox.put(p)
	}
	if lost {
		b.counts.lost.Add(1)
	}
}

// deliver hands an event over. The node lives on if that panics.
func (b *Bus) deliver(e chat.Event) {
	b.delivering.Lock()
	defer b.delivering.Unlock()
	defer func() {
		if p := recover(); p != nil {
			b.opts.Log.Error("panic", "while", "taking an event from another node", "kind", e.Kind, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	b.hear(e)
	b.opts.Deliver(e)
	b.counts.delivered.Add(1)
}

// Listen implements gateway.Interest.
func (b *Bus) Listen(t chat.Topic) {
	s := b.shard(t)
	if s == nil {
		s = b.early.listen(b, t, 1)
	}
	if s != nil && s.interests.listen(t, 1) {
		b.hearings.add(t) // by whoever listened before: what this one has missed is not known
	}
}

// Unlisten implements gateway.Interest.
func (b *Bus) Unlisten(t chat.Topic) {
	s := b.shard(t)
	if s == nil {
		s = b.early.listen(b, t, -1)
	}
	if s != nil {
		s.interests.unlisten(t, time.Now())
	}
}

// listening reports whether somebody listens to a topic.
func (b *Bus) listening(t chat.Topic) bool {
	s := b.shard(t)
	return s != nil && s.interests.wanted(t)
}

// shard returns the topic's, nil before Redis was reached.
func (b *Bus) shard(t chat.Topic) *shard {
	if shards := b.shards.Load(); shards != nil {
		return shardOf(*shards, t)
	}
	return nil
}

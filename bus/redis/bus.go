package redis

import (
	"context"
	"log/slog"
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
	// Here returns the users who are online by this node.
	Here func() []string
	// Changed tells that a user came online or went offline, as all nodes together see
	// it, of which nobody else will tell: their node is gone, or could not ask at the time.
	Changed func(ctx context.Context, user string, online bool, version int64) error
	Log     *slog.Logger
}

// Bus is one node's part. It implements chat.Bus, for the other nodes alone,
// gateway.Interest and gateway.Roster; its methods may be called at once.
type Bus struct {
	opts   Options
	client *client
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
	return &Bus{opts: o, client: c}, nil
}

// Run connects, and keeps the node among the others until ctx ends; then it leaves,
// within a second.
func (b *Bus) Run(ctx context.Context) { <-ctx.Done() }

// Close ends the connections, behind Run.
func (b *Bus) Close() error { return b.client.close() }

// Publish gives an event to the other nodes that it concerns. It does not wait.
func (b *Bus) Publish(chat.Event) {}

// Listen implements gateway.Interest.
func (b *Bus) Listen(chat.Topic) {}

// Unlisten implements gateway.Interest.
func (b *Bus) Unlisten(chat.Topic) {}

// Set implements gateway.Roster.
func (b *Bus) Set(string, bool) (bool, int64) { return true, 0 }

// Online implements gateway.Roster.
func (b *Bus) Online([]string) []string { return nil }

// NodeURL returns where a live node is reached, as far as is known.
func (b *Bus) NodeURL(string) (string, bool) { return "", false }

// Quota is what a node has used of a rate, by key: see limit.Limiter.
type Quota interface {
	// Spent returns what was used of each key since the last call, in time: the
	// events, each as long as the rate takes to give one.
	Spent() map[string]time.Duration
	// Raise notes until when a key is used up, as all nodes together have used it.
	Raise(key string, full time.Time)
}

// Share has the nodes share a rate, which has the same name on each. It is called
// before Run.
func (b *Bus) Share(string, Quota) {}

package webhooks

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"time"

	"parley/chat"
)

// Store is what a [Dispatcher] needs of a chat.WebhookStore. Its limit of a lease is
// for each webhook, and counts what is leased already.
type Store interface {
	Webhooks(ctx context.Context) ([]chat.Webhook, error)
	LeaseDeliveries(ctx context.Context, now, until time.Time, limit int) ([]chat.Delivery, error)
	Delivered(ctx context.Context, id string) error
	Postpone(ctx context.Context, id string, next time.Time, problem string) error
}

// Options are what a [Dispatcher] works with. Zero means what is said at each.
type Options struct {
	Store Store
	// Vault opens the webhooks' secrets. Without it every attempt fails.
	Vault chat.Vault
	// Allowed are the networks that may be called although they are not public. To
	// reach IPv4 through NAT64 its prefix must be among them; that opens whatever the
	// gateway leads to.
	Allowed []netip.Prefix
	Log     *slog.Logger     // slog.Default()
	Now     func() time.Time // time.Now
	// PerWebhook bounds the requests that wait for one webhook at a time, on all nodes
	// together (4). With at most chat.MaxWebhooks it bounds them all; as no webhook
	// takes another's place, a slow one holds up none but itself.
	PerWebhook int
	// MaxAttempts of a delivery fail before it is dead (12).
	MaxAttempts int
	// FirstRetry is about how long after its first attempt a delivery is tried again
	// (5 s); each further wait is twice as long, up to MaxRetry (1 h).
	FirstRetry, MaxRetry time.Duration
	// Timeout bounds a request as a whole (10 s). Lease is how long a delivery is kept
	// from others meanwhile, and after a crash (30 s); it must be longer than Timeout
	// by more than the nodes' clocks differ.
	Timeout, Lease time.Duration
	// Poll is how often is looked for what has become due or another node has queued
	// (1 s), Refresh how often the webhooks are read anew (2 s).
	Poll, Refresh time.Duration
	// Observe, if set, is told of every attempt: whether it was answered with a 2xx, and
	// how long that took. It may be called at once and must not block.
	Observe func(ok bool, took time.Duration)
}

func (o Options) withDefaults() (Options, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Observe == nil {
		o.Observe = func(bool, time.Duration) {}
	}
	if o.PerWebhook <= 0 {
		o.PerWebhook = 4
	}
	if o.MaxAttempts <= 0 {
		o.MaxAttempts = 12
	}
	for d, usual := range map[*time.Duration]time.Duration{
		&o.FirstRetry: 5 * time.Second, &o.MaxRetry: time.Hour, &o.Timeout: 10 * time.Second,
		&o.Lease: 30 * time.Second, &o.Poll: time.Second, &o.Refresh: 2 * time.Second,
	} {
		if *d <= 0 {
			*d = usual
		}
	}
	if o.Lease <= o.Timeout {
		return o, errors.New("webhooks: a lease must be longer than a request may take")
	}
	return o, nil
}

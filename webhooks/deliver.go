package webhooks

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"

	"parley/chat"
)

// noteTime bounds how long the outcome of an attempt is tried to be stored, which a
// shutdown does not end.
const noteTime = 5 * time.Second

// deliver makes one attempt of a delivery that is leased until then, and stores
// what came of it. Where that fails, or ctx ends, the lease runs out and the delivery is
// sent once more.
func (d *Dispatcher) deliver(ctx context.Context, x chat.Delivery, until time.Time) {
	log := d.Log.With("webhook", x.Webhook, "delivery", x.ID, "event", x.Event)
	w, ok, err := d.webhook(ctx, x.Webhook)
	if err != nil {
		return // it was said by whoever reads them regularly
	}
	if !ok {
		log.Info("a delivery to a deleted webhook is dropped")
		d.note(ctx, log.Error, func(ctx context.Context) error { return d.Store.Delivered(ctx, x.ID) })
		return
	}
	began := d.Now()
	if !began.Add(d.Timeout).Before(until) {
		return // taken too late to be done before others may take it
	}
	err = d.post(ctx, w, x)
	if err != nil && ctx.Err() != nil {
		return
	}
	took := d.Now().Sub(began)
	d.Observe(err == nil, took)
	if err == nil {
		log.Debug("delivered", "took", took)
		d.note(ctx, log.Error, func(ctx context.Context) error { return d.Store.Delivered(ctx, x.ID) })
		return
	}
	var next time.Time
	attempts := x.Attempts + 1
	if attempts < d.MaxAttempts {
		next = d.Now().Add(d.wait(attempts))
		log.Info("a delivery failed", "attempts", attempts, "problem", err, "next", next)
	} else {
		log.Warn("a delivery failed for good", "attempts", attempts, "problem", err)
	}
	d.note(ctx, log.Error, func(ctx context.Context) error { return d.Store.Postpone(ctx, x.ID, next, err.Error()) })
}

func (d *Dispatcher) note(ctx context.Context, complain func(string, ...any), store func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
	defer cancel()
	if err := store(ctx); err != nil {
		complain("the outcome of a delivery cannot be stored", "error", err)
	}
}

// wait is how long a delivery is left alone after so many attempts, at least one.
// Chance spreads what has failed together.
func (d *Dispatcher) wait(attempts int) (wait time.Duration) {
	b := backoff.ExponentialBackOff{InitialInterval: d.FirstRetry, RandomizationFactor: 0.2, Multiplier: 2, MaxInterval: d.MaxRetry}
	b.Reset()
	for range attempts {
		wait = b.NextBackOff()
	}
	return min(wait, d.MaxRetry)
}

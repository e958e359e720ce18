package webhooks

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"parley/chat"
)

// Dispatcher delivers what is queued for webhooks, and knows which of them ask for
// what. It implements chat.Webhooks. All methods may be called at once.
type Dispatcher struct {
	Options
	client  *http.Client
	kick    chan struct{} // of one: several kicks are one
	known   atomic.Pointer[subscriptions]
	reading sync.Mutex // held while the webhooks are read, so that no older list replaces a newer
}

var _ chat.Webhooks = (*Dispatcher)(nil)

// New returns a dispatcher that knows the webhooks of now; [Dispatcher.Run] makes it
// work. ctx bounds their reading.
func New(ctx context.Context, o Options) (*Dispatcher, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	d := &Dispatcher{Options: o, client: newClient(o), kick: make(chan struct{}, 1)}
	if err := d.refresh(ctx); err != nil {
		return nil, err
	}
	return d, nil
}

// Queued implements chat.Webhooks: what was stored is sent without waiting for the
// next look.
func (d *Dispatcher) Queued() {
	select {
	case d.kick <- struct{}{}:
	default:
	}
}

// Run delivers until ctx ends, then gives up the requests that wait for an answer:
// their leases run out, and the deliveries are sent again. It returns once nothing of
// it is left. It is for one call.
func (d *Dispatcher) Run(ctx context.Context) {
	var parts sync.WaitGroup
	defer d.client.CloseIdleConnections()
	defer parts.Wait()
	parts.Go(func() { d.keepFresh(ctx) })
	look := time.NewTicker(d.Poll)
	defer look.Stop()
	failing := false
	for ctx.Err() == nil {
		began := d.Now()
		until := began.Add(d.Lease)
		due, err := d.Store.LeaseDeliveries(ctx, began, until, d.PerWebhook)
		switch {
		case err != nil && ctx.Err() == nil && !failing: // said once, not at every look
			d.Log.Error("the deliveries of webhooks cannot be read", "error", err)
		case err == nil && failing:
			d.Log.Info("the deliveries of webhooks can be read again")
		}
		failing = err != nil
		for _, x := range due {
			parts.Go(func() {
				d.deliver(ctx, x, until)
				d.Queued() // the next of its room may go, or another's
			})
		}
		select {
		case <-ctx.Done():
		case <-look.C:
		case <-d.kick:
		}
	}
}

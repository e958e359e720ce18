package webhooks

import (
	"context"
	"fmt"
	"time"

	"parley/chat"
)

// subscriptions are the registered webhooks at one moment. They are never changed.
type subscriptions struct {
	hooks map[string]chat.Webhook
	of    map[chat.HookEvent][]string
}

// Subscribed implements chat.Webhooks. What it returns must not be changed. A webhook
// that was made or deleted on another node is known here within Refresh.
func (d *Dispatcher) Subscribed(e chat.HookEvent) []string { return d.known.Load().of[e] }

// Changed reads the webhooks anew after one was made or deleted; what happens after
// its return is told to those there are then. A failure is logged, and made good by the next
// regular reading.
func (d *Dispatcher) Changed(ctx context.Context) {
	if err := d.refresh(ctx); err != nil {
		d.Log.Error("webhooks cannot be read", "error", err)
	}
}

func (d *Dispatcher) refresh(ctx context.Context) error {
	d.reading.Lock()
	defer d.reading.Unlock()
	list, err := d.Store.Webhooks(ctx)
	if err != nil {
		return fmt.Errorf("webhooks: read: %w", err)
	}
	s := &subscriptions{hooks: map[string]chat.Webhook{}, of: map[chat.HookEvent][]string{}}
	for _, w := range list {
		s.hooks[w.ID] = w
		for _, e := range w.Events {
			s.of[e] = append(s.of[e], w.ID)
		}
	}
	d.known.Store(s)
	return nil
}

func (d *Dispatcher) keepFresh(ctx context.Context) {
	regularly := time.NewTicker(d.Refresh)
	defer regularly.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-regularly.C:
		}
		err := d.refresh(ctx)
		if err != nil && ctx.Err() == nil && !failing {
			d.Log.Error("webhooks cannot be read", "error", err)
		}
		failing = err != nil
	}
}

// webhook finds the one that a delivery is for, which may be newer than what is
// known here. A webhook that was deleted is not ok.
func (d *Dispatcher) webhook(ctx context.Context, id string) (w chat.Webhook, ok bool, err error) {
	if w, ok = d.known.Load().hooks[id]; ok {
		return w, true, nil
	}
	if err := d.refresh(ctx); err != nil {
		return chat.Webhook{}, false, err
	}
	w, ok = d.known.Load().hooks[id]
	return w, ok, nil
}

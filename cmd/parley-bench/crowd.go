package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// crowd is all customers of one round.
type crowd struct {
	run       *run
	customers []*customer
	recording atomic.Bool
	polls     *latency // while recording, from the sending of a poll without a wait to its answer
	answers   *latency // from the time at which a message was due to its arrival
}

// beginCustomers begins so many conversations. The caller closes the crowd, also
// after an error.
func beginCustomers(ctx context.Context, r *run, n int) (*crowd, error) {
	w := &crowd{run: r, polls: newLatency(), answers: newLatency()}
	for i := range n {
		w.customers = append(w.customers, &customer{crowd: w, index: i, client: newClient(1)})
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(dialers)
	for _, c := range w.customers {
		g.Go(func() error { return c.begin(ctx) })
	}
	return w, g.Wait()
}

// start has every customer do something until the function that it returns is called.
func (w *crowd) start(ctx context.Context, do func(context.Context, *customer)) func() {
	ctx, cancel := context.WithCancel(ctx)
	var busy sync.WaitGroup
	for _, c := range w.customers {
		busy.Go(func() { do(ctx, c) })
	}
	return sync.OnceFunc(func() {
		cancel()
		busy.Wait()
	})
}

// arrive waits until everyone has what was said to them, or until nothing has come
// for stallLimit.
func (w *crowd) arrive(ctx context.Context) {
	for progress, since := uint64(0), time.Now(); time.Since(since) < stallLimit && ctx.Err() == nil; sleep(ctx, 5*time.Millisecond) {
		seen, missing := uint64(0), false
		for _, c := range w.customers {
			seen += c.seen.Load()
			missing = missing || c.seen.Load() < c.said.Load()
		}
		if !missing {
			return
		}
		if seen != progress {
			progress, since = seen, time.Now()
		}
	}
}

// verify counts what the agent has posted and what has come of it, once nobody
// polls any more.
func (w *crowd) verify(a *agent) check {
	c := check{Sent: a.sent.Load(), Acked: a.sent.Load() - a.refused.Load()}
	for _, v := range w.customers {
		head := max(v.said.Load(), v.heard.last)
		c.Expected += head - 1 // the first is their own
		c.Received += v.heard.received
		c.Lost += v.heard.lost(head)
		c.Duplicates += v.heard.duplicates
		c.Inversions += v.heard.inversions
	}
	return c
}

func (w *crowd) close() {
	for _, c := range w.customers {
		c.client.CloseIdleConnections()
	}
}

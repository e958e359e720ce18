package main

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// pollRound is one round of the polls line on a fresh server.
type pollRound struct {
	polling
	run     *run // the room beside
	crowd   *crowd
	agent   *agent
	meter   meter
	figures pollFigures
}

// measurePolls has customers poll, then wait, and checks that each gets what the
// agent writes to them exactly once and in order. The error is a failure to
// measure; broken promises are in the check.
func measurePolls(ctx context.Context, t *target, p polling, queries func(context.Context) float64) (pollFigures, check, error) {
	if err := raiseFileLimit(uint64(p.customers + p.room.Connections + spareFiles)); err != nil {
		return pollFigures{}, check{}, err
	}
	r, err := connect(ctx, t, p.room, 32<<10)
	if err != nil {
		return pollFigures{}, check{}, err
	}
	defer r.close()
	customers, err := beginCustomers(ctx, r, p.customers)
	defer customers.close()
	if err != nil {
		return pollFigures{}, check{}, err
	}
	writer, err := newAgent(r)
	if err != nil {
		return pollFigures{}, check{}, err
	}
	defer writer.client.CloseIdleConnections()
	round := &pollRound{polling: p, run: r, crowd: customers, agent: writer, meter: meter{t.PID, queries}}
	for _, part := range []func(context.Context) error{round.poll, round.wait} {
		if err := part(ctx); err != nil {
			return pollFigures{}, check{}, err
		}
	}
	r.drain(ctx)
	return round.figures, r.verify().plus(customers.verify(writer)), ctx.Err()
}

// poll measures the room and the agent alone, and then with everyone's polls.
func (p *pollRound) poll(ctx context.Context) (err error) {
	stop := p.talk(ctx, p.crowd.customers[:p.few], p.fewRate, plainText)
	defer stop()
	sleep(ctx, p.traffic.Warmup)
	if p.figures.alone, err = p.meter.during(ctx, p.part); err != nil {
		return err
	}
	halt := p.crowd.start(ctx, func(ctx context.Context, c *customer) { c.pollEvery(ctx, p.every) })
	defer halt()
	sleep(ctx, p.every) // by then each has polled
	p.crowd.recording.Store(true)
	p.figures.polling, err = p.meter.during(ctx, p.part)
	p.crowd.recording.Store(false)
	p.figures.polled = p.crowd.polls.percentiles()
	return err
}

// wait has the agent claim everyone, so that no post changes a state, and measures
// the server with nothing to do, with everyone waiting, and when the agent writes.
func (p *pollRound) wait(ctx context.Context) (err error) {
	if err := p.claim(ctx); err != nil {
		return err
	}
	quiet := min(p.part, p.polling.wait/2) // with the settling, no wait ends in it
	if p.figures.nobody, err = p.meter.during(ctx, quiet); err != nil {
		return err
	}
	halt := p.crowd.start(ctx, func(ctx context.Context, c *customer) { c.waitAgain(ctx, p.polling.wait) })
	defer halt()
	p.crowd.arrive(ctx) // with what the claim said; what is asked next waits
	sleep(ctx, p.settle)
	if p.figures.held, err = p.meter.during(ctx, quiet); err != nil {
		return err
	}
	stop := p.talk(ctx, p.crowd.customers, p.rate, markedText)
	defer stop()
	p.run.measuring.Store(true)
	sleep(ctx, p.part)
	p.run.measuring.Store(false)
	stop()
	p.crowd.arrive(ctx)
	p.figures.answered, p.figures.room = p.crowd.answers.percentiles(), p.run.delivery.percentiles()
	return ctx.Err()
}

// claim has the agent post to every customer.
func (p *pollRound) claim(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(agentWriters)
	for _, c := range p.crowd.customers {
		g.Go(func() error { return p.agent.post(ctx, c, plainText(0)) })
	}
	return g.Wait()
}

// talk keeps the room and the agent talking until the function that it returns is
// called, which waits for what is under way.
func (p *pollRound) talk(ctx context.Context, to []*customer, rate float64, text func(time.Duration) string) func() {
	ctx, cancel := context.WithCancel(ctx)
	var talking sync.WaitGroup
	p.run.startSenders(ctx, p.traffic, &talking)
	p.agent.write(ctx, to, rate, text, &talking)
	return sync.OnceFunc(func() {
		cancel()
		talking.Wait()
	})
}

package main

import (
	"context"
	"fmt"
	"math"
	"os/exec"
	"time"
)

// polling is the shape of the polls line: customers who poll, and then wait, while
// an agent writes to them and people talk in a room beside.
type polling struct {
	customers int
	every     time.Duration // between two polls of a customer
	wait      time.Duration // the longest wait of a poll, whole seconds
	settle    time.Duration // how long every wait takes to begin, less than half of it
	few       int           // so many customers are written to while they poll
	fewRate   float64       // the agent's posts a second to those few
	rate      float64       // the agent's posts a second to all who wait
	part      time.Duration // how long each part is measured
	room      shape
	traffic   traffic // of the room
}

// The settling is longer than the server's interval of comparing what is watched with
// the store, 5 s: it looks once for each new watch.
var customersPolling = polling{
	customers: 500, every: time.Second, wait: 25 * time.Second, settle: 8 * time.Second,
	few: 20, fewRate: 10, rate: 100,
	room:    shape{Connections: 20, Rooms: 1, RoomsPerClient: 1, ConnectTimeout: time.Minute},
	traffic: traffic{Senders: 5, Size: 64, Window: 1, Rate: 50, Warmup: time.Second},
}

// pollFigures are what one round of the polls line saw.
type pollFigures struct {
	polled         percentiles // from a poll's sending to its answer
	alone, polling spell       // the room and the agent without the polls, and with them
	nobody, held   spell       // nothing happens: without waiting polls, and with them
	answered       percentiles // from the time a post to a customer was due to its arrival
	room           percentiles // from send to receive on Socket.IO, in the meantime
}

func (f pollFigures) String() string {
	return fmt.Sprintf("%d polls, p50 %.2f ms, p99 %.2f ms, max %.1f ms, server CPU %.0f µs a poll, %.1f %% of a core in all (%.1f %% without); "+
		"%.2f %% while all wait (%.2f %% without); %d answers, p50 %.2f ms, p99 %.2f ms, max %.1f ms (Socket.IO p50 %.2f ms, p99 %.2f ms)",
		f.polled.Count, millis(f.polled.P50), millis(f.polled.P99), millis(f.polled.Max), f.cpuPerPoll(), f.polling.share(), f.alone.share(),
		f.held.share(), f.nobody.share(),
		f.answered.Count, millis(f.answered.P50), millis(f.answered.P99), millis(f.answered.Max), millis(f.room.P50), millis(f.room.P99))
}

// cpuPerPoll is what the polls added to the server's CPU time, in µs.
func (f pollFigures) cpuPerPoll() float64 {
	added := (f.polling.share() - f.alone.share()) / 100 * f.polling.elapsed.Seconds()
	return added * 1e6 / float64(max(f.polled.Count, 1))
}

// queriesPerPoll is what the polls added to the database's queries; NaN where the
// server does not count them.
func (f pollFigures) queriesPerPoll() float64 {
	added := (f.polling.queriesPerSecond() - f.alone.queriesPerSecond()) * f.polling.elapsed.Seconds()
	return added / float64(max(f.polled.Count, 1))
}

func millis(d time.Duration) float64 { return micros(d) / 1000 }

// polls: what customers cost who poll, and how soon those who wait are answered.
func (s *smoke) polls(ctx context.Context) ([]line, error) {
	shape := customersPolling
	shape.part = s.PollTime
	ops := "off"
	polled := s.parley
	polled.command = func(addr, dir string) *exec.Cmd {
		if free, err := freeAddress(); err == nil {
			ops = free
		}
		cmd := s.parley.command(addr, dir)
		// All customers have one address, and the agent is silent for a while.
		cmd.Env = append(cmd.Env, "PARLEY_LIMIT_GUESTS=100000/s", "PARLEY_LIMIT_CUSTOMER_POSTS=100000/s",
			"PARLEY_AGENT_GRACE=1h", "PARLEY_OPS_ADDR="+ops)
		return cmd
	}
	r, err := inTurns(ctx, s, s.PollRounds, []contender{polled}, func(ctx context.Context, server *server) (pollFigures, check, error) {
		return measurePolls(ctx, &server.target, shape, queryCount(ops))
	})
	if r == nil {
		return nil, err
	}
	return pollLines(shape, r[0]), err
}

// pollLines are the table's lines of the rounds.
func pollLines(p polling, rounds []pollFigures) []line {
	column := func(figure func(pollFigures) float64) []float64 {
		var v []float64
		for _, f := range rounds {
			v = append(v, figure(f))
		}
		return v
	}
	p50 := column(func(f pollFigures) float64 { return millis(f.answered.P50) })
	p99 := column(func(f pollFigures) float64 { return millis(f.answered.P99) })
	room50 := column(func(f pollFigures) float64 { return millis(f.room.P50) })
	room99 := column(func(f pollFigures) float64 { return millis(f.room.P99) })
	room := contender{name: "Socket.IO"}
	lines := []line{
		alone(fmt.Sprintf("%d customers polling every %v: a poll, p50, ms", p.customers, p.every),
			column(func(f pollFigures) float64 { return millis(f.polled.P50) })),
		alone("  p99, ms", column(func(f pollFigures) float64 { return millis(f.polled.P99) })),
		alone("  server CPU per poll, µs", column(pollFigures.cpuPerPoll)),
		alone("  server CPU in all, % of a core", column(func(f pollFigures) float64 { return f.polling.share() })).
			beside("without", column(func(f pollFigures) float64 { return f.alone.share() })),
		compare(fmt.Sprintf("%d customers waiting: post to answer, p50, ms", p.customers), room, p50, room50, itself).figureAtMost(50),
		compare("  p99, ms", room, p99, room99, itself),
		alone("  server CPU while nothing comes, % of a core", column(func(f pollFigures) float64 { return f.held.share() })).
			beside("without", column(func(f pollFigures) float64 { return f.nobody.share() })),
	}
	if math.IsNaN(rounds[0].held.queries) {
		return lines
	}
	return append(lines,
		alone("  database queries per poll", column(pollFigures.queriesPerPoll)),
		alone("  database queries/s while all wait", column(func(f pollFigures) float64 { return f.held.queriesPerSecond() })).
			beside("without", column(func(f pollFigures) float64 { return f.nobody.queriesPerSecond() })),
	)
}

func itself(f float64) float64 { return f }

package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// The shapes of the smoke run's lines.
var (
	fanOutShape   = shape{Connections: 200, Rooms: 20, RoomsPerClient: 1, ConnectTimeout: time.Minute}
	fanOutTraffic = traffic{Senders: 40, Size: 64, Window: 16, Warmup: 2 * time.Second}

	deliveryShape   = shape{Connections: 100, Rooms: 1, RoomsPerClient: 1, ConnectTimeout: time.Minute}
	deliveryTraffic = traffic{Senders: 4, Size: 64, Window: 1, Warmup: 2 * time.Second}
	// The small room shows what a message costs besides its deliveries.
	smallRoomShape = shape{Connections: 10, Rooms: 1, RoomsPerClient: 1, ConnectTimeout: time.Minute}
)

// idleRoomSize is the clients per room of the idle line.
const idleRoomSize = 10

// inTurns measures each contender once a round, each time on a fresh server. The
// results are by contender, then round.
func inTurns[T any](ctx context.Context, s *smoke, rounds int, who []contender, measure func(context.Context, *server) (T, check, error)) ([][]T, error) {
	names := make([]string, len(who))
	for i, c := range who {
		names[i] = c.name
	}
	return takeTurns(s, rounds, names, func(at int) (T, check, error) { return onFresh(ctx, who[at], measure) })
}

// takeTurns measures each of those named once a round, and changes who comes first.
// Broken promises do not stop it; they are joined into the error.
func takeTurns[T any](s *smoke, rounds int, names []string, measure func(at int) (T, check, error)) ([][]T, error) {
	results := make([][]T, len(names))
	var broken []error
	for round := range rounds {
		for k := range names {
			at := (round + k) % len(names)
			res, checked, err := measure(at)
			if err != nil {
				return nil, fmt.Errorf("%s, round %d: %w", names[at], round+1, err)
			}
			if err := checked.err(); err != nil {
				broken = append(broken, fmt.Errorf("%s, round %d: %w", names[at], round+1, err))
			}
			results[at] = append(results[at], res)
			fmt.Fprintf(s.progress, "round %d of %d: %s: %v\n", round+1, rounds, names[at], res)
		}
	}
	return results, errors.Join(broken...)
}

func onFresh[T any](ctx context.Context, c contender, measure func(context.Context, *server) (T, check, error)) (T, check, error) {
	var none T
	server, err := c.start(ctx)
	if err != nil {
		return none, check{}, err
	}
	res, checked, err := measure(ctx, server)
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, server.tail())
	}
	return res, checked, errors.Join(err, server.stop())
}

func (s *smoke) load(sh shape, tr traffic) func(context.Context, *server) (loadFigures, check, error) {
	return func(ctx context.Context, server *server) (loadFigures, check, error) {
		tr.Duration = s.Duration
		res, err := load(ctx, &server.target, sh, tr)
		return figuresOf(res), res.Check, err
	}
}

func figuresOf(r result) loadFigures {
	return loadFigures{
		perSecond: r.perSecond(), cpu: micros(r.cpuPerDelivery()), p99: micros(r.Delivery.P99) / 1000,
		cpuPerMessage: micros(r.ServerCPU) / float64(max(r.Messages, 1)),
	}
}

// loadFigures are the figures of one load that the table shows.
type loadFigures struct {
	perSecond, cpu, p99, cpuPerMessage float64
	further                            float64 // CPU of one more delivery; the delivery line alone has it
}

func (f loadFigures) String() string {
	return fmt.Sprintf("%.0f deliveries/s, server CPU %.1f µs per delivery, p99 %.2f ms", f.perSecond, f.cpu, f.p99)
}

func perSecond(f loadFigures) float64 { return f.perSecond }
func cpu(f loadFigures) float64       { return f.cpu }
func p99(f loadFigures) float64       { return f.p99 }
func further(f loadFigures) float64   { return f.further }

// fanOut: as much as the server takes, every message stored by Parley alone.
func (s *smoke) fanOut(ctx context.Context) ([]line, error) {
	r, err := inTurns(ctx, s, s.Rounds, []contender{s.parley, s.node}, s.load(fanOutShape, fanOutTraffic))
	if r == nil {
		return nil, err
	}
	return []line{
		compare("fan-out 200 clients, 20 rooms: deliveries/s", s.node, r[0], r[1], perSecond).atLeast(1),
		compare("  server CPU per delivery, µs", s.node, r[0], r[1], cpu),
		compare("  send to receive, p99, ms", s.node, r[0], r[1], p99),
	}, err
}

// delivery: what one delivery costs, alone and with a message that is stored. For
// the latter a steady rate goes into one room of 100, so that what a message
// itself costs is shared by 100 deliveries.
func (s *smoke) delivery(ctx context.Context) ([]line, error) {
	tr := deliveryTraffic
	tr.Rate = s.Rate
	large, small := s.load(deliveryShape, tr), s.load(smallRoomShape, tr)
	r, err := inTurns(ctx, s, s.Rounds, []contender{s.parley, s.gorilla}, func(ctx context.Context, server *server) (loadFigures, check, error) {
		of10, checked10, err := small(ctx, server)
		if err != nil {
			return loadFigures{}, check{}, err
		}
		of100, checked100, err := large(ctx, server)
		receivers := deliveryShape.Connections - smallRoomShape.Connections
		of100.further = (of100.cpuPerMessage - of10.cpuPerMessage) / float64(receivers)
		return of100, checked10.plus(checked100), err
	})
	if r == nil {
		return nil, err
	}
	lines := []line{
		compare("a stored message to 100: server CPU per delivery, µs", s.gorilla, r[0], r[1], cpu),
		compare("  of a further delivery (100 against 10), µs", s.gorilla, r[0], r[1], further),
		compare("  send to receive, p99, ms", s.gorilla, r[0], r[1], p99),
	}
	if err != nil {
		return lines, err
	}
	alone, err := s.ratios(ctx, deliveryBenchmark, "delivery alone to 100: CPU")
	return append([]line{alone.atMost(1.4)}, lines...), err
}

// kibPerConnection is the figure of one idle round.
type kibPerConnection float64

func (k kibPerConnection) String() string { return fmt.Sprintf("%.1f KiB per connection", float64(k)) }

// idle: the memory of connected, authenticated, joined clients.
func (s *smoke) idle(ctx context.Context) ([]line, error) {
	sh := shape{Connections: s.Connections, Rooms: max(s.Connections/idleRoomSize, 1), RoomsPerClient: 1, ConnectTimeout: 2 * time.Minute}
	r, err := inTurns(ctx, s, s.IdleRounds, []contender{s.parley, s.node, s.gorilla}, func(ctx context.Context, server *server) (kibPerConnection, check, error) {
		res, err := idle(ctx, &server.target, sh, s.settle, server.before.RSS)
		return kibPerConnection(res.perConnection() / kib), res.Check, err
	})
	if r == nil {
		return nil, err
	}
	figure := func(k kibPerConnection) float64 { return float64(k) }
	name := fmt.Sprintf("idle, %d joined: KiB per connection", s.Connections)
	return []line{
		compare(name, s.node, r[0], r[1], figure).figureAtMost(30),
		compare(name, s.gorilla, r[0], r[2], figure),
	}, err
}

var ratioMetric = regexp.MustCompile(`(?m)^(Benchmark\S+)\s.*?\s([0-9.e+-]+) ratio\b`)

// appendRate: how much of a bare batched insert's rate the service's storing has.
func (s *smoke) appendRate(ctx context.Context) ([]line, error) {
	l, err := s.ratios(ctx, appendBenchmark, "append: rate of posts to a bare batched insert's")
	return []line{l.atLeast(0.4)}, err
}

// ratios runs a benchmark that knows its own peer.
func (s *smoke) ratios(ctx context.Context, b ratioBenchmark, name string) (line, error) {
	l := line{name: name, parley: math.NaN(), peer: math.NaN(), peerName: b.peer}
	args := []string{"test", "-run", "xxx", "-bench", b.name, "-benchtime", s.BenchTime, "-count", strconv.Itoa(s.Rounds), b.pkg}
	fmt.Fprintln(s.progress, "go", args)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = s.Root
	out, err := cmd.CombinedOutput()
	if err != nil {
		return l, fmt.Errorf("go test: %w\n%s", err, out)
	}
	if l.ratios = parseRatios(string(out)); len(l.ratios) == 0 {
		return l, fmt.Errorf("no benchmark %s in %s reported a metric `ratio`:\n%s", b.name, b.pkg, out)
	}
	return l, nil
}

func parseRatios(out string) []float64 {
	var ratios []float64
	for _, m := range ratioMetric.FindAllStringSubmatch(out, -1) {
		if v, err := strconv.ParseFloat(m[2], 64); err == nil {
			ratios = append(ratios, v)
		}
	}
	return ratios
}

// compare takes one figure out of both sides' rounds.
func compare[T any](name string, peer contender, ours, theirs []T, figure func(T) float64) line {
	l := line{name: name, peerName: peer.name}
	var a, b []float64
	for i := range ours {
		a, b = append(a, figure(ours[i])), append(b, figure(theirs[i]))
		l.ratios = append(l.ratios, a[i]/b[i])
	}
	l.parley, l.peer = median(a), median(b)
	return l
}

// median of at least one value; of an even number, the mean of the middle two.
func median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	mid := len(v) / 2
	if len(v)%2 == 0 {
		return (v[mid-1] + v[mid]) / 2
	}
	return v[mid]
}

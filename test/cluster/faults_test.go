package cluster

import (
	"slices"
	"testing"
	"time"

	"parley/test/harness"
)

// How long things are broken.
const (
	nodeDown     = 4 * time.Second
	redisDown    = 20 * time.Second
	postgresCut  = 10 * time.Second
	latency      = 300 * time.Millisecond
	latencyLasts = 8 * time.Second
)

// mostMemory bounds a node of the race detector's build, in MiB.
const mostMemory = 1024

// fault breaks something for a while.
type fault struct {
	name string
	run  func(w *world)
	// refuses: posts cannot be stored meanwhile.
	refuses bool
}

var faults = []fault{
	{name: "node killed", run: (*world).killNode},
	{name: "Redis killed", run: (*world).killRedis},
	{name: "PostgreSQL cut", run: (*world).cutPostgres, refuses: true},
	{name: "PostgreSQL silent", run: (*world).swallowPostgres, refuses: true},
	{name: "latency", run: (*world).slow},
}

// rare are of one node alone, and part of the long form.
var rare = []fault{
	{name: "Redis silent for a node", run: (*world).swallowRedis},
	{name: "PostgreSQL cut for a node", run: (*world).cutPostgresOfOne, refuses: true},
	{name: "PostgreSQL silent for a node", run: (*world).swallowPostgresOfOne, refuses: true},
	{name: "node and Redis killed", run: (*world).killBoth},
}

// Every acknowledged message reaches every member once and in order, whatever fails;
// what cannot be stored is answered as such.
func TestFaults(t *testing.T) {
	w := newWorld(t, true)
	<-time.After(calm)
	long := 5 * time.Minute
	plan := faults
	if harness.Long() {
		plan = append(slices.Clone(faults), rare...)
	}
	begun := time.Now()
	for round := 0; round == 0 || harness.Long() && time.Since(begun) < long; round++ {
		order := slices.Clone(plan)
		if round > 0 {
			w.chance.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		}
		for _, f := range order {
			p := w.phase(f.name)
			f.run(w)
			w.phase("after " + f.name)
			w.heal()
			w.answersHonestly(f, p)
		}
	}
	w.rest()
	w.check()
	w.memory.within(t, mostMemory)
}

// answersHonestly holds that no post was left without an answer, and that those were
// refused that could not be stored.
func (w *world) answersHonestly(f fault, p *phase) {
	w.t.Helper()
	w.tally.mu.Lock()
	defer w.tally.mu.Unlock()
	for _, q := range w.tally.phases[slices.Index(w.tally.phases, p):] {
		if q.silent > 0 {
			w.t.Errorf("%s: %d posts were not answered within %v, first %s", q.name, q.silent, answerWithin, q.silence)
		}
	}
	if f.refuses && p.answers["unavailable"] == 0 {
		w.t.Errorf("%s: no post was answered unavailable", f.name)
	}
}

func (w *world) killNode() {
	s := w.nodes.Servers[w.anyNode()]
	s.Kill()
	<-time.After(nodeDown)
	s.Run()
}

// anyNode returns a node that somebody is on.
func (w *world) anyNode() int {
	c := w.clients[w.chance.IntN(len(w.clients))]
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.line == nil {
		return c.from
	}
	return c.line.node
}

func (w *world) killRedis() {
	w.endRedis()
	<-time.After(redisDown)
	w.startRedis()
}

func (w *world) endRedis() {
	w.t.Helper()
	if err := w.nodes.Store.Kill(); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) startRedis() {
	w.t.Helper()
	if err := w.nodes.Store.Start(); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) killBoth() {
	s := w.nodes.Servers[w.anyNode()]
	w.endRedis()
	s.Kill()
	<-time.After(nodeDown)
	s.Run()
	w.startRedis()
}

func (w *world) cutPostgres() {
	for _, way := range w.nodes.Postgres {
		way.Cut()
	}
	<-time.After(postgresCut)
	for _, way := range w.nodes.Postgres {
		way.Restore()
	}
}

func (w *world) swallowPostgres() {
	for _, way := range w.nodes.Postgres {
		way.Swallow()
	}
	<-time.After(postgresCut)
	for _, way := range w.nodes.Postgres {
		way.Release()
	}
}

func (w *world) cutPostgresOfOne() {
	way := w.nodes.Postgres[w.anyNode()]
	way.Cut()
	<-time.After(postgresCut)
	way.Restore()
}

func (w *world) swallowPostgresOfOne() {
	way := w.nodes.Postgres[w.anyNode()]
	way.Swallow()
	<-time.After(postgresCut)
	way.Release()
}

func (w *world) swallowRedis() {
	way := w.nodes.Redis[w.anyNode()]
	way.Swallow()
	<-time.After(redisDown)
	way.Release()
}

func (w *world) slow() {
	ways := append(slices.Clone(w.nodes.Postgres), w.nodes.Redis...)
	for _, way := range ways {
		way.Slow(latency)
	}
	<-time.After(latencyLasts)
	for _, way := range ways {
		way.Release()
	}
}

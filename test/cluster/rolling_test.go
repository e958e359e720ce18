package cluster

import (
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"parley/test/harness"
)

// What a rolling restart keeps.
const (
	drainTimeout = 20 * time.Second
	spread       = 5 * time.Second
	mostGap      = 5 * time.Second
	crowdWithin  = 500 * time.Millisecond
	mostCrowd    = 0.5
)

// Each node in turn is restarted under load: nothing is lost, clients come back
// spread over time and are never long without service, and replies that are being
// written are seen to their end.
func TestRollingRestart(t *testing.T) {
	w := newWorld(t, false, "PARLEY_DRAIN_TIMEOUT="+drainTimeout.String(), "PARLEY_RECONNECT_SPREAD="+spread.String())
	<-time.After(calm)
	for range harness.Sized(1, 4) {
		for i := range w.nodes.Servers {
			w.restart(i)
		}
	}
	w.rest()
	w.check()
	w.memory.within(t, mostMemory)
	if w.officialGap > mostGap {
		t.Errorf("an official client was without service for %v", w.officialGap)
	}
}

// restart ends a node in order, and starts it again.
func (w *world) restart(i int) {
	w.t.Helper()
	s, name := w.nodes.Servers[i], fmt.Sprintf("node %d", i)
	draining := w.phase(name + " drains")
	s.Signal(syscall.SIGTERM)
	w.front.leaveOut(i) // as /readyz tells a balancer
	if code := s.Wait(drainTimeout + calm); code != 0 {
		w.t.Errorf("%s ended with status %d:\n%s", name, code, s.Log())
	}
	took := time.Since(draining.begun)
	w.phase(name + " starts")
	s.Run()
	w.front.takeIn(i)
	starting := w.phase("after " + name)
	w.heal()
	w.returnsWell(name, draining, took)
	w.tally.mu.Lock()
	defer w.tally.mu.Unlock()
	for _, p := range w.tally.phases[slices.Index(w.tally.phases, draining) : slices.Index(w.tally.phases, starting)+1] {
		if p.cutOff > 0 {
			w.t.Errorf("%s: %d clients were cut off without a word", p.name, p.cutOff)
		}
		if p.silent > 0 {
			w.t.Errorf("%s: %d posts were not answered within %v, first %s", p.name, p.silent, answerWithin, p.silence)
		}
	}
}

// returnsWell holds how the clients of a node that drained came back.
func (w *world) returnsWell(name string, draining *phase, took time.Duration) {
	w.t.Helper()
	w.tally.mu.Lock()
	defer w.tally.mu.Unlock()
	var moments []time.Time
	var longest lapse
	var histogram [40]int
	for _, l := range w.tally.lapses {
		if l.lost.Before(draining.begun) {
			continue
		}
		moments = append(moments, l.back)
		histogram[min(int(l.back.Sub(draining.begun)/crowdWithin), len(histogram)-1)]++
		if l.took() > longest.took() {
			longest = l
		}
	}
	share := crowd(moments, crowdWithin)
	w.t.Logf("%s drained in %v; %d clients returned, at most %.0f %% within %v, longest without service %v; each %v: %v",
		name, took.Round(time.Millisecond), len(moments), 100*share, crowdWithin, longest.took().Round(time.Millisecond), crowdWithin, histogram)
	if len(moments) == 0 {
		w.t.Errorf("%s: nobody had to return", name)
	}
	if share > mostCrowd {
		w.t.Errorf("%s: %.0f %% of the clients returned within %v", name, 100*share, crowdWithin)
	}
	if longest.took() > mostGap {
		w.t.Errorf("%s: %s was without service for %v", name, longest.user, longest.took())
	}
}

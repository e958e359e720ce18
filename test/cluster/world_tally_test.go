package cluster

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/sioclient"
)

// tally counts what clients see, phase by phase. It may be used at once.
type tally struct {
	t      *testing.T
	mu     sync.Mutex
	phases []*phase
	lapses []lapse
	wrongs int
}

// phase is a part of the run.
type phase struct {
	name         string
	begun, ended time.Time

	posted, stored  int
	answers         map[string]int // by error code
	silent          int            // posts that were not answered in time
	silence         string         // the first of them
	slowest         time.Duration  // answer
	deliveries      delays
	refusals        map[string]int // of connections
	drained, cutOff int
	returned        int
	openReplies     int           // that were shown when a connection ended
	longest         time.Duration // without service, of those who returned
}

// lapse is a time in which a client had no service.
type lapse struct {
	user       string
	from       int // the node that it lost
	to         int
	lost, back time.Time
}

func (l lapse) took() time.Duration { return l.back.Sub(l.lost) }

// begin begins a phase.
func (y *tally) begin(name string) *phase {
	y.mu.Lock()
	defer y.mu.Unlock()
	now := time.Now()
	if n := len(y.phases); n > 0 {
		y.phases[n-1].ended = now
	}
	p := &phase{name: name, begun: now, answers: map[string]int{}, refusals: map[string]int{}}
	y.phases = append(y.phases, p)
	return p
}

func (y *tally) count(f func(*phase)) {
	y.mu.Lock()
	defer y.mu.Unlock()
	f(y.phases[len(y.phases)-1])
}

func (y *tally) answered(took time.Duration, code string) {
	y.count(func(p *phase) {
		p.slowest = max(p.slowest, took)
		if code == "" {
			p.stored++
		} else {
			p.answers[code]++
		}
	})
}

func (y *tally) delivered(after time.Duration) { y.count(func(p *phase) { p.deliveries.add(after) }) }

// refused counts a connection that did not come about.
func (y *tally) refused(err error) {
	reason := "no answer"
	var refusal *sioclient.ConnectError
	switch {
	case errors.As(err, &refusal):
		reason = refusal.Message
	case strings.Contains(err.Error(), "connection refused"):
		reason = "nobody listens"
	case strings.Contains(err.Error(), "503"):
		reason = "503"
	}
	y.count(func(p *phase) { p.refusals[reason]++ })
}

func (y *tally) returned(l lapse) {
	y.count(func(p *phase) {
		p.returned++
		p.longest = max(p.longest, l.took())
		y.lapses = append(y.lapses, l)
	})
}

// wrong fails the test with what a client saw.
func (y *tally) wrong(what string) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.wrongs++; y.wrongs <= 30 {
		y.t.Errorf("%s (in %q, %v after its begin)", what, y.phases[len(y.phases)-1].name,
			time.Since(y.phases[len(y.phases)-1].begun).Round(time.Millisecond))
	}
}

// report logs all phases.
func (y *tally) report() {
	y.mu.Lock()
	defer y.mu.Unlock()
	var all phase
	for _, p := range y.phases {
		end := p.ended
		if end.IsZero() {
			end = time.Now()
		}
		y.t.Logf("%-28s %4.1f s: %s", p.name, end.Sub(p.begun).Seconds(), p)
		all.posted += p.posted
		all.stored += p.stored
		all.silent += p.silent
		all.deliveries.merge(p.deliveries)
		all.longest = max(all.longest, p.longest)
		all.returned += p.returned
		all.cutOff += p.cutOff
		all.drained += p.drained
		all.openReplies += p.openReplies
		all.slowest = max(all.slowest, p.slowest)
	}
	y.t.Logf("all: %s", &all)
	if y.wrongs > 30 {
		y.t.Errorf("%d things went wrong", y.wrongs)
	}
}

func (p *phase) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d posted, %d stored, slowest answer %v", p.posted, p.stored, p.slowest.Round(time.Millisecond))
	for code, n := range p.answers {
		fmt.Fprintf(&b, ", %d %s", n, code)
	}
	if p.silent > 0 {
		fmt.Fprintf(&b, ", %d WITHOUT ANSWER (%s)", p.silent, p.silence)
	}
	fmt.Fprintf(&b, "; %s", p.deliveries)
	if p.cutOff+p.drained+p.returned > 0 {
		fmt.Fprintf(&b, "; %d cut off, %d drained, %d of them in a reply, %d returned, longest without service %v",
			p.cutOff, p.drained, p.openReplies, p.returned, p.longest.Round(time.Millisecond))
	}
	for reason, n := range p.refusals {
		fmt.Fprintf(&b, ", %d connections: %s", n, reason)
	}
	return b.String()
}

// delays is a histogram of durations, by powers of two of milliseconds.
type delays struct {
	n      int
	counts [24]int
	most   time.Duration
}

func (d *delays) add(v time.Duration) {
	v = max(v, 0)
	d.n++
	d.counts[min(bits.Len64(uint64(v.Milliseconds())), len(d.counts)-1)]++
	d.most = max(d.most, v)
}

func (d *delays) merge(o delays) {
	d.n += o.n
	for i, n := range o.counts {
		d.counts[i] += n
	}
	d.most = max(d.most, o.most)
}

// within returns a bound that a share of the durations keeps.
func (d delays) within(share float64) time.Duration {
	left := int(share * float64(d.n))
	for i, n := range d.counts {
		if left -= n; left <= 0 {
			return time.Duration(1) << i * time.Millisecond
		}
	}
	return d.most
}

func (d delays) String() string {
	return fmt.Sprintf("%d delivered live, half within %v, 99 %% within %v, all within %v",
		d.n, d.within(0.5), d.within(0.99), d.most.Round(time.Millisecond))
}

// crowd returns the largest share of the moments that lies within a time.
func crowd(moments []time.Time, within time.Duration) float64 {
	slices.SortFunc(moments, time.Time.Compare)
	most, first := 0, 0
	for i, m := range moments {
		for m.Sub(moments[first]) > within {
			first++
		}
		most = max(most, i-first+1)
	}
	return float64(most) / float64(max(len(moments), 1))
}

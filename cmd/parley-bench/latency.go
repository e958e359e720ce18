package main

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The histograms hold 1 µs to 60 s at two significant digits; what is longer
// counts as 60 s.
const (
	latencyMax    = 60 * time.Second
	latencyShards = 16
)

// latency is a histogram that many goroutines record into. Each goroutine keeps
// to its shard, so that they seldom meet.
type latency struct {
	shards [latencyShards]struct {
		mu sync.Mutex
		h  *hdrhistogram.Histogram
	}
}

func newLatency() *latency {
	l := &latency{}
	for i := range l.shards {
		l.shards[i].h = newHistogram()
	}
	return l
}

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, latencyMax.Microseconds(), 2)
}

func (l *latency) record(shard int, d time.Duration) {
	s := &l.shards[shard%latencyShards]
	micros := min(max(d, time.Microsecond), latencyMax).Microseconds()
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.h.RecordValue(micros) // in range by the line above
}

// percentiles sums up a histogram.
type percentiles struct {
	Count         int64
	P50, P90, P99 time.Duration
	P999, Max     time.Duration
}

func (l *latency) percentiles() percentiles {
	sum := newHistogram()
	for i := range l.shards {
		s := &l.shards[i]
		s.mu.Lock()
		sum.Merge(s.h)
		s.mu.Unlock()
	}
	at := func(q float64) time.Duration { return time.Duration(sum.ValueAtQuantile(q)) * time.Microsecond }
	return percentiles{
		Count: sum.TotalCount(),
		P50:   at(50), P90: at(90), P99: at(99), P999: at(99.9),
		Max: time.Duration(sum.Max()) * time.Microsecond,
	}
}

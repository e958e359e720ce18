package main

import (
	"sync"
	"testing"
	"time"
)

func TestLatencyPercentiles(t *testing.T) {
	l := newLatency()
	var wg sync.WaitGroup
	for shard := range 20 {
		wg.Go(func() {
			for ms := 1; ms <= 100; ms++ {
				l.record(shard, time.Duration(ms)*time.Millisecond)
			}
		})
	}
	wg.Wait()
	p := l.percentiles()
	if p.Count != 2000 {
		t.Errorf("count %d", p.Count)
	}
	for _, tt := range []struct {
		name      string
		got, want time.Duration
	}{{"p50", p.P50, 50 * time.Millisecond}, {"p90", p.P90, 90 * time.Millisecond}, {"p99", p.P99, 99 * time.Millisecond}, {"max", p.Max, 100 * time.Millisecond}} {
		if off := (tt.got - tt.want).Abs(); off > tt.want/50 {
			t.Errorf("%s = %v, want %v within 2 %%", tt.name, tt.got, tt.want)
		}
	}
}

func TestLatencyOutOfRange(t *testing.T) {
	l := newLatency()
	l.record(0, -time.Second)
	l.record(0, time.Hour)
	p := l.percentiles()
	if p.Count != 2 || p.P50 != time.Microsecond || p.Max < 59*time.Second {
		t.Errorf("%+v", p)
	}
}

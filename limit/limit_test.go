package limit_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/limit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type clock struct{ ns atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(1_700_000_000, c.ns.Load()) }
func (c *clock) advance(d time.Duration) { c.ns.Add(int64(d)) }

func allowed(l *limit.Limiter, key string, tries int) (n int) {
	for range tries {
		if ok, _ := l.Allow(key); ok {
			n++
		}
	}
	return n
}

func TestLimiterGivesTheBurstThenTheRate(t *testing.T) {
	var c clock
	l := limit.New(limit.Rate{Events: 10, Per: time.Minute}, 8, c.now)
	if n := allowed(l, "ann", 30); n != 10 {
		t.Fatalf("burst: %d allowed, want 10", n)
	}
	ok, after := l.Allow("ann")
	if ok || after != 6*time.Second {
		t.Fatalf("empty bucket: %v, %v, want false, 6s", ok, after)
	}
	if ok, _ := l.Allow("bob"); !ok {
		t.Fatal("another key pays for this one")
	}
	c.advance(after - 1)
	if n := allowed(l, "ann", 3); n != 0 {
		t.Fatalf("one nanosecond early: %d allowed", n)
	}
	c.advance(1)
	if n := allowed(l, "ann", 3); n != 1 {
		t.Fatalf("after retryAfter: %d allowed, want 1", n)
	}
	c.advance(24 * time.Hour)
	if n := allowed(l, "ann", 30); n != 10 {
		t.Fatalf("after a day: %d allowed, want the burst of 10", n)
	}
}

func TestLimiterForgetsTheLeastRecentKey(t *testing.T) {
	var c clock
	l := limit.New(limit.Rate{Events: 1, Per: time.Hour}, 2, c.now)
	allowed(l, "a", 1)
	allowed(l, "b", 1)
	allowed(l, "a", 1) // refused, but makes a the more recent
	allowed(l, "c", 1) // forgets b
	if l.Len() != 2 {
		t.Fatalf("%d keys held, want 2", l.Len())
	}
	if n := allowed(l, "a", 1); n != 0 {
		t.Fatal("a was forgotten in b's place")
	}
	for i := range 1000 {
		allowed(l, fmt.Sprint(i), 1)
	}
	if l.Len() != 2 {
		t.Fatalf("%d keys held, want 2", l.Len())
	}
}

func TestNoLimit(t *testing.T) {
	var c clock
	var none *limit.Limiter
	var bucket *limit.Bucket
	for range 10_000 {
		a, _ := none.Allow("x")
		b, _ := bucket.Allow()
		d, _ := limit.New(limit.Rate{}, 1, c.now).Allow("x")
		if !a || !b || !d {
			t.Fatal("refused without a limit")
		}
	}
}

func TestBucketUnderConcurrency(t *testing.T) {
	var c clock
	b := limit.NewBucket(limit.Rate{Events: 50, Per: time.Second, Burst: 1000}, c.now)
	var n atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 500 {
				if ok, _ := b.Allow(); ok {
					n.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if n.Load() != 1000 {
		t.Fatalf("%d allowed, want 1000", n.Load())
	}
}

func TestParseRate(t *testing.T) {
	for text, want := range map[string]limit.Rate{
		"off":       {},
		"50/s":      {Events: 50, Per: time.Second},
		"10/m":      {Events: 10, Per: time.Minute},
		"5/h":       {Events: 5, Per: time.Hour},
		"50/s:1000": {Events: 50, Per: time.Second, Burst: 1000},
	} {
		got, err := limit.ParseRate(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("ParseRate(%q) = %+v (%s), %v", text, got, got, err)
		}
	}
	for _, text := range []string{"", "50", "50/", "/s", "0/s", "-1/s", "50/d", "50/s:", "50/s:0", "2000000/s", "50/s:x", "x/s", " 5/s"} {
		if got, err := limit.ParseRate(text); err == nil {
			t.Errorf("ParseRate(%q) = %+v, want an error", text, got)
		}
	}
}

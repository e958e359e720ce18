package limit_test

import (
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"parley/limit"
)

func TestSpentIsKeptFromTheFirstCallOn(t *testing.T) {
	var c clock
	l := limit.New(limit.Rate{Events: 10, Per: time.Minute}, 8, c.now)
	allowed(l, "ann", 3)
	if got := l.Spent(); len(got) != 0 {
		t.Fatalf("spent before anybody asked: %v", got)
	}
	allowed(l, "ann", 20) // the seven that are left
	allowed(l, "bob", 1)
	want := map[string]time.Duration{"ann": 42 * time.Second, "bob": 6 * time.Second}
	if got := l.Spent(); !maps.Equal(got, want) {
		t.Fatalf("spent %v, want %v", got, want)
	}
	allowed(l, "ann", 5) // refused
	if got := l.Spent(); len(got) != 0 {
		t.Fatalf("spent by being refused: %v", got)
	}
}

func TestSpentOfForgottenKeys(t *testing.T) {
	var c clock
	l := limit.New(limit.Rate{Events: 10, Per: time.Minute}, 2, c.now)
	l.Spent()
	allowed(l, "a", 1)
	allowed(l, "b", 1)
	for i := range 1000 { // which forget each other: what is kept does not grow
		allowed(l, fmt.Sprint(i), 1)
	}
	if got := l.Spent(); len(got) != 2 || got["a"] != 6*time.Second {
		t.Errorf("spent %v, want of a and b", got)
	}
	allowed(l, "a", 2)
	if got := l.Spent(); !maps.Equal(got, map[string]time.Duration{"a": 12 * time.Second}) {
		t.Errorf("spent %v, want of a", got)
	}
}

func TestRaise(t *testing.T) {
	var c clock
	l := limit.New(limit.Rate{Events: 10, Per: time.Minute}, 8, c.now)
	allowed(l, "ann", 4) // full in 24 s
	l.Raise("ann", c.now().Add(12*time.Second))
	if n := allowed(l, "ann", 20); n != 6 {
		t.Fatalf("raised to less than was taken: %d left, want 6", n)
	}
	c.advance(time.Hour)
	allowed(l, "ann", 1)
	l.Raise("ann", c.now().Add(48*time.Second))
	if n := allowed(l, "ann", 20); n != 2 {
		t.Fatalf("eight of ten taken: %d left, want 2", n)
	}
	l.Raise("ann", c.now().Add(1000*time.Hour))
	ok, after := l.Allow("ann")
	if ok || after != 64*6*time.Second {
		t.Fatalf("raised far too high: %v, in %v; want no more than 64 events beyond empty", ok, after)
	}
	l.Raise("eve", c.now().Add(time.Hour))
	if n := allowed(l, "eve", 20); n != 10 {
		t.Fatalf("a key that is not held: %d allowed, want 10", n)
	}
}

func TestNoLimitIsNotShared(t *testing.T) {
	var c clock
	var none *limit.Limiter
	for _, l := range []*limit.Limiter{none, limit.New(limit.Rate{}, 1, c.now)} {
		l.Spent()
		l.Allow("x")
		l.Raise("x", c.now().Add(time.Hour))
		if ok, _ := l.Allow("x"); !ok || l.Spent() != nil {
			t.Fatal("without a limit nothing is spent")
		}
	}
}

func TestSpentUnderConcurrency(t *testing.T) {
	var c clock
	l := limit.New(limit.Rate{Events: 1000, Per: time.Second, Burst: 1000}, 4, c.now)
	l.Spent()
	stop := make(chan struct{})
	var total time.Duration
	var asker, takers sync.WaitGroup
	asker.Go(func() {
		for {
			for _, d := range l.Spent() {
				total += d
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	for range 4 {
		takers.Go(func() { allowed(l, "ann", 500) })
	}
	takers.Wait()
	close(stop)
	asker.Wait()
	total += l.Spent()["ann"]
	if total != time.Second {
		t.Errorf("spent %v in all, want 1 s: 1000 events", total)
	}
}

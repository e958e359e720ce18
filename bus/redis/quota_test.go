package redis

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/internal/testenv"
	"parley/limit"
)

func quotaNodes(t *testing.T, url string, rate limit.Rate, names ...string) ([]*limit.Limiter, []*testNode) {
	t.Helper()
	var limiters []*limit.Limiter
	var nodes []*testNode
	for _, name := range names {
		l := limit.New(rate, 100, time.Now)
		n := open(t, url, name, nil)
		told := &told{Limiter: l}
		n.Share("messages", told)
		n.run(t)
		await(t, name+" has beaten", func() bool { _, here := n.registry.standing(name); return here })
		await(t, name+" keeps what is spent", func() bool { return told.times.Load() > 0 })
		limiters, nodes = append(limiters, l), append(nodes, n)
	}
	return limiters, nodes
}

// told counts how often it was asked what was spent: from the first time on that is kept.
type told struct {
	*limit.Limiter
	times atomic.Int64
}

func (q *told) Spent() map[string]time.Duration {
	defer q.times.Add(1)
	return q.Limiter.Spent()
}

// drain takes all that a limiter gives of a key at once.
func drain(l *limit.Limiter, key string) (taken int) {
	for {
		if ok, _ := l.Allow(key); !ok {
			return taken
		}
		taken++
	}
}

func TestQuotaIsShared(t *testing.T) {
	for name, url := range map[string]func() string{
		"server":  func() string { return testenv.Redis(t).URL() },
		"cluster": func() string { return testenv.RedisCluster(t).URL() },
	} {
		t.Run(name, func(t *testing.T) {
			rate := limit.Rate{Events: 20, Per: time.Minute}
			limiters, _ := quotaNodes(t, url(), rate, "a", "b")
			a, b := limiters[0], limiters[1]
			if n := drain(a, "ann"); n != 20 {
				t.Fatalf("%d of a fresh bucket of 20", n)
			}
			// The first event on b tells b what a has taken.
			b.Allow("ann")
			await(t, "b knows what a took", func() bool { ok, _ := b.Allow("ann"); return !ok })
			if n := drain(b, "bob"); n != 20 {
				t.Errorf("%d for somebody else, want 20", n)
			}
			_, wait := a.Allow("ann")
			if wait > 2*time.Minute {
				t.Errorf("a's next event is %v away", wait)
			}
		})
	}
}

// A key that is used on three nodes as fast as they let it gets about its rate.
func TestQuotaHoldsInTheLongRun(t *testing.T) {
	rate := limit.Rate{Events: 50, Per: time.Second, Burst: 50}
	limiters, _ := quotaNodes(t, testenv.Redis(t).URL(), rate, "a", "b", "c")
	const lasts = 6 * time.Second
	taken := 0
	for begun := time.Now(); time.Since(begun) < lasts; time.Sleep(5 * time.Millisecond) {
		for _, l := range limiters {
			taken += drain(l, "ann")
		}
	}
	// Three bursts before anybody knows of the others, then the rate; without sharing 1050.
	most := 3*50 + 300 + 3*50/4
	if taken > most || taken < 250 {
		t.Errorf("%d events in %v on three nodes of 50/s, want 250 to %d", taken, lasts, most)
	}
}

func TestQuotaWithoutRedis(t *testing.T) {
	server := testenv.Redis(t)
	limiters, nodes := quotaNodes(t, server.URL(), limit.Rate{Events: 20, Per: time.Second}, "a")
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	await(t, "Redis is away", func() bool { _, here := nodes[0].registry.standing("a"); return !here })
	if n := drain(limiters[0], "ann"); n < 20 || n > 25 {
		t.Errorf("%d of a fresh bucket of 20 while Redis is away", n)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	client := server.Client()
	defer client.Close()
	await(t, "what is spent is told again", func() bool {
		limiters[0].Allow("bob")
		return len(client.Keys(t.Context(), prefix+"quota:*").Val()) > 0
	})
}

func TestQuotaKeysAreHidden(t *testing.T) {
	server := testenv.Redis(t)
	limiters, _ := quotaNodes(t, server.URL(), limit.Rate{Events: 20, Per: time.Minute}, "a")
	limiters[0].Allow("ann@example.org")
	client := server.Client()
	defer client.Close()
	var keys []string
	await(t, "it is told", func() bool {
		keys = client.Keys(t.Context(), prefix+"quota:*").Val()
		return len(keys) == 1
	})
	if strings.Contains(keys[0], "ann") {
		t.Errorf("a key in clear: %q", keys[0])
	}
	if ttl := client.PTTL(t.Context(), keys[0]).Val(); ttl <= 0 || ttl > 3*time.Second {
		t.Errorf("one of 20 a minute is kept for %v, want 3 s", ttl)
	}
}

// greedy spends more keys than are told.
type greedy struct{ raised chan string }

func (g greedy) Spent() map[string]time.Duration {
	spent := map[string]time.Duration{}
	for i := range shareKeys + 100 {
		spent[fmt.Sprint(i)] = time.Duration(i+1) * time.Second
	}
	return spent
}

func (g greedy) Raise(key string, _ time.Time) {
	select {
	case g.raised <- key:
	default:
	}
}

func TestQuotaRoundIsBounded(t *testing.T) {
	n := open(t, testenv.Redis(t).URL(), "a", nil)
	g := greedy{make(chan string, 2*shareKeys)}
	n.run(t)
	await(t, "a has beaten", func() bool { _, here := n.registry.standing("a"); return here })
	n.Share("greedy", g)
	begun := time.Now()
	n.shareQuotas(t.Context())
	t.Logf("%d keys in %v", shareKeys, time.Since(begun))
	smallest := map[string]bool{}
	for i := range 50 {
		smallest[fmt.Sprint(i)] = true
	}
	if len(g.raised) < shareKeys {
		t.Errorf("%d keys were told, want at least %d", len(g.raised), shareKeys)
	}
	for range shareKeys {
		if k := <-g.raised; smallest[k] {
			t.Fatalf("key %s is told before larger ones", k)
		}
	}
}

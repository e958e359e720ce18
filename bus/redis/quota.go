package redis

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// Quota is what a node has used of a rate, by key: see limit.Limiter.
type Quota interface {
	// Spent returns what was used of each key since the last call, in time: the
	// events, each as long as the rate takes to give one.
	Spent() map[string]time.Duration
	// Raise notes until when a key is used up, as all nodes together have used it.
	Raise(key string, full time.Time)
}

const (
	// shareEvery is how often nodes tell each other what they have used.
	shareEvery = 250 * time.Millisecond
	// shareKeys is of how many keys of a rate they do so each time: of those of which
	// most was used.
	shareKeys = 10_000
	// shareBatch is how many keys go to Redis in one go.
	shareBatch = 1000
)

// quotas are the rates that nodes share. A key that is used on several nodes is bound
// to its rate, beyond which each node admits what it can in the time between two
// tellings. While Redis is away each node counts alone.
type quotas struct {
	mu     sync.Mutex
	shared map[string]Quota
}

// spendScript keeps of a key until when it is used up, in microseconds by Redis's
// clock, and returns how long that is from now: clocks of nodes do not matter.
var spendScript = goredis.NewScript(`
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local full = math.max(tonumber(redis.call('GET', KEYS[1])) or 0, now) + tonumber(ARGV[1])
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
return full - now`)

// Share has the nodes share a rate, which has the same name on each. It is called
// before Run.
func (b *Bus) Share(name string, q Quota) {
	b.quotas.mu.Lock()
	defer b.quotas.mu.Unlock()
	if b.quotas.shared == nil {
		b.quotas.shared = map[string]Quota{}
	}
	b.quotas.shared[name] = q
}

// runQuotas tells the other nodes what this one uses, and it what they use, until ctx ends.
func (b *Bus) runQuotas(ctx context.Context) {
	tick := time.NewTicker(shareEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			b.shareQuotas(ctx)
		}
	}
}

func (b *Bus) shareQuotas(ctx context.Context) {
	b.quotas.mu.Lock()
	defer b.quotas.mu.Unlock()
	for name, q := range b.quotas.shared {
		spent := q.Spent() // while nobody can be told, it is forgotten: time gives it back
		_, here := b.registry.standing(b.opts.Node)
		if len(spent) == 0 || !here {
			continue
		}
		keys := largest(spent, shareKeys)
		for batch := range slices.Chunk(keys, shareBatch) {
			b.spend(ctx, name, q, batch, spent)
		}
	}
}

// largest returns the n keys of which most was spent, in no order.
func largest(spent map[string]time.Duration, n int) []string {
	keys := make([]string, 0, len(spent))
	for k := range spent {
		keys = append(keys, k)
	}
	if len(keys) <= n {
		return keys
	}
	slices.SortFunc(keys, func(a, b string) int { return int(spent[b] - spent[a]) })
	return keys[:n]
}

// spend tells what was spent of some keys. What does not reach Redis is given up.
func (b *Bus) spend(ctx context.Context, name string, q Quota, keys []string, spent map[string]time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	c, err := b.client.get(ctx)
	if err != nil {
		return
	}
	calls := make([]call, len(keys))
	for i, k := range keys {
		calls[i] = call{quotaKey(name, k), []any{max(spent[k].Microseconds(), 1)}}
	}
	begun := time.Now()
	for i, r := range runAll(ctx, c, spendScript, calls) {
		if full, err := r.Int64(); err == nil && full > 0 && full < maxFull.Microseconds() {
			q.Raise(keys[i], begun.Add(time.Duration(full)*time.Microsecond))
		}
	}
}

// maxFull is the longest time for which a key can be used up; more is not of us.
const maxFull = 30 * 24 * time.Hour

// quotaKey is where a key of a rate is kept: a user or an address does not stand in
// Redis in clear.
func quotaKey(name, key string) string {
	sum := sha256.Sum256([]byte(name + "\x00" + key))
	return prefix + "quota:" + name + ":" + hex.EncodeToString(sum[:16])
}

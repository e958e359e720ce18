package redis

import (
	"context"
	"errors"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// userKey is where the lives stand that a user is on, and the version of their last
// change; usersKey where the users stand that a life has, for whoever sweeps it.
func userKey(user string) string  { return prefix + "user:" + user }
func usersKey(life string) string { return prefix + "node-users:" + life }

// list puts users where whoever sweeps a life finds them. It comes before their own keys.
func list(ctx context.Context, c goredis.UniversalClient, life string, users ...any) error {
	_, err := c.Pipelined(ctx, func(p goredis.Pipeliner) error {
		p.SAdd(ctx, usersKey(life), users...)
		p.Expire(ctx, usersKey(life), rememberFor)
		return nil
	})
	return err
}

// versionField is no life's name: those have a dot.
const versionField = "v"

// seatScript puts a user on a life, or takes them off, and returns on how many lives
// they were, -1 for a user of whom nothing is known, on how many they are, and a version
// that is higher than all before it and ARGV[4]. Past the time ARGV[3], if it is not 0, it
// does nothing, and returns nothing: that life may be swept by then.
var seatScript = goredis.NewScript(`
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local limit = tonumber(ARGV[3])
if limit > 0 and now > limit then return {} end
local before = redis.call('HLEN', KEYS[1]) - 1
local last = tonumber(redis.call('HGET', KEYS[1], 'v')) or 0
local version = math.max(now, last + 1, tonumber(ARGV[4]) + 1)
if ARGV[2] == '1' then
  redis.call('HSET', KEYS[1], ARGV[1], '1', 'v', string.format('%.0f', version))
else
  redis.call('HDEL', KEYS[1], ARGV[1])
  redis.call('HSET', KEYS[1], 'v', string.format('%.0f', version))
end
local after = redis.call('HLEN', KEYS[1]) - 1
redis.call('PEXPIRE', KEYS[1], after > 0 and ARGV[5] or ARGV[6])
return {before, after, version}`)

// write is one run of seatScript.
type write struct {
	user, life string
	here       bool
	until      int64 // 0 for no end
}

// moment is how a user stood, as of a version; or why that is not known.
type moment struct {
	before, after int
	version       int64
	err           error
}

// errLapsed is the end of this node's lease: it does not know it yet.
var errLapsed = errors.New("the node's lease is over")

// write runs seatScript for users.
func (b *Bus) write(ctx context.Context, c goredis.UniversalClient, writes []write) []moment {
	floor := b.roster.highest()
	calls := make([]call, len(writes))
	for i, w := range writes {
		calls[i] = call{userKey(w.user), []any{w.life, w.here, w.until, floor, rememberFor.Milliseconds(), forgetAfter.Milliseconds()}}
	}
	moments := make([]moment, len(writes))
	for i, r := range runAll(ctx, c, seatScript, calls) {
		moments[i] = momentOf(r.Int64Slice())
		b.roster.seen(moments[i].version)
	}
	return moments
}

func momentOf(reply []int64, err error) moment {
	switch {
	case err != nil:
		return moment{err: err}
	case len(reply) == 0:
		return moment{err: errLapsed}
	case len(reply) != 3 || reply[2] <= 0 || reply[2] >= 1<<53:
		return moment{err: errReply}
	}
	return moment{before: int(reply[0]), after: int(reply[1]), version: reply[2]}
}

// highest returns the highest version that is known here, seen notes another.
func (r *roster) highest() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.high
}

func (r *roster) seen(version int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.high = max(r.high, version)
}

// now is a version where Redis gives none: the time by its clock, as far as it is known,
// and higher than all that this node has seen.
func (b *Bus) now() int64 {
	us := b.registry.now()
	r := b.roster
	r.mu.Lock()
	defer r.mu.Unlock()
	r.high = max(r.high+1, us)
	return r.high
}

// now estimates the time by Redis's clock, in microseconds.
func (r *registry) now() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.at.IsZero() {
		return time.Now().UnixMicro()
	}
	return r.us + time.Since(r.at).Microseconds()
}

package redis

import (
	"context"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// pace is how fast nodes learn of each other; tests are in more of a hurry.
type pace struct {
	// beat is how often a node says that it lives; lease how long that is believed.
	beat, lease time.Duration
	// margin is how long before the end of its lease a node writes no more: the servers of
	// a cluster have clocks of their own, which may differ by as much.
	margin time.Duration
	// resettle is how often a node makes sure of all that it has written.
	resettle time.Duration
}

var usualPace = pace{beat: 2 * time.Second, lease: 10 * time.Second, margin: 2 * time.Second, resettle: 5 * time.Minute}

const (
	nodesKey = prefix + "nodes"
	// maxNodes and maxURL bound what is believed of what Redis says.
	maxNodes, maxURL = 1000, 500
)

// registry is what this node knows of the others, as of the last beat. What is written
// about a node is written under its life: a node that was held for dead, or whose entry is
// lost, begins another one, and the former is swept like anybody's. No life is taken up again.
type registry struct {
	pace pace
	wake chan struct{} // has this node beat at once

	mu      sync.Mutex
	lives   int              // of this node, the present one included
	begun   bool             // the present life has beaten
	contact bool             // Redis answered the last time
	alone   bool             // and the log says so
	us      int64            // Redis's time at the last beat, in microseconds
	at      time.Time        // the time here then
	gap     time.Duration    // how long there was no beat before this life
	others  map[string]*peer // by life

	looking sync.Mutex // one looks for an unknown node
	looked  time.Time  // when somebody did
}

// peer is another life than this one.
type peer struct {
	entry
	missing time.Time // since when Redis says nothing of it
	dead    bool
}

func newRegistry(p pace) *registry {
	return &registry{pace: p, wake: make(chan struct{}, 1), lives: 1, alone: true, others: map[string]*peer{}}
}

// beatScript notes that a life goes on, and returns 1, the time and all lives; or 0 and
// the time where it has ended: the entry is gone, or older than the lease.
var beatScript = goredis.NewScript(`
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
if ARGV[3] == '0' then
  local old = redis.call('HGET', KEYS[1], ARGV[1])
  local beat = tonumber(string.match(old or '', '^%d+'))
  if not beat or now - beat > tonumber(ARGV[4]) then return {0, now} end
end
local entry = string.format('%.0f %.0f %.0f %.0f %s', now, ARGV[5], now - ARGV[6], now - ARGV[7], ARGV[2])
redis.call('HSET', KEYS[1], ARGV[1], entry)
return {1, now, redis.call('HGETALL', KEYS[1])}`)

// runRegistry says that this node lives until ctx ends, then that it leaves: nobody
// reaches it any more, and its users are swept a lease later. Most have come back to
// another node by then.
func (b *Bus) runRegistry(ctx context.Context) {
	r := b.registry
	for ctx.Err() == nil {
		err := b.beat(ctx, b.opts.NodeURL)
		wait := r.pace.beat
		if err != nil {
			wait /= 4
		}
		timer := time.NewTimer(wait - time.Duration(rand.Int64N(int64(wait/8)))) //nolint:gosec // spreads nodes
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-r.wake:
		}
		timer.Stop()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if _, here := r.standing(b.opts.Node); here {
		_ = b.beat(ctx, "")
	}
}

// beat says that this node lives, and learns who else does.
func (b *Bus) beat(ctx context.Context, at string) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	r := b.registry
	life, first := r.life(b.opts.Node)
	says := func(first int) []any { // first: whether this life begins
		return append([]any{life, at, first, r.pace.lease.Microseconds()}, b.ears.say()...)
	}
	lives, us, err := b.lives(ctx, beatScript, says(first)...)
	if err != nil {
		if r.lose() { // said once
			b.opts.Log.Warn("Redis does not answer: this node is alone", "error", err)
		}
		return err
	}
	if lives == nil { // this life has ended
		r.renew(life)
		life, _ = r.life(b.opts.Node)
		if lives, us, err = b.lives(ctx, beatScript, says(1)...); err != nil {
			r.lose()
			return err
		}
	}
	back, alone := r.beaten(us)
	b.learn(life, lives, us)
	if alone {
		b.opts.Log.Info("this node is among the others", "nodes", len(b.Nodes()))
	}
	if back {
		b.roster.stir()
	}
	return nil
}

// lives runs a script that returns all lives, and Redis's time in microseconds.
func (b *Bus) lives(ctx context.Context, s *goredis.Script, args ...any) (map[string]string, int64, error) {
	c, err := b.client.get(ctx)
	if err != nil {
		return nil, 0, err
	}
	reply, err := s.Run(ctx, c, []string{nodesKey}, args...).Slice()
	if err != nil {
		return nil, 0, err
	}
	if len(reply) < 2 {
		return nil, 0, errReply
	}
	us, ok := reply[1].(int64)
	if !ok || us <= 0 {
		return nil, 0, errReply
	}
	if len(reply) == 2 {
		return nil, us, nil
	}
	pairs, _ := reply[2].([]any)
	lives := map[string]string{}
	for i := 0; i+1 < len(pairs) && i < 2*maxNodes; i += 2 {
		name, _ := pairs[i].(string)
		lives[name], _ = pairs[i+1].(string)
	}
	return lives, us, nil
}

// life names this node's present life, and says whether it has not beaten yet: 1, or 0.
func (r *registry) life(node string) (string, int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.begun {
		return lifeOf(node, r.lives), 0
	}
	return lifeOf(node, r.lives), 1
}

func lifeOf(node string, n int) string { return node + "." + strconv.Itoa(n) }

// nodeOf returns the node whose life it is.
func nodeOf(life string) string {
	return life[:max(strings.LastIndexByte(life, '.'), 0)]
}

// renew begins another life, which no beat has told of yet.
func (r *registry) renew(ended string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.others[ended] = &peer{missing: time.Now()}
	r.lives++
	r.begun, r.contact = false, false
}

// lose notes that Redis does not answer, and reports whether that is news.
func (r *registry) lose() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	news := !r.alone
	r.contact, r.alone = false, true
	return news
}

// beaten notes a beat, and reports whether Redis was held to be away before it, and
// whether the log says so.
func (r *registry) beaten(us int64) (back, alone bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if !r.begun {
		r.gap = math.MaxInt64
		if !r.at.IsZero() {
			r.gap = max(now.Sub(r.at), time.Duration(us-r.us)*time.Microsecond)
		}
	}
	back, alone = !r.contact, r.alone
	r.begun, r.contact, r.alone, r.us, r.at = true, true, false, us, now
	return back, alone
}

// suspect takes it that Redis is away, until a beat says otherwise: at once.
func (b *Bus) suspect() {
	r := b.registry
	r.mu.Lock()
	r.contact = false
	r.mu.Unlock()
	r.hurry()
}

// hurry has the node beat at once.
func (r *registry) hurry() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// standing is a life that may be written under.
type standing struct {
	life string
	// until is when its lease ends, in microseconds by Redis's clock.
	until int64
	// unsure says that this node may have been held for dead before this life.
	unsure bool
}

// standing returns this node's life. It reports false while Redis is not known to answer.
func (r *registry) standing(node string) (standing, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return standing{
		life:   lifeOf(node, r.lives),
		until:  r.us + (r.pace.lease - r.pace.margin).Microseconds(),
		unsure: r.gap > r.pace.lease,
	}, r.contact
}

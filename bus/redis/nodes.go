package redis

import (
	"context"
	"net/url"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// lookEvery is how often an unknown node is looked for, lookTimeout how long.
const lookEvery, lookTimeout = 200 * time.Millisecond, 500 * time.Millisecond

// lookScript returns the time and all lives, as beatScript does.
var lookScript = goredis.NewScript(`
local t = redis.call('TIME')
return {1, t[1] * 1000000 + t[2], redis.call('HGETALL', KEYS[1])}`)

// NodeURL returns where a live node is reached, as far as is known: while Redis is away,
// as it was known before. A node that is unknown, because it has just started, is looked
// for, at most five times a second.
func (b *Bus) NodeURL(node string) (string, bool) {
	if node == b.opts.Node {
		return b.opts.NodeURL, true
	}
	if at, ok := b.registry.url(node); ok {
		return at, true
	}
	b.look(time.Now())
	return b.registry.url(node)
}

// look asks Redis who lives, unless that was done since the call, or just before.
func (b *Bus) look(called time.Time) {
	r := b.registry
	if _, here := r.standing(b.opts.Node); !here {
		return
	}
	r.looking.Lock()
	defer r.looking.Unlock()
	if r.looked.After(called.Add(-lookEvery)) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookTimeout)
	defer cancel()
	life, _ := r.life(b.opts.Node)
	if lives, us, err := b.lives(ctx, lookScript); err == nil {
		b.learn(life, lives, us)
	}
	r.looked = time.Now()
}

// Nodes returns the live nodes, as far as is known, and where they are reached.
func (b *Bus) Nodes() map[string]string {
	r := b.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	nodes := map[string]string{b.opts.Node: b.opts.NodeURL}
	for life, p := range r.others {
		if p.live() && nodeOf(life) != b.opts.Node {
			nodes[nodeOf(life)] = p.url
		}
	}
	return nodes
}

func (p *peer) live() bool { return !p.dead && p.url != "" }

func (r *registry) url(node string) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for life, p := range r.others {
		if p.live() && nodeOf(life) == node {
			return p.url, true
		}
	}
	return "", false
}

// learn takes in all lives but this node's, as Redis has them at a time of its own, in
// microseconds, and logs which nodes came and went.
func (b *Bus) learn(own string, lives map[string]string, us int64) {
	r := b.registry
	before := b.Nodes()
	r.mu.Lock()
	now := time.Now()
	for life, text := range lives {
		said, err := parseEntry(text)
		if err != nil || life == own || said.url != "" && !reachable(said.url) {
			continue
		}
		if _, known := r.others[life]; !known && len(r.others) >= maxNodes {
			continue
		}
		r.others[life] = &peer{entry: said, dead: us-said.beat > r.pace.lease.Microseconds()}
	}
	for life, p := range r.others {
		if _, listed := lives[life]; listed {
			continue
		}
		switch { // swept by somebody; or Redis has lost it, and it may be about to come back
		case p.dead && p.missing.IsZero():
			delete(r.others, life)
		case p.missing.IsZero():
			p.missing = now
		case now.Sub(p.missing) > r.pace.lease:
			p.dead = true
		}
	}
	r.mu.Unlock()
	b.logChanges(before, b.Nodes())
}

func (b *Bus) logChanges(before, after map[string]string) {
	for node, at := range after {
		if _, ok := before[node]; !ok {
			b.opts.Log.Info("a node has come", "node", node, "url", at)
		}
	}
	for node, at := range before {
		if _, ok := after[node]; !ok {
			b.opts.Log.Info("a node has gone", "node", node, "url", at)
		}
	}
}

// reachable reports whether a node may say that it is reached there.
func reachable(at string) bool {
	u, err := url.Parse(at)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// dead returns the lives that have ended, and may have left users behind.
func (r *registry) dead() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var lives []string
	for life, p := range r.others {
		if p.dead {
			lives = append(lives, life)
		}
	}
	return lives
}

// swept forgets a life of which nothing is left.
func (r *registry) swept(life string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.others, life)
}

// deaf returns what each life has missed last.
func (r *registry) deaf() map[string]entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	lives := map[string]entry{}
	for life, p := range r.others {
		if p.live() && p.deaf > 0 {
			lives[life] = p.entry
		}
	}
	return lives
}

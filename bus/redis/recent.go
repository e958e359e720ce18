package redis

import (
	"maps"
	"time"
)

const (
	// recentFor is how long it is remembered of whom this node has told, of maxRecent
	// users at most.
	recentFor = time.Hour
	maxRecent = 100_000
)

// remember notes that this node has told of a user, or is about to.
func (r *roster) remember(user string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.recent) >= maxRecent {
		for any := range r.recent {
			delete(r.recent, any)
			break
		}
	}
	r.recent[user] = time.Now()
}

// forgetRecent forgets what was told long ago.
func (r *roster) forgetRecent() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for u, at := range r.recent {
		if time.Since(at) > recentFor {
			delete(r.recent, u)
		}
	}
}

// doubtRecent puts those in doubt of whom was told in a time. The caller holds the lock.
func (r *roster) doubtRecent(from, to time.Time) {
	for u, at := range r.recent {
		if at.Before(from) || at.After(to) {
			continue
		}
		if r.seats[u] == nil {
			r.seats[u] = &seat{}
		}
		r.seats[u].doubt = true
	}
}

// retell puts those in doubt of whom this node has told while another one did not
// hear, or of whom it could not tell.
func (b *Bus) retell() {
	r, beat := b.roster, b.registry.pace.beat
	now, us := time.Now(), b.registry.now()
	local := func(at int64) time.Time { return now.Add(time.Duration(at-us) * time.Microsecond) }
	lost, deaf := b.counts.lost.Load(), b.registry.deaf()
	r.forgetRecent()

	r.mu.Lock()
	defer r.mu.Unlock()
	if lost != r.settled.lost {
		r.settled.lost = lost
		r.doubtRecent(now.Add(-2*beat-commandTimeout), now)
	}
	for life, said := range deaf {
		until := local(said.to).Add(beat) // by then it hears of all topics
		if r.answered[life] == said.deaf || now.Before(until) {
			continue
		}
		r.answered[life] = said.deaf
		r.doubtRecent(local(said.from).Add(-beat), until)
	}
	maps.DeleteFunc(r.answered, func(life string, _ int64) bool { _, ok := deaf[life]; return !ok })
}

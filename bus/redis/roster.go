package redis

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

const (
	// setTimeout is how long Set asks the others, onlineTimeout how long Online does.
	setTimeout, onlineTimeout = time.Second, 500 * time.Millisecond
	// forgetAfter is how long Redis remembers that a user is offline: so long nothing
	// older is believed. What is not made sure of for rememberFor is forgotten.
	forgetAfter, rememberFor = 5 * time.Minute, time.Hour
)

var (
	errAway = errors.New("no word from Redis")
	errLeft = errors.New("this node has left")
)

// roster is who is on this node, and what of that Redis does not know for sure.
//
// A user's key holds, as a hash, the lives of the nodes they are on, and the version of
// the last change; every script that touches it takes a new version, and returns how
// the user stands as of then. To tell that is right at any time: whatever changes it
// later has a higher version, and is told by its maker. So whoever is in doubt of what
// was told asks again, and tells it: a change that was told while Redis was away or did not
// answer, or of which it cannot be said whether it took place.
type roster struct {
	mu      sync.Mutex
	seats   map[string]*seat
	high    int64                // the highest version that is known here
	loose   map[string]time.Time // who was taken off this life, and stands in its list yet
	known   known                // who is online elsewhere, as this node's clients were told
	recent  map[string]time.Time // of whom this node has told, and when
	left    bool
	settled settled         // runRoster's alone
	sweeps  map[string]bool // lives that this node has swept; runRoster's alone
	// answered is the last deafness of each life for which this node has told again.
	answered map[string]int64
	wake     chan struct{}
}

// seat is a user of this node, or one who is in doubt.
type seat struct {
	here    bool
	doubt   bool          // what was told may not be how it is
	changes uint64        // how often here was set
	pending int           // calls of Set that are under way
	busy    chan struct{} // while somebody writes the user's key for this node; closed then
}

func newRoster() *roster {
	return &roster{
		seats: map[string]*seat{}, loose: map[string]time.Time{}, recent: map[string]time.Time{},
		sweeps: map[string]bool{}, answered: map[string]int64{}, wake: make(chan struct{}, 1),
	}
}

// stir has the roster be looked after at once.
func (r *roster) stir() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Set implements gateway.Roster. It waits for about a second at most.
func (b *Bus) Set(user string, here bool) (changed bool, version int64) {
	ctx, cancel := context.WithTimeout(context.Background(), setTimeout)
	defer cancel()
	s := b.roster.note(user, here)
	defer b.roster.end(user, s)
	m, err := b.set(ctx, user, s, here)
	switch {
	case errors.Is(err, errLeft): // who sweeps behind it tells
		return false, 0
	case err != nil:
		b.roster.doubt(user)
		changed, version = true, b.now()
	default:
		changed, version = m.after == 0 || here && m.before <= 0, m.version
	}
	if changed {
		b.roster.remember(user)
	}
	return changed, version
}

// note keeps what is wanted of a user.
func (r *roster) note(user string, here bool) *seat {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.seat(user)
	s.here = here
	s.changes++
	s.pending++
	return s
}

// seat returns the user's, made if it has to be. The caller holds the lock.
func (r *roster) seat(user string) *seat {
	s := r.seats[user]
	if s == nil {
		s = &seat{}
		r.seats[user] = s
	}
	return s
}

// end ends what note began.
func (r *roster) end(user string, s *seat) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.pending--
	r.dismiss(user, s)
}

// doubt has a user be settled.
func (r *roster) doubt(user string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seat(user).doubt = true
}

func (b *Bus) set(ctx context.Context, user string, s *seat, here bool) (moment, error) {
	if err := b.roster.claim(ctx, s); err != nil {
		return moment{}, err
	}
	defer b.roster.release(user, s)
	st, ok := b.registry.standing(b.opts.Node)
	if !ok {
		return moment{}, errAway
	}
	c, err := b.client.get(ctx)
	if err == nil && here { // before the user's key: who sweeps finds whom that names
		err = list(ctx, c, st.life, user)
	}
	var m moment
	if err == nil {
		m = b.write(ctx, c, []write{{user: user, life: st.life, here: here, until: st.until}})[0]
		err = m.err
	}
	if err != nil {
		b.suspect()
		return moment{}, err
	}
	if !here {
		b.roster.loosen(user)
	}
	return m, nil
}

// claim waits until nobody else writes a user's key.
func (r *roster) claim(ctx context.Context, s *seat) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s.busy != nil && !r.left {
		busy := s.busy
		r.mu.Unlock()
		select {
		case <-busy:
		case <-ctx.Done():
		}
		r.mu.Lock()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if r.left {
		return errLeft
	}
	s.busy = make(chan struct{})
	return nil
}

// release ends a claim, and forgets who has no seat any more.
func (r *roster) release(user string, s *seat) {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(s.busy)
	s.busy = nil
	r.dismiss(user, s)
}

// dismiss forgets a seat that nobody needs. The caller holds the lock.
func (r *roster) dismiss(user string, s *seat) {
	if !s.here && !s.doubt && s.busy == nil && s.pending == 0 {
		delete(r.seats, user)
	}
}

// Online implements gateway.Roster. It waits for half a second at most, and knows of
// nobody while Redis is away.
func (b *Bus) Online(users []string) []string {
	if _, ok := b.registry.standing(b.opts.Node); !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), onlineTimeout)
	defer cancel()
	online, _ := b.elsewhere(ctx, users)
	b.roster.known.add(online)
	return online
}

// elsewhere returns those of the users who are on other nodes. With an error it has
// not learnt of all.
func (b *Bus) elsewhere(ctx context.Context, users []string) ([]string, error) {
	c, err := b.client.get(ctx)
	if err != nil {
		return nil, err
	}
	lives := make([]*goredis.StringSliceCmd, len(users))
	_, err = c.Pipelined(ctx, func(p goredis.Pipeliner) error {
		for i, u := range users {
			lives[i] = p.HKeys(ctx, userKey(u))
		}
		return nil
	})
	var online []string
	for i, u := range users {
		if slices.ContainsFunc(lives[i].Val(), func(life string) bool { return life != versionField && nodeOf(life) != b.opts.Node }) {
			online = append(online, u)
		}
	}
	return online, err
}

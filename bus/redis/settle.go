package redis

import (
	"context"
	"errors"
	"slices"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"
)

const (
	// settleBatch is how many users are settled in one go, tellAtOnce of how many
	// rooms are told at a time.
	settleBatch, tellAtOnce = 500, 8
	// tellTimeout is how long a round of telling may take.
	tellTimeout = 10 * time.Second
)

// settled is what was made sure of: all users of a life, and when.
type settled struct {
	life string
	at   time.Time
	lost int64 // how much had not been told to others until then
}

// runRoster keeps Redis and the rooms at the truth until ctx ends.
func (b *Bus) runRoster(ctx context.Context) {
	tick := time.NewTicker(b.registry.pace.beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			b.roster.leave()
			return
		case <-tick.C:
		case <-b.roster.wake:
		}
		if err := b.attend(ctx); err != nil && ctx.Err() == nil {
			b.opts.Log.Warn("cannot settle who is online: tries again", "error", err)
		}
	}
}

// leave has nothing be written any more: this node's users are swept a lease later.
func (r *roster) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left = true
}

// attend does what is due.
func (b *Bus) attend(ctx context.Context) error {
	st, ok := b.registry.standing(b.opts.Node)
	if !ok {
		return nil
	}
	c, err := b.client.get(ctx)
	if err != nil {
		return err
	}
	r := b.roster
	if r.settled.life != st.life && r.settled.life != "" {
		b.doubtKnown()
	}
	all := r.settled.life != st.life || time.Since(r.settled.at) > b.registry.pace.resettle
	if all && r.settled.life == st.life {
		err = b.strays(ctx, c, st.life)
	}
	b.retell()
	var tell []truth
	if err == nil {
		tell, err = b.settle(ctx, c, st, all)
	}
	if err != nil {
		return err
	}
	if all {
		r.settled.life, r.settled.at = st.life, time.Now()
	}
	return errors.Join(b.tidy(ctx, c, st.life), b.tellAll(ctx, tell), b.verify(ctx), b.sweepDead(ctx, c))
}

// settle brings Redis to what this node knows of its own users: of those in doubt, or
// of all. It returns the truth about those of whom something else was told, or may be.
func (b *Bus) settle(ctx context.Context, c goredis.UniversalClient, st standing, all bool) ([]truth, error) {
	var tell []truth
	for batch := range slices.Chunk(b.roster.due(all), settleBatch) {
		now, ok := b.registry.standing(b.opts.Node) // its lease goes on
		if !ok || now.life != st.life {
			return nil, errAway
		}
		claims := b.roster.claimAll(batch)
		moments, err := b.settleUsers(ctx, c, now, claims)
		tell = append(tell, b.roster.judge(claims, moments, st.unsure)...)
		if err != nil {
			return nil, err // those in doubt stay so
		}
	}
	return tell, nil
}

// due lists the users in doubt, or all.
func (r *roster) due(all bool) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var users []string
	for u, s := range r.seats {
		if all || s.doubt {
			users = append(users, u)
		}
	}
	return users
}

// claimed is a seat whose user's key nobody else writes for this node, as it was then.
type claimed struct {
	user    string
	seat    *seat
	here    bool
	changes uint64
}

// claimAll claims the users whom nobody has. The others are being set: whether that
// was done in time is not known, so that they are in doubt.
func (r *roster) claimAll(users []string) []claimed {
	r.mu.Lock()
	defer r.mu.Unlock()
	claims := make([]claimed, 0, len(users))
	for _, u := range users {
		s := r.seats[u]
		switch {
		case s == nil:
		case s.busy != nil:
			s.doubt = true
		default:
			s.busy = make(chan struct{})
			claims = append(claims, claimed{u, s, s.here, s.changes})
		}
	}
	return claims
}

// settleUsers writes the claimed users' keys.
func (b *Bus) settleUsers(ctx context.Context, c goredis.UniversalClient, st standing, claims []claimed) ([]moment, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	var here []any
	writes := make([]write, len(claims))
	for i, cl := range claims {
		if cl.here {
			here = append(here, cl.user)
		}
		writes[i] = write{user: cl.user, life: st.life, here: cl.here, until: st.until}
	}
	if len(here) > 0 {
		if err := list(ctx, c, st.life, here...); err != nil {
			return nil, err
		}
	}
	moments := b.write(ctx, c, writes)
	for _, m := range moments {
		if m.err != nil {
			return moments, m.err
		}
	}
	return moments, nil
}

// truth is how a user stands.
type truth struct {
	claimed
	moment
}

// judge ends claims, and returns what is to be told; without moments nothing was
// written. A user is in doubt until they are told of.
func (r *roster) judge(claims []claimed, moments []moment, unsure bool) []truth {
	r.mu.Lock()
	defer r.mu.Unlock()
	var tell []truth
	for i, cl := range claims {
		s := cl.seat
		close(s.busy)
		s.busy = nil
		if moments != nil {
			m := moments[i]
			// Somebody has told that they are offline; or may have, while this node was not heard of.
			s.doubt = s.doubt || m.err != nil || cl.here && (m.before == 0 || m.before < 0 && unsure)
			if s.doubt && m.err == nil {
				tell = append(tell, truth{cl, m})
			}
			if !cl.here && m.err == nil {
				r.loose[cl.user] = time.Now()
			}
		}
		r.dismiss(cl.user, s)
	}
	return tell
}

// tellAll tells the truth of users, who are in doubt no more then unless they were set
// meanwhile. For whom there was no time it is done the next time.
func (b *Bus) tellAll(ctx context.Context, truths []truth) error {
	ctx, cancel := context.WithTimeout(ctx, tellTimeout)
	defer cancel()
	var g errgroup.Group
	g.SetLimit(tellAtOnce)
	for _, t := range truths {
		g.Go(func() error {
			if err := b.tell(ctx, t.user, t.after > 0, t.version); err != nil {
				return err
			}
			b.roster.told(t.claimed)
			return nil
		})
	}
	return g.Wait()
}

// tell tells how a user stands.
func (b *Bus) tell(ctx context.Context, user string, online bool, version int64) error {
	b.roster.remember(user)
	if online {
		b.roster.known.add([]string{user})
	} else {
		b.roster.known.remove(user)
	}
	return b.opts.Changed(ctx, user, online, version)
}

func (r *roster) told(cl claimed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if cl.seat.changes == cl.changes {
		cl.seat.doubt = false
		r.dismiss(cl.user, cl.seat)
	}
}

package redis

import (
	"context"
	"slices"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// looseFor is how long it takes at most until what this node says of a user is passed
// on. Until then the user stays listed, for whoever would sweep this node.
const looseFor = time.Second

// tidy takes users out of this life's list who were taken off it some time ago.
func (b *Bus) tidy(ctx context.Context, c goredis.UniversalClient, life string) error {
	claims := b.roster.claimLoose(time.Now().Add(-looseFor))
	for batch := range slices.Chunk(claims, settleBatch) {
		users := make([]any, len(batch))
		for i, cl := range batch {
			users[i] = cl.user
		}
		if err := c.SRem(ctx, usersKey(life), users...).Err(); err != nil {
			b.roster.judge(claims, nil, false) // a list too long does no harm, and strays are looked for
			return err
		}
	}
	b.roster.judge(claims, nil, false)
	return c.Expire(ctx, usersKey(life), rememberFor).Err()
}

// loosen notes that a user was taken off.
func (r *roster) loosen(user string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.loose[user] = time.Now()
}

// claimLoose claims those who were taken off before a time and have no seat since.
func (r *roster) claimLoose(before time.Time) []claimed {
	r.mu.Lock()
	defer r.mu.Unlock()
	var claims []claimed
	for u, at := range r.loose {
		if at.After(before) {
			continue
		}
		delete(r.loose, u)
		if r.seats[u] == nil {
			s := &seat{busy: make(chan struct{})}
			r.seats[u] = s
			claims = append(claims, claimed{user: u, seat: s})
		}
	}
	return claims
}

// strays puts those in doubt whom Redis has on this life, and this node has not: a
// server that took another's place may have lost their leaving.
func (b *Bus) strays(ctx context.Context, c goredis.UniversalClient, life string) error {
	list := c.SScan(ctx, usersKey(life), 0, "", settleBatch).Iterator()
	for list.Next(ctx) {
		b.roster.doubtStray(list.Val())
	}
	return list.Err()
}

func (r *roster) doubtStray(user string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, loose := r.loose[user]
	if r.seats[user] == nil && !loose {
		r.seats[user] = &seat{doubt: true}
	}
}

package redis

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"
)

// sweepLease is how long a sweeper that says nothing is believed to be at it.
const sweepLease = 10 * time.Second

func sweepKey(life string) string { return prefix + "sweep:" + life }

// sweepDead takes the users off lives that have ended. What a sweeper has told stays
// listed for a beat: should it die with its telling, another one does it all again.
func (b *Bus) sweepDead(ctx context.Context, c goredis.UniversalClient) error {
	dead := b.registry.dead()
	maps.DeleteFunc(b.roster.sweeps, func(life string, _ bool) bool { return !slices.Contains(dead, life) })
	var failed error
	for _, life := range dead {
		done, err := b.sweepOnce(ctx, c, life)
		if err == nil && done {
			if err = b.bury(ctx, c, life); err == nil {
				b.registry.swept(life)
			}
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

// sweepOnce sweeps a life unless somebody else is at it. It reports whether this node
// has done so before.
func (b *Bus) sweepOnce(ctx context.Context, c goredis.UniversalClient, life string) (bool, error) {
	if b.roster.sweeps[life] {
		delete(b.roster.sweeps, life)
		return true, nil
	}
	mine, err := c.SetNX(ctx, sweepKey(life), b.opts.Node, sweepLease).Result()
	if err != nil || !mine {
		return false, err
	}
	if err := b.sweep(ctx, c, life); err != nil {
		return false, errors.Join(err, c.Del(ctx, sweepKey(life)).Err())
	}
	b.roster.sweeps[life] = true
	return false, nil
}

// bury removes what is left of a life that was swept.
func (b *Bus) bury(ctx context.Context, c goredis.UniversalClient, life string) error {
	if err := c.Unlink(ctx, usersKey(life)).Err(); err != nil {
		return err
	}
	return c.HDel(ctx, nodesKey, life).Err()
}

// sweep takes all users off a life, and tells of those who are nowhere else. Several may
// do so at once: what they tell is the truth, told twice.
func (b *Bus) sweep(ctx context.Context, c goredis.UniversalClient, life string) error {
	var cursor uint64
	for {
		users, next, err := c.SScan(ctx, usersKey(life), cursor, "", settleBatch).Result()
		if err != nil {
			return err
		}
		if err := b.sweepUsers(ctx, c, life, users); err != nil {
			return err
		}
		if err := c.Expire(ctx, sweepKey(life), sweepLease).Err(); err != nil {
			return err
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}

func (b *Bus) sweepUsers(ctx context.Context, c goredis.UniversalClient, life string, users []string) error {
	writes := make([]write, len(users))
	for i, u := range users {
		writes[i] = write{user: u, life: life}
	}
	told, cancel := context.WithTimeout(ctx, tellTimeout)
	defer cancel()
	var g errgroup.Group
	g.SetLimit(tellAtOnce)
	for i, m := range b.write(ctx, c, writes) {
		switch {
		case m.err != nil:
			g.Go(func() error { return m.err })
		case m.after == 0:
			g.Go(func() error { return b.tell(told, users[i], false, m.version) })
		}
	}
	return g.Wait()
}

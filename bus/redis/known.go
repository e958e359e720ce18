package redis

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"parley/chat"
)

// maxKnown bounds of how many users it is remembered that they are online elsewhere.
const maxKnown = 100_000

// known are the users who are online by other nodes, as this node's clients were told.
// Its zero value is empty.
type known struct {
	mu     sync.Mutex
	users  map[string]struct{}
	verify time.Time // when to ask whether they still are; zero: no need
	// missing are those who are not, as of the last time it was asked; nil if it is not
	// asked again. It is runRoster's alone.
	missing map[string]struct{}
}

func (k *known) add(users []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.users == nil {
		k.users = map[string]struct{}{}
	}
	for _, u := range users {
		if len(k.users) >= maxKnown {
			for any := range k.users {
				delete(k.users, any)
				break
			}
		}
		k.users[u] = struct{}{}
	}
}

func (k *known) remove(user string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.users, user)
}

func (k *known) list() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Collect(maps.Keys(k.users))
}

// hear takes note of who is online by other nodes, as this node's clients are told.
func (b *Bus) hear(e chat.Event) {
	switch {
	case e.Kind != chat.EventPresence:
		return
	case e.Online:
		b.roster.known.add([]string{e.User})
	default:
		b.roster.known.remove(e.User)
	}
	if e.Seq < b.registry.now()+maxAhead.Microseconds() {
		b.roster.seen(e.Seq)
	}
}

// maxAhead is how far a version may be ahead of Redis's clock: another Redis may have
// had another one.
const maxAhead = 24 * time.Hour

// doubtKnown has those verified who are held to be online elsewhere, once all nodes have
// had the time to say whom they have: together with what Redis has lost, a node may have
// died, of which nobody knows whom it had.
func (b *Bus) doubtKnown() {
	k := &b.roster.known
	k.missing = nil
	k.verifyAt(time.Now().Add(b.registry.pace.lease + 2*b.registry.pace.beat))
}

func (k *known) verifyAt(at time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.verify = at
}

func (k *known) due() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.verify.IsZero() || time.Now().Before(k.verify) {
		return false
	}
	k.verify = time.Time{}
	return true
}

// verify puts those in doubt who are held to be online elsewhere and are not, twice in
// turn: the news may be on its way.
func (b *Bus) verify(ctx context.Context) error {
	k := &b.roster.known
	if !k.due() {
		return nil
	}
	again := k.missing != nil
	missing := map[string]struct{}{}
	for users := range slices.Chunk(k.list(), settleBatch) {
		online, err := b.elsewhere(ctx, users)
		if err != nil {
			b.doubtKnown()
			return err
		}
		for _, u := range users {
			if !slices.Contains(online, u) {
				missing[u] = struct{}{}
			}
		}
	}
	if !again {
		k.missing = missing
		k.verifyAt(time.Now().Add(b.registry.pace.beat))
		return nil
	}
	for u := range missing {
		if _, before := k.missing[u]; before {
			k.remove(u)
			b.roster.doubtStray(u)
		}
	}
	k.missing = nil
	b.roster.stir()
	return nil
}

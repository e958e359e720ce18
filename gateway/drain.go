package gateway

import (
	"math/rand/v2"
	"time"
)

// Drain says how the clients of a node that stops go away.
type Drain struct {
	// Spread is over how long they come back.
	Spread time.Duration
	// Notice and Staged are for a node among several: each connection is served until
	// its turn comes, the first after Notice, the last Spread later, and its client may
	// come back at once, to another node. Notice is for balancers, which learn in it that
	// the node takes nobody any more. Without Staged, all are sent away at once, and told
	// to come back in their turn: there is nobody else to go to.
	Notice time.Duration
	Staged bool
}

// comeBackWithin is within how long those come back who have another node to go to.
const comeBackWithin = 500 * time.Millisecond

// Turn returns after how long the connection i of n is ended, and after how long
// more its client is told to come back.
func (d Drain) Turn(i, n int) (end, comeBack time.Duration) {
	if !d.Staged {
		return 0, upTo(d.Spread)
	}
	share := d.Spread / time.Duration(max(n, 1))
	return d.Notice + time.Duration(i)*share + upTo(share), upTo(comeBackWithin)
}

func upTo(most time.Duration) time.Duration {
	return time.Duration(rand.Int64N(int64(most) + 1)) //nolint:gosec // a spread, not a secret
}

// Package cluster holds that several nodes on one PostgreSQL and one Redis serve
// the same rooms as one node does: with real processes, under load, while nodes,
// databases and networks fail.
//
// PARLEY_LONG=1 runs five minutes of faults in place of one; PARLEY_SEED repeats a
// run's choices.
package cluster

import (
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"testing"

	"parley/internal/testenv"
	"parley/test/harness"
)

func TestMain(m *testing.M) {
	testenv.Main(m, harness.RemoveBinary, http.DefaultClient.CloseIdleConnections)
}

// chance is where a test's choices come from; it prints how to repeat them.
func chance(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(rand.Uint32()) //nolint:gosec // any moment will do
	if text := os.Getenv("PARLEY_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 32); err != nil {
			t.Fatalf("PARLEY_SEED: %v", err)
		}
	}
	t.Logf("PARLEY_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // choices, no secrets
}

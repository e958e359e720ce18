// Package recovery holds that who comes back has everything: the official client
// is cut off by the network, by the server's end, and by both, while others write,
// and must end with exactly what the server has.
//
// PARLEY_LONG=1 runs more rounds of every fault; PARLEY_SEED repeats a run's
// choices.
package recovery

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
func chance(t *testing.T) (*rand.Rand, uint64) {
	t.Helper()
	seed := uint64(rand.Uint32()) //nolint:gosec // any moment will do
	if text := os.Getenv("PARLEY_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 32); err != nil {
			t.Fatalf("PARLEY_SEED: %v", err)
		}
	}
	t.Logf("PARLEY_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0)), seed //nolint:gosec // choices, no secrets
}

// Package inbox holds what is promised of customers and agents, with the real
// binary on both databases, and as three nodes, an assistant that answers as a test scripts it, and
// customers at every door at once: polling over HTTP, Socket.IO over both of its
// transports, the token-stream protocol and chatbot sessions.
//
// PARLEY_LONG=1 runs more rounds; PARLEY_SEED repeats a run's choices.
package inbox

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"

	"parley/internal/testenv"
	"parley/test/harness"
)

// TestMain runs the tests, or is the agent whom one of them kills.
func TestMain(m *testing.M) {
	if url := os.Getenv(agentURL); url != "" {
		os.Exit(beAgent(url, os.Getenv(agentToken)))
	}
	testenv.Main(m, harness.RemoveBinary, http.DefaultClient.CloseIdleConnections, web.CloseIdleConnections)
}

// chance is where a test's choices come from; it prints how to repeat them.
func chance(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(rand.Uint32())
	if text := os.Getenv("PARLEY_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 32); err != nil {
			t.Fatalf("PARLEY_SEED: %v", err)
		}
	}
	t.Logf("PARLEY_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// atOnce runs n subtests at the same moment: most of their time they wait.
func atOnce(t *testing.T, n int, run func(t *testing.T, i int)) {
	t.Helper()
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { t.Run(fmt.Sprint(i), func(t *testing.T) { run(t, i) }) })
	}
	all.Wait()
}

// house is a server and the assistant behind it.
type house struct {
	*harness.Server
	up    *upstream
	nodes []*house // itself and the others, of one among several
}

// next is another node of the same house, or this one where it is alone.
func (h *house) next(i int) *house {
	if len(h.nodes) == 0 {
		return h
	}
	return h.nodes[(slices.Index(h.nodes, h)+i)%len(h.nodes)]
}

// newNodes starts a house of several nodes on one PostgreSQL and one Redis.
func newNodes(t *testing.T, n int, env ...string) []*house {
	t.Helper()
	up := newUpstream(t)
	settings := append([]string{
		"PARLEY_RECONNECT_SPREAD=100ms", "PARLEY_ASSISTANT_URL=" + up.URL(), "PARLEY_ENCRYPTION_KEY=" + harness.Secret,
	}, env...)
	nodes := make([]*house, n)
	for i, server := range harness.StartNodes(t, n, settings...).Servers {
		nodes[i] = &house{server, up, nodes}
	}
	t.Cleanup(func() {
		if t.Failed() {
			for i, h := range nodes {
				t.Logf("node %d complains: %s", i, h.complaints())
			}
		}
	})
	return nodes
}

// newHouse starts both, without rates; env names the database, and more settings.
func newHouse(t *testing.T, env ...string) *house {
	t.Helper()
	up := newUpstream(t)
	settings := append([]string{
		"PARLEY_RATE_LIMITS=off", "PARLEY_RECONNECT_SPREAD=100ms", "PARLEY_ASSISTANT_URL=" + up.URL(),
		"PARLEY_ENCRYPTION_KEY=" + harness.Secret,
	}, env...)
	h := &house{harness.Start(t, settings...), up, nil}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server complains: %s", h.complaints())
		}
	})
	return h
}

// onBoth starts a house on each kind of database.
func onBoth(t *testing.T, env ...string) []*house {
	t.Helper()
	return []*house{
		newHouse(t, append(env, "PARLEY_DATABASE_URL="+testenv.SQLite(t))...),
		newHouse(t, append(env, "PARLEY_DATABASE_URL="+testenv.Postgres(t))...),
	}
}

// Package streams holds what is promised of replies while they are written, with
// the real binary on both databases, and as three nodes, an assistant that answers as a test scripts
// it, and clients at each of the three doors: Socket.IO, the token-stream protocol
// and chatbot sessions.
//
// PARLEY_LONG=1 runs more rounds, and what takes minutes; PARLEY_SEED repeats a
// run's choices.
package streams

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

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

// atOnce runs subtests at the same moment, however many: most of their time they wait.
func atOnce(t *testing.T, tests map[string]func(*testing.T)) {
	var all sync.WaitGroup
	for name, run := range tests {
		all.Go(func() { t.Run(name, run) })
	}
	all.Wait()
}

// house is a server and the assistant behind it.
type house struct {
	*harness.Server
	up    *upstream
	nodes []*house // itself and the others, of one among several
}

// newHouse starts both, without rates; env names the database, and more settings.
func newHouse(t *testing.T, env ...string) *house {
	t.Helper()
	up := newUpstream(t)
	settings := append([]string{
		"PARLEY_RATE_LIMITS=off", "PARLEY_RECONNECT_SPREAD=100ms", "PARLEY_ASSISTANT_URL=" + up.URL(),
	}, env...)
	return &house{harness.Start(t, settings...), up, nil}
}

// said is a message as HTTP lists it.
type said struct {
	ID         string `json:"_id"`
	Seq        int64  `json:"seq"`
	Cursor     string `json:"cursor"`
	SenderUser string `json:"senderUser"`
	Message    string `json:"message"`
	Status     string `json:"status"`
	ReplyTo    string `json:"replyTo"`
}

func (m said) reply() bool { return m.SenderUser == "bot:default" }

// history reads what is stored of a user's conversation, oldest first: of their
// own, or of a room.
func (h *house) history(t *testing.T, user, room string) []said {
	t.Helper()
	var all []said
	for before := int64(0); ; before = all[0].Seq {
		query := url.Values{"limit": {"200"}}
		if before > 0 {
			query.Set("before", strconv.FormatInt(before, 10))
		}
		path := "/chat/history?"
		if room != "" {
			query.Set("roomId", room)
			path = "/chat/messages?"
		}
		status, answer := h.Call(t, http.MethodGet, path+query.Encode(), harness.Token(t, user, "user"), nil)
		if status != http.StatusOK {
			t.Fatalf("the history of %s: %d %v", user, status, answer)
		}
		b, _ := json.Marshal(answer["messages"])
		var page []said
		if err := json.Unmarshal(b, &page); err != nil {
			t.Fatal(err)
		}
		if room != "" { // newest first
			slices.Reverse(page)
		}
		all = append(page, all...)
		if len(page) < 200 {
			return all
		}
	}
}

// replyIn returns the stored reply with an id.
func replyIn(t *testing.T, messages []said, id string) said {
	t.Helper()
	var found []said
	for _, m := range messages {
		if m.ID == id {
			found = append(found, m)
		}
	}
	if len(found) != 1 {
		t.Fatalf("reply %s is stored %d times", id, len(found))
	}
	return found[0]
}

// median returns the middle and the greatest of some times.
func median(all []time.Duration) (mid, worst time.Duration) {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2], sorted[len(sorted)-1]
}

// judged is a limit as the long form holds it. The short form runs beside other
// tests on machines of any speed and only finds what never ends.
func judged(limit time.Duration) time.Duration {
	if harness.Long() {
		return limit
	}
	return 4 * limit
}

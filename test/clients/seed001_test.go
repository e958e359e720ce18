package clients_test

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"parley/test/harness"
)

// TestPollingChat runs the program of a reader of the customer chat's description:
// a frontend and an agent that poll for messages.
func TestPollingChat(t *testing.T) {
	t.Parallel()
	harness.OnEachDatabase(t, func(t *testing.T, env string) {
		t.Parallel()
		// The program is many customers, and all at one address.
		s := harness.Start(t, env, "PARLEY_LIMIT_GUESTS=100/s:1000", "PARLEY_LIMIT_CUSTOMER_POSTS=100/s:1000")
		agent, ann := harness.Token(t, "agnes", "agent"), harness.Token(t, "ann", "user")
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, "node", "seed001.js", localhost(s), agent, ann) //nolint:gosec // our own program
		cmd.Dir = filepath.Join(harness.Root(), "test", "js")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("the program: %v\n%s", err, &stderr)
		}
		var result struct {
			Passed   []string
			Readings map[string]string
		}
		lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
		if err := json.Unmarshal(lines[len(lines)-1], &result); err != nil {
			t.Fatalf("the program printed no JSON: %v\n%s", err, out)
		}
		for _, line := range lines {
			if bytes.HasPrefix(line, []byte("FAILED: ")) {
				t.Errorf("%s", line)
			}
		}
		if len(result.Passed) == 0 {
			t.Error("no check was made")
		}
		t.Logf("%d checks passed", len(result.Passed))
		for _, what := range slices.Sorted(maps.Keys(result.Readings)) {
			t.Logf("%s: %s", what, result.Readings[what])
		}
	})
}

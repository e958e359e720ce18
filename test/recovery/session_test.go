package recovery

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"parley/test/harness"
)

// What a session recovers, for whom, and for whom not.
func TestConnectionStateRecovery(t *testing.T) {
	t.Parallel()
	ops := harness.FreeAddr(t)
	s := harness.Start(t, "PARLEY_RATE_LIMITS=off", "PARLEY_OPS_ADDR="+ops)
	tokens := map[string]string{}
	for _, user := range []string{"alice", "bob", "carol", "mallory"} {
		tokens[user] = harness.Token(t, user, "user")
	}
	p := harness.StartNode(t, "sessions.js", map[string]any{
		"url": s.URL, "ops": ops, "tokens": tokens, "rounds": harness.Sized(8, 100),
	})
	for {
		var line struct {
			Want   string
			Errors []string
		}
		p.Next(2*time.Minute, &line)
		if line.Want == "block" {
			block(t, s, "carol")
			p.Tell("blocked")
			continue
		}
		for _, e := range line.Errors {
			t.Error(e)
		}
		return
	}
}

// block runs `parley user block` beside the server.
func block(t *testing.T, s *harness.Server, user string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), harness.Binary(t), "user", "block", user) //nolint:gosec // our own binary
	cmd.Env = append(os.Environ(), "PARLEY_DATABASE_URL="+s.DB, "PARLEY_JWT_SECRET="+harness.Secret)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("block: %v\n%s", err, out)
	}
}

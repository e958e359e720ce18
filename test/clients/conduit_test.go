package clients_test

import (
	"testing"
	"time"

	"parley/test/harness"
)

// TestConduitClient runs a client of Conduit's chat as it is today.
func TestConduitClient(t *testing.T) {
	const masterKey = "M4ST3RK3Y"
	runs := []struct {
		part, masterKey string
		env             []string
	}{
		{part: "rooms"},
		{part: "messages"},
		{part: "socket"},
		{part: "admin"},
		{part: "admin", masterKey: masterKey, env: []string{"PARLEY_MASTER_KEY=" + masterKey}},
		{part: "invitations", env: []string{"PARLEY_EXPLICIT_ROOM_JOINS=true"}},
	}
	for _, run := range runs {
		name := run.part
		if run.masterKey != "" {
			name += " with a master key"
		}
		t.Run(name, func(t *testing.T) {
			harness.OnEachDatabase(t, func(t *testing.T, env string) {
				s := harness.Start(t, append(run.env, env, closed, filesIn(t))...)
				runClient(t, "conduit.js", map[string]any{
					"url": s.URL, "part": run.part, "masterkey": run.masterKey, "users": household(t, s),
				})
			})
		})
	}
}

// filesIn keeps a server's files in the test's own directory.
func filesIn(t *testing.T) string { return "PARLEY_FILES_URL=file://" + t.TempDir() }

// household is five users with accounts, and an administrator from outside.
func household(tb testing.TB, s *harness.Server) []account {
	tb.Helper()
	var people []account
	for _, name := range []string{"ada", "ben", "cy", "dee", "eve"} {
		people = append(people, register(tb, s, name))
	}
	return append(people, account{ID: "root", Token: harness.Token(tb, "root", "admin")})
}

// runClient runs a program that prints which of its checks failed.
func runClient(t *testing.T, program string, arg map[string]any) {
	t.Helper()
	var result struct {
		Passed []string `json:"passed"`
		Failed []string `json:"failed"`
	}
	// The program's exit status is 0 only if all its checks passed.
	harness.Node(t, 5*time.Minute, program, arg, &result)
	for _, what := range result.Failed {
		t.Error(what)
	}
	if len(result.Passed) == 0 {
		t.Error("no check was made")
	}
	t.Logf("%d checks passed", len(result.Passed))
}

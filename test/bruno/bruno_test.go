// Package bruno_test runs the collection in docs/bruno with Bruno's own command
// line against the real binary.
package bruno_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/internal/testenv"
	"parley/test/harness"
)

func TestMain(m *testing.M) {
	testenv.Main(m, harness.RemoveBinary, http.DefaultClient.CloseIdleConnections)
}

// patience is how long one run of the collection may take.
const patience = 5 * time.Minute

// result is what became of one request.
type result struct {
	Name, Path, Status string
	Error              any
	Response           struct {
		Status any
		Data   any
	}
	AssertionResults []struct {
		LHSExpr, RHSExpr, Status string
		Error                    any
	}
}

// TestCollection runs every request from the first to the last against a fresh
// server: each passes, each checks its status and something of its answer, and
// no route of the server is without one.
func TestCollection(t *testing.T) {
	s := start(t, "PARLEY_EXPLICIT_ROOM_JOINS=true")
	dir := collection(t)
	results := run(t, s, dir)
	ran := map[string]bool{}
	for _, r := range results {
		check(t, r)
		ran[r.Path] = true
	}
	for _, r := range requests(t, dir) {
		if !ran[r.path] {
			t.Errorf("%s did not run", r.path)
		}
	}
	compare(t, s, requests(t, dir))
}

// TestDefaultServer runs it where users are added to rooms at once, as far as that
// makes a difference: what is about invitations is skipped.
func TestDefaultServer(t *testing.T) {
	const asked = 2 // invitations' requests that find out
	invitations := 0
	for _, r := range run(t, start(t), collection(t), "Accounts", "Rooms", "Invitations") {
		if strings.HasPrefix(r.Path, "Invitations/") {
			if invitations++; invitations > asked {
				if r.Status != "skipped" {
					t.Errorf("%s: %s", r.Path, r.Status)
				}
				continue
			}
		}
		check(t, r)
	}
	if invitations <= asked {
		t.Errorf("%d requests about invitations", invitations)
	}
}

// TestFailureIsSeen holds that an answer other than expected fails the run.
func TestFailureIsSeen(t *testing.T) {
	s := start(t)
	dir := collection(t)
	file := filepath.Join(dir, "Health", "Alive.bru")
	text, err := os.ReadFile(file) //nolint:gosec // our own copy
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), "eq ok", "eq other", 1)), 0o600); err != nil { //nolint:gosec // our own copy
		t.Fatal(err)
	}
	results, err := bru(t, s, dir, "Health")
	if err == nil || len(results) != 2 || results[0].Status != "fail" && results[0].AssertionResults[1].Status != "fail" {
		t.Errorf("%v %+v", err, results)
	}
}

const masterKey = "a master key that nobody else has"

func start(t *testing.T, env ...string) *harness.Server {
	t.Helper()
	return harness.Start(t, append(env, "PARLEY_MASTER_KEY="+masterKey, "PARLEY_OPEN_USERS=false")...)
}

// collection copies docs/bruno, so that no run leaves a trace in it.
func collection(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "bruno")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(harness.Root(), "docs", "bruno"))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// run runs folders of the collection, or all of it, which must succeed.
func run(t *testing.T, s *harness.Server, dir string, folders ...string) []result {
	t.Helper()
	results, err := bru(t, s, dir, folders...)
	if err != nil {
		t.Errorf("bru run: %v", err)
	}
	if len(results) == 0 {
		t.Fatal("nothing ran")
	}
	return results
}

// bru runs `bru run` with a token of an administrator's and returns what became
// of each request, and how it ended.
func bru(t *testing.T, s *harness.Server, dir string, folders ...string) ([]result, error) {
	t.Helper()
	program := filepath.Join(harness.Root(), "test", "bruno", "node_modules", ".bin", "bru")
	if _, err := os.Stat(program); err != nil {
		t.Fatal("Bruno is not installed: run `make deps`")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	report := filepath.Join(t.TempDir(), "report.json")
	args := append(append([]string{"run"}, folders...), "--env", "local", "--env-var", "baseUrl="+s.URL,
		"--env-var", "adminToken="+harness.Token(t, "root", "admin"), "--env-var", "masterKey="+masterKey,
		"--noproxy", "--reporter-json", report)
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // Bruno, as it is installed
	cmd.Dir = dir
	out, ended := cmd.CombinedOutput()
	text, err := os.ReadFile(report) //nolint:gosec // just written
	if err != nil {
		t.Fatalf("%v: %v\n%s", err, ended, out)
	}
	var runs []struct{ Results []result }
	if err := json.Unmarshal(text, &runs); err != nil || len(runs) != 1 {
		t.Fatalf("%v\n%s", err, text)
	}
	return runs[0].Results, ended
}

// check fails the test if a request did not pass, or hardly checks anything.
func check(t *testing.T, r result) {
	t.Helper()
	if r.Status != "pass" || r.Error != nil {
		t.Errorf("%s: %s, %v: %v %v", r.Path, r.Status, r.Error, r.Response.Status, r.Response.Data)
	}
	shape := false
	for _, a := range r.AssertionResults {
		if a.Status != "pass" {
			t.Errorf("%s: %s %s: %v", r.Path, a.LHSExpr, a.RHSExpr, a.Error)
		}
		shape = shape || a.LHSExpr != "res.status"
	}
	if len(r.AssertionResults) < 2 || !shape {
		t.Errorf("%s checks no more than its status", r.Path)
	}
}

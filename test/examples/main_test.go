// Package examples_test runs the examples and what docs/clients.md tells: each as
// a reader would, against the real binary.
package examples_test

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"parley/internal/testenv"
	"parley/test/harness"
)

func TestMain(m *testing.M) {
	testenv.Main(m, harness.RemoveBinary, http.DefaultClient.CloseIdleConnections)
}

// installed returns a directory of this repository that has its npm packages.
func installed(t *testing.T, path ...string) string {
	t.Helper()
	dir := filepath.Join(append([]string{harness.Root()}, path...)...)
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		t.Fatalf("%s is not installed: run `make deps`", dir)
	}
	return dir
}

// token runs `parley token`, as readers are told to.
func token(t *testing.T, s *harness.Server, sub string) string {
	t.Helper()
	cmd := exec.Command(harness.Binary(t), "token", "--sub", sub) //nolint:gosec // our own binary
	cmd.Env = append(os.Environ(), commandEnv(s)...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSpace(out))
}

// commandEnv makes parley's commands speak of the server under test.
func commandEnv(s *harness.Server) []string {
	return []string{"PARLEY_DATABASE_URL=" + s.DB, "PARLEY_JWT_SECRET=" + harness.Secret}
}

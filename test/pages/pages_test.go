// Package pages_test runs the tests of the web pages: the real server with its
// embedded pages, and the system's Chromium. They are in frontend/e2e.
package pages_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"parley/internal/testenv"
	"parley/test/harness"
)

func TestMain(m *testing.M) { testenv.Main(m, harness.RemoveBinary) }

// TestPages holds what the pages promise: see the names of frontend/e2e's tests.
func TestPages(t *testing.T) {
	frontend := filepath.Join(harness.Root(), "frontend")
	for file, remedy := range map[string]string{
		"/usr/bin/chromium": "Chromium is not installed: run `make deps`",
		filepath.Join(frontend, "node_modules", "@playwright", "test"):  "the pages' packages are not installed: run `make deps`",
		filepath.Join(frontend, "dist", "console", "index.html"):        "the pages are not built: run `make pages`",
		filepath.Join(frontend, "dist", "demo", "index.html"):           "the pages are not built: run `make pages`",
		filepath.Join(frontend, "dist", "widget", "widget.js"):          "the pages are not built: run `make pages`",
		filepath.Join(frontend, "dist", "docs", "swagger-ui-bundle.js"): "the pages are not built: run `make pages`",
	} {
		if _, err := os.Stat(file); err != nil {
			t.Fatal(remedy)
		}
	}
	if _, err := exec.LookPath("sqlite3"); err != nil {
		t.Fatal("SQLite's shell is not installed: run `make deps`")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 16*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "npx", "--no-install", "playwright", "test")
	cmd.Dir = filepath.Join(frontend, "e2e")
	cmd.Env = append(os.Environ(), "PARLEY_BIN="+harness.Binary(t), "FORCE_COLOR=0")
	// What it starts ends with it: browsers and servers are in its group.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatalf("the tests of the pages: %v; their traces are in artifacts/pages", err)
	}
}

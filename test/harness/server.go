// Package harness runs the real parley binary, and the official JavaScript
// clients against it, for the tests below test/. Everything is on loopback and on
// free ports, and ends with its test. A long form of the tests runs with
// PARLEY_LONG=1.
package harness

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Secret is the JWT secret of every server that a harness starts.
const Secret = "a secret for tests alone, thirty-two bytes"

// startTimeout bounds a start, stopTimeout a drain.
const (
	startTimeout = 30 * time.Second
	stopTimeout  = 40 * time.Second
)

// Root is the repository's top.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "parley-bin-")
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "parley")
	args := []string{"build", "-o", bin}
	if os.Getenv("PARLEY_TEST_NORACE") == "" {
		args = append(args, "-race")
	}
	cmd := exec.Command("go", append(args, "./cmd/parley")...) //nolint:gosec // our own source
	cmd.Dir = Root()
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build parley: %w\n%s", err, out)
	}
	return bin, nil
})

// Binary builds parley once per test process, with the race detector.
func Binary(tb testing.TB) string {
	tb.Helper()
	bin, err := build()
	if err != nil {
		tb.Fatal(err)
	}
	return bin
}

// RemoveBinary deletes what Binary made; for TestMain.
func RemoveBinary() {
	if bin, err := build(); err == nil {
		_ = os.RemoveAll(filepath.Dir(bin))
	}
}

// Server is one parley process. Its address and database stay over restarts.
type Server struct {
	Addr string // host:port
	URL  string // http://host:port
	DB   string

	tb  testing.TB
	env []string

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{}
	log  *lockedBuffer
}

// Start runs parley on a fresh SQLite database, or on that of PARLEY_DATABASE_URL
// among env, and waits until it is ready. The test fails if the process reports a
// data race or a panic.
func Start(tb testing.TB, env ...string) *Server {
	tb.Helper()
	s := newServer(tb, FreeAddr(tb), env...)
	s.Run()
	return s
}

// newServer is a process that is not started yet.
func newServer(tb testing.TB, addr string, env ...string) *Server {
	tb.Helper()
	s := &Server{Addr: addr, URL: "http://" + addr, tb: tb, log: &lockedBuffer{}}
	s.DB = "sqlite://" + filepath.Join(tb.TempDir(), "parley.db")
	for _, e := range env {
		if v, ok := strings.CutPrefix(e, "PARLEY_DATABASE_URL="); ok {
			s.DB = v
		}
	}
	s.env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "GORACE=halt_on_error=0 atexit_sleep_ms=100",
		"PARLEY_ADDR=" + addr, "PARLEY_OPS_ADDR=off", "PARLEY_DATABASE_URL=" + s.DB,
		"PARLEY_FILES_URL=file://" + filepath.Join(tb.TempDir(), "files"),
		"PARLEY_JWT_SECRET=" + Secret, "PARLEY_OPEN_USERS=true",
	}, env...)
	Binary(tb) // where it cannot be built there is nothing to clean up
	tb.Cleanup(s.cleanup)
	return s
}

// Run starts the process (again) and waits until it is ready.
func (s *Server) Run() {
	s.tb.Helper()
	s.Launch()
	s.AwaitReady()
}

// Launch starts the process (again) and does not wait.
func (s *Server) Launch() {
	s.tb.Helper()
	cmd := exec.Command(Binary(s.tb), "serve") //nolint:gosec // our own binary
	cmd.Env, cmd.Stdout, cmd.Stderr = s.env, s.log, s.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		s.tb.Fatal(err)
	}
	done := make(chan struct{})
	s.mu.Lock()
	s.cmd, s.done = cmd, done
	s.mu.Unlock()
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
}

// AwaitReady waits until the process that was launched is ready.
func (s *Server) AwaitReady() {
	s.tb.Helper()
	s.mu.Lock()
	done := s.done
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for {
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/readyz", nil)
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-done:
			s.tb.Fatalf("parley ended at its start:\n%s", s.Log())
		case <-ctx.Done():
			s.tb.Fatalf("parley is not ready in time:\n%s", s.Log())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Kill ends the process as a power cut would.
func (s *Server) Kill() {
	s.tb.Helper()
	s.Signal(syscall.SIGKILL)
	s.Wait(stopTimeout)
}

// Stop ends the process with SIGTERM and waits for its drain, which must succeed.
func (s *Server) Stop() {
	s.tb.Helper()
	s.Signal(syscall.SIGTERM)
	if code := s.Wait(stopTimeout); code != 0 {
		s.tb.Errorf("parley ended with status %d:\n%s", code, s.Log())
	}
}

// Signal sends the process a signal and does not wait.
func (s *Server) Signal(sig syscall.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.cmd.Process.Signal(sig)
}

// Wait returns the ended process's exit status, -1 if a signal ended it. A process
// that does not end within the limit fails the test and is killed.
func (s *Server) Wait(limit time.Duration) int {
	s.tb.Helper()
	s.mu.Lock()
	cmd, done := s.cmd, s.done
	s.mu.Unlock()
	select {
	case <-done:
	case <-time.After(limit):
		s.tb.Errorf("parley did not end within %v:\n%s", limit, s.Log())
		_ = cmd.Process.Kill()
		<-done
	}
	return cmd.ProcessState.ExitCode()
}

// Alive reports whether the process runs.
func (s *Server) Alive() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return false
	}
	select {
	case <-s.done:
		return false
	default:
		return true
	}
}

// Log returns what the process has written.
func (s *Server) Log() string { return s.log.String() }

func (s *Server) cleanup() {
	if s.Alive() {
		s.Kill()
	}
	for _, bad := range []string{"WARNING: DATA RACE", "panic:", "fatal error:"} {
		if strings.Contains(s.Log(), bad) {
			s.tb.Errorf("parley reported %q:\n%s", bad, s.Log())
		}
	}
}

// FreeAddr returns an address on loopback that nobody listens on.
func FreeAddr(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

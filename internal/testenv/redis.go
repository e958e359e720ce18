package testenv

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"
)

// RedisServer is a Redis of one's own that keeps nothing over its end, reached over
// TCP on 127.0.0.1. It dies with this process, however that ends. Its methods are
// not for use at once.
type RedisServer struct {
	dir    string
	port   int
	gossip int // the port where a cluster's servers talk to each other, 0 for a server alone
	child
}

func newRedis(dir string) *RedisServer {
	return &RedisServer{dir: dir, child: child{name: "redis-server", log: filepath.Join(dir, "log")}}
}

// Redis starts a server that goes with the test. A machine without redis-server
// fails the test.
func Redis(tb testing.TB) *RedisServer {
	tb.Helper()
	s := newRedis(tb.TempDir())
	s.startFor(tb)
	return s
}

// StartRedis starts a server in dir, which must be empty or missing. The caller ends
// it with Stop or Kill.
func StartRedis(dir string) (*RedisServer, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("testenv: %w", err)
	}
	s := newRedis(dir)
	return s, s.Start()
}

func (s *RedisServer) startFor(tb testing.TB) {
	tb.Helper()
	tb.Cleanup(func() {
		if err := s.Kill(); err != nil {
			tb.Error(err)
		}
	})
	if err := s.Start(); err != nil {
		tb.Fatal(err)
	}
}

// Addr is where the server is reached, host:port.
func (s *RedisServer) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// URL names the server as Parley's setting does.
func (s *RedisServer) URL() string { return "redis://" + s.Addr() }

// Start starts the server again after Stop or Kill, empty and on the port it had
// before. It returns when the server answers.
func (s *RedisServer) Start() error {
	if s.port == 0 {
		port, err := freePort()
		if err != nil {
			return err
		}
		s.port = port
	}
	cmd := exec.Command("redis-server", s.settings()...)
	cmd.Dir = s.dir
	cmd.Env = []string{"LC_ALL=C.UTF-8", "TZ=UTC"}
	if err := s.start(cmd, syscall.SIGKILL); err != nil {
		return fmt.Errorf("testenv: no Redis 7 (run `make deps`): %w", err)
	}
	client := s.Client()
	defer client.Close()
	return s.await(func(ctx context.Context) error { return client.Ping(ctx).Err() })
}

func (s *RedisServer) settings() []string {
	set := []string{
		"--bind", "127.0.0.1", "--port", strconv.Itoa(s.port), "--dir", s.dir, "--save", "", "--appendonly", "no",
	}
	if s.gossip != 0 {
		set = append(set, "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(s.gossip), "--cluster-node-timeout", "1000")
	}
	return set
}

// Client returns a client of its own, which tries nothing twice.
func (s *RedisServer) Client() *redis.Client {
	return redis.NewClient(&redis.Options{Addr: s.Addr(), MaxRetries: -1})
}

// Stop ends the server in order.
func (s *RedisServer) Stop() error { return s.end(syscall.SIGTERM) }

// Kill ends the server as a crash would.
func (s *RedisServer) Kill() error { return s.end(syscall.SIGKILL) }

// Freeze has the server answer nothing, with its connections open; Thaw ends that.
func (s *RedisServer) Freeze() error { return s.process.Signal(syscall.SIGSTOP) }

// Thaw has the server go on.
func (s *RedisServer) Thaw() error { return s.process.Signal(syscall.SIGCONT) }

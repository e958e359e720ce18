package harness

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"

	"parley/internal/testenv"
)

// Nodes are several parley processes on one PostgreSQL and one Redis, both real.
// Each node reaches them by ways of its own.
type Nodes struct {
	Servers         []*Server
	Ops             []string // the servers' PARLEY_OPS_ADDR
	Postgres, Redis []*Way   // those of the servers
	Store           *testenv.RedisServer
	DB              string // past the ways
}

// NewNodes prepares n nodes on an empty database, and starts Redis but none of them.
// Limits of rates are off unless env says otherwise.
func NewNodes(tb testing.TB, n int, env ...string) *Nodes {
	tb.Helper()
	c := &Nodes{Store: testenv.Redis(tb), DB: testenv.Postgres(tb)}
	database, err := url.Parse(c.DB)
	if err != nil {
		tb.Fatal(err)
	}
	files := tb.TempDir()
	for range n {
		postgres, redis := NewWay(tb, database.Host), NewWay(tb, c.Store.Addr())
		through := *database
		through.Host = postgres.Addr()
		addr, ops := standingAddr(tb), standingAddr(tb)
		settings := append([]string{
			"PARLEY_DATABASE_URL=" + through.String(), "PARLEY_REDIS_URL=redis://" + redis.Addr(),
			"PARLEY_NODE_URL=http://" + addr, "PARLEY_OPS_ADDR=" + ops, "PARLEY_FILES_URL=file://" + files,
			"PARLEY_RATE_LIMITS=off",
		}, env...)
		c.Servers = append(c.Servers, newServer(tb, addr, settings...))
		c.Ops = append(c.Ops, ops)
		c.Postgres, c.Redis = append(c.Postgres, postgres), append(c.Redis, redis)
	}
	return c
}

// StartNodes is NewNodes, with all nodes started and ready.
func StartNodes(tb testing.TB, n int, env ...string) *Nodes {
	tb.Helper()
	c := NewNodes(tb, n, env...)
	c.Run()
	return c
}

// Run starts all nodes at once and waits until they are ready.
func (c *Nodes) Run() {
	for _, s := range c.Servers {
		s.tb.Helper()
		s.Launch()
	}
	for _, s := range c.Servers {
		s.tb.Helper()
		s.AwaitReady()
	}
}

// standingAddr returns an address on loopback that nobody listens on, and that
// stays free while who used it is away: connections go out from 127.0.0.1, so that
// none of them takes its port meanwhile.
func standingAddr(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// Resident is how much memory the process has, in bytes; 0 if it does not run.
func (s *Server) Resident() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return 0
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(b))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

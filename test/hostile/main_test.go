// Package hostile attacks the real binary, built with the race detector, over
// real connections: malformed, oversized, endless and contradictory input, with
// and without a token. After every attack the process must live, other clients
// must still talk, and its goroutines and connections must be as they were.
//
// PARLEY_LONG=1 adds the attacks that take their time.
package hostile

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/internal/testenv"
	"parley/test/harness"
)

// patience bounds every wait for something that must happen. The server is built
// with the race detector and shares its cores.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	testenv.Main(m, harness.RemoveBinary, http.DefaultClient.CloseIdleConnections)
}

// long skips a test that takes its time unless it is asked for.
func long(t *testing.T) {
	t.Helper()
	if os.Getenv("PARLEY_LONG") == "" {
		t.Skip("takes long: set PARLEY_LONG=1")
	}
}

// house is a server with two bystanders in a room, who must not notice anything.
// Mallory takes part in that room too.
type house struct {
	*harness.Server
	ops        string
	room       string
	alice, bob *client
	base       vitals
}

// vitals are what the server's metrics say of its health.
type vitals struct{ goroutines, connections, sessions, rss, heap float64 }

// generous lifts the rates, for attacks that are about something else.
const generous = "PARLEY_RATE_LIMITS=off"

func newHouse(t *testing.T, env ...string) *house {
	t.Helper()
	h := &house{ops: freeAddr(t)}
	h.Server = harness.Start(t, append([]string{"PARLEY_OPS_ADDR=" + h.ops}, env...)...)
	h.room = h.Room(t, "alice", "bob", "mallory")
	h.alice, h.bob = h.join(t, "alice"), h.join(t, "bob")
	h.talk(t)
	h.warm(t)
	h.base = h.vitals(t)
	return h
}

// warm opens and closes connections of every kind, so that what the server makes
// once and keeps (pools, database readers) is part of the baseline.
func (h *house) warm(t *testing.T) {
	t.Helper()
	for range 5 {
		c := h.join(t, "mallory")
		c.call(t, "ping")
		c.close()
		h.poller(t).stop()
		h.Call(t, http.MethodGet, "/chat/rooms", harness.Token(t, "mallory", "user"), nil)
	}
	http.DefaultClient.CloseIdleConnections()
	eventually(t, "only the bystanders are connected", func() bool {
		now := h.vitals(t)
		return now.connections == 2 && now.sessions == 2
	})
}

// join connects a user to /chat.
func (h *house) join(t *testing.T, user string) *client {
	t.Helper()
	c := dial(t, h.Addr, nil)
	if reply := c.connect(t, harness.Token(t, user, "user")); !strings.HasPrefix(reply, "0") {
		t.Fatalf("%s cannot connect: %s", user, reply)
	}
	c.event(t, "ready")
	return c
}

// talk sends a message from one bystander to the other.
func (h *house) talk(t *testing.T) {
	t.Helper()
	text := "talk " + strconv.FormatInt(time.Now().UnixNano(), 36)
	if a := h.alice.call(t, "message", h.room, text); a["ok"] != true {
		t.Fatalf("a bystander cannot post: %v", a)
	}
	h.bob.eventWhere(t, "message", func(body map[string]any) bool { return body["message"] == text })
}

// unharmed is what must hold after every attack.
func (h *house) unharmed(t *testing.T) {
	t.Helper()
	if !h.Alive() {
		t.Fatalf("the process has ended:\n%s", tail(h.Log()))
	}
	h.talk(t)
	http.DefaultClient.CloseIdleConnections()
	const slack = 8 // idle database readers, HTTP connections that are being closed
	var now vitals
	if !soon(func() bool {
		now = h.vitals(t)
		return now.connections == h.base.connections && now.sessions == h.base.sessions && now.goroutines <= h.base.goroutines+slack
	}) {
		t.Errorf("the server is left with %+v, it began with %+v\n%s", now, h.base, h.goroutines(t))
	}
}

func (h *house) vitals(t *testing.T) vitals {
	t.Helper()
	var v vitals
	lines := bufio.NewScanner(strings.NewReader(h.operations(t, "/metrics")))
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		n, _ := strconv.ParseFloat(value, 64)
		switch name {
		case "go_goroutines":
			v.goroutines = n
		case "parley_connections":
			v.connections = n
		case "parley_sessions":
			v.sessions = n
		case "process_resident_memory_bytes":
			v.rss = n
		case "go_memstats_heap_alloc_bytes":
			v.heap = n
		}
	}
	return v
}

// liveHeap is what the server holds in memory after a garbage collection.
func (h *house) liveHeap(t *testing.T) float64 {
	t.Helper()
	h.operations(t, "/debug/pprof/heap?gc=1")
	return h.vitals(t).heap
}

// goroutines lists the stacks that many goroutines share.
func (h *house) goroutines(t *testing.T) string {
	t.Helper()
	return h.operations(t, "/debug/pprof/goroutine?debug=1")
}

func (h *house) operations(t *testing.T, path string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+h.ops+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("no operations port: %v\n%s", err, tail(h.Log()))
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// soon reports whether something becomes true within patience.
func soon(is func() bool) bool {
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if is() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	if !soon(is) {
		t.Fatalf("it never came to be that %s", what)
	}
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func tail(log string) string { return log[max(0, len(log)-4000):] }

// onDatabases runs a test on both databases.
func onDatabases(t *testing.T, test func(t *testing.T, env string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, "PARLEY_DATABASE_URL="+testenv.SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, "PARLEY_DATABASE_URL="+testenv.Postgres(t)) })
}

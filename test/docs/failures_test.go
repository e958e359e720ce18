package docs_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"parley/internal/testenv"
	"parley/test/harness"
)

// drill is a failure, and how docs/operations.md says that it looks.
type drill struct {
	t     *testing.T
	nodes *harness.Nodes
	page  string
}

// told waits until a node's log has a line that the page names, from an offset on.
func (d drill) told(node int, from int, line string) {
	d.t.Helper()
	d.documented(line)
	harness.Eventually(d.t, 40*time.Second, func() (bool, string) {
		log := d.nodes.Servers[node].Log()[from:]
		return strings.Contains(log, line), fmt.Sprintf("node %d does not say %q:\n%s", node+1, line, log)
	})
}

// shown waits until a node's metric, which the page names, has a value.
func (d drill) shown(node int, metric string, want func(float64) bool) {
	d.t.Helper()
	name, _, _ := strings.Cut(metric, "{")
	d.documented(name)
	harness.Eventually(d.t, 40*time.Second, func() (bool, string) {
		v := harness.Metric(d.t, d.nodes.Ops[node], metric)
		return want(v), fmt.Sprintf("node %d has %s %v", node+1, metric, v)
	})
}

// answers waits until a node answers /readyz with a status.
func (d drill) answers(node, status int) {
	d.t.Helper()
	harness.Eventually(d.t, 20*time.Second, func() (bool, string) {
		got, _ := d.nodes.Servers[node].Call(d.t, http.MethodGet, "/readyz", "", nil)
		return got == status, fmt.Sprintf("node %d answers %d", node+1, got)
	})
}

func (d drill) documented(text string) {
	d.t.Helper()
	if !strings.Contains(d.page, "`"+text) {
		d.t.Errorf("docs/operations.md does not name `%s`", text)
	}
}

func (d drill) from(node int) int { return len(d.nodes.Servers[node].Log()) }

func is(want float64) func(float64) bool { return func(v float64) bool { return v == want } }

// TestFailuresLookAsDocumented: what the page on operations says of each failure is so.
func TestFailuresLookAsDocumented(t *testing.T) {
	store := testenv.S3(t)
	nodes := harness.StartNodes(t, 3, "PARLEY_FILES_URL="+store.URL("drill"),
		"PARLEY_S3_ACCESS_KEY="+store.AccessKey, "PARLEY_S3_SECRET_KEY="+store.SecretKey)
	d := drill{t, nodes, string(repository(t, "docs/operations.md"))}
	room := nodes.Servers[0].Room(t, "alice", "bob")
	t.Run("Redis is away for one node", func(t *testing.T) { d.with(t).redisCut() })
	t.Run("Redis loses everything", func(t *testing.T) { d.with(t).redisLost() })
	t.Run("PostgreSQL is away", func(t *testing.T) { d.with(t).postgresAway(room) })
	t.Run("S3 is away", func(t *testing.T) { d.with(t).s3Away(store) })
	t.Run("a node dies", func(t *testing.T) { d.with(t).nodeDies() })
}

func (d drill) with(t *testing.T) drill {
	d.t = t
	return d
}

func (d drill) redisCut() {
	from := d.from(0)
	d.nodes.Redis[0].Cut()
	d.told(0, from, "Redis is away")
	d.shown(0, "parley_bus_connected", is(0))
	d.answers(0, http.StatusOK)
	d.nodes.Redis[0].Restore()
	d.told(0, from, "Redis is back")
	d.shown(0, "parley_bus_connected", is(1))
}

func (d drill) redisLost() {
	from := d.from(1)
	if err := d.nodes.Store.Kill(); err != nil {
		d.t.Fatal(err)
	}
	d.shown(1, "parley_bus_connected", is(0))
	if err := d.nodes.Store.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.told(1, from, "Redis is back")
	for i := range d.nodes.Servers {
		d.shown(i, "parley_bus_connected", is(1))
		d.shown(i, "parley_bus_topics", func(v float64) bool { return v > 0 })
	}
}

func (d drill) postgresAway(room string) {
	alice := d.nodes.Servers[0].Dial(d.t, "alice")
	from := d.from(0)
	d.nodes.Postgres[0].Cut()
	d.answers(0, http.StatusServiceUnavailable)
	d.told(0, from, "not ready")
	if ack := alice.Call("message", room, "is anybody there"); ack.Error.Code != "unavailable" {
		d.t.Errorf("a post is answered %+v", ack.Body)
	}
	d.answers(1, http.StatusOK)
	d.nodes.Postgres[0].Restore()
	d.answers(0, http.StatusOK)
	if ack := alice.Call("message", room, "there they are"); !ack.Ok {
		d.t.Errorf("behind it a post is answered %+v", ack.Body)
	}
}

func (d drill) s3Away(store *testenv.S3Server) {
	if err := store.Stop(); err != nil {
		d.t.Fatal(err)
	}
	from := d.from(2)
	if status, _ := d.nodes.Servers[2].Upload(d.t, "alice", "notes.txt", []byte("some notes")); status < http.StatusInternalServerError {
		d.t.Errorf("an upload is answered %d", status)
	}
	d.told(2, from, "files: s3: put")
	d.answers(2, http.StatusOK)
	if err := store.Start(); err != nil {
		d.t.Fatal(err)
	}
	if status, _ := d.nodes.Servers[2].Upload(d.t, "alice", "notes.txt", []byte("some notes")); status != http.StatusCreated {
		d.t.Errorf("behind it an upload is answered %d", status)
	}
}

func (d drill) nodeDies() {
	from := d.from(0)
	d.nodes.Servers[2].Kill()
	d.told(0, from, "a node has gone")
	d.nodes.Servers[2].Run()
	d.told(0, from, "a node has come")
}

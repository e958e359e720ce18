package recovery

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"parley/test/harness"
)

// The heartbeat is short, so that a silent network is noticed soon, and so is the
// drain, which clients behind a broken network hold up.
var settings = []string{
	"PARLEY_RATE_LIMITS=off", "PARLEY_RECONNECT_SPREAD=100ms", "PARLEY_DRAIN_TIMEOUT=3s",
	"PARLEY_HEARTBEAT_INTERVAL=1s", "PARLEY_HEARTBEAT_TIMEOUT=4s",
}

// patience bounds one thing that test/js/recovery.js was asked for.
const patience = 90 * time.Second

// writers is how many write; the first of them owns the rooms.
const writers = 3

// user is who a client of the program is.
type user struct {
	ID         string   `json:"id"`
	Token      string   `json:"token"`
	Transports []string `json:"transports,omitempty"`
	Forget     bool     `json:"forget"` // its pid, and with it the recovery of its session
}

// readers are each transport's, with connection state recovery and without.
func readers(t *testing.T) []user {
	var all []user
	for _, transport := range []struct {
		name  string
		names []string
	}{{"websocket", []string{"websocket"}}, {"polling", []string{"polling"}}, {"upgraded", []string{"polling", "websocket"}}} {
		for _, forget := range []bool{false, true} {
			id := transport.name + "-recovering"
			if forget {
				id = transport.name + "-forgetting"
			}
			all = append(all, user{id, harness.Token(t, id, "user"), transport.names, forget})
		}
	}
	return all
}

// world is a server, writers beside it, and readers behind a network.
type world struct {
	t       *testing.T
	server  *harness.Server
	ops     string
	network *network
	program *harness.Program
	readers []user
	rooms   []string
	chance  *rand.Rand
}

// newWorld starts it all and waits until everybody is connected.
func newWorld(t *testing.T, env string) *world {
	random, seed := chance(t)
	w := &world{t: t, ops: harness.FreeAddr(t), readers: readers(t), chance: random}
	w.server = harness.Start(t, append([]string{env, "PARLEY_OPS_ADDR=" + w.ops, "PARLEY_FILES_URL=file://" + t.TempDir()}, settings...)...)
	w.network = newNetwork(t, w.server.Addr)
	var ids []string
	for _, r := range w.readers {
		ids = append(ids, r.ID)
	}
	crew := make([]user, writers)
	for i := range crew {
		id := fmt.Sprint("writer-", i)
		crew[i] = user{ID: id, Token: harness.Token(t, id, "user")}
		ids = append(ids, id)
	}
	for range 2 {
		w.rooms = append(w.rooms, w.server.Room(t, crew[0].ID, ids...))
	}
	w.program = harness.StartNode(t, "recovery.js", map[string]any{
		"url": w.server.URL, "proxied": w.network.url(), "seed": seed, "rooms": w.rooms, "writers": crew, "readers": w.readers,
	})
	w.settle()
	return w
}

// said is an answer of the program.
type said struct {
	Did      string
	Errors   []string
	Connects []connect
	Views    []view
	Model    []post
	Cursors  map[string]string
}

// connect is how a reader came.
type connect struct {
	Reader    string
	Forget    bool
	Recovered bool
}

// view is what a reader sees, and the rooms whose history it had to read.
type view struct {
	Reader  string
	Rooms   map[string][]harness.Stored
	Resyncs []string
}

// post is what the server has said of a message.
type post struct {
	ID, Room, User, Text string
	Deleted              bool
}

// ask tells the program what to do, with more fields, and does not wait.
func (w *world) ask(what string, more map[string]any) {
	w.t.Helper()
	word := map[string]any{"what": what}
	for name, value := range more {
		word[name] = value
	}
	b, err := json.Marshal(word)
	if err != nil {
		w.t.Fatal(err)
	}
	w.program.Tell(string(b))
}

// answer waits for what was asked.
func (w *world) answer() said {
	w.t.Helper()
	var a said
	w.program.Next(patience, &a)
	for _, e := range a.Errors {
		w.t.Errorf("%s: %s", a.Did, e)
	}
	return a
}

func (w *world) do(what string, more map[string]any) said {
	w.t.Helper()
	w.ask(what, more)
	return w.answer()
}

// settle waits until everybody is connected and has caught up, and returns how
// the readers came since the last time.
func (w *world) settle() []connect { w.t.Helper(); return w.do("settled", nil).Connects }

// write lets the writers do about n things more.
func (w *world) write(n int) { w.t.Helper(); w.do("write", map[string]any{"count": n}) }

// noticed waits until the server knows that no reader is connected.
func (w *world) noticed() {
	w.t.Helper()
	harness.Eventually(w.t, harness.Patience, func() (bool, string) {
		n := harness.Metric(w.t, w.ops, "parley_sessions")
		return n <= writers, fmt.Sprintf("%v sessions have a connection", n)
	})
}

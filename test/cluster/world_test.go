package cluster

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/test/harness"
)

// What goes on in a world.
const (
	people      = 300
	roomCount   = 30
	guests      = 2   // of each room, besides its tenth of the people
	rate        = 200 // messages/s in all
	calm        = 2 * time.Second
	healWithin  = 40 * time.Second
	askers      = 12
	official    = 12 // of the people use the official JavaScript client
	perOfficial = 2 * time.Second
)

// world is nodes, and people in rooms that reach over them.
type world struct {
	t      *testing.T
	nodes  *harness.Nodes
	chance *rand.Rand
	tally  *tally
	kills  bool // nodes are killed

	clients []*client
	rooms   []*room
	front   *balancer
	js      *harness.Program
	// officialGap is the longest time that one of js's clients was without service.
	officialGap time.Duration

	mu     sync.Mutex
	stored map[string]stored // what was acknowledged, by nonce; the official client's by id

	stop   context.CancelFunc // ends the posting
	rested time.Time          // when that was
	posts  sync.WaitGroup
	memory *memory
}

// room is one with its members.
type room struct {
	id      string
	users   []string
	clients []*client
}

// stored is what the server has said of a message.
type stored struct {
	id  string
	seq int64
}

// newWorld starts nodes, has everybody connect and the posting begin. kills says
// that nodes will be.
func newWorld(t *testing.T, kills bool, env ...string) *world {
	w := &world{
		t: t, kills: kills, nodes: harness.StartNodes(t, 3, env...), chance: chance(t),
		tally: &tally{t: t}, stored: map[string]stored{},
	}
	w.tally.begin("connecting")
	t.Cleanup(w.tally.report)
	w.populate()
	w.startOfficial()
	ctx, stop := context.WithCancel(context.Background())
	var clients sync.WaitGroup
	for _, c := range w.clients {
		clients.Go(func() { c.run(ctx) })
	}
	t.Cleanup(func() {
		stop()
		clients.Wait()
	})
	w.memory = watchMemory(t, w.nodes)
	harness.Eventually(t, harness.Patience, w.served)
	w.phase("calm")
	w.begin()
	return w
}

// populate makes the people, so that each room's are on all nodes, and the rooms.
func (w *world) populate() {
	byName := map[string]*client{}
	var names []string
	for i := range people {
		name := fmt.Sprintf("user-%03d", i)
		names = append(names, name)
		if i < people-official {
			c := newClient(w, name, harness.Token(w.t, name, "user"), i%len(w.nodes.Servers), rand.New(rand.NewPCG(w.chance.Uint64(), 0)))
			w.clients = append(w.clients, c)
			byName[name] = c
		}
	}
	for r := range roomCount {
		users := slices.Clone(names[r*people/roomCount : (r+1)*people/roomCount])
		for len(users) < people/roomCount+guests {
			if guest := names[w.chance.IntN(people-official)]; !slices.Contains(users, guest) {
				users = append(users, guest)
			}
		}
		one := &room{id: w.nodes.Servers[r%len(w.nodes.Servers)].Room(w.t, users[0], users...), users: users}
		for _, u := range users {
			if c := byName[u]; c != nil {
				one.clients = append(one.clients, c)
			}
		}
		w.rooms = append(w.rooms, one)
	}
	for _, c := range w.clients[:askers] {
		w.befriend(c)
	}
}

// befriend has a client's own conversation exist, and the client ask there.
func (w *world) befriend(c *client) {
	status, answer := w.nodes.Servers[0].Call(w.t, http.MethodPost, "/chat/messages", c.token,
		map[string]any{"roomId": "me", "message": "hello", "nonce": "hello"})
	if status != http.StatusCreated {
		w.t.Fatalf("cannot ask: %d %v", status, answer)
	}
	id, _ := answer["messageId"].(string)
	_, m := w.nodes.Servers[0].Call(w.t, http.MethodGet, "/chat/messages/"+id, c.token, nil)
	c.asker.room, _ = m["room"].(string)
	c.asker.asked, c.asks = 1, true
}

// begin posts until rest ends it: so many a second, whatever is stored of them, each
// by any member of any room.
func (w *world) begin() {
	var ctx context.Context
	ctx, w.stop = context.WithCancel(context.Background())
	w.t.Cleanup(w.stop)
	chance := rand.New(rand.NewPCG(w.chance.Uint64(), 0))
	w.posts.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		begun, posted := time.Now(), 0
		for ctx.Err() == nil {
			for due := int(time.Since(begun).Seconds() * rate); posted < due; posted++ {
				r := w.rooms[chance.IntN(len(w.rooms))]
				r.clients[chance.IntN(len(r.clients))].post(r.id, fmt.Sprint("text ", posted))
			}
			for _, c := range w.clients[:askers] {
				c.ask(time.Now())
			}
			<-tick.C
		}
	})
}

// acknowledged notes that a message is stored.
func (w *world) acknowledged(nonce, id string, seq int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if old, ok := w.stored[nonce]; ok && old != (stored{id, seq}) {
		w.tally.wrong(fmt.Sprintf("%s is acknowledged as %v and %v", nonce, old, stored{id, seq}))
	}
	w.stored[nonce] = stored{id, seq}
}

// phase begins a part of the run.
func (w *world) phase(name string) *phase { return w.tally.begin(name) }

// served reports whether all clients have a connection that serves them.
func (w *world) served() (bool, string) {
	without := 0
	for _, c := range w.clients {
		c.mu.Lock()
		if c.line == nil {
			without++
		}
		c.mu.Unlock()
	}
	return without == 0, fmt.Sprintf("%d of %d clients without service", without, len(w.clients))
}

// late counts the posts that were tried and are not stored.
func (w *world) late() int {
	late := 0
	for _, c := range w.clients {
		c.mu.Lock()
		for _, p := range c.outbox {
			if p.underWay == 0 || time.Since(p.sent) > time.Second {
				late++
			}
		}
		c.mu.Unlock()
	}
	return late
}

// heal waits until everybody is served, and nothing that was posted waits.
func (w *world) heal() {
	w.t.Helper()
	for i, s := range w.nodes.Servers {
		if !s.Alive() {
			w.t.Fatalf("node %d has ended:\n%s", i, s.Log())
		}
	}
	harness.Eventually(w.t, healWithin, func() (bool, string) {
		served, state := w.served()
		late := w.late()
		return served && late == 0, fmt.Sprintf("%s, %d posts wait", state, late)
	})
	<-time.After(calm) // of load, so that the next fault meets it
}

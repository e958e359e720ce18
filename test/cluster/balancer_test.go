package cluster

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/test/harness"
)

// What goes on behind the balancer.
const (
	perKind       = 30 // users of each kind of transport
	balancedRooms = 9
)

var transportKinds = []string{"polling", "websocket", "upgrade"}

// balanced are users of the official client, who know the balancer alone.
type balanced struct {
	t      *testing.T
	nodes  *harness.Nodes
	front  *balancer
	rooms  map[string][]string // users by room
	tokens map[string]string
	js     *harness.Program
}

// balancedView is what a user of test/js/balancer.js has seen.
type balancedView struct {
	ID, Kind, Transport string
	Stored              []struct {
		ID  string
		Seq int
	}
	Heard, Seen map[string][]string // ids by room
	Drains      int                 // connections that ended with a word
	Losses      []string            // why others did
}

// newBalanced starts three nodes behind a balancer, and has everybody connect.
func newBalanced(t *testing.T, perUser int) *balanced {
	nodes := harness.StartNodes(t, 3, "PARLEY_DRAIN_TIMEOUT=10s", "PARLEY_RECONNECT_SPREAD=1s")
	b := &balanced{t: t, nodes: nodes, rooms: map[string][]string{}, tokens: map[string]string{}}
	b.front = newBalancer(t, nodes.Servers)
	type user struct {
		ID    string   `json:"id"`
		Token string   `json:"token"`
		Kind  string   `json:"kind"`
		Rooms []string `json:"rooms"`
	}
	var users []user
	members := make([][]string, balancedRooms)
	for i := range perKind * len(transportKinds) {
		u := user{ID: fmt.Sprintf("user-%02d", i), Kind: transportKinds[i%len(transportKinds)]}
		u.Token = harness.Token(t, u.ID, "user")
		b.tokens[u.ID] = u.Token
		users = append(users, u)
		for _, r := range roomsOf(i) {
			members[r] = append(members[r], u.ID)
		}
	}
	ids := make([]string, balancedRooms)
	for r, m := range members {
		ids[r] = nodes.Servers[r%len(nodes.Servers)].Room(t, m[0], m[1:]...)
		b.rooms[ids[r]] = m
	}
	for i := range users {
		for _, r := range roomsOf(i) {
			users[i].Rooms = append(users[i].Rooms, ids[r])
		}
	}
	b.js = harness.StartNode(t, "balancer.js", map[string]any{"url": b.front.url(), "users": users, "perUser": perUser})
	b.tell("connected")
	return b
}

// roomsOf are two rooms, each with users of all kinds.
func roomsOf(user int) []int {
	first := user / len(transportKinds) % balancedRooms
	return []int{first, (first + 1) % balancedRooms}
}

// tell has the clients do something, and returns what they have seen where they are
// asked that.
func (b *balanced) tell(what string) []balancedView {
	b.t.Helper()
	b.js.Tell(what)
	var said struct {
		Errors []string
		Views  []balancedView
	}
	b.js.Next(2*time.Minute, &said)
	for _, e := range said.Errors {
		b.t.Errorf("official client: %s", e)
	}
	if b.t.Failed() {
		for _, s := range b.nodes.Servers {
			b.t.Logf("%s:\n%s", s.Addr, s.Log())
		}
		b.t.FailNow()
	}
	return said.Views
}

// relayed is how many requests of a kind the nodes have passed on.
func (b *balanced) relayed(kind string) float64 {
	b.t.Helper()
	sum := 0.0
	for _, ops := range b.nodes.Ops {
		sum += harness.Metric(b.t, ops, fmt.Sprintf(`parley_relayed_requests_total{kind=%q,ok="true"}`, kind))
	}
	return sum
}

// check holds what everybody has seen against what is stored. live says that nobody
// was away, so that everything must have come by itself.
func (b *balanced) check(posts int, live bool) {
	b.t.Helper()
	views := b.tell("look")
	acknowledged := 0
	for room, users := range b.rooms {
		history := b.nodes.Servers[0].History(b.t, room, b.tokens[users[0]])
		harness.Contiguous(b.t, history)
		ids := make([]string, len(history))
		for i, m := range history {
			ids[i] = m.ID
		}
		for _, v := range views {
			if !slices.Contains(users, v.ID) {
				continue
			}
			if !slices.Equal(v.Seen[room], ids) {
				b.t.Errorf("%s (%s) has %d messages of room %s, stored are %d", v.ID, v.Kind, len(v.Seen[room]), room, len(ids))
			}
			if live && !slices.Equal(v.Heard[room], ids) {
				b.t.Errorf("%s (%s) was told of %d messages of room %s, stored are %d", v.ID, v.Kind, len(v.Heard[room]), room, len(ids))
			}
			for _, s := range v.Stored {
				if s.Seq <= len(ids) && ids[s.Seq-1] == s.ID {
					acknowledged++
				}
			}
		}
	}
	if acknowledged != posts*len(views) {
		b.t.Errorf("%d messages are acknowledged and where that says, of %d", acknowledged, posts*len(views))
	}
}

// The official client, over every transport, through a balancer that sends each
// request to another node: everything once and in order, while all nodes are there,
// one is killed, and one is stopped.
func TestBalancerWithoutStickiness(t *testing.T) {
	perUser := harness.Sized(10, 60)
	b := newBalanced(t, perUser)
	b.tell("post")
	b.tell("rest")
	b.check(perUser, true)
	for _, kind := range []string{"poll", "post", "websocket"} {
		n := b.relayed(kind)
		t.Logf("%.0f requests of kind %s were passed on", n, kind)
		if n == 0 {
			t.Errorf("no %s was passed on", kind)
		}
	}

	b.tell("post")
	<-time.After(time.Second) // of posting
	b.nodes.Servers[0].Kill()
	b.nodes.Servers[0].Run()
	b.tell("rest")
	b.check(2*perUser, false)

	before := b.tell("look")
	b.tell("post")
	<-time.After(time.Second)
	begun := time.Now()
	b.front.leaveOut(1) // as a balancer does that asks for /readyz
	b.nodes.Servers[1].Stop()
	t.Logf("a node drained in %v", time.Since(begun))
	b.tell("rest")
	b.check(3*perUser, false)
	b.leftWithAWord(before, b.tell("look"))
}

// leftWithAWord holds that who was on a node that stopped, or reached another one through it,
// was told before.
func (b *balanced) leftWithAWord(before, after []balancedView) {
	b.t.Helper()
	drained := map[string]int{}
	for i, v := range after {
		drained[v.Kind] += v.Drains
		if lost := v.Losses[len(before[i].Losses):]; len(lost) > 0 {
			b.t.Errorf("%s (%s) was cut off: %q", v.ID, v.Kind, lost)
		}
	}
	b.t.Logf("connections that were sent away, by kind: %v", drained)
	if drained["polling"]+drained["websocket"]+drained["upgrade"] == 0 {
		b.t.Error("nobody was sent away") // which kinds are on a node is the balancer's chance
	}
}

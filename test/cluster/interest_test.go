package cluster

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/test/harness"
)

// subscribed returns on how many nodes' behalf Redis passes on what happens in a room.
func subscribed(t *testing.T, nodes *harness.Nodes, room string) int64 {
	t.Helper()
	client := nodes.Store.Client()
	defer client.Close()
	channels, err := client.PubSubChannels(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	channels = slices.DeleteFunc(channels, func(name string) bool { return !strings.HasSuffix(name, room) })
	total := int64(0)
	counts, err := client.PubSubNumSub(t.Context(), channels...).Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range counts {
		total += n
	}
	return total
}

// joined waits until all nodes hear each other.
func joined(t *testing.T, nodes *harness.Nodes) {
	t.Helper()
	harness.Eventually(t, harness.Patience, func() (bool, string) {
		for i, ops := range nodes.Ops {
			if harness.Metric(t, ops, "parley_bus_connected") != 1 {
				return false, fmt.Sprintf("node %d is not among the others", i)
			}
		}
		return true, ""
	})
}

// A node that nobody of a room is on is told nothing of it.
func TestNoListenersNoTraffic(t *testing.T) {
	nodes := harness.StartNodes(t, 3)
	joined(t, nodes)
	room := nodes.Servers[0].Room(t, "ann", "bob")
	other := nodes.Servers[2].Room(t, "eve")
	ann, bob, eve := nodes.Servers[0].Dial(t, "ann"), nodes.Servers[1].Dial(t, "bob"), nodes.Servers[2].Dial(t, "eve")
	harness.Eventually(t, harness.Patience, func() (bool, string) {
		here, there := subscribed(t, nodes, room), subscribed(t, nodes, other)
		return here == 2 && there == 1, fmt.Sprintf("%d nodes listen to the one room, %d to the other", here, there)
	})
	received := func(node int) float64 { return harness.Metric(t, nodes.Ops[node], "parley_bus_received_total") }
	before := [3]float64{received(0), received(1), received(2)}

	const messages = 1000
	for i := range messages {
		sender := []*harness.Peer{ann, bob}[i%2]
		if _, err := sender.Emit("message", room, fmt.Sprint("text ", i)); err != nil {
			t.Fatal(err)
		}
	}
	shown := func(p *harness.Peer) int { return len(p.Events("message")) }
	harness.Eventually(t, harness.Patience, func() (bool, string) {
		a, b := shown(ann), shown(bob)
		return a == messages && b == messages, fmt.Sprintf("ann is shown %d messages, bob %d", a, b)
	})
	// What was on its way to the third node has come once something else has.
	eve.Call("message", other, "alone")
	if n := shown(eve); n > 1 {
		t.Errorf("eve is shown %d messages", n)
	}
	if n := subscribed(t, nodes, room); n != 2 {
		t.Errorf("%d nodes listen to the room", n)
	}
	for node, least := range []float64{messages / 2, messages / 2, 0} {
		got := received(node) - before[node]
		t.Logf("node %d received %v events", node, got)
		if got < least || node == 2 && got != 0 {
			t.Errorf("node %d received %v events of %d messages", node, got, messages)
		}
	}
}

// A node listens to a room as soon as somebody of it comes, and not for long after
// the last is gone.
func TestInterestFollowsListeners(t *testing.T) {
	nodes := harness.StartNodes(t, 2)
	joined(t, nodes)
	room := nodes.Servers[0].Room(t, "ann", "bob")
	ann, bob := nodes.Servers[0].Dial(t, "ann"), nodes.Servers[1].Dial(t, "bob")
	listen := func(want int64) {
		t.Helper()
		harness.Eventually(t, harness.Patience, func() (bool, string) {
			n := subscribed(t, nodes, room)
			return n == want, fmt.Sprintf("%d nodes listen, want %d", n, want)
		})
	}
	listen(2)
	bob.Call("disconnectFromRoom", room)
	listen(1)
	bob.Call("connectToRoom", room)
	listen(2)
	ann.Call("message", room, "hello")
	bob.Await("the message", func(a harness.Arrival) bool { return a.Name == "message" && a.Message == "hello" })
}

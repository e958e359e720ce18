package cluster

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"parley/test/harness"
)

// Nodes that start at once on an empty database take turns at making its tables, and
// make what is there from the start once.
func TestStartAtOnce(t *testing.T) {
	nodes := harness.StartNodes(t, 3)
	joined(t, nodes)
	for i, s := range nodes.Servers {
		status, answer := s.Call(t, http.MethodGet, "/chatbot", harness.Token(t, "ann", "user"), nil)
		if bots, _ := answer["chatbots"].([]any); status != http.StatusOK || len(bots) != 1 {
			t.Errorf("node %d: %d %v", i, status, answer)
		}
		for _, line := range strings.Split(s.Log(), "\n") {
			if strings.Contains(line, "level=ERROR") {
				t.Errorf("node %d: %s", i, line)
			}
		}
	}
}

// Nodes that start while Redis is away serve, and are among the others once it is there.
func TestStartWithoutRedis(t *testing.T) {
	nodes := harness.NewNodes(t, 2)
	if err := nodes.Store.Kill(); err != nil {
		t.Fatal(err)
	}
	nodes.Run()
	room := nodes.Servers[0].Room(t, "ann", "bob")
	ann, bob := nodes.Servers[0].Dial(t, "ann"), nodes.Servers[1].Dial(t, "bob")
	hear := func(text string) {
		t.Helper()
		if a := ann.Call("message", room, text); !a.Ok {
			t.Fatalf("%s: %s", text, a.Raw)
		}
		bob.Await(text, func(a harness.Arrival) bool { return a.Name == "message" && a.Message == text })
	}
	hear("without Redis")
	for i, ops := range nodes.Ops {
		if harness.Metric(t, ops, "parley_bus_connected") != 0 {
			t.Errorf("node %d says that Redis is there", i)
		}
	}
	if err := nodes.Store.Start(); err != nil {
		t.Fatal(err)
	}
	joined(t, nodes)
	harness.Eventually(t, harness.Patience, func() (bool, string) {
		n := subscribed(t, nodes, room)
		return n == 2, fmt.Sprintf("%d nodes listen to the room", n)
	})
	before := harness.Metric(t, nodes.Ops[1], "parley_bus_delivered_total")
	hear("with Redis")
	if harness.Metric(t, nodes.Ops[1], "parley_bus_delivered_total") == before {
		t.Error("bob's node was not told of the message")
	}
}

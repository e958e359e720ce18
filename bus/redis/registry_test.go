package redis

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"parley/internal/testenv"
)

func TestNodesComeAndGo(t *testing.T) {
	server := testenv.Redis(t)
	all := joinNodes(t, server.URL(), "a", "b")
	a, b := all[0], all[1]
	if at, ok := a.NodeURL("b"); !ok || at != "http://b" {
		t.Fatalf("b is reached at %q, %v", at, ok)
	}
	if at, ok := a.NodeURL("a"); !ok || at != "http://a" {
		t.Fatalf("a reaches itself at %q, %v", at, ok)
	}
	b.kill()
	await(t, "b is forgotten", func() bool { _, ok := a.NodeURL("b"); return !ok })
	c := joinNode(t, server.URL(), "c")
	a.together(t, 1)
	c.leave()
	await(t, "c is forgotten", func() bool { _, ok := a.NodeURL("c"); return !ok })
	for _, line := range []string{"a node has come", "a node has gone"} {
		if n := a.testNode.told(line); n != 2 {
			t.Errorf("%q is logged %d times, want of b and c", line, n)
		}
	}
}

// A node that is asked for before the next beat is found, and one that does not exist costs
// five questions a second.
func TestUnknownNode(t *testing.T) {
	server := testenv.Redis(t)
	a := open(t, server.URL(), "a", nil).run(t)
	await(t, "a has beaten", func() bool { _, here := a.registry.standing("a"); return here })
	b := open(t, server.URL(), "b", nil).run(t)
	await(t, "b has beaten", func() bool { _, here := b.registry.standing("b"); return here })
	await(t, "b is found, long before a's next beat", func() bool { _, ok := a.NodeURL("b"); return ok })

	client := server.Client()
	defer client.Close()
	calls := func() string { return client.Info(t.Context(), "commandstats").Val() }
	before := commandCalls(calls(), "evalsha")
	begun := time.Now()
	for range 2000 {
		if _, ok := a.NodeURL("nobody"); ok {
			t.Fatal("a node that does not exist is found")
		}
	}
	most := 4 + 5*int(time.Since(begun)/time.Second+1) // beats of two nodes, and questions
	if n := commandCalls(calls(), "evalsha") - before; n > most {
		t.Errorf("2000 lookups ask Redis %d times, want at most %d", n, most)
	}
}

func commandCalls(stats, command string) (n int) {
	_, rest, _ := strings.Cut(stats, "cmdstat_"+command+":calls=")
	_, _ = fmt.Sscanf(rest, "%d", &n)
	return n
}

// What others write into Redis is no reason to die, nor to send anybody anywhere.
func TestHostileRegistry(t *testing.T) {
	server := testenv.Redis(t)
	a := joinNode(t, server.URL(), "a")
	a.together(t, 0)
	client := server.Client()
	defer client.Close()
	now := time.Now().Add(time.Minute).UnixMicro()
	for node, entry := range map[string]string{
		"": "", "x": "x", "file.1": fmt.Sprint(now, " 0 0 0 file:///etc/passwd"), "none.1": fmt.Sprint(now, " 0 0 0 http://"),
		"long.1": fmt.Sprint(now, " 0 0 0 http://", strings.Repeat("x", maxURL)), "minus.1": "-5 0 0 0 http://x", "few.1": "1 2 http://x",
		"\x00\xff": "\x00 \xff", "future.1": "9223372036854775807 9223372036854775807 0 9223372036854775807 http://future",
	} {
		if err := client.HSet(t.Context(), nodesKey, node, entry).Err(); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 2 * maxNodes {
		client.HSet(t.Context(), nodesKey, fmt.Sprint("many-", i, ".1"), fmt.Sprint(now, " 0 0 0 http://many"))
	}
	await(t, "something is learnt", func() bool { return len(a.Nodes()) > 1 })
	nodes := a.Nodes()
	if len(nodes) > maxNodes+1 {
		t.Errorf("%d nodes are believed", len(nodes))
	}
	for _, node := range []string{"file", "none", "long", "minus", "few", "x", ""} {
		if at, ok := nodes[node]; ok {
			t.Errorf("node %q is believed to be at %q", node, at)
		}
	}
	maps.DeleteFunc(nodes, func(_, at string) bool { return at == "http://many" || at == "http://future" || at == "http://a" })
	if len(nodes) > 0 {
		t.Errorf("believed: %v", nodes)
	}
}

package relay

import (
	"net/http"
	"runtime"
	"strings"
	"testing"

	"parley/gateway/engineio"
)

// BenchmarkPoll is a poll that finds a message of 200 bytes, asked of the node whose
// connection it is and of another, over loopback. Client and nodes are one process.
func BenchmarkPoll(b *testing.B) {
	benchmark(b, func(ask *node, c *engineio.Conn, query string) {
		c.Send(engineio.Message([]byte(text)))
		if a := ask.do(http.MethodGet, query, ""); len(a.body) != len(text)+1 {
			b.Fatalf("got %v", a)
		}
	})
}

// BenchmarkPost is a POST of one packet that asks for nothing.
func BenchmarkPost(b *testing.B) {
	benchmark(b, func(ask *node, _ *engineio.Conn, query string) {
		if a := ask.do(http.MethodPost, query, "6"); a.body != "ok" {
			b.Fatalf("got %v", a)
		}
	})
}

var text = strings.Repeat("x", 200)

func benchmark(b *testing.B, once func(ask *node, c *engineio.Conn, query string)) {
	ns := nodesOf(b, "a", "b")
	query := ns[0].connect()
	c := ns[0].engine.Conns()[0]
	for _, way := range []struct {
		name string
		ask  *node
	}{{"direct", ns[0]}, {"relayed", ns[1]}} {
		b.Run(way.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				once(way.ask, c, query)
			}
		})
	}
}

// BenchmarkSocketMemory is what an idle WebSocket costs: on the node whose it is,
// and what the node between costs besides. The client's part is in both.
func BenchmarkSocketMemory(b *testing.B) {
	const sockets = 500
	for _, way := range []string{"direct", "relayed"} {
		b.Run(way, func(b *testing.B) {
			for b.Loop() {
				ns := nodesOf(b, "a", "b")
				ask := ns[0]
				if way == "relayed" {
					ask = ns[1]
				}
				ask.upgrade(ns[0].connect())
				before := memory()
				for range sockets {
					ask.upgrade(ns[0].connect())
				}
				b.ReportMetric(float64(memory()-before)/sockets/1024, "KiB/socket")
				for _, c := range ns[0].engine.Conns() {
					c.Drop()
				}
			}
		})
	}
}

// memory is what heap and stacks hold.
func memory() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

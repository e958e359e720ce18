package rawws

import (
	"bufio"
	"net/http"
	"os"
	"runtime"
	"testing"
)

// BenchmarkIdle tells what an idle connection at / costs the server, in heap and
// stacks; its clients keep nothing but their descriptors.
//
//	go test ./gateway/rawws -run - -bench Idle -benchtime 2000x
func BenchmarkIdle(b *testing.B) {
	w := openWorld(b)
	clients := make([]*os.File, 0, b.N)
	w.idle(b) // what is made once
	before := footprint()
	for range b.N {
		clients = append(clients, w.idle(b))
	}
	after := footprint()
	b.ReportMetric(float64(after.heap-before.heap)/float64(b.N)/1024, "heap-KiB/conn")
	b.ReportMetric(float64(after.stack-before.stack)/float64(b.N)/1024, "stack-KiB/conn")
	b.ReportMetric(float64(runtime.NumGoroutine())/float64(b.N), "goroutines/conn")
	for _, c := range clients {
		_ = c.Close()
	}
}

// idle opens a connection that has got its first message and sent one of its own.
func (w *world) idle(b *testing.B) *os.File {
	conn := w.wire("GET /?token=ann", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")
	r := bufio.NewReader(conn)
	if _, err := http.ReadResponse(r, nil); err != nil { //nolint:bodyclose // it has none
		b.Fatal(err)
	}
	if _, _, err := readFrame(r); err != nil {
		b.Fatal(err)
	}
	_, _ = conn.Write(append([]byte{0x81, 0x80 | 15, 0, 0, 0, 0}, `{"type":"ping"}`...))
	if _, _, err := readFrame(r); err != nil {
		b.Fatal(err)
	}
	f, err := conn.File()
	if err != nil {
		b.Fatal(err)
	}
	_ = conn.Close()
	return f
}

type memory struct{ heap, stack int64 }

func footprint() memory {
	var m runtime.MemStats
	for range 3 { // stacks shrink by halves
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return memory{int64(m.HeapAlloc), int64(m.StackInuse)} //nolint:gosec // of a test
}

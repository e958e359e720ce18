package rawws

import (
	"bytes"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/chat"
	"parley/limit"
)

// TestFlood has 10,000 messages at once from one connection: what is past its
// rate is refused, and nobody else notices.
func TestFlood(t *testing.T) {
	w := openWorld(t, func(o *Options) {
		o.EventRate = func() Limiter {
			return limit.NewBucket(limit.Rate{Events: 50, Per: time.Second, Burst: 1000}, time.Now)
		}
	})
	other, _ := w.connect("bob")
	c, _ := w.connect("ann")
	const n = 10_000
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range n {
			c.send([]string{`{"type":"ping"}`, `{"type":"poem"}`, `{`}[i%3])
		}
	})
	limited := 0
	for i := range n {
		m := c.next()
		if field(m, "code") == "rate_limited" {
			limited++
			if !strings.Contains(string(m), `"retryAfterMs":`) {
				t.Fatalf("%s says not when", m)
			}
		}
		if i == n/2 {
			undisturbed(t, other)
		}
	}
	wg.Wait()
	if limited < n/2 {
		t.Errorf("%d of %d were refused", limited, n)
	}
}

// TestSlowReaders has clients that let pile up what they are sent: each is closed
// with 1013 once it is past its bound, and the server does not grow.
func TestSlowReaders(t *testing.T) {
	const bound = 64 << 10
	w := openWorld(t, func(o *Options) { o.OutboxBytes = bound })
	w.doors.linger = patience
	bob, _ := w.connect("bob")
	c, first := w.connect("ann")
	room := field(first, "conversation")
	text := strings.Repeat("x", 60<<10)
	before := heap()
	sent := 0
	for full := false; !full && sent < 200; sent++ {
		w.post("ann", room, text)
		w.doors.mu.Lock()
		for one := range w.doors.conns {
			full = full || one.ended()
		}
		w.doors.mu.Unlock()
	}
	if grown := heap() - before; grown > 8<<20 {
		t.Errorf("the server grew by %d bytes", grown)
	}
	undisturbed(t, bob)
	code, all := c.closed() // it reads again, in time to hear of its end
	if code != 1013 || field(all[len(all)-1], "code") != "unavailable" || len(all) > sent {
		t.Errorf("closed with %d after %d of %d", code, len(all), sent)
	}
}

// TestUnreadIsCut has a client that never reads again.
func TestUnreadIsCut(t *testing.T) {
	w := openWorld(t, func(o *Options) { o.OutboxBytes = 64 << 10 })
	bob, _ := w.connect("bob")
	room := chat.ConversationOf("ann")
	text := strings.Repeat("x", 60<<10)
	mute, _ := w.mute("/ws?token=ann")
	defer mute.Close()
	for range 100 {
		w.post("ann", room, text)
	}
	eventually(t, "it is cut", func() bool { n, _ := w.doors.Connections(); return n == 1 })
	undisturbed(t, bob)
}

func heap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc) //nolint:gosec // of a test
}

// TestUnreadAnswers has clients that ask without end and read nothing.
func TestUnreadAnswers(t *testing.T) {
	w := openWorld(t)
	other, _ := w.connect("bob")
	for name, frame := range map[string][]byte{
		"pings":   append([]byte{0x89, 0xfd, 0, 0, 0, 0}, make([]byte, 125)...),
		"garbage": {0x81, 0x81, 0, 0, 0, 0, '{'},
	} {
		conn, _ := w.mute("/ws?token=ann")
		many := bytes.Repeat(frame, 1000)
		for range 200 { // until the server has had enough
			if _, err := conn.Write(many); err != nil {
				break
			}
		}
		eventually(t, name+": it is cut", func() bool { n, _ := w.doors.Connections(); return n == 1 })
		undisturbed(t, other)
	}
}

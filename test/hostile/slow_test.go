package hostile

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"parley/test/harness"
)

// TestSlowReaders: clients that stop reading, read a byte a second, or stop
// polling, are closed at their bound while 50 MB pass through their room. The
// memory stays flat, and with their cursors they miss nothing.
func TestSlowReaders(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	const messages = 800
	start := h.cursor(t)
	stopped := h.slow(t)
	trickle := h.slow(t)
	go func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for b := make([]byte, 1); ; <-tick.C {
			if _, err := trickle.Conn.Read(b); err != nil {
				return
			}
		}
	}()
	lazy := h.poller(t)
	lazy.join(t, "mallory")
	before := h.bob.count("message")
	h.flat(t, 60, func() {
		filler := strings.Repeat("x", 64_000)
		for i := range messages {
			id := h.alice.emit("message", h.room, filler)
			if i%5 == 4 { // alice gets them too, and must keep up
				if a := h.alice.answer(t, id); a["ok"] != true {
					t.Fatal(a)
				}
			}
		}
		eventually(t, "bob has every message", func() bool { return h.bob.count("message") == before+messages })
	})
	h.unharmed(t) // all three are gone
	if code := stopped.closeCode(); code != 0 && code != 1013 {
		t.Errorf("closed with %d", code)
	}
	_ = stopped.Close()
	_ = trickle.Close()
	if status, body := lazy.get(t); status != http.StatusBadRequest {
		t.Errorf("the lazy poller still gets %d %.50s", status, body)
	}
	h.catchUp(t, start, messages)
	h.unharmed(t)
}

// slow connects mallory with small buffers.
func (h *house) slow(t *testing.T) *raw {
	t.Helper()
	r := dialFrames(t, h.Addr)
	_ = r.Conn.(*net.TCPConn).SetReadBuffer(64 << 10)
	_ = r.SetDeadline(time.Now().Add(2 * time.Minute)) // as long as the flood takes
	r.enter(t, "mallory")
	return r
}

// cursor is where the room stands, as ready tells mallory.
func (h *house) cursor(t *testing.T) string {
	t.Helper()
	c := h.join(t, "mallory")
	defer c.close()
	rooms, _ := c.event(t, "ready")["rooms"].(map[string]any)
	cursor, _ := rooms[h.room].(string)
	if cursor == "" {
		t.Fatal("ready names no cursor")
	}
	return cursor
}

// catchUp reads from a cursor on until there is no more.
func (h *house) catchUp(t *testing.T, cursor string, least int) {
	t.Helper()
	c := h.join(t, "mallory")
	defer c.close()
	got, last := 0, 0.0
	for more := true; more; {
		a := c.call(t, "sync", map[string]any{"rooms": map[string]string{h.room: cursor}})
		rooms, _ := a["rooms"].(map[string]any)
		one, _ := rooms[h.room].(map[string]any)
		list, _ := one["messages"].([]any)
		for _, m := range list {
			seq, _ := m.(map[string]any)["seq"].(float64)
			if last != 0 && seq != last+1 {
				t.Fatalf("after %v comes %v", last, seq)
			}
			last = seq
			got++
		}
		cursor, _ = one["cursor"].(string)
		more, _ = one["more"].(bool)
		if more && len(list) == 0 {
			b, _ := json.Marshal(a)
			t.Fatalf("no message, but more: %.200s", b)
		}
	}
	if got < least {
		t.Errorf("%d messages of %d", got, least)
	}
}

// TestOfficialClientComesBack: a slow official client is closed, comes back by
// itself and gets what it missed through sync.
func TestOfficialClientComesBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	result := make(chan clientReport, 1)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	go func() {
		var r clientReport
		harness.Node(t, time.Minute, "hostile-client.mjs", map[string]any{
			"url": h.URL, "token": harness.Token(t, "mallory", "user"), "mode": "block", "room": h.room, "until": "the end",
		}, &r)
		result <- r
	}()
	eventually(t, "the client has joined", func() bool { return h.vitals(t).connections == h.base.connections+1 })
	h.bob.eventWhere(t, "message", func(m map[string]any) bool { return m["message"] == "ready" })
	filler := strings.Repeat("x", 64_000)
	for i := range 200 {
		if id := h.alice.emit("message", h.room, filler); i%5 == 4 {
			h.alice.answer(t, id)
		}
	}
	h.alice.call(t, "message", h.room, "the end")
	select {
	case r := <-result:
		if r.Connects < 2 || r.Messages < 201 {
			t.Errorf("the client reports %+v", r)
		}
	case <-ctx.Done():
		t.Error("the client did not come back in time")
	}
	h.unharmed(t)
}

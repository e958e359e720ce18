package hostile

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"parley/test/harness"
)

// TestEventFlood: 10,000 events at once are all answered, in order, most with
// when to come back; the others notice nothing. A fresh CONNECT is no way around.
func TestEventFlood(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := h.join(t, "mallory")
	const events = 10_000
	for range events {
		c.emit("ping")
	}
	h.talk(t)
	allowed, refused := 0, 0
	for id := 1; id <= events; id++ {
		a := c.answer(t, id)
		if code(a) == "" {
			allowed++
			continue
		}
		refused++
		if after, _ := a["error"].(map[string]any)["retryAfterMs"].(float64); code(a) != "rate_limited" || after <= 0 {
			t.Fatalf("answer %d: %v", id, a)
		}
	}
	t.Logf("%d allowed, %d refused", allowed, refused)
	if allowed < 1000 || refused < events/2 {
		t.Errorf("%d allowed, %d refused", allowed, refused)
	}
	token := map[string]string{"token": harness.Token(t, "mallory", "user")}
	for range 20 {
		c.emit("ping") // whatever has dripped into the bucket meanwhile
	}
	if got := c.connectTo(t, "/chat/", token); !strings.Contains(got, `"rate_limited"`) {
		c.answer(t, c.emit("ping"))
		more := 0
		for range 500 {
			_ = c.send(fmt.Sprintf(`42/chat/,%d["ping"]`, c.lastID+1))
			c.lastID++
			if code(c.answer(t, c.lastID)) == "" {
				more++
			}
		}
		if more > 400 {
			t.Errorf("the other namespace allows %d events more", more)
		}
	}
	c.close()
	h.unharmed(t)
}

// TestTypingFlood: typing has a rate of its own.
func TestTypingFlood(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := h.join(t, "mallory")
	refused := 0
	for range 200 {
		if code(c.call(t, "typing", h.room, true)) == "rate_limited" {
			refused++
		}
	}
	if refused == 0 {
		t.Error("200 typing events at once pass")
	}
	c.lives(t)
	c.close()
	h.unharmed(t)
}

// TestControlFlood: a client that sends control frames or acks and reads nothing
// is cut off at its bound, and takes no memory beyond it.
func TestControlFlood(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	for name, batch := range map[string]string{
		"empty pings": strings.Repeat(frame(fin|opPing, ""), 20_000),
		"full pings":  strings.Repeat(frame(fin|opPing, strings.Repeat("x", 125)), 2000),
	} {
		t.Run(name, func(t *testing.T) {
			h.flat(t, 30, func() {
				r := dialFrames(t, h.Addr)
				_ = r.Conn.(*net.TCPConn).SetReadBuffer(64 << 10)
				cut := false
				for range 1000 {
					if _, err := r.Write([]byte(batch)); err != nil {
						cut = true
						break
					}
				}
				if !cut {
					t.Error("the flood is taken")
				}
				_ = r.Close()
			})
			h.unharmed(t)
		})
	}
	for name, packet := range map[string]string{
		"acks of a megabyte":     `43/chat,1["` + strings.Repeat("x", 900_000) + `"]`,
		"unknown namespaces":     "40/" + strings.Repeat("x", 500) + ",",
		"events of a megabyte":   `42/chat,["no such event","` + strings.Repeat("x", 900_000) + `"]`,
		"mistakes without reply": `42/chat,["join",1]`,
	} {
		t.Run(name, func(t *testing.T) {
			h.flat(t, 60, func() {
				r := dialFrames(t, h.Addr)
				r.enter(t, "mallory")
				for sent := 0; sent < 60*megabyte && sent < 20_000*len(packet); sent += len(packet) {
					if _, err := r.Write([]byte(text(packet))); err != nil {
						break
					}
				}
				_ = r.Close()
			})
			h.unharmed(t)
		})
	}
}

// TestLargeSync: catching up with much text is answered in parts that a client
// can take, not in one answer of any size.
func TestLargeSync(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	const rooms, messages = 4, 30
	alice := h.alice
	ids := map[string]string{}
	for range rooms {
		room := h.Room(t, "alice", "mallory")
		ids[room] = ""
		for i := range messages {
			id := alice.emit("message", room, fmt.Sprintf("%d %s", i, strings.Repeat("x", 60_000)))
			if i%5 == 4 { // alice gets them too, and must keep up
				if a := alice.answer(t, id); a["ok"] != true {
					t.Fatal(a)
				}
			}
		}
	}
	c := dial(t, h.Addr, http.Header{})
	c.connect(t, harness.Token(t, "mallory", "user"))
	got := map[string]int{}
	h.flat(t, 60, func() {
		for rounds := 0; len(ids) > 0; rounds++ {
			if rounds > 1000 {
				t.Fatal("there is always more")
			}
			id := c.emit("sync", map[string]any{"rooms": ids})
			a := c.answer(t, id)
			if size := len(c.acks[id]); size > 1<<20 {
				t.Fatalf("one answer of %d bytes", size)
			}
			answered, _ := a["rooms"].(map[string]any)
			for room := range ids {
				one, _ := answered[room].(map[string]any)
				list, _ := one["messages"].([]any)
				for _, m := range list {
					text, _ := m.(map[string]any)["message"].(string)
					if !strings.HasPrefix(text, fmt.Sprint(got[room], " ")) {
						t.Fatalf("message %d is %.10s", got[room], text)
					}
					got[room]++
				}
				if ids[room], _ = one["cursor"].(string); one["more"] != true {
					delete(ids, room)
				}
			}
		}
	})
	for room, n := range got {
		if n != messages {
			t.Errorf("%d messages of %s", n, room)
		}
	}
	if len(got) != rooms {
		t.Errorf("%d rooms", len(got))
	}
	c.close()
	h.unharmed(t)
}

package hostile

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/test/harness"
)

// TestPresenceOfOthers: who is not in a room learns nothing of it, gives nothing
// into it, and leaves nothing behind by naming it, however many they name.
func TestPresenceOfOthers(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	private := h.Room(t, "alice", "bob")
	c := h.join(t, "mallory")
	before := h.bob.count("typing") + h.bob.count("presence")
	for _, event := range []string{"presence", "typing"} {
		for _, room := range []string{private, "none", strings.ToUpper(h.room), h.room + "x", "%", "*"} {
			if got := code(c.call(t, event, room)); got != "not_found" {
				t.Errorf("%s of %s: %q", event, room, got)
			}
		}
	}
	if got := code(c.call(t, "message", map[string]any{"roomId": private, "contentType": "typing", "content": "x"})); got != "not_found" {
		t.Errorf("a typing message: %q", got)
	}
	h.flat(t, 40, func() {
		for i := range 3000 {
			c.emit([]string{"presence", "typing", "connectToRoom"}[i%3], fmt.Sprint("room", i))
			if i%500 == 499 {
				c.answer(t, c.lastID)
			}
		}
	})
	h.talk(t)
	if after := h.bob.count("typing") + h.bob.count("presence"); after != before {
		t.Errorf("bob got %d events of others", after-before)
	}
	c.close()
	h.unharmed(t)
}

// TestPresenceFlapping: connections that come and go tell the others once.
func TestPresenceFlapping(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	before := h.bob.count("presence")
	token := harness.Token(t, "mallory", "user")
	begin := time.Now()
	const times = 300
	for i := range times {
		c := dial(t, h.Addr, nil)
		if got := c.connect(t, token); got[0] != '0' {
			t.Fatal(got)
		}
		if i%2 == 0 {
			_ = c.send("41/chat,")
		}
		c.close()
	}
	h.talk(t)
	took := time.Since(begin)
	told := h.bob.count("presence") - before
	t.Logf("%d connections in %v: bob is told %d times", times, took, told)
	const grace = 10 * time.Second // each off and on is at least that far apart
	if most := 2 + 2*int(took/grace); told > most {
		t.Errorf("bob is told %d times in %v", told, took)
	}
	h.unharmed(t)
}

// TestPresenceTypingByMany measures and bounds what one user's connections make a
// bystander receive: at most the rate of typing of each.
func TestPresenceTypingByMany(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const connections, rounds = 10, 60
	var all []*client
	for range connections {
		all = append(all, h.join(t, "mallory"))
	}
	before := h.bob.count("typing")
	begin := time.Now()
	allowed := 0
	for range rounds {
		for _, c := range all {
			c.emit("typing", h.room, true)
		}
	}
	for _, c := range all {
		for id := 1; id <= rounds; id++ {
			if code(c.answer(t, id)) == "" {
				allowed++
			}
		}
	}
	h.talk(t)
	took := time.Since(begin)
	told := h.bob.count("typing") - before
	t.Logf("%d connections, %d typing events in %v: %d allowed, bob got %d", connections, connections*rounds, took, allowed, told)
	const rate = 20 // a second, and as many at once
	if most := connections * rate * (2 + int(took/time.Second)); allowed > most || told > allowed {
		t.Errorf("bob got %d, %d were allowed, of at most %d", told, allowed, most)
	}
	for _, c := range all {
		c.close()
	}
	eventually(t, "mallory has stopped", func() bool {
		last := map[string]any{}
		h.bob.mu.Lock()
		for _, e := range h.bob.events {
			if e.name == "typing" {
				last = e.body
			}
		}
		h.bob.mu.Unlock()
		return last["typing"] == false
	})
	h.unharmed(t)
}

// TestPresenceComingAndGoing: whoever joins and leaves a public room without end is
// held to the rate of events; the room ends with the truth.
func TestPresenceComingAndGoing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	a := h.as(t, "bob", "user", http.MethodPost, "/chat/rooms", `{"roomName":"open","users":["alice"],"visibility":"public"}`)
	room, _ := a.json(t)["roomId"].(string)
	c := h.join(t, "mallory")
	const times = 100
	for range times {
		c.emit("join", room)
		c.emit("typing", room, true)
		c.emit("leave", room)
	}
	c.answer(t, c.lastID)
	h.talk(t)
	joined, left, online, typing := h.bob.count("participant-joined"), h.bob.count("participant-left"), h.bob.count("presence"), h.bob.count("typing")
	t.Logf("%d times: %d joined, %d left, %d presence, %d typing", times, joined, left, online, typing)
	if joined > times || left != joined || online > 2*times+2 || typing > 2*times {
		t.Errorf("bob is told %d joined, %d left, %d presence, %d typing", joined, left, online, typing)
	}
	if got := h.bob.call(t, "presence", room); strings.Contains(fmt.Sprint(got["online"]), "mallory") {
		t.Errorf("mallory has left: %v", got)
	}
	c.close()
	h.unharmed(t)
}

// TestPresenceInManyRooms: whoever is put into so many rooms that naming them takes
// more than a connection may be behind still gets in.
func TestPresenceInManyRooms(t *testing.T) {
	t.Parallel()
	const rooms = 1000
	h := newHouse(t, generous, "PARLEY_LIMIT_OUTBOX=32768")
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			for range rooms / 10 {
				// Their maker never connects: going offline, mallory would be told of in each room at once.
				h.as(t, "trudy", "user", http.MethodPost, "/chat/rooms", `{"roomName":"join me","users":["carol"]}`)
			}
		})
	}
	all.Wait()
	for range 10 {
		c := h.join(t, "carol")
		if named, _ := c.event(t, "ready")["rooms"].(map[string]any); len(named) != rooms {
			t.Errorf("ready names %d rooms", len(named))
		}
		c.lives(t)
		c.close()
	}
	p := h.poller(t)
	p.join(t, "carol")
	p.stop()
	h.unharmed(t)
}

package hostile

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"parley/test/harness"
)

// impatient is a server that gives up on silent clients soon.
var impatient = []string{generous, "PARLEY_HEARTBEAT_INTERVAL=1s", "PARLEY_HEARTBEAT_TIMEOUT=1s"}

// TestHandshakes: what the protocol does not allow is refused with its error.
func TestHandshakes(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	p := h.poller(t)
	ws := dial(t, h.Addr, nil)
	if !ws.until(func() bool { return ws.open != "" }) {
		t.Fatal("no OPEN")
	}
	wsSid := strings.Split(ws.open, `"`)[3]
	for _, tt := range []struct {
		method, query string
		code          int
	}{
		{"GET", "", 0},
		{"GET", "EIO=3&transport=polling", 5},
		{"GET", "EIO=3&transport=websocket", 5},
		{"GET", "EIO=4", 0},
		{"GET", "EIO=4&transport=webtransport", 0},
		{"GET", "EIO=4&transport=polling&sid=nobody", 1},
		{"POST", "EIO=4&transport=polling&sid=nobody", 1},
		{"GET", "EIO=4&transport=websocket&sid=nobody", 1},
		{"GET", "EIO=4&transport=polling&sid=%00%ff", 1},
		{"GET", "EIO=4&transport=polling&sid=" + strings.Repeat("x", 8000), 1},
		{"POST", "EIO=4&transport=polling", 2},
		{"PUT", "EIO=4&transport=polling", 2},
		{"DELETE", "EIO=4&transport=polling&sid=" + p.sid, 3},
		{"GET", "EIO=4&transport=websocket&sid=" + p.sid, 3}, // no upgrade headers
		{"GET", "EIO=4&transport=websocket", 3},
		{"GET", "EIO=4&transport=websocket&sid=" + wsSid, 3},
	} {
		status, answer := h.Call(t, tt.method, "/realtime/?"+tt.query, "", nil)
		if status != http.StatusBadRequest || answer["code"] != float64(tt.code) || answer["message"] == "" {
			t.Errorf("%s %.60s: %d %v, want code %d", tt.method, tt.query, status, answer, tt.code)
		}
	}
	for _, sid := range []string{wsSid, "nobody"} {
		if c, res, err := tryDial(h.Addr, "/realtime/?EIO=4&transport=websocket&sid="+sid, nil); err == nil {
			c.close()
			t.Errorf("the session %s is upgraded", sid)
		} else if res == nil || res.StatusCode != http.StatusBadRequest {
			t.Errorf("an upgrade of %s: %v %v", sid, res, err)
		}
	}
	ws.lives(t)
	p.join(t, "mallory")
	p.stop()
	ws.close()
	h.unharmed(t)
}

// TestAbandonedPolling: what is left alone goes away.
func TestAbandonedPolling(t *testing.T) {
	t.Parallel()
	h := newHouse(t, impatient...)
	for i := range 300 {
		p := h.poller(t)
		if i%3 == 0 {
			p.join(t, "mallory")
		}
		p.http.CloseIdleConnections()
	}
	h.unharmed(t)
}

// TestOverlaps: two GETs or two POSTs of one session at once end it.
func TestOverlaps(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	t.Run("polls", func(t *testing.T) {
		p := h.poller(t)
		p.join(t, "mallory")
		var refused atomic.Int32
		var polls sync.WaitGroup
		for range 5 {
			polls.Go(func() {
				if status, _, err := p.try(context.Background(), http.MethodGet, nil); err == nil && status == http.StatusBadRequest {
					refused.Add(1)
				}
			})
		}
		polls.Wait()
		if refused.Load() == 0 {
			t.Error("no poll was refused")
		}
		h.unharmed(t)
	})
	t.Run("posts", func(t *testing.T) {
		p := h.poller(t)
		r := dialRaw(t, h.Addr)
		r.say("POST /realtime/?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n4", p.sid)
		eventually(t, "a second POST is refused", func() bool {
			status, _ := p.post(t, "6")
			return status == http.StatusBadRequest
		})
		_ = r.Close()
		h.unharmed(t)
	})
}

// TestLargePost: a body past the limit is neither read nor kept, whether its
// length is declared or not.
func TestLargePost(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	chunk := fmt.Sprintf("%x\r\n%s\r\n", 60_000, strings.Repeat("x", 60_000))
	for name, head := range map[string]string{
		"declared": "Content-Length: 60000000\r\n\r\n",
		"chunked":  "Transfer-Encoding: chunked\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			for _, user := range []string{"", "mallory"} {
				p := h.poller(t)
				if user != "" {
					p.join(t, user)
				}
				h.flat(t, 40, func() {
					r := dialRaw(t, h.Addr)
					r.say("POST /realtime/?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: x\r\n%s", p.sid, head)
					for range 1000 {
						if _, err := r.Write([]byte(chunk)); err != nil {
							break // refused
						}
					}
					_ = r.Close()
				})
				h.unharmed(t)
			}
		})
	}
}

// flat runs something while the memory of the server is watched: it must not
// grow by more than some megabytes, garbage included. The race detector makes
// each of them several.
func (h *house) flat(t *testing.T, megabytes float64, run func()) {
	t.Helper()
	h.liveHeap(t)
	before := h.vitals(t)
	done := make(chan struct{})
	most := before
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				now := h.vitals(t)
				most.heap, most.rss = max(most.heap, now.heap), max(most.rss, now.rss)
			}
		}
	})
	func() {
		defer watching.Wait()
		defer close(done)
		run()
	}()
	grown := (most.heap - before.heap) / 1e6
	t.Logf("heap +%.0f MB, resident +%.0f MB", grown, (most.rss-before.rss)/1e6)
	if grown > megabytes {
		t.Errorf("the heap grew by %.0f MB", grown)
	}
}

// TestUpgrades: an upgrade that is refused, doubled or given up leaves the
// polling as it was.
func TestUpgrades(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	probe := func(p *poller, say ...string) *client {
		c, _, err := tryDial(h.Addr, "/realtime/?EIO=4&transport=websocket&sid="+p.sid, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range say {
			_ = c.send(s)
		}
		return c
	}
	t.Run("two at once", func(t *testing.T) {
		p := h.poller(t)
		c := probe(p, "2probe")
		if _, res, err := tryDial(h.Addr, "/realtime/?EIO=4&transport=websocket&sid="+p.sid, nil); err == nil || res.StatusCode != http.StatusBadRequest {
			t.Errorf("a second upgrade: %v %v", res, err)
		}
		_ = c.send("5")
		c.lives(t)
		c.close()
		h.unharmed(t)
	})
	for name, say := range map[string][]string{
		"given up after the probe": {"2probe"},
		"no probe":                 {"5"},
		"another probe":            {"2prob"},
		"a message as probe":       {"42/chat,[\"ping\"]"},
		"a message for the 5":      {"2probe", "42/chat,[\"ping\"]"},
		"large":                    {strings.Repeat("2", megabyte+1)},
		"nothing":                  {},
	} {
		t.Run(name, func(t *testing.T) {
			p := h.poller(t)
			c := probe(p, say...)
			if len(say) > 0 && say[0] == "2probe" && !c.until(func() bool { return c.received > 0 }) {
				t.Error("no answer to the probe")
			}
			c.close()
			p.join(t, "mallory")
			p.stop()
			h.unharmed(t)
		})
	}
	t.Run("silence", func(t *testing.T) {
		long(t)
		p := h.poller(t)
		c := probe(p, "2probe")
		c.until(func() bool { return c.received > 0 })
		p.join(t, "mallory")
		c.ended(t)
		p.stop()
		h.unharmed(t)
	})
}

// TestSlowloris: who takes ages over a request is cut off.
func TestSlowloris(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	p := h.poller(t)
	p.join(t, "mallory")
	requests := map[string]string{
		"nothing":     "",
		"half a line": "GET /realt",
		"no end":      "GET /realtime/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nX-Slow: 1\r\n",
	}
	bodies := map[string]string{
		"body of a POST": "POST /realtime/?EIO=4&transport=polling&sid=" + p.sid + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n4",
		"body of a call": "POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
	}
	t.Run("headers", func(t *testing.T) { h.cutOff(t, requests, 15*time.Second) })
	t.Run("bodies", func(t *testing.T) {
		long(t)
		h.cutOff(t, bodies, 75*time.Second) // 30 s for a body, 60 s for one that is refused unread
	})
	p.stop()
	h.unharmed(t)
}

func (h *house) cutOff(t *testing.T, requests map[string]string, within time.Duration) {
	t.Helper()
	var all sync.WaitGroup
	for _, request := range requests {
		for range 20 {
			r := dialRaw(t, h.Addr)
			_ = r.SetDeadline(time.Now().Add(within))
			r.say("%s", request)
			all.Go(func() {
				defer func() { _ = r.Close() }()
				r.hungUp(t)
			})
		}
	}
	h.talk(t)
	all.Wait()
}

// TestNamespaces: there is /chat, by two names, and nothing else.
func TestNamespaces(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	token := map[string]string{"token": harness.Token(t, "mallory", "user")}
	c := dial(t, h.Addr, nil)
	for _, auth := range []any{token, map[string]any{}, nil} {
		for _, name := range []string{"/", "/admin", "/chat2", "/Chat", "/chat//", "/chat?x=1", "/../chat", "/\u0000"} {
			if got := c.connectTo(t, name, auth); got[0] != '4' || !strings.Contains(got, `"message":"Invalid namespace"`) {
				t.Errorf("%q: %s", name, got)
			}
		}
	}
	for _, name := range []string{"/chat", "/chat/"} {
		if got := c.connectTo(t, name, token); got[0] != '0' {
			t.Errorf("%q: %s", name, got)
		}
	}
	c.close()
	h.unharmed(t)
}

// TestConnectStorm: fifty CONNECTs at once make one socket at most.
func TestConnectStorm(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	packet := `40/chat,{"token":"` + harness.Token(t, "mallory", "user") + `"}`
	for range 3 {
		r := dialFrames(t, h.Addr)
		r.say("%s", strings.Repeat(text(packet), 50))
		sockets := 0
		for {
			op, payload, err := r.nextFrame()
			if err != nil || op == opClose {
				break
			}
			if strings.HasPrefix(payload, "40/chat,") {
				sockets++
			}
		}
		if sockets > 1 {
			t.Errorf("%d sockets", sockets)
		}
		_ = r.Close()
	}
	h.unharmed(t)
}

// TestReconnects: a namespace is left and entered again and again, with events
// on their way, on one connection.
func TestReconnects(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	token := harness.Token(t, "mallory", "user")
	c := h.join(t, "mallory")
	for range 400 {
		_ = c.send(`42/chat,["typing","` + h.room + `",true]`)
		_ = c.send("41/chat,")
		if got := c.connect(t, token); got[0] != '0' {
			t.Fatalf("CONNECT: %s", got)
		}
	}
	c.lives(t)
	c.close()
	h.unharmed(t)
}

// TestResets: connections that are cut at every moment of their beginning.
func TestResets(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	packet := text(`40/chat,{"token":"` + harness.Token(t, "mallory", "user") + `"}`)
	for i := range 400 {
		r := dialFrames(t, h.Addr)
		r.say("%s", packet)
		for range i % 4 { // after OPEN, after CONNECT, after ready
			_, _, _ = r.nextFrame()
		}
		if i%2 == 0 {
			r.reset()
		} else {
			_ = r.Close()
		}
	}
	h.unharmed(t)
}

// TestOddUpgrades are WebSocket requests that no client makes.
func TestOddUpgrades(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	const path = "/realtime/?EIO=4&transport=websocket"
	for name, request := range map[string]string{
		"no key":           "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n",
		"a key of nothing": "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \r\n\r\n",
		"version 8":        "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		"POST":             "POST " + path + " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		"HTTP/1.0":         "GET " + path + " HTTP/1.0\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
		"no host":          "GET " + path + " HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
		"large header":     "GET " + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: " + strings.Repeat("x", 100_000) + "\r\n\r\n",
		"many headers":     "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X-A: b\r\n", 20_000) + "\r\n",
		"header with NUL":  "GET " + path + " HTTP/1.1\r\nHost: x\r\nX-A: a\x00b\r\n\r\n",
		"no HTTP":          "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 HELO\r\n\r\n",
		"two lengths":      "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
		"length and chunks": "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\n" +
			"Host: x\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			r := dialRaw(t, h.Addr)
			r.say("%s", request)
			if res, body := r.response(t); res.StatusCode < 400 || res.StatusCode >= 500 {
				t.Errorf("%d %s", res.StatusCode, body)
			}
			_ = r.Close()
			h.unharmed(t)
		})
	}
	t.Run("frames before the answer", func(t *testing.T) {
		r := dialRaw(t, h.Addr)
		r.say("GET %s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n%s", path, text("3"))
		_ = r.SetDeadline(time.Now().Add(2 * time.Second))
		_ = r.closeCode()
		_ = r.Close()
		h.unharmed(t)
	})
	t.Run("compression is not taken", func(t *testing.T) {
		d := websocket.Dialer{EnableCompression: true}
		ws, res, err := d.Dial("ws://"+h.Addr+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := res.Header.Get("Sec-WebSocket-Extensions"); got != "" {
			t.Errorf("extensions: %s", got)
		}
		_ = ws.Close()
		h.unharmed(t)
	})
}

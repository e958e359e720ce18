package engineio

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// upgrade moves a polling client to a WebSocket.
func upgrade(t testing.TB, c *poller) *websocket.Conn {
	t.Helper()
	ws := c.dial(t, "&sid="+c.sid, nil)
	write(t, ws, "2probe")
	if got := read(t, ws); got != "3probe" {
		t.Fatalf("the probe's answer is %q", got)
	}
	write(t, ws, "5")
	return ws
}

func TestUpgrade(t *testing.T) {
	n := serve(t, Options{})
	c, p := n.poll(t)
	waiting := c.later()
	pollWaits(t, p)
	ws := c.dial(t, "&sid="+c.sid, nil)
	write(t, ws, "2probe")
	if got := read(t, ws); got != "3probe" {
		t.Fatalf("the probe's answer is %q", got)
	}
	if a := recv(t, waiting, "the poll"); a.body != "6" {
		t.Errorf("the waiting poll is answered %q, want a noop", a.body)
	}
	p.Send(Message([]byte("between"))) // waits for the WebSocket
	write(t, ws, "5", "4up")
	if got := recv(t, p.got, "the message"); got != "up" {
		t.Errorf("got %q", got)
	}
	if got := read(t, ws); got != "4between" {
		t.Errorf("the first packet is %q", got)
	}
	if p.Polling() {
		t.Error("it still counts as polling")
	}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		if a := n.do(t, method, c.query(), ""); a.status != http.StatusBadRequest {
			t.Errorf("%s after the upgrade: %d", method, a.status)
		}
	}
	if a := n.do(t, http.MethodGet, "EIO=4&transport=websocket&sid="+c.sid, ""); a.status != http.StatusBadRequest {
		t.Errorf("a second upgrade: %d", a.status)
	}
	write(t, ws, "4still")
	if got := recv(t, p.got, "the message"); got != "still" {
		t.Errorf("got %q", got)
	}
}

// TestFailedProbe leaves the polling as it was, and lets another try follow.
func TestFailedProbe(t *testing.T) {
	n := serve(t, Options{UpgradeTimeout: 30 * time.Millisecond})
	for name, fail := range map[string]func(ws *websocket.Conn){
		"a wrong first packet": func(ws *websocket.Conn) { write(t, ws, "4probe") },
		"a binary probe":       func(ws *websocket.Conn) { _ = ws.WriteMessage(websocket.BinaryMessage, []byte("2probe")) },
		"silence":              func(*websocket.Conn) {},
		"silence after the probe": func(ws *websocket.Conn) {
			write(t, ws, "2probe")
			read(t, ws)
		},
		"something else after the probe": func(ws *websocket.Conn) { write(t, ws, "2probe", "4x") },
		"death":                          func(ws *websocket.Conn) { _ = ws.Close() },
		"death after the probe":          func(ws *websocket.Conn) { write(t, ws, "2probe"); _ = ws.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			c, p := n.poll(t)
			ws := c.dial(t, "&sid="+c.sid, nil)
			if a := n.do(t, http.MethodGet, "EIO=4&transport=websocket&sid="+c.sid, ""); a.status != http.StatusBadRequest {
				t.Errorf("a second upgrade beside the first: %d", a.status)
			}
			fail(ws)
			eventually(t, "the probe to fail", func() bool {
				p.Conn.mu.Lock()
				defer p.Conn.mu.Unlock()
				return !p.Conn.upgrading
			})
			p.Send(Message([]byte("down")))
			if got := c.packets(); len(got) != 1 || got[0] != "4down" {
				t.Errorf("got %q", got)
			}
			c.post("4up")
			recv(t, p.got, "the message")
			again := upgrade(t, c)
			write(t, again, "4again")
			recv(t, p.got, "the message over the WebSocket")
		})
	}
}

// TestHangingProbe: until the probe has come through, polls wait as ever; a
// WebSocket that never speaks must not make its client poll without a pause.
func TestHangingProbe(t *testing.T) {
	n := serve(t, Options{UpgradeTimeout: time.Hour})
	c, p := n.poll(t)
	c.dial(t, "&sid="+c.sid, nil)
	waiting := c.later()
	select {
	case a := <-waiting:
		t.Fatalf("the poll was answered at once: %q", a.body)
	case <-time.After(50 * time.Millisecond):
	}
	p.Send(Message([]byte("down")))
	if a := recv(t, waiting, "the poll"); a.body != "4down" {
		t.Errorf("got %q", a.body)
	}
	p.Drop() // ends the hanging WebSocket too: goleak would find its reader
}

// TestHandOver: nothing is lost, doubled or reordered between the last poll and
// the first WebSocket write, in either direction.
func TestHandOver(t *testing.T) {
	n := serve(t, Options{})
	for range 20 {
		c, p := n.poll(t)
		const count = 500
		var sending sync.WaitGroup
		sending.Go(func() {
			for i := range count {
				p.Send(Message(fmt.Append(nil, i)))
				if i%50 == 0 {
					time.Sleep(time.Millisecond) // so that it takes as long as the upgrade
				}
			}
		})
		var got []string
		take := func(body string) {
			for packet := range strings.SplitSeq(body, "\x1e") {
				if packet != "6" {
					got = append(got, packet)
				}
			}
		}
		for range 2 {
			take(c.get().body)
		}
		c.post("4a\x1e4b")
		waiting := c.later()
		ws := c.dial(t, "&sid="+c.sid, nil)
		write(t, ws, "2probe")
		if probe := read(t, ws); probe != "3probe" {
			t.Fatalf("the probe's answer is %q", probe)
		}
		take(recv(t, waiting, "the last poll").body)
		write(t, ws, "5", "4c", "4d")
		for len(got) < count {
			got = append(got, read(t, ws))
		}
		for i, packet := range got {
			if packet != fmt.Sprintf("4%d", i) {
				t.Fatalf("packet %d is %q", i, packet)
			}
		}
		for _, want := range []string{"a", "b", "c", "d"} {
			if in := recv(t, p.got, "a message"); in != want {
				t.Fatalf("got %q, want %q", in, want)
			}
		}
		sending.Wait()
		_ = ws.Close()
		recv(t, p.closed, "the end")
	}
}

// TestDeathInTheMiddle: a client that goes away anywhere in the upgrade leaves
// nothing behind.
func TestDeathInTheMiddle(t *testing.T) {
	n := serve(t, Options{UpgradeTimeout: 20 * time.Millisecond, PingInterval: 20 * time.Millisecond, PingTimeout: 20 * time.Millisecond})
	for step := range 4 {
		c, p := n.poll(t)
		waiting := c.later()
		ws := c.dial(t, "&sid="+c.sid, nil)
		if step > 0 {
			write(t, ws, "2probe")
		}
		if step > 1 {
			read(t, ws)
		}
		if step > 2 {
			write(t, ws, "5")
		}
		_ = ws.Close()
		recv(t, waiting, "the poll")
		recv(t, p.closed, "the end")
		recv(t, p.Done(), "the end")
	}
	if left := len(n.engine.Conns()); left != 0 {
		t.Errorf("%d connections are left", left)
	}
}

package engineio

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestWebSocketMessages(t *testing.T) {
	n := serve(t, Options{})
	ws, p := n.connect(t)
	write(t, ws, "4text €", "b"+"AAE=", "6", "4")
	_ = ws.WriteMessage(websocket.BinaryMessage, []byte{4, 0})
	for _, want := range []string{"text €", "binary:\x00\x01", "", "binary:\x04\x00"} {
		if got := recv(t, p.got, "a message"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestWebSocketEndings has what ends a connection, and the close code that its
// client is told.
func TestWebSocketEndings(t *testing.T) {
	n := serve(t, Options{MaxPayload: 1000})
	for _, tt := range []struct {
		name   string
		do     func(ws *websocket.Conn, p *peer)
		reason string
		code   int // 0 where the client is gone itself
	}{
		{"goodbye", func(ws *websocket.Conn, _ *peer) { write(t, ws, "1") }, ReasonTransportClose, 1000},
		{"a close frame", func(ws *websocket.Conn, _ *peer) {
			_ = ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""), time.Now().Add(patience))
		}, ReasonTransportClose, 1000},
		{"a cut", func(ws *websocket.Conn, _ *peer) { _ = ws.Close() }, ReasonTransportError, 0},
		{"no packet", func(ws *websocket.Conn, _ *peer) { write(t, ws, "x") }, ReasonParseError, 1002},
		{"an empty packet", func(ws *websocket.Conn, _ *peer) { write(t, ws, "") }, ReasonParseError, 1002},
		{"too much", func(ws *websocket.Conn, _ *peer) { write(t, ws, "4"+strings.Repeat("x", 1000)) }, ReasonTooLarge, 1009},
		{"too much in parts", func(ws *websocket.Conn, _ *peer) {
			w, _ := ws.NextWriter(websocket.TextMessage)
			for range 300 {
				_, _ = w.Write(bytes.Repeat([]byte("x"), 100))
			}
			_ = w.Close()
		}, ReasonTooLarge, 1009},
		{"Close", func(_ *websocket.Conn, p *peer) { p.Close() }, ReasonForcedClose, 1000},
		{"Drop", func(_ *websocket.Conn, p *peer) { p.Drop() }, ReasonForcedClose, 1000},
	} {
		ws, p := n.connect(t)
		tt.do(ws, p)
		if reason := recv(t, p.closed, "the end"); reason != tt.reason {
			t.Errorf("%s: ended by %q, want %q", tt.name, reason, tt.reason)
		}
		if _, _, err := ws.ReadMessage(); tt.code != 0 && !websocket.IsCloseError(err, tt.code) {
			t.Errorf("%s: the client got %v, want %d", tt.name, err, tt.code)
		}
		recv(t, p.Done(), tt.name)
	}
}

func TestWebSocketHeartbeat(t *testing.T) {
	n := serve(t, Options{PingInterval: 10 * time.Millisecond, PingTimeout: 50 * time.Millisecond})
	ws, p := n.connect(t)
	for range 3 {
		if got := read(t, ws); got != "2" {
			t.Fatalf("got %q, want a ping", got)
		}
		write(t, ws, "3", "3") // a second pong changes nothing
	}
	if reason := recv(t, p.closed, "the end"); reason != ReasonPingTimeout {
		t.Errorf("ended by %q", reason)
	}
}

// TestWebSocketTooSlow: a client that does not read is closed at its bound, and
// the reason is that, whoever notices first.
func TestWebSocketTooSlow(t *testing.T) {
	n := serve(t, Options{OutboxBytes: 1 << 20})
	for range 5 {
		_, p := n.connect(t)
		frame := Message(make([]byte, 64<<10))
		eventually(t, "the bound", func() bool {
			p.Send(frame)
			return len(p.closed) > 0
		})
		if reason := <-p.closed; reason != ReasonTooSlow {
			t.Errorf("ended by %q", reason)
		}
		recv(t, p.Done(), "the end")
	}
}

// TestWebSocketDrains: all that was queued arrives before the close frame, also
// at a client that goes on sending, whose unread packets would make the kernel
// throw away what is on its way.
func TestWebSocketDrains(t *testing.T) {
	n := serve(t, Options{OutboxBytes: 64 << 20})
	const count = 3000
	for round := range 5 {
		ws, p := n.connect(t)
		stop := make(chan struct{})
		var flood sync.WaitGroup
		flood.Go(func() {
			for packet := []byte("4" + strings.Repeat("x", 500)); ; {
				select {
				case <-stop:
					return
				default:
				}
				ping := ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(patience))
				if ping != nil || ws.WriteMessage(websocket.TextMessage, packet) != nil {
					return
				}
			}
		})
		recv(t, p.got, "the flood")
		for i := range count {
			p.Send(Message(fmt.Appendf(nil, "%d %0300d", i, 0)))
		}
		p.Close()
		for i := range count {
			_, data, err := ws.ReadMessage()
			if err != nil {
				t.Fatalf("round %d: %d of %d arrived, then %v", round, i, count, err)
			}
			if !strings.HasPrefix(string(data), fmt.Sprintf("4%d ", i)) {
				t.Fatalf("packet %d is %.20q", i, data)
			}
		}
		if _, _, err := ws.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
			t.Errorf("after the last came %v", err)
		}
		close(stop)
		_ = ws.Close()
		flood.Wait()
		recv(t, p.Done(), "the end")
	}
}

// TestCloseOfAStalledClient takes no longer than a write may.
func TestCloseOfAStalledClient(t *testing.T) {
	n := serve(t, Options{WriteTimeout: 50 * time.Millisecond, OutboxBytes: 64 << 20})
	_, p := n.connect(t)
	for range 64 {
		p.Send(Message(make([]byte, 256<<10)))
	}
	p.Close()
	recv(t, p.Done(), "the end")
}

// TestJoinedFramesArriveIntact: 100,000 messages of random sizes, from many
// goroutines, with the library's own control frames in between.
func TestJoinedFramesArriveIntact(t *testing.T) {
	const senders, each = 4, 25_000
	n := serve(t, Options{OutboxBytes: 1 << 30})
	ws, p := n.connect(t)
	pongs := 0
	ws.SetPongHandler(func(string) error { pongs++; return nil })
	payload := make([]byte, 70_000)
	for i := range payload {
		payload[i] = byte('a' + i%26)
	}
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(s), 1))
			for i := range each {
				size := rng.IntN(200)
				if rng.IntN(1000) == 0 {
					size = rng.IntN(len(payload)) // every length of header
				}
				body := payload[:size]
				p.Send(Message(fmt.Appendf(nil, "%d %d %d ", s, i, crc32.ChecksumIEEE(body)), body))
			}
		})
	}
	const pings = 200
	wg.Go(func() {
		for range pings {
			_ = ws.WriteControl(websocket.PingMessage, []byte("are you there"), time.Now().Add(patience))
			time.Sleep(100 * time.Microsecond)
		}
	})
	_ = ws.SetReadDeadline(time.Now().Add(2 * time.Minute))
	next := make([]int, senders)
	for range senders * each {
		_, data, err := ws.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		var s, i int
		var sum uint32
		parts := bytes.SplitN(data[1:], []byte{' '}, 4)
		if len(parts) != 4 {
			t.Fatalf("a broken frame: %.40q", data)
		}
		if _, err := fmt.Sscan(string(bytes.Join(parts[:3], []byte{' '})), &s, &i, &sum); err != nil || data[0] != '4' {
			t.Fatalf("a broken frame: %.40q", data)
		}
		if i != next[s] || crc32.ChecksumIEEE(parts[3]) != sum {
			t.Fatalf("got number %d of sender %d, want %d intact", i, s, next[s])
		}
		next[s]++
	}
	wg.Wait()
	p.Send(Message([]byte("end")))
	for read(t, ws) != "4end" {
	}
	if pongs != pings {
		t.Errorf("%d pongs for %d pings", pongs, pings)
	}
}

// TestPongWhileAWriteIsStuck: the answer to a ping waits behind the batch that
// is being written, and neither breaks the other.
func TestPongWhileAWriteIsStuck(t *testing.T) {
	n := serve(t, Options{OutboxBytes: 64 << 20})
	ws, p := n.connect(t)
	large := bytes.Repeat([]byte("x"), 8<<20)
	p.Send(Message(large)) // more than all buffers hold: its write is stuck
	for i := range 100 {
		_ = ws.WriteControl(websocket.PingMessage, fmt.Append(nil, i), time.Now().Add(patience))
	}
	write(t, ws, "4 all pings are read")
	recv(t, p.got, "the message behind the pings")
	var pongs []string
	ws.SetPongHandler(func(s string) error { pongs = append(pongs, s); return nil })
	p.Send(Message([]byte("end")))
	if got := read(t, ws); len(got) != len(large)+1 {
		t.Fatalf("the large message came with %d bytes", len(got))
	}
	if got := read(t, ws); got != "4end" {
		t.Errorf("got %.20q", got)
	}
	if len(pongs) != 100 || pongs[99] != "99" {
		t.Errorf("%d pongs came: %v", len(pongs), pongs)
	}
}

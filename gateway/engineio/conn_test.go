package engineio

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// TestEndingTwice: a connection may be closed and dropped by several parties in
// any order, and ends once.
func TestEndingTwice(t *testing.T) {
	n := serve(t, Options{})
	for range 50 {
		_, p := n.connect(t)
		p.Drop()
		p.Close()
		p.Drop()
		p.Close()
		var wg sync.WaitGroup
		_, q := n.connect(t)
		for _, end := range []func(){q.Drop, q.Close, q.Drop, q.Close} {
			wg.Go(end)
		}
		wg.Wait()
		for _, c := range []*peer{p, q} {
			recv(t, c.Done(), "the end")
			recv(t, c.closed, "Closed")
			if len(c.closed) != 0 {
				t.Fatal("Closed was called twice")
			}
		}
	}
}

// TestReleaseOnce: what Admit counted is given back once, when nothing of the
// connection is left.
func TestReleaseOnce(t *testing.T) {
	var open atomic.Int64
	n := serve(t, Options{Admit: func(*http.Request) (any, func(), error) {
		open.Add(1)
		return "tag", func() { open.Add(-1) }, nil
	}})
	ws, p := n.connect(t)
	_, q := n.poll(t)
	if p.Tag() != "tag" || open.Load() != 2 {
		t.Fatalf("tag %v, %d open", p.Tag(), open.Load())
	}
	_ = ws.Close()
	q.Drop()
	q.Drop()
	for _, c := range []*peer{p, q} {
		recv(t, c.Done(), "the end")
	}
	eventually(t, "both to be given back", func() bool { return open.Load() == 0 })
	// A handshake that comes to nothing counts no more either.
	if a := n.do(t, http.MethodGet, "EIO=4&transport=websocket", ""); a.status != http.StatusBadRequest {
		t.Errorf("a WebSocket that is none: %d", a.status)
	}
	if open.Load() != 0 {
		t.Errorf("%d are left", open.Load())
	}
	if len(n.engine.Conns()) != 0 {
		t.Errorf("%d connections are left", len(n.engine.Conns()))
	}
}

// TestPanicEndsTheConnectionAlone: a handler that panics costs one connection.
func TestPanicEndsTheConnectionAlone(t *testing.T) {
	n := serve(t, Options{})
	bad, p := n.connect(t)
	good, q := n.connect(t)
	p.on(func(string) { panic("a fault") })
	write(t, bad, "4x")
	if reason := recv(t, p.closed, "the end"); reason != ReasonTransportError {
		t.Errorf("ended by %q", reason)
	}
	write(t, good, "4y")
	if got := recv(t, q.got, "the other's message"); got != "y" {
		t.Errorf("got %q", got)
	}
}

// TestOneMessageAtATime: over a WebSocket and a POST at once, which only a
// client does that breaks the protocol, the handler is still never called twice
// at once.
func TestOneMessageAtATime(t *testing.T) {
	n := serve(t, Options{})
	c, p := n.poll(t)
	entered, leave := make(chan struct{}), make(chan struct{})
	var inside, most atomic.Int64
	p.on(func(data string) {
		most.Store(max(most.Load(), inside.Add(1)))
		if data == "slow" {
			close(entered)
			<-leave
		}
		inside.Add(-1)
	})
	posted := make(chan answer, 1)
	go func() {
		a, _ := n.try(http.MethodPost, c.query(), strings.NewReader("4slow"))
		posted <- a
	}()
	recv(t, entered, "the slow message")
	ws := upgrade(t, c)
	write(t, ws, "4fast")
	select {
	case got := <-p.got:
		t.Errorf("%q was handled beside another message", got)
	case <-time.After(50 * time.Millisecond):
	}
	close(leave)
	recv(t, posted, "the POST's answer")
	for _, want := range []string{"slow", "fast"} {
		if got := recv(t, p.got, "a message"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if most.Load() != 1 {
		t.Errorf("%d messages were handled at once", most.Load())
	}
}

// TestNothingIsHandledAfterClose, while what was queued before still goes out.
func TestNothingIsHandledAfterClose(t *testing.T) {
	n := serve(t, Options{})
	ws, p := n.connect(t)
	p.Send(Message([]byte("last")))
	p.Close()
	write(t, ws, "4late")
	if got := read(t, ws); got != "4last" {
		t.Errorf("got %q", got)
	}
	if _, _, err := ws.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("then came %v", err)
	}
	recv(t, p.Done(), "the end")
	if len(p.got) != 0 {
		t.Errorf("%q was handled", <-p.got)
	}
	p.Send(Message([]byte("later"))) // has no effect
}

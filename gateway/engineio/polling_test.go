package engineio

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestPollingPayloads(t *testing.T) {
	n := serve(t, Options{})
	c, p := n.poll(t)
	binary := string([]byte{0, 1, 0x1e, 255})
	body := "4one\x1e4zwei €\x1eb" + base64.StdEncoding.EncodeToString([]byte(binary)) + "\x1e4"
	if a := c.post(body); a.status != 200 || a.body != "ok" {
		t.Fatalf("POST: %d %q", a.status, a.body)
	}
	for _, want := range []string{"one", "zwei €", "binary:" + binary, ""} {
		if got := recv(t, p.got, "a message"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	p.Send(Message([]byte("a")))
	p.Send(Message([]byte("b€"), []byte("c")))
	p.Send(Message(nil))
	if a := c.get(); a.body != "4a\x1e4b€c\x1e4" {
		t.Errorf("got %q", a.body)
	}
	waiting := c.later()
	p.Send(Message([]byte("woken")))
	if a := recv(t, waiting, "the poll"); a.body != "4woken" {
		t.Errorf("got %q", a.body)
	}
}

// TestBadPosts end the connection, as they end the official server's.
func TestBadPosts(t *testing.T) {
	n := serve(t, Options{MaxPayload: 100})
	large := "4" + strings.Repeat("x", 100)
	for _, tt := range []struct {
		name, body  string
		contentType string
		chunked     bool
		status      int
		reason      string
	}{
		{name: "an unknown packet", body: "9", status: 200, reason: ReasonParseError},
		{name: "no packet", body: "", status: 200, reason: ReasonParseError},
		{name: "an empty packet behind another", body: "4a\x1e", status: 200, reason: ReasonParseError},
		{name: "broken base64", body: "b!", status: 200, reason: ReasonParseError},
		{name: "a ping, which is the server's", body: "2", status: 200, reason: ReasonParseError},
		{name: "a binary body", body: "4a", contentType: "application/octet-stream", status: 400, reason: ReasonTransportError},
		{name: "too much", body: large, status: 413, reason: ReasonTooLarge},
		{name: "too much, chunked", body: large, chunked: true, status: 413, reason: ReasonTooLarge},
		{name: "goodbye", body: "1", status: 200, reason: ReasonTransportClose},
	} {
		c, p := n.poll(t)
		body := strings.NewReader(tt.body)
		var a answer
		var err error
		if tt.chunked {
			a, err = n.try(http.MethodPost, c.query(), chunked(tt.body), "Content-Type", tt.contentType)
		} else {
			a, err = n.try(http.MethodPost, c.query(), body, "Content-Type", tt.contentType)
		}
		if err != nil || a.status != tt.status {
			t.Errorf("%s: %d, want %d: %v", tt.name, a.status, tt.status, err)
		}
		if reason := recv(t, p.closed, "the end"); reason != tt.reason {
			t.Errorf("%s: ended by %q, want %q", tt.name, reason, tt.reason)
		}
	}
	c, p := n.poll(t)
	if a := c.post(large[:100]); a.status != 200 || len(recv(t, p.got, "the message")) != 99 {
		t.Errorf("a body of just MaxPayload: %d", a.status)
	}
}

// TestOnePollAtATime: a second GET ends the connection, for what the first takes
// would be lost or overtaken.
func TestOnePollAtATime(t *testing.T) {
	n := serve(t, Options{})
	c, p := n.poll(t)
	first := c.later()
	pollWaits(t, p)
	if a := c.get(); a.status != http.StatusBadRequest {
		t.Errorf("the second poll: %d %s", a.status, a.body)
	}
	if a := recv(t, first, "the first poll"); a.status != http.StatusBadRequest && a.body != "6" {
		t.Errorf("the first poll: %d %s", a.status, a.body)
	}
	if reason := recv(t, p.closed, "the end"); reason != ReasonTransportError {
		t.Errorf("ended by %q", reason)
	}
}

func TestOnePostAtATime(t *testing.T) {
	n := serve(t, Options{})
	c, p := n.poll(t)
	entered, leave := make(chan struct{}), make(chan struct{})
	p.on(func(string) { close(entered); <-leave })
	first := make(chan answer, 1)
	go func() {
		a, _ := n.try(http.MethodPost, c.query(), strings.NewReader("4slow"))
		first <- a
	}()
	recv(t, entered, "the first POST's message")
	if a := c.post("4second"); a.status != http.StatusBadRequest {
		t.Errorf("the second POST: %d", a.status)
	}
	close(leave)
	recv(t, first, "the first POST's answer")
	if reason := recv(t, p.closed, "the end"); reason != ReasonTransportError {
		t.Errorf("ended by %q", reason)
	}
}

// TestAbandonedPoll: a client that goes away while it polls is gone.
func TestAbandonedPoll(t *testing.T) {
	n := serve(t, Options{})
	c, p := n.poll(t)
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, n.URL+"/?"+c.query(), nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		res, err := n.client.Do(r)
		if err == nil {
			_ = res.Body.Close()
		}
		left <- err
	}()
	pollWaits(t, p)
	leave()
	if err := recv(t, left, "the poll's end"); err == nil {
		t.Error("the poll was answered")
	}
	if reason := recv(t, p.closed, "the end"); reason != ReasonTransportClose {
		t.Errorf("ended by %q", reason)
	}
}

// TestPollingDrains: what was queued before Close goes out, in as many polls as
// it takes, whether one waits at that time or comes after it.
func TestPollingDrains(t *testing.T) {
	for _, waits := range []bool{true, false} {
		t.Run(fmt.Sprintf("waits %v", waits), func(t *testing.T) {
			n := serve(t, Options{MaxPayload: 1000})
			c, p := n.poll(t)
			var waiting <-chan answer
			if waits {
				waiting = c.later()
				pollWaits(t, p)
			}
			const count = 100
			for i := range count {
				p.Send(Message(fmt.Appendf(nil, "%d %0100d", i, 0)))
			}
			p.Close()
			if reason := recv(t, p.closed, "Closed"); reason != ReasonForcedClose {
				t.Errorf("ended by %q", reason)
			}
			var got []string
			if waits {
				got = strings.Split(recv(t, waiting, "the waiting poll").body, "\x1e")
			}
			if a := c.post("4late"); a.status != 200 {
				t.Errorf("a POST while closing: %d", a.status)
			}
			for len(got) <= count {
				got = append(got, c.packets()...)
			}
			for i, packet := range got[:count] {
				if !strings.HasPrefix(packet, fmt.Sprintf("4%d ", i)) {
					t.Fatalf("packet %d is %.20q", i, packet)
				}
			}
			if got[count] != "1" || len(got) != count+1 {
				t.Errorf("after the last came %q", got[count:])
			}
			recv(t, p.Done(), "the end")
			if len(p.got) != 0 {
				t.Error("a message was handled after the close")
			}
			if a := c.get(); a.status != http.StatusBadRequest {
				t.Errorf("a poll after the end: %d", a.status)
			}
		})
	}
}

// TestPollingSaysGoodbyeAlone: the official client acts on a goodbye before it has
// handled the messages that stand before it in one payload, and drops them.
func TestPollingSaysGoodbyeAlone(t *testing.T) {
	n := serve(t, Options{})
	c, p := n.poll(t)
	p.Send(Message([]byte("why")))
	p.Close()
	for _, want := range []string{"4why", "1"} {
		if got := c.packets(); len(got) != 1 || got[0] != want {
			t.Errorf("a poll had %q, not %s alone", got, want)
		}
	}
	recv(t, p.Done(), "the end")
}

// TestPollingClosesInTheEnd, though its client never comes back for the rest.
func TestPollingClosesInTheEnd(t *testing.T) {
	n := serve(t, Options{WriteTimeout: 20 * time.Millisecond})
	_, p := n.poll(t)
	p.Send(Message([]byte("unread")))
	p.Close()
	recv(t, p.Done(), "the end")
	if len(n.engine.Conns()) != 0 {
		t.Error("the connection is still there")
	}
}

func TestPollingTooSlow(t *testing.T) {
	n := serve(t, Options{OutboxBytes: 1000})
	_, p := n.poll(t)
	for range 100 {
		p.Send(Message(make([]byte, 100)))
	}
	if reason := recv(t, p.closed, "the end"); reason != ReasonTooSlow {
		t.Errorf("ended by %q", reason)
	}
	recv(t, p.Done(), "the end")
}

// TestTooSlowIsTheReason, though the poll that finds the outbox closed is faster
// than whoever closed it: "forced close" would let the session be recovered with
// a gap.
func TestTooSlowIsTheReason(t *testing.T) {
	n := serve(t, Options{})
	c, p := n.poll(t)
	p.slow.Store(true)
	p.out.Close(true)
	c.get()
	if reason := recv(t, p.closed, "the end"); reason != ReasonTooSlow {
		t.Errorf("ended by %q", reason)
	}
}

func TestPollingHeartbeat(t *testing.T) {
	n := serve(t, Options{PingInterval: 10 * time.Millisecond, PingTimeout: 50 * time.Millisecond})
	c, p := n.poll(t)
	for range 3 {
		if got := c.packets(); len(got) != 1 || got[0] != "2" {
			t.Fatalf("got %q, want a ping", got)
		}
		c.post("3")
	}
	if reason := recv(t, p.closed, "the end"); reason != ReasonPingTimeout {
		t.Errorf("ended by %q", reason)
	}
}

package socketio

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"parley/chat"
)

// TestErrorShapes ranges over every code, on each of the ways an error takes.
func TestErrorShapes(t *testing.T) {
	var lines [][]any
	for _, code := range chat.Codes {
		if statuses[code].number == 0 || statuses[code].name == "" {
			t.Errorf("%s has no status", code)
		}
		e := chat.Errorf(code, "the text")
		if code == chat.CodeRateLimited {
			e.RetryAfter = 1500 * time.Millisecond
		}
		connect := connectError(fmt.Errorf("wrapped: %w", e))
		exc, conduit := exception(e)
		lines = append(lines, []any{code, ackError(e), exc, conduit, connect.Error(), connect.Data})
	}
	if len(statuses) != len(chat.Codes) {
		t.Errorf("%d statuses for %d codes", len(statuses), len(chat.Codes))
	}
	golden(t, "errors", lines)
}

// TestCausesAreNotTold: what is not ours to tell is told by a fixed text.
func TestCausesAreNotTold(t *testing.T) {
	e := chat.ErrorOf(errors.New("password of the database"))
	if got := string(encode(ackError(e))); got != `{"ok":false,"error":{"code":"internal","message":"Something went wrong"}}` {
		t.Error(got)
	}
	if got := connectError(errors.New("password of the database")).Error(); got != "13 INTERNAL: Something went wrong" {
		t.Error(got)
	}
}

// TestPanicInAHandler is answered, and the connection lives on.
func TestPanicInAHandler(t *testing.T) {
	w := open(t)
	r := w.room("ann")
	c := w.connect("ann")
	w.store.member = func() { panic("a fault") }
	if ack := c.call("typing", `"`+r+`",true`); code(ack) != "internal" {
		t.Errorf("got %s", ack)
	}
	w.store.member = nil
	if ack := c.call("ping", ""); code(ack) != "" {
		t.Errorf("afterwards: %s", ack)
	}
}

// TestRates: what is past a connection's rate is refused and says until when; it
// is counted over both namespaces.
func TestRates(t *testing.T) {
	w := open(t, func(o *Options) {
		o.EventRate = func() Limiter { return &fixed{left: 6} }
		o.TypingRate = func() Limiter { return &fixed{left: 1} }
	})
	r := w.room("ann")
	c := w.connect("ann") // costs one
	for i, want := range []string{"", "rate_limited"} {
		if ack := c.call("typing", `"`+r+`",true`); code(ack) != want {
			t.Errorf("typing %d: %s", i, ack)
		}
	}
	c.nsp = "/chat/"
	c.join(map[string]string{"token": "ann"})
	c.await("ready")
	for i, want := range []string{"", "", "rate_limited"} {
		ack := c.call("ping", "")
		if code(ack) != want {
			t.Errorf("ping %d: %s", i, ack)
		}
		if want != "" && string(ack) != `{"ok":false,"error":{"code":"rate_limited","message":"Too many requests, slow down","retryAfterMs":1500}}` {
			t.Errorf("got %s", ack)
		}
	}
}

// fixed lets some through.
type fixed struct{ left int }

func (f *fixed) Allow() (bool, time.Duration) {
	f.left--
	return f.left >= 0, 1500 * time.Millisecond
}

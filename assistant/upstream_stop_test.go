package assistant

import (
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/internal/llm"
)

// soon is how long a request that was stopped may stay open here, on machines of
// any speed. What is promised, 100 ms, the long form of test/streams holds.
const soon = 2 * time.Second

// TestStop holds that a stream whose context ends is cancelled, emits no more,
// and that the upstream sees its connection closed within 100 ms.
func TestStop(t *testing.T) {
	endless := llm.Timed(100_000, time.Millisecond)
	for name, c := range map[string]struct {
		script llm.Script
		after  int // tokens
	}{
		"while tokens come":       {endless, 5},
		"between tokens":          {llm.Steps(llm.Token("a"), llm.Stall()), 1},
		"before the first token":  {llm.Steps(llm.Role(), llm.Stall()), 0},
		"before the answer":       {llm.Hang(), 0},
		"in the middle of a line": {llm.Steps(llm.Token("a"), llm.Raw("data: {"), llm.Stall()), 1},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAnswerer(t, llm.Sequence(c.script))
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			asked := make(chan struct{})
			go func() { // what stops a reply that has no tokens
				defer close(asked)
				for c.after == 0 && a.server.Count() == 0 && ctx.Err() == nil {
					time.Sleep(time.Millisecond)
				}
				if c.after == 0 {
					cancel()
				}
			}()
			count, stopped := 0, time.Now()
			end, err := a.Stream(ctx, hello(), func(string) error {
				if count++; count == c.after {
					stopped = time.Now()
					cancel()
				}
				return nil
			})
			<-asked
			if end.Status != chat.StatusCancelled || end.Reason != ReasonStopped || err != nil || count != c.after {
				t.Errorf("after %d tokens: %+v, %v", count, end, err)
			}
			if took := left(t, a.server).Sub(stopped); c.after > 0 && took > soon {
				t.Errorf("the upstream's request was open for another %s", took)
			}
		})
	}
}

// TestStopWhileWaiting holds that neither a pause between tries nor a context
// that has ended before is waited for.
func TestStopWhileWaiting(t *testing.T) {
	busy := llm.Error(429, "slow down")
	busy.Header["Retry-After"] = "9"
	a := newAnswerer(t, llm.Sequence(busy))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	go func() {
		for a.server.Count() == 0 && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	start := time.Now()
	if end, err := a.Stream(ctx, hello(), nil); end.Status != chat.StatusCancelled || err != nil {
		t.Errorf("got %+v, %v", end, err)
	}
	if end, err := a.Stream(ctx, hello(), nil); end.Status != chat.StatusCancelled || err != nil {
		t.Errorf("with an ended context: %+v, %v", end, err)
	}
	if took := time.Since(start); took > 5*time.Second || a.server.Count() != 1 {
		t.Errorf("%s and %d requests", took, a.server.Count())
	}
}

// TestStopHTTP2 holds the same where many streams share a connection.
func TestStopHTTP2(t *testing.T) {
	server := llm.New(llm.Sequence(llm.Steps(llm.Token("a"), llm.Stall())))
	listening := httptest.NewUnstartedServer(server)
	listening.EnableHTTP2 = true
	listening.StartTLS()
	defer listening.Close()
	u, err := NewUpstream(UpstreamOptions{URL: listening.URL, HTTP: listening.Client()})
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	ctx, cancel := context.WithCancel(t.Context())
	var stopped time.Time
	end, err := u.Stream(ctx, hello(), func(string) error {
		stopped = time.Now()
		cancel()
		return nil
	})
	if end.Status != chat.StatusCancelled || err != nil {
		t.Errorf("%+v, %v", end, err)
	}
	if took := left(t, server).Sub(stopped); took > soon {
		t.Errorf("the upstream's request was open for another %s", took)
	}
}

// TestEmitFails holds that an error of emit ends the stream, with that error,
// and closes the upstream's request.
func TestEmitFails(t *testing.T) {
	a := newAnswerer(t, llm.Sequence(llm.Steps(llm.Token("a"), llm.Token("b"), llm.Stall())))
	calls := 0
	end, err := a.Stream(t.Context(), hello(), func(string) error { calls++; return io.ErrClosedPipe })
	if end.Status != chat.StatusInterrupted || end.Reason != ReasonRefused || !errors.Is(err, io.ErrClosedPipe) || calls != 1 {
		t.Errorf("after %d calls: %+v, %v", calls, end, err)
	}
	left(t, a.server)
}

// TestTimeouts holds that an upstream which says nothing, or no more, or never
// ends, is left, that what it said counts, and that no timeout is tried again.
func TestTimeouts(t *testing.T) {
	const short, long = 400 * time.Millisecond, time.Minute
	ping := llm.Script{Every: 5 * time.Millisecond}
	thought := ping
	for range 75 {
		ping.Steps = append(ping.Steps, llm.Wait(5*time.Millisecond), llm.Raw(": ping\n\n"), llm.Data(`{"choices":[{"delta":{"content":""}}]}`))
		thought.Steps = append(thought.Steps, llm.Wait(20*time.Millisecond), llm.Data(`{"choices":[{"delta":{"reasoning_content":"hm"}}]}`))
	}
	thought.Steps = append(thought.Steps, llm.Token("a"), llm.Done())
	for name, c := range map[string]struct {
		script             llm.Script
		first, idle, whole time.Duration
		status             chat.Status
		says               string
	}{
		"no answer":                     {llm.Hang(), short, long, long, chat.StatusFailed, "no token in time"},
		"no token":                      {llm.Steps(llm.Role(), llm.Stall()), short, long, long, chat.StatusFailed, "no token in time"},
		"no token but signs":            {ping, short, long, long, chat.StatusFailed, "no token in time"},
		"no further token":              {llm.Steps(llm.Token("a"), llm.Stall()), long, short, long, chat.StatusInterrupted, "no token in time"},
		"no end":                        {llm.Timed(100_000, 2*time.Millisecond), long, long, 500 * time.Millisecond, chat.StatusInterrupted, "not finished within 500ms"},
		"no end of a refusal":           {llm.Script{Status: 500, Steps: []llm.Step{llm.Raw("a"), llm.Stall()}}, short, long, long, chat.StatusFailed, "no token in time"},
		"no answer, but the whole ends": {llm.Hang(), long, long, short, chat.StatusFailed, "not finished within 400ms"},
		"thinking is a sign of life":    {thought, time.Second, time.Second, long, chat.StatusComplete, ""},
		"slow, but not too slow":        {llm.Timed(50, 30*time.Millisecond), time.Second, time.Second, long, chat.StatusComplete, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAnswerer(t, llm.Sequence(c.script), func(o *UpstreamOptions) {
				o.FirstToken, o.Idle, o.Whole = c.first, c.idle, c.whole
			})
			_, end, err := a.ask(t, hello())
			if end.Status != c.status || a.server.Count() != 1 {
				t.Errorf("%+v, %v after %d requests", end, err, a.server.Count())
			}
			if c.says != "" && (end.Reason != ReasonTimeout || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("%+v says %v, want %q", end, err, c.says)
			}
		})
	}
}

// TestSlowEmit holds that the time which emit takes is not held against the upstream.
func TestSlowEmit(t *testing.T) {
	a := newAnswerer(t, llm.Sequence(llm.Reply("a", "b")), func(o *UpstreamOptions) {
		o.FirstToken, o.Idle = 10*time.Second, 300*time.Millisecond
	})
	end, err := a.Stream(t.Context(), hello(), func(string) error { time.Sleep(700 * time.Millisecond); return nil })
	if end.Status != chat.StatusComplete {
		t.Errorf("%+v, %v", end, err)
	}
}

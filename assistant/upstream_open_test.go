package assistant

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/chat"
	"parley/internal/llm"
)

// TestRetries holds which refusals are tried again, and how often.
func TestRetries(t *testing.T) {
	for _, status := range []int{408, 409, 429, 500, 502, 503, 504} {
		refusal := llm.Error(status, "later")
		a := newAnswerer(t, llm.Sequence(refusal, refusal, llm.Reply("He", "llo")))
		if tokens, end, err := a.ask(t, hello()); strings.Join(tokens, "") != "Hello" || end.Status != chat.StatusComplete || a.server.Count() != 3 {
			t.Errorf("%d: %q %+v %v after %d requests", status, tokens, end, err, a.server.Count())
		}
		a = newAnswerer(t, llm.Sequence(refusal))
		if _, end, err := a.ask(t, hello()); end.Status != chat.StatusFailed || end.Reason != ReasonStatus || !strings.Contains(err.Error(), "later") || a.server.Count() != tries {
			t.Errorf("%d for ever: %+v %v after %d requests", status, end, err, a.server.Count())
		}
	}
}

// TestNoRetryOnceBegun holds that an answer which breaks off is not asked for
// again: neither the reader nor the bill should get it twice.
func TestNoRetryOnceBegun(t *testing.T) {
	for name, script := range map[string]llm.Script{
		"after a token":       llm.Steps(llm.Token("a"), llm.Break()),
		"before any":          llm.Steps(llm.Role(), llm.Break()),
		"an error object":     chunks(`{"error":{"code":503,"message":"busy"}}`),
		"an error at last":    chunks(heChunk, `{"error":{"code":503,"message":"busy"}}`),
		"an end with neither": chunks(heChunk),
	} {
		a := newAnswerer(t, llm.Sequence(script, llm.Reply("b")))
		if _, end, err := a.ask(t, hello()); err == nil || a.server.Count() != 1 {
			t.Errorf("%s: %+v, %v after %d requests", name, end, err, a.server.Count())
		}
	}
}

// TestRetryAfter holds that an upstream's own pause is kept, and that one which
// is too long ends the tries.
func TestRetryAfter(t *testing.T) {
	busy := func(after string) llm.Script {
		s := llm.Error(429, "slow down")
		s.Header["Retry-After"] = after
		return s
	}
	a := newAnswerer(t, llm.Sequence(busy("1"), llm.Reply("a")))
	_, end, err := a.ask(t, hello())
	x := a.server.Exchanges()
	if end.Status != chat.StatusComplete || len(x) != 2 || x[1].Arrived.Sub(x[0].Arrived) < time.Second {
		t.Errorf("%+v, %v after %d requests", end, err, len(x))
	}
	for _, after := range []string{"11", "99999999999", "9223372036", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)} {
		a = newAnswerer(t, llm.Sequence(busy(after), llm.Reply("a")))
		if _, end, err = a.ask(t, hello()); end.Status != chat.StatusFailed || a.server.Count() != 1 {
			t.Errorf("%s: %+v, %v after %d requests", after, end, err, a.server.Count())
		}
	}
	for _, after := range []string{"0", "-5", "soon", "Sun, 06 Nov 1994 08:49:37 GMT"} {
		a = newAnswerer(t, llm.Sequence(busy(after), llm.Reply("a")))
		if _, end, err = a.ask(t, hello()); end.Status != chat.StatusComplete || a.server.Count() != 2 {
			t.Errorf("%s: %+v, %v after %d requests", after, end, err, a.server.Count())
		}
	}
}

// TestUnreachable holds that an upstream which cannot be reached is tried three
// times, and answers if it comes up meanwhile.
func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	var dials atomic.Int32
	counting := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		dials.Add(1)
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}
	u, err := NewUpstream(UpstreamOptions{URL: "http://" + address + "/v1?key=secret", RetryWait: time.Millisecond, HTTP: &http.Client{Transport: counting}})
	if err != nil {
		t.Fatal(err)
	}
	end, err := u.Stream(t.Context(), hello(), nil)
	if end.Status != chat.StatusFailed || end.Reason != ReasonUnreachable || dials.Load() != tries || strings.Contains(err.Error(), "secret") {
		t.Errorf("%+v, %v after %d dials", end, err, dials.Load())
	}

	var server *llm.Server
	counting.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if server != nil {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}
		server, err = llm.Listen(address, llm.Sequence(llm.Reply("a")))
		if err != nil {
			t.Error(err)
		}
		return nil, errors.New("not yet")
	}
	if end, err = u.Stream(t.Context(), hello(), func(string) error { return nil }); end.Status != chat.StatusComplete {
		t.Errorf("%+v, %v", end, err)
	}
	counting.CloseIdleConnections()
	if err = server.Close(); err != nil {
		t.Error(err)
	}
}

// TestCertificate holds that a certificate which nobody vouches for is final.
func TestCertificate(t *testing.T) {
	server := llm.New(llm.Sequence(llm.Reply("a")))
	quiet := httptest.NewUnstartedServer(server)
	quiet.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	quiet.StartTLS()
	defer quiet.Close()
	u, err := NewUpstream(UpstreamOptions{URL: quiet.URL, RetryWait: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if end, err := u.Stream(t.Context(), hello(), nil); end.Reason != ReasonUnreachable || !strings.Contains(err.Error(), "certificate") || server.Count() != 0 {
		t.Errorf("%+v, %v", end, err)
	}
}

// TestRefusedFields holds that an upstream which refuses an optional field gets
// its question without it, and is not sent it again.
func TestRefusedFields(t *testing.T) {
	for name, c := range map[string]struct {
		status  int
		fields  []string
		refusal string
	}{
		"OpenAI, metadata of what is not stored": {400, []string{"metadata"}, `{"error":{"message":"The 'metadata' parameter is only allowed when 'store' is enabled.","type":"invalid_request_error","param":"metadata","code":null}}`},
		"a strict schema":                        {422, []string{"user"}, `{"detail":[{"type":"extra_forbidden","loc":["body","user"],"msg":"Extra inputs are not permitted"}]}`},
		"an old server":                          {400, []string{"stream_options"}, `{"error":"Unrecognized request argument supplied: stream_options"}`},
		"all at once":                            {422, []string{"user", "metadata", "stream_options"}, `{"detail":[{"loc":["body","user"]},{"loc":["body","metadata"]},{"loc":["body","stream_options","include_usage"]}]}`},
	} {
		a := newAnswerer(t, func(r llm.Request) llm.Script {
			if slices.ContainsFunc(c.fields, r.Has) {
				return llm.JSON(c.status, c.refusal)
			}
			return llm.Reply("a")
		})
		for turn := range 2 {
			_, end, err := a.ask(t, hello())
			if want := 2 + turn; end.Status != chat.StatusComplete || a.server.Count() != want {
				t.Errorf("%s: %+v, %v after %d requests, want %d", name, end, err, a.server.Count(), want)
			}
		}
		last := a.server.Exchanges()[2].Request
		for _, field := range []string{"user", "metadata", "stream_options"} {
			if last.Has(field) == slices.Contains(c.fields, field) {
				t.Errorf("%s: sent %s", name, last.Body)
			}
		}
	}

	// One after the other; and one that is refused with and without them.
	a := newAnswerer(t, func(r llm.Request) llm.Script {
		for _, field := range []string{"stream_options", "metadata"} {
			if r.Has(field) {
				return llm.Error(400, "unknown field "+field)
			}
		}
		return llm.Error(400, `messages: roles must alternate between "user" and "assistant"`)
	})
	for range 2 {
		if _, end, err := a.ask(t, hello()); end.Reason != ReasonStatus || !strings.Contains(err.Error(), "alternate") {
			t.Errorf("%+v, %v", end, err)
		}
	}
	if n := a.server.Count(); n != 6 {
		t.Errorf("%d requests, want 3 each time: what did not help is not remembered", n)
	}
}

// TestReuse holds that a connection whose answer was read to its end takes the
// next request, too.
func TestReuse(t *testing.T) {
	var conns atomic.Int32
	listening := httptest.NewUnstartedServer(llm.New(llm.Sequence(llm.Reply("a", "b"))))
	listening.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			conns.Add(1)
		}
	}
	listening.Start()
	defer listening.Close()
	u, err := NewUpstream(UpstreamOptions{URL: listening.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	for range 5 {
		if end, err := u.Stream(t.Context(), hello(), func(string) error { return nil }); err != nil {
			t.Fatal(end, err)
		}
	}
	if n := conns.Load(); n != 1 {
		t.Errorf("%d connections for 5 replies, one after the other", n)
	}
}

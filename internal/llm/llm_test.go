package llm

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func listen(t *testing.T, script func(Request) Script) *Server {
	t.Helper()
	s, err := Listen("127.0.0.1:0", script)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// post asks over a connection of its own.
func post(t *testing.T, ctx context.Context, s *Server, body string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL()+"/chat/completions", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Close = true
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

// TestReply pins a proper answer, and that it is recorded what was asked.
func TestReply(t *testing.T) {
	s := listen(t, Sequence(Reply("a", "\n"), Error(429, `"no"`)))
	response := post(t, t.Context(), s, `{"model":"m","stream":true,"messages":[{"role":"user","content":"Hi"}],"user":null}`)
	text, err := io.ReadAll(response.Body)
	want := `data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1893553445,"model":"test","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1893553445,"model":"test","choices":[{"index":0,"delta":{"content":"\n"},"finish_reason":null}]}

data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

data: [DONE]

`
	if string(text) != want || err != nil || response.StatusCode != 200 || response.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("%v, %v, %s", response.Header, err, text)
	}
	x := s.Exchanges()[0]
	if _, gone := x.End(); gone {
		t.Error("the client read to the end, and is said to have left")
	}
	r := x.Request
	if r.Number != 1 || r.Model != "m" || !r.Stream || r.Messages[0] != (Message{"user", "Hi"}) || !r.Has("user") || r.Has("metadata") || r.Path != "/v1/chat/completions" {
		t.Errorf("recorded %+v", r)
	}
	for range 2 { // the last script stays
		response = post(t, t.Context(), s, `{}`)
		var refusal struct{ Error struct{ Message string } }
		if err := json.NewDecoder(response.Body).Decode(&refusal); err != nil || response.StatusCode != 429 || refusal.Error.Message != `"no"` {
			t.Errorf("%d: %+v, %v", response.StatusCode, refusal, err)
		}
	}
	if response = post(t, t.Context(), s, `{`); response.StatusCode != http.StatusBadRequest || s.Count() != 3 {
		t.Errorf("bad JSON: %d after %d", response.StatusCode, s.Count())
	}
}

// TestBreak holds that a broken answer does not look like one that ended.
func TestBreak(t *testing.T) {
	s := listen(t, Sequence(Steps(Token("a"), Break()), Steps(Token("a"))))
	if _, err := io.ReadAll(post(t, t.Context(), s, `{}`).Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("broken: %v", err)
	}
	if _, err := io.ReadAll(post(t, t.Context(), s, `{}`).Body); err != nil {
		t.Errorf("ended: %v", err)
	}
	for _, x := range s.Exchanges() {
		if _, gone := x.End(); gone {
			t.Error("the client is said to have left")
		}
	}
}

// TestGone holds that the server sees at once that a client has left, whatever it
// was doing: the tests of stopping measure by it.
func TestGone(t *testing.T) {
	for name, script := range map[string]Script{
		"stalled": Steps(Token("a"), Stall()), "waiting": Steps(Token("a"), Wait(time.Hour)),
		"paced": {Every: time.Hour, Steps: []Step{Role(), Token("a")}},
	} {
		s := listen(t, Sequence(script))
		ctx, cancel := context.WithCancel(t.Context())
		body := bufio.NewReader(post(t, ctx, s, `{}`).Body)
		if _, err := body.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		left := time.Now()
		cancel()
		x := s.Exchanges()[0]
		select {
		case <-x.Done():
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: not seen", name)
		}
		if at, gone := x.End(); !gone || at.Sub(left) > 100*time.Millisecond {
			t.Errorf("%s: gone is %t, after %s", name, gone, at.Sub(left))
		}
	}
}

// TestTimed holds that timed tokens come at their interval, on the whole, and
// carry the time at which they were sent.
func TestTimed(t *testing.T) {
	const tokens, every = 20, 10 * time.Millisecond
	s := listen(t, Sequence(Timed(tokens, every)))
	start := time.Now()
	lines := bufio.NewScanner(post(t, t.Context(), s, `{}`).Body)
	var sent []time.Time
	for lines.Scan() {
		_, text, ok := strings.Cut(lines.Text(), `"content":"1`)
		if !ok {
			continue
		}
		digits, _, _ := strings.Cut(text, " ")
		ns, err := strconv.ParseInt("1"+digits, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		sent = append(sent, time.Unix(0, ns))
	}
	if len(sent) != tokens || sent[0].Before(start) || time.Since(sent[0]) < (tokens-1)*every-every || sent[tokens-1].Before(sent[0]) {
		t.Errorf("%d tokens in %s", len(sent), time.Since(start))
	}
}

package assistant

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/internal/llm"
)

// TestRequest holds what an upstream is sent.
func TestRequest(t *testing.T) {
	a := newAnswerer(t, llm.Sequence(llm.Reply("a")), func(o *UpstreamOptions) {
		o.Key, o.Model, o.URL = "sk-own", "small", o.URL+"/?v=1"
	})
	r := hello()
	r.Metadata["long"] = strings.Repeat("é", 300)
	if _, end, err := a.ask(t, r); err != nil {
		t.Fatal(end, err)
	}
	got := a.server.Exchanges()[0].Request
	want := []llm.Message{{Role: "system", Content: "Be brief."}, {Role: "user", Content: "Hi"}, {Role: "assistant", Content: "Hi there"}, {Role: "user", Content: "Hello?"}}
	if !slices.Equal(got.Messages, want) || got.Model != "small" || !got.Stream || !got.StreamOptions.IncludeUsage ||
		got.User != "u-1" || got.Metadata["name"] != "Ann" || got.Metadata["role"] != "user" || len(got.Metadata["long"]) != 512 {
		t.Errorf("sent %s", got.Body)
	}
	if got.Path != "/v1/chat/completions?v=1" || got.Header.Get("Authorization") != "Bearer sk-own" || got.Header.Get("Content-Type") != "application/json" {
		t.Errorf("sent to %s with %v", got.Path, got.Header)
	}

	if _, end, err := a.ask(t, Request{Turns: []Turn{{"user", "Hello?"}}, Model: "large", Key: "sk-other"}); err != nil {
		t.Fatal(end, err)
	}
	got = a.server.Exchanges()[1].Request
	if len(got.Messages) != 1 || got.Has("user") || got.Has("metadata") || got.Model != "large" || got.Header.Get("Authorization") != "Bearer sk-other" {
		t.Errorf("sent %s with %v", got.Body, got.Header)
	}
}

// TestKeyStaysHome holds that the server's key goes to the server's URL alone,
// not to a chatbot's, nor where a redirect points.
func TestKeyStaysHome(t *testing.T) {
	home := newAnswerer(t, llm.Sequence(llm.Reply("a")), func(o *UpstreamOptions) { o.Key = "sk-own" })
	away := newAnswerer(t, llm.Sequence(llm.Reply("a")))
	for _, r := range []Request{{URL: away.url}, {URL: away.url + "/"}, {URL: " " + away.url}, {URL: home.url + "/more"}, {URL: home.url + "#x"}} {
		if _, end, err := home.ask(t, r); err != nil {
			t.Fatal(end, err)
		}
	}
	for _, x := range append(away.server.Exchanges(), home.server.Exchanges()...) {
		if _, sent := x.Request.Header["Authorization"]; sent {
			t.Errorf("the key was sent to %s", x.Request.Path)
		}
	}
	for _, r := range []Request{{}, {URL: home.url}} {
		_, _, _ = home.ask(t, r)
		all := home.server.Exchanges()
		if all[len(all)-1].Request.Header.Get("Authorization") != "Bearer sk-own" {
			t.Error("the key was not sent home")
		}
	}

	before := away.server.Count()
	mover := newAnswerer(t, llm.Sequence(llm.Script{Status: 307, Header: map[string]string{"Location": away.url + "/chat/completions"}}),
		func(o *UpstreamOptions) { o.Key = "sk-own" })
	_, end, err := mover.ask(t, hello())
	if end.Status != chat.StatusFailed || !strings.Contains(err.Error(), "redirects are not followed") || away.server.Count() != before {
		t.Errorf("redirected: %+v, %v", end, err)
	}
}

// TestNoKeyInErrors holds that neither an error nor the log tells the key, even
// where the upstream quotes it.
func TestNoKeyInErrors(t *testing.T) {
	var log bytes.Buffer
	for _, script := range []llm.Script{
		llm.Error(401, "Incorrect API key provided: sk-secret-1"), llm.Error(503, "busy, sk-secret-1"), llm.Hang(),
		chunks(`{"error":"no sk-secret-1"}`), chunks(heChunk, `{"error":"no sk-secret-1"}`),
	} {
		a := newAnswerer(t, llm.Sequence(script), func(o *UpstreamOptions) {
			o.Key, o.FirstToken, o.Log = "sk-secret-1", 500*time.Millisecond, slog.New(slog.NewTextHandler(&log, nil))
		})
		if _, _, err := a.ask(t, hello()); err == nil || strings.Contains(err.Error(), "sk-secret") {
			t.Errorf("the error is %v", err)
		}
	}
	if strings.Contains(log.String(), "sk-secret") || !strings.Contains(log.String(), "busy") {
		t.Errorf("the log is %s", &log)
	}
	for _, key := range []string{"sk\nsecret", "sk secret", "ключ"} {
		if _, err := NewUpstream(UpstreamOptions{URL: "http://x/v1", Key: key}); err == nil || strings.Contains(err.Error(), key) {
			t.Errorf("the key %q gives %v", key, err)
		}
	}
}

// TestURLs holds which upstreams are refused, before anything is sent.
func TestURLs(t *testing.T) {
	for _, bad := range []string{"ftp://x/v1", "file:///etc/passwd", "x/v1", "//x/v1", "http://", "http://u:pass@x/v1", "http://x:pass\x7f/", "javascript:1"} {
		if _, err := NewUpstream(UpstreamOptions{URL: bad}); err == nil || strings.Contains(err.Error(), "pass@") {
			t.Errorf("%q gives %v", bad, err)
		}
	}
	u, err := NewUpstream(UpstreamOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []Request{{}, {URL: "gopher://x"}} {
		if end, err := u.Stream(t.Context(), r, nil); end.Status != chat.StatusFailed || end.Reason != ReasonSettings || err == nil {
			t.Errorf("%+v: %+v, %v", r, end, err)
		}
	}
}

package assistant

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/internal/llm"
)

// answerer is an Upstream on a scripted server.
type answerer struct {
	*Upstream
	server *llm.Server
	url    string
}

func newAnswerer(t testing.TB, script func(llm.Request) llm.Script, settings ...func(*UpstreamOptions)) *answerer {
	t.Helper()
	server := llm.New(script)
	listening := httptest.NewServer(server)
	t.Cleanup(listening.Close)
	o := UpstreamOptions{URL: listening.URL + "/v1", RetryWait: time.Millisecond, Tail: 50 * time.Millisecond}
	for _, set := range settings {
		set(&o)
	}
	u, err := NewUpstream(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(u.Close)
	return &answerer{u, server, listening.URL + "/v1"}
}

// ask streams one reply and returns its tokens.
func (a *answerer) ask(t testing.TB, r Request) ([]string, Ending, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var tokens []string
	end, err := a.Stream(ctx, r, func(token string) error {
		tokens = append(tokens, token)
		return nil
	})
	return tokens, end, err
}

func hello() Request {
	return Request{
		System: "Be brief.", User: "u-1", Question: "Hello?",
		Turns:    []Turn{{"user", "Hi"}, {"assistant", "Hi there"}, {"user", "Hello?"}},
		Metadata: map[string]string{"name": "Ann", "role": "user"},
	}
}

// chunks are raw events, each the JSON of a chunk.
func chunks(data ...string) llm.Script {
	var s llm.Script
	for _, d := range data {
		s.Steps = append(s.Steps, llm.Data(d))
	}
	return s
}

const (
	heChunk     = `{"choices":[{"delta":{"content":"He"}}]}`
	lloChunk    = `{"choices":[{"delta":{"content":"llo"}}]}`
	finishChunk = `{"choices":[{"delta":{},"finish_reason":"stop"}]}`
)

// TestEndings ranges over the ways in which upstreams answer and deviate: what
// text comes of it, and the honest status.
func TestEndings(t *testing.T) {
	crlf, bytewise := llm.Reply("Hé", "llo ", "🦜"), llm.Reply("Hé", "llo ", "🦜")
	crlf.CRLF, crlf.Bytewise, bytewise.Bytewise = true, true, true
	html := llm.Steps(llm.Raw("<html><body>Welcome</body></html>"))
	htmlHeader := html
	htmlHeader.Header = map[string]string{"Content-Type": "text/html; charset=utf-8"}
	disguised := llm.Reply("He", "llo")
	disguised.Header = map[string]string{"Content-Type": "application/json"}
	long := strings.Repeat("x", maxEvent)

	for name, c := range map[string]struct {
		script llm.Script
		text   string
		status chat.Status
		reason string
	}{
		"a proper reply":              {llm.Reply("He", "llo"), "Hello", chat.StatusComplete, "stop"},
		"finish_reason without DONE":  {chunks(heChunk, lloChunk, finishChunk), "Hello", chat.StatusComplete, "stop"},
		"finish_reason with text":     {chunks(heChunk, `{"choices":[{"delta":{"content":"llo"},"finish_reason":"length"}]}`), "Hello", chat.StatusComplete, "length"},
		"finish_reason, then silence": {llm.Steps(llm.Data(heChunk), llm.Data(finishChunk), llm.Stall()), "He", chat.StatusComplete, "stop"},
		"finish_reason, then broken":  {llm.Steps(llm.Data(heChunk), llm.Data(finishChunk), llm.Break()), "He", chat.StatusComplete, "stop"},
		"finish_reason, then text":    {chunks(heChunk, finishChunk, lloChunk), "He", chat.StatusComplete, "stop"},
		"DONE without finish_reason":  {chunks(heChunk, lloChunk, "[DONE]"), "Hello", chat.StatusComplete, ""},
		"DONE, then silence":          {llm.Steps(llm.Data(heChunk), llm.Done(), llm.Stall()), "He", chat.StatusComplete, ""},
		"DONE without a line's end":   {llm.Steps(llm.Data(heChunk), llm.Raw("data: [DONE]")), "He", chat.StatusComplete, ""},
		"an empty reply":              {llm.Reply(), "", chat.StatusComplete, "stop"},

		"an end with neither":          {chunks(heChunk, lloChunk), "Hello", chat.StatusInterrupted, ReasonBroken},
		"an end before any text":       {chunks(), "", chat.StatusFailed, ReasonBroken},
		"an end after the role":        {llm.Steps(llm.Role()), "", chat.StatusFailed, ReasonBroken},
		"broken off":                   {llm.Steps(llm.Data(heChunk), llm.Break()), "He", chat.StatusInterrupted, ReasonBroken},
		"broken off before any text":   {llm.Steps(llm.Role(), llm.Break()), "", chat.StatusFailed, ReasonBroken},
		"broken off in an event":       {llm.Steps(llm.Data(heChunk), llm.Raw("data: "+lloChunk[:20]), llm.Break()), "He", chat.StatusInterrupted, ReasonBroken},
		"ended in an event":            {llm.Steps(llm.Data(heChunk), llm.Raw("data: "+lloChunk[:20])), "He", chat.StatusInterrupted, ReasonFormat},
		"an event that is not JSON":    {chunks(heChunk, "oops"), "He", chat.StatusInterrupted, ReasonFormat},
		"content of another type":      {chunks(`{"choices":[{"delta":{"content":{"a":1}}}]}`), "", chat.StatusFailed, ReasonFormat},
		"an error object":              {chunks(`{"error":{"message":"overloaded","code":503}}`), "", chat.StatusFailed, ReasonError},
		"an error text":                {chunks(`{"error":"overloaded"}`), "", chat.StatusFailed, ReasonError},
		"an error after text":          {chunks(heChunk, `{"error":{"message":"overloaded"}}`), "He", chat.StatusInterrupted, ReasonError},
		"an error event":               {llm.Steps(llm.Data(heChunk), llm.Raw("event: error\ndata: {\"message\":\"overloaded\"}\n\n")), "He", chat.StatusInterrupted, ReasonError},
		"errors that are none":         {chunks(`{"error":null,"choices":[{"delta":{"content":"He"}}]}`, finishChunk), "He", chat.StatusComplete, "stop"},
		"a line longer than the bound": {chunks(heChunk, `{"choices":[{"delta":{"content":"`+long+`"}}]}`), "He", chat.StatusInterrupted, ReasonFormat},
		"a first line that is longer":  {chunks(`{"choices":[{"delta":{"content":"` + long + `"}}]}`), "", chat.StatusFailed, ReasonFormat},

		"null and missing parts": {
			chunks(`{"choices":null}`, `{"choices":[]}`, `{}`, `{"choices":[{"delta":null}]}`, `{"choices":[{"index":0}]}`,
				`{"choices":[{"delta":{"content":null}}],"usage":null}`, heChunk, `{"choices":[null]}`, `{"choices":[{"delta":{"content":""},"finish_reason":null}]}`, lloChunk, finishChunk),
			"Hello", chat.StatusComplete, "stop",
		},
		"comments, and fields of no use": {
			llm.Steps(llm.Raw(": ping\n\n"), llm.Raw(":\n"), llm.Raw("id: 7\nretry: 10\nevent: message\ndata:"+heChunk+"\n\n"),
				llm.Raw(": ping\n\n: ping\n\n"), llm.Data(lloChunk), llm.Data(finishChunk), llm.Done()),
			"Hello", chat.StatusComplete, "stop",
		},
		"data without a space":        {llm.Steps(llm.Raw("data:" + heChunk + "\n\ndata:" + lloChunk + "\n\ndata:[DONE]\n\n")), "Hello", chat.StatusComplete, ""},
		"several events in one write": {llm.Steps(llm.Raw("data: " + heChunk + "\n\ndata: " + lloChunk + "\n\ndata: " + finishChunk + "\n\ndata: [DONE]\n\n")), "Hello", chat.StatusComplete, "stop"},
		"data in several lines":       {llm.Steps(llm.Raw("data: {\"choices\":[{\"delta\":\ndata: {\"content\":\"Hello\"}}]}\n\n"), llm.Done()), "Hello", chat.StatusComplete, ""},
		"one byte a write":            {bytewise, "Héllo 🦜", chat.StatusComplete, "stop"},
		"CRLF, one byte a write":      {crlf, "Héllo 🦜", chat.StatusComplete, "stop"},
		"characters split over writes": {
			llm.Steps(llm.Raw(`data: {"choices":[{"delta":{"content":"h`+"\xc3"), llm.Raw("\xa9 \xf0\x9f"), llm.Raw("\xa6\x9c\"}}]}\n\n"), llm.Done()),
			"hé 🦜", chat.StatusComplete, "",
		},
		"NUL":                    {chunks(`{"choices":[{"delta":{"content":"a\u0000b"}}]}`, `{"choices":[{"delta":{"content":"\u0000"}}]}`, finishChunk), "ab", chat.StatusComplete, "stop"},
		"bytes that are no text": {chunks("{\"choices\":[{\"delta\":{\"content\":\"a\xffb\"}}]}", `{"choices":[{"delta":{"content":"\ud83d"}}]}`, finishChunk), "a\uFFFDb\uFFFD", chat.StatusComplete, "stop"},
		"thoughts":               {chunks(`{"choices":[{"delta":{"reasoning_content":"hm"}}]}`, `{"choices":[{"delta":{"reasoning":"hm","content":null}}]}`, heChunk, finishChunk), "He", chat.StatusComplete, "stop"},
		"another choice":         {chunks(`{"choices":[{"delta":{"content":"He"}},{"index":1,"delta":{"content":"Ho"}}]}`, finishChunk), "He", chat.StatusComplete, "stop"},

		"no stream":                       {llm.JSON(200, ` {"choices":[{"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}]}`), "Hello", chat.StatusComplete, "stop"},
		"no stream, no finish":            {llm.JSON(200, `{"choices":[{"message":{"content":"Hello"}}]}`), "Hello", chat.StatusInterrupted, ReasonBroken},
		"no stream, an error":             {llm.JSON(200, `{"error":{"message":"no such model"}}`), "", chat.StatusFailed, ReasonError},
		"no stream, not JSON":             {llm.JSON(200, `{"choices":`), "", chat.StatusFailed, ReasonFormat},
		"no stream, too long":             {llm.JSON(200, `{"x":"`+long+`"}`), "", chat.StatusFailed, ReasonFormat},
		"no stream, empty":                {llm.JSON(200, ` `), "", chat.StatusFailed, ReasonBroken},
		"no stream, broken off":           {llm.Script{Header: map[string]string{"Content-Type": "application/json"}, Steps: []llm.Step{llm.Raw(`{"choices":[`), llm.Break()}}, "", chat.StatusFailed, ReasonBroken},
		"a stream that calls itself JSON": {disguised, "Hello", chat.StatusComplete, "stop"},
		"a page":                          {htmlHeader, "", chat.StatusFailed, ReasonFormat},
		"a page that calls itself stream": {html, "", chat.StatusFailed, ReasonBroken},
		"no content":                      {llm.Script{Status: 204}, "", chat.StatusFailed, ReasonBroken},

		"400": {llm.Error(400, "the context is too long"), "", chat.StatusFailed, ReasonStatus},
		"401": {llm.Error(401, "no"), "", chat.StatusFailed, ReasonStatus},
		"404": {llm.JSON(404, "not found"), "", chat.StatusFailed, ReasonStatus},
		"422": {llm.Error(422, "no"), "", chat.StatusFailed, ReasonStatus},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAnswerer(t, llm.Sequence(c.script))
			tokens, end, err := a.ask(t, hello())
			if got := strings.Join(tokens, ""); got != c.text {
				t.Errorf("text is %q, want %q", got, c.text)
			}
			if end.Status != c.status || end.Reason != c.reason {
				t.Errorf("ended %s (%s), want %s (%s); error: %v", end.Status, end.Reason, c.status, c.reason, err)
			}
			if (err == nil) != (c.status == chat.StatusComplete) {
				t.Errorf("%s with error %v", end.Status, err)
			}
			if n := a.server.Count(); n != 1 {
				t.Errorf("%d requests were made, want 1", n)
			}
		})
	}
}

// TestTokens holds that each delta is emitted on its own, in order, as soon as
// it is there: the server waits for the first before it sends the second.
func TestTokens(t *testing.T) {
	first := make(chan struct{})
	a := newAnswerer(t, llm.Sequence(llm.Steps(llm.Token("one "), llm.Until(first), llm.Token("two "), llm.Token("three"), llm.Done())))
	var got []string
	end, err := a.Stream(t.Context(), hello(), func(token string) error {
		if got = append(got, token); len(got) == 1 {
			close(first)
		}
		return nil
	})
	if want := "one |two |three"; strings.Join(got, "|") != want || end.Status != chat.StatusComplete || err != nil {
		t.Errorf("got %q, %v, %v", got, end, err)
	}
}

// TestUsage holds that counts are taken from wherever they come.
func TestUsage(t *testing.T) {
	last := llm.Steps(llm.Token("a"), llm.Finish("stop"), llm.Usage(12, 3), llm.Done())
	each := chunks(`{"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":12,"completion_tokens":1}}`,
		`{"choices":[{"delta":{"content":"b"},"finish_reason":"stop"}],"usage":{"prompt_tokens":12,"completion_tokens":3}}`, "[DONE]")
	whole := llm.JSON(200, `{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":12,"completion_tokens":3}}`)
	broken := llm.Steps(llm.Data(`{"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":12,"completion_tokens":3}}`), llm.Break())
	for name, script := range map[string]llm.Script{"last": last, "each": each, "whole": whole, "broken": broken} {
		_, end, _ := newAnswerer(t, llm.Sequence(script)).ask(t, hello())
		if end.Usage != (Usage{Prompt: 12, Completion: 3}) {
			t.Errorf("%s: usage is %+v", name, end.Usage)
		}
	}
}

// TestMaxText holds that a reply ends at its bound, at the end of a character,
// and that the upstream is left then.
func TestMaxText(t *testing.T) {
	bound := func(o *UpstreamOptions) { o.MaxText = 10 }
	a := newAnswerer(t, llm.Sequence(llm.Steps(llm.Token("12345678"), llm.Token("é🦜"), llm.Stall())), bound)
	tokens, end, err := a.ask(t, hello())
	if got := strings.Join(tokens, "|"); got != "12345678|é" || end.Status != chat.StatusInterrupted || end.Reason != ReasonLimit || err == nil {
		t.Errorf("got %q, %+v, %v", got, end, err)
	}
	left(t, a.server)

	a = newAnswerer(t, llm.Sequence(llm.Steps(llm.Token("123456789"), llm.Token("🦜"), llm.Stall())), bound)
	if tokens, end, _ = a.ask(t, hello()); len(tokens) != 1 || end.Reason != ReasonLimit {
		t.Errorf("an empty token was emitted, or none was expected: %q %+v", tokens, end)
	}
	a = newAnswerer(t, llm.Sequence(llm.Reply("12345678", "90")), bound)
	if tokens, end, err = a.ask(t, hello()); len(tokens) != 2 || end.Status != chat.StatusComplete {
		t.Errorf("a reply of just the bound: %q %+v %v", tokens, end, err)
	}
}

// left waits until the client has closed the server's latest exchange itself.
func left(t *testing.T, s *llm.Server) time.Time {
	t.Helper()
	all := s.Exchanges()
	x := all[len(all)-1]
	select {
	case <-x.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the upstream's request is still open")
	}
	at, gone := x.End()
	if !gone {
		t.Error("the server ended the answer, not the client")
	}
	return at
}

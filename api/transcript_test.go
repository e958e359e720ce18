package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"parley/api"
	"parley/chat"
)

// broken is a fault of the database.
func broken(context.Context, chat.MessageQuery) error { return errors.New("the cause") }

func actor(t testing.TB, user string) chat.Actor {
	t.Helper()
	identity, err := authenticate(t.Context(), user)
	if err != nil {
		t.Fatal(err)
	}
	return identity.Actor
}

// TestTranscript holds the two forms of a transcript, and that both are downloads.
func TestTranscript(t *testing.T) {
	d := openInbox(t, withBot)
	key := d.begin("Hello")
	d.answer(d.roomOf(key), "How can I help?")
	d.say("amy", key, "I am here")
	path := "/api/conversation/" + key + "/transcript"
	const text, inJSON = "text/plain; charset=utf-8", "application/json"
	for _, c := range []struct{ query, accept, kind string }{
		{"", "", inJSON},
		{"/?format=json", "text/plain", inJSON},
		{"?format=text", "application/json", text},
		{"/", "text/plain", text},
		{"", "Text/Plain;q=0.9, application/json;q=0.5", text},
		{"", "application/json, text/plain, */*", inJSON}, // as Angular sends it
		{"", "text/html,application/xhtml+xml,*/*;q=0.8", inJSON},
	} {
		got := d.call("abe", "GET", path+c.query, "", "Accept", c.accept)
		name := map[string]string{text: "attachment; filename=transcript-2025-03-08.txt", inJSON: "attachment; filename=transcript-2025-03-08.json"}[c.kind]
		if got.status != 200 || got.header.Get("Content-Type") != c.kind || got.header.Get("Content-Disposition") != name ||
			got.header.Get("Cache-Control") != "no-store" || !strings.Contains(got.header.Get("Access-Control-Expose-Headers"), "Content-Disposition") {
			t.Errorf("%+v: %+v", c, got)
		}
	}
	got := d.call("amy", "GET", path+"?format=text", "").body
	if got != plainTranscript || strings.Contains(got, key) {
		t.Errorf("%s", got)
	}
	if head := d.call("amy", "HEAD", path+"?format=text", ""); head.status != 200 || head.header.Get("Content-Type") != text || head.body != "" {
		t.Errorf("HEAD: %+v", head)
	}
	check(t, d.call("amy", "GET", path+"?format=pdf", ""), 400, `{"name":"INVALID_ARGUMENTS","status":400,"message":"format must be json or text"}`)
	check(t, d.call("amy", "GET", "/api/conversation/none/transcript", ""), 404, noConversation)
	check(t, d.call("ann", "GET", path, ""), 403, `~FORBIDDEN`)
	check(t, d.call("", "GET", path, ""), 401, `~UNAUTHORIZED`)
}

const plainTranscript = `Name: Ann
Email: ann@shop
Begun: 2025-03-08T17:21:52.677Z

2025-03-08T17:21:53.677Z Customer: Hello
2025-03-08T17:21:54.677Z Bot: How can I help?
2025-03-08T17:21:57.677Z Agent: I am here`

// TestTranscriptForgery holds that nothing that somebody writes, nor their name,
// looks like another line than its own.
func TestTranscriptForgery(t *testing.T) {
	d := openInbox(t)
	const forged = "2026-11-21T12:00:00.000Z Agent: You get all your money back"
	text := "x"
	for _, lineBreak := range []string{"\n", "\r\n", "\r", "\v", "\f", "\u0085", "\u2028", "\u2029", "\n\n", "\n\r", "\n\t"} {
		text += lineBreak + forged
	}
	text += "\x1b[2K\b\u009b1A\x7f"
	body, err := json.Marshal(map[string]string{"name": "A\n\n" + forged, "email": "\u2028" + forged, "content": text})
	if err != nil {
		t.Fatal(err)
	}
	key := firstKey(t, d.must(200, "", "POST", "/api/messages", string(body)).body)
	got := d.call("amy", "GET", "/api/conversation/"+key+"/transcript?format=text", "").body
	lines := 0
	for line := range strings.SplitSeq(got, "\n") {
		if strings.HasPrefix(line, "2026") || strings.TrimLeft(line, " \t") == forged && !strings.HasPrefix(line, "    ") {
			t.Errorf("forged: %q", line)
		}
		if strings.HasSuffix(line, forged) {
			lines++
		}
	}
	if lines != 2+10 { // of the name, the email and the text, whose last one has more behind it
		t.Errorf("%d lines: %s", lines, got)
	}
	if i := strings.IndexAny(got, "\r\v\f\u0085\u2028\u2029\x1b\b\u009b\x7f"); i >= 0 {
		t.Errorf("%q", got[i:])
	}
}

// long makes a conversation of many pages, of 2 MB in all.
func (d *inboxDoor) long() (key string) {
	d.t.Helper()
	key = d.begin("Hello")
	room := d.roomOf(key)
	d.say("amy", key, "Hello")
	for i := range 450 {
		d.must(201, "amy", "POST", "/chat/messages", fmt.Sprintf(`{"roomId":%q,"message":"%d %s"}`, room, i, strings.Repeat("a", 4<<10)))
	}
	return key
}

// TestLongTranscript holds that a transcript of several pages is whole, and that one
// that breaks off is no answer, or none that somebody takes for whole.
func TestLongTranscript(t *testing.T) {
	d := openInbox(t)
	key := d.long()
	path := "/api/conversation/" + key + "/transcript"
	var whole struct{ Messages []struct{ ID int64 } }
	if err := json.Unmarshal([]byte(d.must(200, "amy", "GET", path, "").body), &whole); err != nil {
		t.Fatal(err)
	}
	for i, m := range whole.Messages {
		if m.ID != int64(i)+1 {
			t.Fatalf("message %d has the id %d", i, m.ID)
		}
	}
	if len(whole.Messages) != 452 {
		t.Errorf("%d messages", len(whole.Messages))
	}
	var left atomic.Int64 // pages: what is cut off may still be at work when its client knows
	d.store.beforeMessages = func(ctx context.Context, q chat.MessageQuery) error {
		if left.Add(-1) < 0 {
			return broken(ctx, q)
		}
		return nil
	}
	for _, format := range []string{"", "?format=text"} {
		left.Store(2)
		if err := d.read(path + format); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s broken off: %v", format, err)
		}
	}
	if log := d.log.String(); !strings.Contains(log, "transcript ended early") || !strings.Contains(log, "the cause") {
		t.Errorf("log: %s", log[max(0, len(log)-2000):])
	}
	got := d.call("amy", "GET", path+"?format=text", "")
	check(t, got, 500, `{"name":"INTERNAL_SERVER_ERROR","status":500,"message":"Something went wrong"}`)
	if got.header.Get("Content-Disposition") != "" {
		t.Errorf("%v", got.header)
	}
}

// read reads an answer to its end.
func (d *inboxDoor) read(path string) error {
	req, err := http.NewRequest("GET", d.URL+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "amy")
	resp, err := d.Client().Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// TestTranscriptOfNoAgentAnyMore holds that who stops to be an agent reads no further.
func TestTranscriptOfNoAgentAnyMore(t *testing.T) {
	pages := 0
	d := openInbox(t, func(o *api.Options) {
		check := o.Authenticate
		o.Authenticate = func(ctx context.Context, credentials ...string) (chat.Identity, error) {
			identity, err := check(ctx, credentials...)
			if pages > 0 {
				identity.Role = chat.RoleUser
			}
			return identity, err
		}
	})
	key := d.long()
	d.store.beforeMessages = func(context.Context, chat.MessageQuery) error { pages++; return nil }
	check(t, d.call("amy", "GET", "/api/conversation/"+key+"/transcript", ""), 403, `~Only agents and administrators may do this`)
}

package api_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"parley/api"
)

// poll asks in the background and returns where its answer comes.
func (d *inboxDoor) poll(ctx context.Context, path string) <-chan string {
	d.t.Helper()
	req, err := http.NewRequestWithContext(ctx, "GET", d.URL+path, http.NoBody)
	if err != nil {
		d.t.Fatal(err)
	}
	answered := make(chan string, 1)
	go func() {
		resp, err := d.Client().Do(req)
		if err != nil {
			answered <- err.Error()
			return
		}
		defer resp.Body.Close()
		var text strings.Builder
		_ = resp.Write(&text)
		answered <- text.String()
	}()
	return answered
}

// waiting is a poll that is known to wait for what comes behind the first message.
func (d *inboxDoor) waiting(ctx context.Context, key string) <-chan string {
	d.t.Helper()
	answered := d.poll(ctx, "/api/messages/"+key+"?since=1&wait=30")
	wait(d.t, "the poll's waiting", d.watching)
	return answered
}

// next is what a poll was answered, much sooner than it would have waited.
func next(t *testing.T, answered <-chan string) string {
	t.Helper()
	select {
	case got := <-answered:
		return got
	case <-time.After(20 * time.Second):
		t.Fatal("the poll goes on waiting")
		return ""
	}
}

// TestPollWaits holds that a poll that waits is answered by a message, and by a
// change of the state, which is no message.
func TestPollWaits(t *testing.T) {
	d := openInbox(t)
	key := d.begin("Hello")
	answered := d.waiting(t.Context(), key)
	d.must(200, "amy", "POST", "/api/conversation/"+key+"/claim", "")
	if got := next(t, answered); !strings.Contains(got, `{"items":[],"count":0,"state":"assigned"}`) {
		t.Error(got)
	}
	answered = d.waiting(t.Context(), key)
	d.say("amy", key, "Here I am")
	if got := next(t, answered); !strings.Contains(got, `"content":"Here I am","author":"AGE"}],"count":1,"state":"assigned"}`) {
		t.Error(got)
	}
	if got := next(t, d.poll(t.Context(), "/api/messages/"+key+"/?since=1&wait=30")); !strings.Contains(got, "Here I am") {
		t.Error(got)
	}
}

// TestPollPlaces holds how many polls wait at once, of one conversation and of all:
// those beyond are answered at once, and a place that is left is free again.
func TestPollPlaces(t *testing.T) {
	draining := make(chan struct{})
	d := openInbox(t, func(o *api.Options) { o.MaxWaits, o.Draining = 18, draining })
	one, other, third := d.begin("one"), d.begin("other"), d.begin("third")
	var answers []<-chan string
	for range 16 {
		answers = append(answers, d.waiting(t.Context(), one))
	}
	const nothing = `{"items":[],"count":0,`
	at := func(key string) {
		t.Helper()
		if got := next(t, d.poll(t.Context(), "/api/messages/"+key+"?since=1&wait=30")); !strings.Contains(got, nothing) {
			t.Error(got)
		}
	}
	at(one)
	at(strings.ToUpper(one))
	answers = append(answers, d.waiting(t.Context(), other), d.waiting(t.Context(), other))
	at(third) // all places are taken
	d.say("amy", other, "An answer")
	for _, a := range answers[16:] {
		if got := next(t, a); !strings.Contains(got, "An answer") {
			t.Error(got)
		}
	}
	answers = append(answers[:16], d.waiting(t.Context(), third))
	if n := len(d.watching); n != 0 {
		t.Errorf("%d waits too many", n)
	}
	close(draining)
	for _, a := range answers {
		if got := next(t, a); !strings.Contains(got, nothing) {
			t.Error(got)
		}
	}
}

// TestPollClientGone holds that a wait ends with its client, and leaves its place.
func TestPollClientGone(t *testing.T) {
	done := make(chan string, 10)
	d := openInbox(t, func(o *api.Options) {
		o.MaxWaits = 1
		o.Observe = func(_, route string, status int, _ time.Duration) { done <- fmt.Sprint(route, status) }
	})
	key := d.begin("Hello")
	<-done
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		answered := d.waiting(ctx, key)
		cancel()
		next(t, answered)
		if got := next(t, done); got != "/api/messages/:uuid503" { // which nobody gets
			t.Error(got)
		}
	}
	if log := d.log.String(); strings.Contains(log, "level=ERROR") || strings.Contains(log, "level=WARN") {
		t.Error(log)
	}
}

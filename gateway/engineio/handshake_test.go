package engineio

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestHandshake(t *testing.T) {
	n := serve(t, Options{PingInterval: 25 * time.Second, PingTimeout: 20 * time.Second, MaxPayload: 1234})
	polled := n.do(t, http.MethodGet, polling, "")
	opens := map[string]string{"polling": polled.body, "websocket": read(t, n.dial(t, "", nil))}
	sids := map[string]bool{}
	for transport, open := range opens {
		var got struct {
			Sid          string   `json:"sid"`
			Upgrades     []string `json:"upgrades"`
			PingInterval int      `json:"pingInterval"`
			PingTimeout  int      `json:"pingTimeout"`
			MaxPayload   int      `json:"maxPayload"`
		}
		d := json.NewDecoder(strings.NewReader(open[1:]))
		d.DisallowUnknownFields()
		if err := d.Decode(&got); err != nil || open[0] != '0' {
			t.Fatalf("%s: %q: %v", transport, open, err)
		}
		want := []string{"websocket"}
		if transport == "websocket" {
			want = []string{}
		}
		if !reflect.DeepEqual(got.Upgrades, want) || got.PingInterval != 25000 || got.PingTimeout != 20000 || got.MaxPayload != 1234 || len(got.Sid) != 20 {
			t.Errorf("%s: %+v", transport, got)
		}
		sids[got.Sid] = true
	}
	if len(sids) != 2 {
		t.Error("two connections share an id")
	}
	for header, want := range map[string]string{
		"Content-Type": "text/plain; charset=UTF-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
	} {
		if got := polled.header.Get(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
}

// TestErrorAnswers has the answers of the official server, in its order of
// checks: the transport, the session, the method, the version.
func TestErrorAnswers(t *testing.T) {
	n := serve(t, Options{AllowOrigin: func(o string) bool { return o == "https://ours.example" }})
	c, _ := n.poll(t)
	_, w := n.connect(t)
	for _, tt := range []struct {
		name, method, query string
		status              int
		body                string
		header              []string
	}{
		{"no transport", "GET", "EIO=4", 400, `{"code":0,"message":"Transport unknown"}`, nil},
		{"unknown transport", "GET", "EIO=4&transport=carrier-pigeon", 400, `{"code":0,"message":"Transport unknown"}`, nil},
		{"transport before version", "GET", "EIO=3&transport=x", 400, `{"code":0,"message":"Transport unknown"}`, nil},
		{"unknown session", "GET", polling + "&sid=nobody", 400, `{"code":1,"message":"Session ID unknown"}`, nil},
		{"unknown session by POST", "POST", polling + "&sid=nobody", 400, `{"code":1,"message":"Session ID unknown"}`, nil},
		{"session before version", "GET", "EIO=3&transport=polling&sid=nobody", 400, `{"code":1,"message":"Session ID unknown"}`, nil},
		{"handshake by POST", "POST", polling, 400, `{"code":2,"message":"Bad handshake method"}`, nil},
		{"WebSocket without upgrade", "GET", "EIO=4&transport=websocket", 400, `{"code":3,"message":"Bad request"}`, nil},
		{"upgrade without upgrade", "GET", "EIO=4&transport=websocket&sid=" + c.sid, 400, `{"code":3,"message":"Bad request"}`, nil},
		{"polling a WebSocket", "GET", polling + "&sid=" + w.ID(), 400, `{"code":3,"message":"Bad request"}`, nil},
		{"posting to a WebSocket", "POST", polling + "&sid=" + w.ID(), 400, `{"code":3,"message":"Bad request"}`, nil},
		{"another method", "PUT", c.query(), 400, `{"code":3,"message":"Bad request"}`, nil},
		{"foreign origin", "GET", polling, 403, `{"code":4,"message":"Forbidden"}`, []string{"Origin", "https://theirs.example"}},
		{"no version", "GET", "transport=polling", 400, `{"code":5,"message":"Unsupported protocol version"}`, nil},
		{"version 3", "GET", "EIO=3&transport=polling", 400, `{"code":5,"message":"Unsupported protocol version"}`, nil},
	} {
		a := n.do(t, tt.method, tt.query, "", tt.header...)
		if a.status != tt.status || strings.TrimSpace(a.body) != tt.body || a.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %s %s", tt.name, a.status, a.header.Get("Content-Type"), a.body)
		}
	}
	// None of this has hurt anybody: who knows an id must not end its connection
	// by a request of the wrong kind.
	if len(n.engine.Conns()) != 2 {
		t.Errorf("%d connections are left of 2", len(n.engine.Conns()))
	}
}

type later struct{}

func (later) Error() string             { return "too many" }
func (later) RetryAfterSeconds() string { return "7" }

func TestAdmitRefuses(t *testing.T) {
	var refusal error
	n := serve(t, Options{Admit: func(*http.Request) (any, func(), error) { return nil, nil, refusal }})
	for _, tt := range []struct {
		err    error
		status int
		retry  string
	}{{later{}, 429, "7"}, {errors.New("closing"), 503, ""}} {
		refusal = tt.err
		if a := n.do(t, http.MethodGet, polling, ""); a.status != tt.status || a.header.Get("Retry-After") != tt.retry {
			t.Errorf("polling: %d %q, want %d %q", a.status, a.header.Get("Retry-After"), tt.status, tt.retry)
		}
		_, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(n.URL, "http")+"/?EIO=4&transport=websocket", nil)
		if err == nil || res.StatusCode != tt.status {
			t.Errorf("WebSocket: %v, want %d", res, tt.status)
		}
	}
	refusal = nil
	_, p := n.connect(t) // without a release
	p.Drop()
	recv(t, p.Done(), "the end")
}

func TestCORS(t *testing.T) {
	const ours, theirs = "https://ours.example", "https://theirs.example"
	n := serve(t, Options{AllowOrigin: func(o string) bool { return o == ours }})
	a := n.do(t, http.MethodOptions, polling, "", "Origin", ours, "Access-Control-Request-Method", "POST")
	for header, want := range map[string]string{
		"Access-Control-Allow-Origin": ours, "Access-Control-Allow-Methods": "GET, POST",
		"Access-Control-Allow-Headers": "authorization, content-type, masterkey", "Vary": "Origin",
	} {
		if got := a.header.Get(header); got != want {
			t.Errorf("preflight: %s is %q, want %q", header, got, want)
		}
	}
	if a.status != http.StatusNoContent {
		t.Errorf("preflight: %d", a.status)
	}
	if a := n.do(t, http.MethodOptions, polling, "", "Origin", theirs); a.status != http.StatusForbidden || a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("foreign preflight: %d %v", a.status, a.header)
	}
	if a := n.do(t, http.MethodGet, polling, "", "Origin", ours); a.status != 200 || a.header.Get("Access-Control-Allow-Origin") != ours {
		t.Errorf("our own page: %d %v", a.status, a.header)
	}
	if a := n.do(t, http.MethodGet, polling, ""); a.status != 200 || a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("no page: %d %v", a.status, a.header)
	}
	url := "ws" + strings.TrimPrefix(n.URL, "http") + "/?EIO=4&transport=websocket"
	if _, res, err := websocket.DefaultDialer.Dial(url, http.Header{"Origin": {theirs}}); err == nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("a foreign page's WebSocket: %v", res)
	}
	n.dial(t, "", http.Header{"Origin": {ours}})
}

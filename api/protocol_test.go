package api_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/api"
)

// TestBodies holds what may be sent as a body, and how else it is answered.
func TestBodies(t *testing.T) {
	d := open(t)
	good := `{"roomName":"x","users":["bob"]}`
	for _, c := range []struct {
		name, body string
		header     []string
		status     int
		want       string
	}{
		{"no content type", good, []string{"Content-Type", ""}, 200, "roomId"},
		{"charset", good, []string{"Content-Type", "application/json; charset=utf-8"}, 200, "roomId"},
		{"suffix", good, []string{"Content-Type", "application/vnd.api+json"}, 200, "roomId"},
		{"space around", "\r\n " + good + "\n", nil, 200, "roomId"},
		{"repeated key", `{"roomName":"y",` + good[1:], nil, 200, "roomId"},
		{"any accept", good, []string{"Accept", "text/html"}, 200, "roomId"},
		{"form", "roomName=x", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, `"name":"UNSUPPORTED_MEDIA_TYPE","status":415,"message":"`},
		{"text", good, []string{"Content-Type", "text/plain;charset=UTF-8"}, 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"no media type", good, []string{"Content-Type", ";"}, 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"encoded", good, []string{"Content-Encoding", "gzip"}, 415, "Content-Encoding"},
		{"empty form", "", []string{"Content-Type", "application/x-www-form-urlencoded"}, 400, "roomName is required"},
		{"trailing garbage", good + "x", nil, 400, "body is not valid JSON"},
		{"two objects", good + good, nil, 400, "body is not valid JSON"},
		{"cut off", good[:9], nil, 400, "body is not valid JSON"},
		{"array", "[" + good + "]", nil, 400, "body must be a JSON object"},
		{"null", "null", nil, 400, "body must be a JSON object"},
		{"string", `"x"`, nil, 400, "body must be a JSON object"},
		{"invalid UTF-8", `{"roomName":"` + "\xff" + `","users":["bob"]}`, nil, 400, "body must be UTF-8"},
		{"deep", `{"x":` + strings.Repeat("[", 400_000) + strings.Repeat("]", 400_000) + `}`, nil, 400, "exceeded max depth"},
		{"deep in a field", `{"roomId":"r","message":` + strings.Repeat(`{"a":`, 150_000) + "1" + strings.Repeat("}", 150_000) + `}`, nil, 400, "exceeded max depth"},
		{"at the limit", good[:len(good)-1] + strings.Repeat(" ", 1_000_000-len(good)) + "}", nil, 200, "roomId"},
		{"past the limit", good[:len(good)-1] + strings.Repeat(" ", 1_000_001-len(good)) + "}", nil, 413, `{"name":"TOO_LARGE","status":413,"message":"body must be at most 1000000 bytes"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := d.call("ann", "POST", "/chat/rooms", c.body, c.header...)
			if got.status != c.status || !strings.Contains(got.body, c.want) {
				t.Errorf("%d %s, want %d %s", got.status, got.body, c.status, c.want)
			}
		})
	}
}

// TestMethods holds what is answered to methods and paths that no route takes.
func TestMethods(t *testing.T) {
	d := open(t)
	got := d.call("ann", "POST", "/chat/rooms/id1", "{}")
	check(t, got, 405, `{"name":"METHOD_NOT_ALLOWED","status":405,"message":"This route does not take this method"}`)
	if allow := got.header.Get("Allow"); allow != "OPTIONS, DELETE, GET, PATCH, HEAD" {
		t.Errorf("Allow %q", allow)
	}
	if allow := d.call("ann", "HEAD", "/chat/leave/id1", "").header.Get("Allow"); allow != "OPTIONS, PUT" {
		t.Errorf("Allow %q", allow)
	}
	check(t, d.call("", "GET", "/nothing", ""), 404, `{"name":"NOT_FOUND","status":404,"message":"This route does not exist"}`)
	check(t, d.call("", "GET", "/realtime", ""), 404, `~NOT_FOUND`)
	check(t, d.call("", "BREW", "/chat/rooms", ""), 405, `~METHOD_NOT_ALLOWED`)

	head, get := d.call("", "HEAD", "/healthz", ""), d.call("", "GET", "/healthz", "")
	if head.status != 200 || head.body != "" || head.header.Get("Content-Length") != get.header.Get("Content-Length") {
		t.Errorf("HEAD: %d %q %v", head.status, head.body, head.header)
	}
	options := d.call("", "OPTIONS", "/chat/rooms", "")
	if options.status != 204 || options.header.Get("Allow") != "OPTIONS, GET, POST" {
		t.Errorf("OPTIONS: %d %v", options.status, options.header)
	}
}

// TestHeaders holds what every answer carries.
func TestHeaders(t *testing.T) {
	d := open(t)
	for _, path := range []string{"/healthz", "/nothing", "/chat/rooms", "/api/docs", "/api/openapi.json"} {
		h := d.call("", "GET", path, "").header
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Request-Id") == "" {
			t.Errorf("%s: %v", path, h)
		}
		policy := h.Get("Content-Security-Policy")
		for directive := range strings.SplitSeq(policy, ";") {
			if strings.Contains(directive, "unsafe-") && !strings.HasPrefix(strings.TrimSpace(directive), "style-src ") {
				t.Errorf("%s: %s", path, policy)
			}
		}
		if !strings.Contains(policy, "default-src 'none'") {
			t.Errorf("%s: policy %q", path, policy)
		}
	}
}

func TestCORS(t *testing.T) {
	preflight := []string{"Origin", "https://shop.example", "Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "authorization"}
	d := open(t)
	got := d.call("", "OPTIONS", "/chat/leave/id1", "", preflight...)
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin":      "*",
		"Access-Control-Allow-Headers":     "authorization, content-type, masterkey",
		"Access-Control-Allow-Methods":     "GET, HEAD, POST, PUT, PATCH, DELETE",
		"Access-Control-Allow-Credentials": "",
	} {
		if got.status != 204 || got.header.Get(name) != want {
			t.Errorf("%d %s: %q, want %q", got.status, name, got.header.Get(name), want)
		}
	}
	got = d.call("", "GET", "/chat/rooms", "", "Origin", "https://shop.example")
	if got.status != 401 || got.header.Get("Access-Control-Allow-Origin") != "*" ||
		got.header.Get("Access-Control-Expose-Headers") != "X-Parley-Token, Retry-After" {
		t.Errorf("%d %v", got.status, got.header)
	}

	d = open(t, func(o *api.Options) { o.Origins = []string{"https://shop.example"} })
	for origin, want := range map[string]string{"https://shop.example": "https://shop.example", "https://evil.example": "", "": ""} {
		h := d.call("ann", "GET", "/chat/rooms", "", "Origin", origin).header
		if h.Get("Access-Control-Allow-Origin") != want || h.Get("Vary") != "Origin" {
			t.Errorf("%q: %v", origin, h)
		}
	}
}

// TestObserve holds that the metrics and the log get a route's pattern, and the
// log no path.
func TestObserve(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	d := open(t, func(o *api.Options) {
		o.Observe = func(method, route string, status int, took time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, fmt.Sprint(method, " ", route, " ", status))
		}
	})
	d.call("ann", "GET", "/chat/rooms/s3cret/", "")
	d.call("ann", "GET", "/nothing/s3cret", "")
	d.call("ann", "PUT", "/chat/rooms/s3cret", "{}")
	d.Close()
	mu.Lock()
	defer mu.Unlock()
	if want := []string{"GET /chat/rooms/:id 404", "GET  404", "PUT /chat/rooms/:id 405"}; !slices.Equal(seen, want) {
		t.Errorf("%q, want %q", seen, want)
	}
	if strings.Contains(d.log.String(), "s3cret") {
		t.Error(d.log.String())
	}
}

// TestRealtime holds that the mounted handler gets the server's own
// ResponseWriter, for both forms of the path and any method.
func TestRealtime(t *testing.T) {
	d := open(t, func(o *api.Options) {
		o.Realtime = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Upgrade") == "" {
				_, _ = io.WriteString(w, r.Method+" "+r.URL.Path)
				return
			}
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
			_ = conn.Close()
		})
	})
	for _, path := range []string{"/realtime", "/realtime/", "/realtime/x"} {
		for _, method := range []string{"GET", "POST", "OPTIONS"} {
			if got := d.call("", method, path, ""); got.body != method+" "+path {
				t.Errorf("%s %s: %s", method, path, got.body)
			}
		}
	}
	check(t, d.call("", "GET", "/realtimes", ""), 404, `~NOT_FOUND`)
	conn, err := net.Dial("tcp", d.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET /realtime/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, "101") {
		t.Errorf("%q %v", line, err)
	}
}

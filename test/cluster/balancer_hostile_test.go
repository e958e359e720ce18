package cluster

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/test/harness"
)

const (
	unknownSession = `{"code":1,"message":"Session ID unknown"}`
	pollingQuery   = "EIO=4&transport=polling"
)

// stamp is what a node sends with what it passes on; see gateway/relay.
func stamp(t *testing.T, secret, node, method, query string, at time.Time) string {
	t.Helper()
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "parley relay", 32)
	if err != nil {
		t.Fatal(err)
	}
	ms := strconv.FormatInt(at.UnixMilli(), 10)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(method + "\n/realtime/\n" + query + "\n" + node + "\n" + ms + "\n"))
	return node + "." + ms + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// realtime asks a node's endpoint.
func realtime(t *testing.T, s *harness.Server, method, query, body, stamp string) (int, string, time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), harness.Patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.URL+"/realtime/?"+query, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if stamp != "" {
		req.Header.Set("X-Parley-Node", stamp)
	}
	begun := time.Now()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, strings.TrimSpace(string(b)), time.Since(begun)
}

// handshake returns a new session's id.
func handshake(t *testing.T, s *harness.Server) string {
	t.Helper()
	status, body, _ := realtime(t, s, http.MethodGet, pollingQuery, "", "")
	var open struct{ Sid string }
	if status != http.StatusOK || json.Unmarshal([]byte(strings.TrimPrefix(body, "0")), &open) != nil {
		t.Fatalf("no handshake: %d %s", status, body)
	}
	return open.Sid
}

// What clients make up: stamps of nodes, and sessions of nodes that are none.
func TestHostileRelay(t *testing.T) {
	nodes := harness.StartNodes(t, 2, "PARLEY_BASE_PATH=/support", "PARLEY_HEARTBEAT_INTERVAL=1s") // no poll waits for longer
	a, b := nodes.Servers[0], nodes.Servers[1]
	sid := handshake(t, a)
	node, _, ok := strings.Cut(sid, ".")
	if !ok {
		t.Fatalf("the session's id is %q", sid)
	}
	query := pollingQuery + "&sid=" + sid
	now := time.Now()
	good := stamp(t, harness.Secret, node, http.MethodPost, query, now)
	for _, tt := range []struct {
		name, stamp string
		status      int
	}{
		{"good", good, 200},
		{"forged", stamp(t, strings.Repeat("x", 40), node, http.MethodPost, query, now), 403},
		{"replayed", stamp(t, harness.Secret, node, http.MethodPost, query, now.Add(-35*time.Second)), 403},
		{"from the future", stamp(t, harness.Secret, node, http.MethodPost, query, now.Add(35*time.Second)), 403},
		{"of another session", stamp(t, harness.Secret, node, http.MethodPost, query+"x", now), 403},
		{"of a poll", stamp(t, harness.Secret, node, http.MethodGet, query, now), 403},
		{"for another node", strings.Replace(good, node, "another", 1), 403},
		{"tampered with", good[:len(good)-5] + "AAAAA", 403},
		{"nonsense", "http://evil.example/", 403},
	} {
		for _, s := range []*harness.Server{a, b} {
			status, body, _ := realtime(t, s, http.MethodPost, query, "3", tt.stamp)
			want := tt.status
			if s == b && want == http.StatusOK {
				want = http.StatusBadRequest // what is not for it, it does not pass on again
			}
			if status != want {
				t.Errorf("%s: %d %s, want %d", tt.name, status, body, want)
			}
		}
	}
	for _, name := range []string{
		"unknown", "http://127.0.0.1:1/", "//" + a.Addr, "..", "a/../b", "\x00\r\nX: y", strings.Repeat("n", 5000), "", "*", "ä", node + "x",
	} {
		odd := pollingQuery + "&sid=" + url.QueryEscape(name+".AAAAAAAAAAAAAAAAAAAA")
		if status, body, took := realtime(t, b, http.MethodGet, odd, "", ""); status != 400 || body != unknownSession || took > 3*time.Second {
			t.Errorf("%.40q: %d %s after %v", name, status, body, took)
		}
	}
	// None of this has hurt the session: it is served by both, below a base path too.
	for _, path := range []string{"", "/support"} {
		through := &harness.Server{URL: b.URL + path}
		if status, body, _ := realtime(t, through, http.MethodPost, query, "40/chat,", ""); status != http.StatusOK {
			t.Errorf("%q: %d %s", path, status, body)
		}
		if status, body, _ := realtime(t, through, http.MethodGet, query, "", ""); status != http.StatusOK {
			t.Errorf("%q: %d %s", path, status, body)
		}
	}
	a.Kill()
	if status, body, took := realtime(t, b, http.MethodGet, query, "", ""); status != 400 || body != unknownSession || took > 3*time.Second {
		t.Errorf("of a dead node: %d %s after %v", status, body, took)
	}
}

package hostile

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"parley/test/harness"
)

const tooManyOpen = `"message":"8 RESOURCE_EXHAUSTED: `

func from(address string) http.Header { return http.Header{"X-Forwarded-For": {address}} }

// TestOpenConnections: past the number that may be open a client is told on
// CONNECT; past twice that, the handshake is refused; a close makes room.
func TestOpenConnections(t *testing.T) {
	t.Parallel()
	const open = 6
	h := newHouse(t, "PARLEY_LIMIT_OPEN="+strconv.Itoa(open))
	token := harness.Token(t, "mallory", "user")
	var all []*client
	for i := 3; i <= 2*open; i++ { // two are the bystanders'
		c := dial(t, h.Addr, from(fmt.Sprint("10.0.0.", i))) // nobody to be believed
		all = append(all, c)
		got := c.connect(t, token)
		if i <= open && got[0] != '0' {
			t.Errorf("connection %d: %s", i, got)
		}
		if i > open && (!strings.Contains(got, tooManyOpen) || !strings.Contains(got, `"code":"rate_limited"`)) {
			t.Errorf("connection %d: %s", i, got)
		}
	}
	for _, transport := range []string{"polling", "websocket"} {
		status, _ := h.Call(t, http.MethodGet, "/realtime/?EIO=4&transport="+transport, "", nil)
		if status != http.StatusTooManyRequests {
			t.Errorf("a handshake past twice the number: %d", status)
		}
	}
	if c, res, err := tryDial(h.Addr, "/realtime/?EIO=4&transport=websocket", nil); err == nil {
		c.close()
		t.Error("a handshake past twice the number is let in")
	} else if res == nil || res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" {
		t.Errorf("a handshake past twice the number: %v", res)
	}
	for _, c := range all {
		c.close()
	}
	h.unharmed(t)
	h.join(t, "mallory").close()
	h.unharmed(t)
}

// TestConnectionRate: who connects too often is told on CONNECT.
func TestConnectionRate(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "PARLEY_LIMIT_CONNECTIONS=1/m:20")
	token := harness.Token(t, "mallory", "user")
	refused := ""
	for range 30 {
		c := dial(t, h.Addr, nil)
		if got := c.connect(t, token); got[0] == '4' {
			refused = got
		}
		c.close()
	}
	if !strings.Contains(refused, tooManyOpen) || !strings.Contains(refused, `"code":"rate_limited"`) {
		t.Errorf("the answer is %q", refused)
	}
	h.unharmed(t)
}

// TestForwardedFor: addresses are believed from trusted proxies alone, and only
// the last that is none of theirs.
func TestForwardedFor(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "PARLEY_LIMIT_OPEN=5", "PARLEY_TRUSTED_PROXIES=127.0.0.1,10.0.0.0/8")
	token := harness.Token(t, "mallory", "user")
	allowed := func(address string) bool {
		c := dial(t, h.Addr, from(address))
		return c.connect(t, token)[0] == '0'
	}
	for range 5 {
		if !allowed("192.0.2.1") {
			t.Error("the first five are refused")
		}
	}
	for address, want := range map[string]bool{
		"192.0.2.1":                      false,
		"192.0.2.2":                      true,
		"192.0.2.1, 192.0.2.3":           true,  // what the client itself claims is not believed
		"192.0.2.4, 192.0.2.1":           false, // nor here
		"192.0.2.1, 10.1.2.3":            false, // another proxy on the way
		"192.0.2.1:4711":                 false,
		"::ffff:192.0.2.1":               false,
		"2001:db8::1":                    true,
		strings.Repeat("1.1.1.1,", 1000): true, // ends in nothing: the proxy's own
	} {
		if got := allowed(address); got != want {
			t.Errorf("%.40s: let in: %v", address, got)
		}
	}
}

// TestOrigins: PARLEY_CORS_ORIGINS governs what browsers may do, on all transports.
func TestOrigins(t *testing.T) {
	t.Parallel()
	const ours = "https://shop.example"
	h := newHouse(t, generous, "PARLEY_CORS_ORIGINS="+ours+",https://b.example")
	for origin, allowed := range map[string]bool{
		"":                           true,
		ours:                         true,
		"https://b.example":          true,
		"http://shop.example":        false,
		"https://shop.example:8443":  false,
		"https://evil.example":       false,
		"https://shop.example.evil":  false,
		"https://evil.shop.example":  false,
		"null":                       false,
		"https://shop.example, evil": false,
		"*":                          false,
	} {
		header := http.Header{}
		if origin != "" {
			header.Set("Origin", origin)
		}
		c, res, err := tryDial(h.Addr, "/realtime/?EIO=4&transport=websocket", header)
		if err == nil {
			c.close()
		}
		if (err == nil) != allowed || (err != nil && (res == nil || res.StatusCode != http.StatusForbidden)) {
			t.Errorf("a WebSocket from %q: %v %v", origin, res, err)
		}
		for _, path := range []string{"/realtime/?EIO=4&transport=polling", "/chat/rooms"} {
			r := dialRaw(t, h.Addr)
			line := ""
			if origin != "" {
				line = "Origin: " + origin + "\r\n"
			}
			r.say("GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n", path, line)
			res, _ := r.response(t)
			if got := res.Header.Get("Access-Control-Allow-Origin"); origin != "" && (got == origin) != allowed || got == "*" {
				t.Errorf("%s from %q allows %q", path, origin, got)
			}
			if res.Header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s allows credentials", path)
			}
		}
	}
	eventually(t, "the polling sessions end or are few", func() bool { return h.vitals(t).connections < 20 })
	h.talk(t)
}

// TestLoginLimits: ten logins a minute per account, whatever the address says,
// and others still log in.
func TestLoginLimits(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	login := func(name, password string) (int, map[string]any) {
		return h.Call(t, http.MethodPost, "/auth/login", "", map[string]any{"username": name, "password": password})
	}
	if status, answer := h.Call(t, http.MethodPost, "/auth/register", "", map[string]any{"username": "grace", "password": "correct horse"}); status != http.StatusCreated {
		t.Fatalf("register: %d %v", status, answer)
	}
	counts := map[int]int{}
	for i := range 15 {
		name := "nobody"
		if i%2 == 1 {
			name = "NoBody" // the same account in another case, if case counts for nothing
		}
		status, _ := login(name, "wrong password")
		counts[status]++
	}
	if counts[http.StatusUnauthorized] == 0 || counts[http.StatusTooManyRequests] == 0 {
		t.Errorf("15 logins of one account: %v", counts)
	}
	if status, answer := login("grace", "correct horse"); status != http.StatusOK {
		t.Errorf("another account: %d %v", status, answer)
	}
	b, _ := json.Marshal(counts)
	t.Logf("%s", b)
	h.unharmed(t)
}

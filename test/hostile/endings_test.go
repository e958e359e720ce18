package hostile

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/test/harness"
)

// sentAway waits until a client was told why and sent away.
func (c *client) sentAway(t *testing.T, why string, grpc float64) {
	t.Helper()
	c.ended(t)
	if e := c.event(t, "exception"); e["code"] != why || e["status"] != "error" {
		t.Errorf("exception %v, want %s", e, why)
	}
	if e := c.event(t, "conduit_error"); e["code"] != grpc {
		t.Errorf("conduit_error %v, want %v", e, grpc)
	}
	if !c.until(func() bool { return c.kicked }) {
		t.Error("no DISCONNECT packet")
	}
}

// TestTokenEnds: a connection ends with its token unless it is renewed in place.
func TestTokenEnds(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	soon := func() time.Time { return time.Now().Add(4 * time.Second) }
	connect := func(token string) *client {
		c := dial(t, h.Addr, nil)
		if got := c.connect(t, token); got[0] != '0' {
			t.Fatalf("CONNECT: %s", got)
		}
		return c
	}
	end := soon()
	renewed := connect(harness.TokenUntil(t, "mallory", "user", end))
	official := make(chan clientReport, 1)
	go func() {
		var r clientReport
		harness.Node(t, time.Minute, "hostile-client.mjs", map[string]any{
			"url": h.URL, "token": harness.TokenUntil(t, "mallory", "user", end), "mode": "stay", "wait": 2000,
		}, &r)
		official <- r
	}()
	for token, want := range map[string]string{
		harness.Token(t, "bob", "user"):                                          "forbidden",
		harness.TokenUntil(t, "mallory", "user", time.Now().Add(-2*time.Minute)): "token_expired",
		"garbage":       "unauthenticated",
		"":              "unauthenticated",
		"Basic abc":     "unauthenticated",
		"a.b.c\x00":     "unauthenticated",
		unsigned(t):     "unauthenticated",
		"Bearer Bearer": "unauthenticated",
	} {
		if got := code(renewed.call(t, "auth:refresh", token)); got != want {
			t.Errorf("auth:refresh with %.20q: %q, want %q", token, got, want)
		}
	}
	if a := renewed.call(t, "auth:refresh", harness.Token(t, "mallory", "user")); a["ok"] != true {
		t.Errorf("auth:refresh: %v", a)
	}
	ending := connect(harness.TokenUntil(t, "mallory", "user", soon()))
	ending.sentAway(t, "token_expired", 16)
	renewed.lives(t) // its first token ended no later
	if r := <-official; r.Connects > 1 || (r.Connects == 1 && (len(r.Reasons) != 1 || r.Reasons[0] != "io server disconnect")) {
		t.Errorf("the official client reports %+v", r)
	}
	renewed.close()
	h.unharmed(t)
}

// unsigned is a token with alg none.
func unsigned(t *testing.T) string {
	t.Helper()
	token, err := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.MapClaims{
		"sub": "alice", "exp": time.Now().Add(time.Hour).Unix(),
	}).SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// TestRefusedConnects: the answers to CONNECT, word for word.
func TestRefusedConnects(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	const bad = "16 UNAUTHENTICATED: Token is expired or otherwise not valid"
	const none = "16 UNAUTHENTICATED: No 'Authorization' header or 'accessToken' cookie present"
	signed := func(claims jwt.MapClaims, secret string) string {
		s, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(secret))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	hour := time.Now().Add(time.Hour).Unix()
	for _, tt := range []struct {
		name          string
		header        http.Header
		auth          any
		message, code string
	}{
		{"nothing", nil, nil, none, "unauthenticated"},
		{"an empty object", nil, map[string]any{}, none, "unauthenticated"},
		{"a token of another kind", nil, map[string]any{"token": 42}, none, "unauthenticated"},
		{"an empty token", nil, map[string]any{"token": ""}, none, "unauthenticated"},
		{"garbage", nil, map[string]any{"token": "x"}, bad, "unauthenticated"},
		{"garbage of 900 kB", nil, map[string]any{"token": strings.Repeat("x.", 450_000)}, bad, "unauthenticated"},
		{"NULs", nil, map[string]any{"token": "a\x00b"}, bad, "unauthenticated"},
		{"expired", nil, map[string]any{"token": harness.TokenUntil(t, "m", "user", time.Now().Add(-time.Hour))}, bad, "token_expired"},
		{"unsigned", nil, map[string]any{"token": unsigned(t)}, bad, "unauthenticated"},
		{"another secret", nil, map[string]any{"token": signed(jwt.MapClaims{"sub": "m", "exp": hour}, "not the secret")}, bad, "unauthenticated"},
		{"no sub", nil, map[string]any{"token": signed(jwt.MapClaims{"exp": hour}, harness.Secret)}, bad, "unauthenticated"},
		{"a sub of NULs", nil, map[string]any{"token": signed(jwt.MapClaims{"sub": "\x00", "exp": hour}, harness.Secret)}, bad, "unauthenticated"},
		{"a sub of 10 kB", nil, map[string]any{"token": signed(jwt.MapClaims{"sub": strings.Repeat("x", 10_000), "exp": hour}, harness.Secret)}, bad, "unauthenticated"},
		{"a role that is none", nil, map[string]any{"token": signed(jwt.MapClaims{"sub": "m", "role": "god", "exp": hour}, harness.Secret)}, bad, "unauthenticated"},
		{"the header wins", http.Header{"Authorization": {"Bearer x"}}, map[string]any{"token": harness.Token(t, "m", "user")}, bad, "unauthenticated"},
		{"another scheme", http.Header{"Authorization": {"Basic YTpi"}}, nil, bad, "unauthenticated"},
	} {
		c := dial(t, h.Addr, tt.header)
		got := c.connectTo(t, "/chat", tt.auth)
		if got[0] != '4' || !strings.Contains(got, quote(tt.message)) || !strings.Contains(got, `"data":{"code":"`+tt.code+`"}`) {
			t.Errorf("%s: %.200s", tt.name, got)
		}
		c.close()
	}
	h.unharmed(t)
}

// command runs another parley process on the server's database.
func (h *house) command(t *testing.T, stdin string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, harness.Binary(t), args...) //nolint:gosec // our own binary
	cmd.Env = append(os.Environ(), "PARLEY_DATABASE_URL="+h.DB, "PARLEY_JWT_SECRET="+harness.Secret)
	cmd.Stdin = strings.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("parley %v: %v\n%s", args, err, out)
	}
}

// TestBlocked: who is blocked by another process is told and closed within
// seconds, on every connection, and does not come back.
func TestBlocked(t *testing.T) {
	t.Parallel()
	onDatabases(t, func(t *testing.T, database string) {
		h := newHouse(t, generous, database)
		h.command(t, "correct horse battery\n", "user", "add", "eve")
		status, answer := h.Call(t, http.MethodPost, "/auth/login", "", map[string]any{"username": "eve", "password": "correct horse battery"})
		token, _ := answer["token"].(string)
		if status != http.StatusOK || token == "" {
			t.Fatalf("login: %d %v", status, answer)
		}
		connections := make([]*client, 5)
		for i := range connections {
			connections[i] = dial(t, h.Addr, nil)
			if got := connections[i].connect(t, token); got[0] != '0' {
				t.Fatalf("CONNECT: %s", got)
			}
		}
		h.command(t, "", "user", "block", "eve")
		for _, c := range connections {
			c.sentAway(t, "blocked", 7)
		}
		c := dial(t, h.Addr, nil)
		if got := c.connect(t, token); !strings.Contains(got, `"message":"7 PERMISSION_DENIED: This user is blocked"`) || !strings.Contains(got, `"code":"blocked"`) {
			t.Errorf("CONNECT: %s", got)
		}
		c.close()
		if status, answer := h.Call(t, http.MethodGet, "/chat/rooms", token, nil); status != http.StatusForbidden {
			t.Errorf("over HTTP: %d %v", status, answer)
		}
		h.unharmed(t)
	})
}

// TestLogout: logging out ends the connections of own tokens.
func TestLogout(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	status, answer := h.Call(t, http.MethodPost, "/auth/register", "", map[string]any{"username": "frank", "password": "correct horse battery"})
	token, _ := answer["token"].(string)
	if status != http.StatusCreated || token == "" {
		t.Fatalf("register: %d %v", status, answer)
	}
	c := dial(t, h.Addr, nil)
	if got := c.connect(t, token); got[0] != '0' {
		t.Fatalf("CONNECT: %s", got)
	}
	p := h.poller(t)
	p.post(t, `40/chat,{"token":"`+token+`"}`)
	p.until(t, "40/chat,")
	if status, answer := h.Call(t, http.MethodPost, "/auth/logout", token, nil); status != http.StatusOK {
		t.Fatalf("logout: %d %v", status, answer)
	}
	c.sentAway(t, "token_expired", 16)
	if all := p.until(t, "1"); !strings.Contains(all, `42/chat,["exception"`) || !strings.Contains(all, "41/chat,") {
		t.Errorf("the poller was told %s", all)
	}
	c = dial(t, h.Addr, nil)
	if got := c.connect(t, token); got[0] != '4' || !strings.Contains(got, "16 UNAUTHENTICATED: ") {
		t.Errorf("CONNECT: %s", got)
	}
	c.close()
	h.unharmed(t)
}

package hostile

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/test/harness"
)

// adminPaths are some of the administrators' routes, as METHOD path.
var adminPaths = []string{
	"GET /admin/chat/rooms", "POST /admin/chat/rooms", "DELETE /admin/chat/rooms?ids=x", "GET /admin/chat/messages", "GET /admin/chat/users",
	"PUT /admin/chat/users/x", "POST /admin/chat/users/bulk", "PUT /admin/chat/users/alice/block", "GET /admin/chat/audit", "GET /admin/chat/export",
	"HEAD /admin/chat/export", "GET /admin/chat/export/", "PATCH /admin/chat/users/alice", "DELETE /admin/chat/messages?ids=x",
}

// TestAdminMasterKey: the key is one header with one value, whole; nothing else
// opens the door, and who is no administrator does not learn that there is one.
func TestAdminMasterKey(t *testing.T) {
	t.Parallel()
	const key = "open sesame, but longer"
	h := newHouse(t, generous, "PARLEY_MASTER_KEY="+key)
	admin := "Authorization: Bearer " + harness.Token(t, "root", "admin") + "\r\n"
	user := "Authorization: Bearer " + harness.Token(t, "mallory", "user") + "\r\n"
	for _, tt := range []struct {
		name, header string
		status       int
	}{
		{"the key", admin + "masterkey: " + key + "\r\n", 200},
		{"upper case", admin + "MASTERKEY: " + key + "\r\n", 200},
		{"outer spaces", admin + "masterkey:   " + key + " \t\r\n", 200},
		{"none", admin, 401},
		{"empty", admin + "masterkey:\r\n", 401},
		{"empty, then the key", admin + "masterkey:\r\nmasterkey: " + key + "\r\n", 401},
		{"wrong, then the key", admin + "masterkey: x\r\nmasterkey: " + key + "\r\n", 401},
		{"a beginning", admin + "masterkey: " + key[:8] + "\r\n", 401},
		{"more", admin + "masterkey: " + key + "," + key + "\r\n", 401},
		{"another case", admin + "masterkey: " + strings.ToUpper(key) + "\r\n", 401},
		{"with an underscore", admin + "master_key: " + key + "\r\n", 401},
		{"in the query", admin, 401},
		{"20 kB", admin + "masterkey: " + strings.Repeat("x", 20_000) + "\r\n", 401},
		{"folded", admin + "masterkey: " + key[:6] + "\r\n " + key[6:] + "\r\n", 401},
		{"NUL", admin + "masterkey: " + key + "\x00\r\n", 400},
		{"a user with the key", user + "masterkey: " + key + "\r\n", 403},
		{"a user without", user, 403},
		{"nobody with the key", "masterkey: " + key + "\r\n", 401},
		{"two tokens", user + admin + "masterkey: " + key + "\r\n", 403},
	} {
		path := "/admin/chat/rooms"
		if tt.name == "in the query" {
			path += "?masterkey=" + strings.ReplaceAll(key, " ", "+")
		}
		r := dialRaw(t, h.Addr)
		r.say("GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n", path, tt.header)
		if res, body := r.response(t); res.StatusCode != tt.status || strings.Contains(body, "sesame") || strings.HasPrefix(tt.name, "a user") && strings.Contains(body, "masterkey") {
			t.Errorf("%s: %d %.100s, want %d", tt.name, res.StatusCode, body, tt.status)
		}
		_ = r.Close()
	}
	if strings.Contains(h.Log(), "sesame") {
		t.Error("the key is in the log")
	}
	h.unharmed(t)
}

// TestAdminForged: a role that nobody has signed opens nothing.
func TestAdminForged(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	claims := jwt.MapClaims{"sub": "mallory", "role": "admin", "exp": time.Now().Add(time.Hour).Unix()}
	signed := func(method jwt.SigningMethod, key any, c jwt.MapClaims) string {
		s, err := jwt.NewWithClaims(method, c).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	good := harness.Token(t, "mallory", "user")
	parts := strings.Split(good, ".")
	swapped := base64.RawURLEncoding.EncodeToString([]byte(jsonText(t, claims)))
	handmade := func(header string) string {
		text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + swapped
		mac := hmac.New(sha256.New, []byte(harness.Secret))
		mac.Write([]byte(text))
		return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	with := func(name string, value any) jwt.MapClaims {
		c := jwt.MapClaims{}
		for k, v := range claims {
			c[k] = v
		}
		c[name] = value
		return c
	}
	own := func(role string) string {
		return signed(jwt.SigningMethodHS256, []byte("another secret, of thirty-two bytes!!"), with("role", role))
	}
	for name, token := range map[string]string{
		"alg none":             signed(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims),
		"alg NONE":             handmade(`{"alg":"NoNe","typ":"JWT"}`),
		"no alg":               handmade(`{"typ":"JWT"}`),
		"alg of a public key":  handmade(`{"alg":"RS256","typ":"JWT"}`),
		"alg HS512":            signed(jwt.SigningMethodHS512, []byte(harness.Secret), claims),
		"another secret":       own("admin"),
		"other claims":         parts[0] + "." + swapped + "." + parts[2],
		"without a signature":  parts[0] + "." + swapped + ".",
		"an empty secret":      signed(jwt.SigningMethodHS256, []byte{}, claims),
		"a list of roles":      signed(jwt.SigningMethodHS256, []byte(harness.Secret), with("role", []string{"admin"})),
		"a role with a space":  signed(jwt.SigningMethodHS256, []byte(harness.Secret), with("role", "admin ")),
		"a role in upper case": signed(jwt.SigningMethodHS256, []byte(harness.Secret), with("role", "ADMIN")),
		"not yet":              signed(jwt.SigningMethodHS256, []byte(harness.Secret), with("nbf", time.Now().Add(time.Hour).Unix())),
		"a user":               good,
		"a guest":              harness.Token(t, "visitor", "guest"),
		"an agent":             harness.Token(t, "helper", "agent"),
	} {
		for _, route := range adminPaths {
			method, path, _ := strings.Cut(route, " ")
			a := h.ask(t, method, path, "", "Authorization", "Bearer "+token)
			if a.status != http.StatusUnauthorized && a.status != http.StatusForbidden {
				t.Errorf("%s, %s: %d %.100s", name, route, a.status, a.body)
			}
		}
	}
	if a := h.as(t, "root", "admin", http.MethodGet, "/admin/chat/audit", ""); a.status != http.StatusOK || a.json(t)["count"] != 0.0 {
		t.Errorf("the audit of what was refused: %d %.200s", a.status, a.body)
	}
	h.unharmed(t)
}

// account makes an account and returns its id and token.
func (h *house) account(t *testing.T, name, role string) (id, token string) {
	t.Helper()
	const password = "correct horse battery"
	a := h.as(t, "root", "admin", http.MethodPost, "/admin/chat/users", jsonText(t, map[string]string{"username": name, "password": password, "role": role}))
	if a.status != http.StatusCreated {
		t.Fatalf("account: %d %s", a.status, a.body)
	}
	id, _ = a.json(t)["_id"].(string)
	_, in := h.Call(t, http.MethodPost, "/auth/login", "", map[string]any{"username": name, "password": password})
	token, _ = in["token"].(string)
	return id, token
}

// TestAdminDemoted: from the answer on that takes an administrator's power, their old
// token and their connections have none.
func TestAdminDemoted(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	posted := h.alice.call(t, "message", h.room, "to be left alone")
	for name, end := range map[string]func(id, token string) answer{
		"demoted": func(id, _ string) answer {
			return h.as(t, "root", "admin", http.MethodPatch, "/admin/chat/users/"+id, `{"role":"user"}`)
		},
		"blocked": func(id, _ string) answer {
			return h.as(t, "root", "admin", http.MethodPut, "/admin/chat/users/"+id+"/block", "")
		},
		"password": func(_, token string) answer {
			return h.ask(t, http.MethodPut, "/auth/password", `{"old":"correct horse battery","new":"another password"}`, "Authorization", "Bearer "+token, "Content-Type", "application/json")
		},
		"logout": func(_, token string) answer {
			return h.ask(t, http.MethodPost, "/auth/logout", "", "Authorization", "Bearer "+token)
		},
	} {
		id, token := h.account(t, name, "admin")
		c := dial(t, h.Addr, nil)
		if got := c.connect(t, token); got[0] != '0' {
			t.Fatalf("%s: %s", name, got)
		}
		if a := end(id, token); a.status != http.StatusOK {
			t.Fatalf("%s: %d %s", name, a.status, a.body)
		}
		for range 3 {
			_ = c.send(`42/chat,["delete","` + posted["messageId"].(string) + `"]`)
		}
		for _, route := range adminPaths {
			method, path, _ := strings.Cut(route, " ")
			if a := h.ask(t, method, path, "", "Authorization", "Bearer "+token); a.status != http.StatusUnauthorized && a.status != http.StatusForbidden {
				t.Errorf("%s, %s: %d %.100s", name, route, a.status, a.body)
			}
		}
		c.ended(t)
		late := dial(t, h.Addr, nil)
		if got := late.connect(t, token); got[0] != '4' {
			t.Errorf("%s connects: %s", name, got)
		}
		late.close()
	}
	if a := h.as(t, "alice", "user", http.MethodGet, "/chat/messages/"+posted["messageId"].(string), ""); a.status != http.StatusOK {
		t.Errorf("the message: %d %s", a.status, a.body)
	}
	h.unharmed(t)
}

// TestAdminBlockRace: whoever is let in while they are blocked does not stay.
func TestAdminBlockRace(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	for i := range 10 {
		user := fmt.Sprint("racer", i)
		token := harness.Token(t, user, "user")
		var all sync.WaitGroup
		clients := make([]*client, 8)
		for n := range clients {
			c := dial(t, h.Addr, nil)
			clients[n] = c
			all.Go(func() { _ = c.send(`40/chat,{"token":"` + token + `"}`) })
		}
		all.Go(func() { h.as(t, "root", "admin", http.MethodPut, "/admin/chat/users/"+user, "{}") })
		all.Go(func() { h.as(t, "root", "admin", http.MethodPut, "/admin/chat/users/"+user+"/block", "") })
		all.Wait()
		if a := h.as(t, "root", "admin", http.MethodPut, "/admin/chat/users/"+user+"/block", ""); a.status != http.StatusOK {
			t.Fatalf("%d %s", a.status, a.body)
		}
		for _, c := range clients {
			if !c.until(func() bool { return len(c.answers) > 0 }) && c.failure() == nil {
				t.Errorf("%s gets no answer", user)
			}
			if c.until(func() bool { return c.err != nil || c.kicked || c.answers[0][0] == '4' }); c.failure() == nil && !c.kicked && c.answers[0][0] != '4' {
				t.Errorf("%s stays", user)
			}
			c.close()
		}
	}
	h.unharmed(t)
}

package hostile

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"parley/test/harness"
)

func expired(t *testing.T, user string) string {
	t.Helper()
	return harness.TokenUntil(t, user, "user", time.Now().Add(-time.Hour))
}

// keepsSecret checks that no part of a token is in the server's log.
func (h *house) keepsSecret(t *testing.T, tokens ...string) {
	t.Helper()
	log := h.Log()
	parts := strings.Split(strings.Join(tokens, "."), ".")
	for _, part := range append(parts, "token=", "Bearer") {
		if len(part) > 4 && strings.Contains(log, part) {
			t.Errorf("%.20q is in the log:\n%s", part, tail(log))
		}
	}
}

// TestRawDoorsTokens: who has no good token is let in as far as to be told, in the
// query and in the header, and no token is logged.
func TestRawDoorsTokens(t *testing.T) {
	t.Parallel()
	h := newDoors(t, generous, "PARLEY_LOG_LEVEL=debug")
	h.command(t, "correct horse battery\n", "user", "add", "eve")
	_, answer := h.Call(t, http.MethodPost, "/auth/login", "", map[string]any{"username": "eve", "password": "correct horse battery"})
	blocked, _ := answer["token"].(string)
	h.command(t, "", "user", "block", "eve")
	session, good := h.session(t, "mallory"), harness.Token(t, "mallory", "user")
	var used []string
	for _, path := range []string{"/", "/ws", "/ws/", "/ws/chat/" + session, "/ws/chat/" + session + "/"} {
		for _, tt := range []struct {
			token, why string
			status     int
		}{
			{"", "unauthenticated", 4401},
			{"wrong", "unauthenticated", 4401},
			{"a\x00b", "unauthenticated", 4401},
			{"Basic YTpi", "unauthenticated", 4401},
			{unsigned(t), "unauthenticated", 4401},
			{good[:len(good)-3] + "AAA", "unauthenticated", 4401},
			{strings.Repeat("x.", 4000), "unauthenticated", 4401},
			{expired(t, "mallory"), "token_expired", 4401},
			{blocked, "blocked", 4403},
		} {
			h.knock(t, withToken(path, tt.token)).ends(tt.why, tt.status)
			used = append(used, tt.token)
			if tt.token != "" && !strings.Contains(tt.token, "\x00") {
				h.knock(t, withToken(path, good), "Authorization: Bearer "+tt.token).ends(tt.why, tt.status)
			}
		}
	}
	h.knock(t, "/ws?token="+good+"&token=wrong").until("connection")
	h.knock(t, "/ws?token=%zz&token="+good+"&;").hungUpOr(t, 4401)
	h.knock(t, withToken("/ws", "wrong"), "Authorization: Bearer "+good).until("connection")
	h.knock(t, withToken("/ws", ` bEaReR "`+good+`" `)).until("connection")
	if plain := h.ask(t, http.MethodGet, "/ws?token="+good, ""); plain.status != http.StatusUpgradeRequired {
		t.Errorf("a plain GET: %d", plain.status)
	}
	h.keepsSecret(t, append(used, good)...)
}

// hungUpOr takes either way: let in, or refused with the close code.
func (c *caller) hungUpOr(t *testing.T, status int) {
	t.Helper()
	for {
		w, code, err := c.next()
		if err != nil {
			if code != status {
				t.Errorf("closed with %d", code)
			}
			return
		}
		if w.Type == "connection" {
			return
		}
	}
}

// TestRawDoorsSessions: which sessions a socket may be in, and how one that is
// open ends.
func TestRawDoorsSessions(t *testing.T) {
	t.Parallel()
	h := newDoors(t, generous)
	token := harness.Token(t, "mallory", "user")
	closed, theirs := h.session(t, "mallory"), h.session(t, "alice")
	mine := h.session(t, "mallory") // ends the first
	for session, want := range map[string]struct {
		why    string
		status int
	}{
		closed:                          {"not_found", 4408},
		theirs:                          {"forbidden", 4403},
		"none":                          {"not_found", 4404},
		h.room:                          {"not_found", 4404},
		"%00":                           {"not_found", 4404},
		"%ff":                           {"not_found", 4404},
		"a%20b":                         {"not_found", 4404},
		strings.Repeat("s", 5000):       {"not_found", 4404},
		strings.ToUpper(mine) + "%27--": {"not_found", 4404},
	} {
		h.knock(t, withToken("/ws/chat/"+session, token)).ends(want.why, want.status)
	}
	h.knock(t, withToken("/ws/chat/"+theirs, harness.Token(t, "root", "admin"))).ends("forbidden", 4403)

	first := h.visit(t, "mallory", mine)
	second := h.visit(t, "mallory", mine)
	first.ends("conflict", 4409)
	second.lives()
	next := h.session(t, "mallory")
	second.ends("conflict", 4409)
	third := h.visit(t, "mallory", next)
	h.closeSession(t, "mallory", next)
	third.ends("not_found", 4408)
	h.closeSession(t, "alice", theirs)
	h.calm(t)
}

// TestRawDoorsRush: sockets of one session that all come at once leave one.
func TestRawDoorsRush(t *testing.T) {
	t.Parallel()
	h := newDoors(t, generous)
	session, token := h.session(t, "mallory"), harness.Token(t, "mallory", "user")
	const rush = 60
	all := make([]*caller, rush)
	for i := range all {
		all[i] = &caller{dialRaw(t, h.Addr), t}
		all[i].say("%s", upgrade(withToken("/ws/chat/"+session, token)))
	}
	ended := make(chan int, rush)
	for _, c := range all {
		go func() {
			if res, err := http.ReadResponse(c.in, nil); err != nil || res.StatusCode != http.StatusSwitchingProtocols {
				ended <- -2
				return
			}
			ended <- c.closeCode()
		}()
	}
	for range rush - 1 {
		if code := <-ended; code != 4409 {
			t.Fatalf("one of many ended with %d", code)
		}
	}
	h.closeSession(t, "mallory", session)
	if code := <-ended; code != 4408 {
		t.Errorf("the last ended with %d", code)
	}
	for _, c := range all {
		_ = c.Close()
	}
	h.calm(t)
}

// TestRawDoorsEndings: connections end with their tokens and their users.
func TestRawDoorsEndings(t *testing.T) {
	t.Parallel()
	h := newDoors(t, generous)
	soon := time.Now().Add(3 * time.Second)
	brief := harness.TokenUntil(t, "mallory", "user", soon)
	session := h.session(t, "mallory")
	var ending, renewed []*caller
	for _, path := range []string{"/ws", "/ws/chat/" + session} {
		ending = append(ending, h.knock(t, withToken(path, brief)))
	}
	other := h.knock(t, withToken("/", brief))
	other.until("connection")
	if got := other.ask(text(`{"type":"auth","token":"` + harness.Token(t, "mallory", "user") + `"}`)); got != "" {
		t.Errorf("auth: %s", got)
	}
	renewed = append(renewed, other)
	for _, c := range ending {
		c.ends("token_expired", 4401)
	}
	for _, c := range renewed {
		c.lives()
		c.hangUp()
	}
	h.closeSession(t, "mallory", session)

	h.command(t, "correct horse battery\n", "user", "add", "eve")
	_, answer := h.Call(t, http.MethodPost, "/auth/login", "", map[string]any{"username": "eve", "password": "correct horse battery"})
	token, _ := answer["token"].(string)
	status, begun := h.Call(t, http.MethodPost, "/chatbot/default/session", token, nil)
	theirs, _ := begun["session_id"].(string)
	if status != http.StatusOK {
		t.Fatal(status, begun)
	}
	doors := []*caller{h.knock(t, withToken("/", token)), h.knock(t, withToken("/ws/chat/"+theirs, token))}
	doors[0].until("connection")
	doors[1].until("session_info")
	h.command(t, "", "user", "block", "eve")
	for _, c := range doors {
		c.ends("blocked", 4403)
	}
	h.calm(t)
}

// TestRawDoorsOrigins: a foreign page is told, and closed.
func TestRawDoorsOrigins(t *testing.T) {
	t.Parallel()
	h := newDoors(t, generous, "PARLEY_CORS_ORIGINS=https://shop.example")
	token := harness.Token(t, "mallory", "user")
	for origin, allowed := range map[string]bool{
		"https://shop.example":       true,
		"https://SHOP.example":       false,
		"http://shop.example":        false,
		"https://shop.example:8443":  false,
		"https://shop.example.evil":  false,
		"https://evil.shop.example":  false,
		"https://shop.example, evil": false,
		"null":                       false,
		"*":                          false,
		"\xff":                       false,
	} {
		c := h.knock(t, withToken("/ws", token), "Origin: "+origin)
		if !allowed {
			c.ends("forbidden", 4403)
			continue
		}
		c.until("connection")
		c.hangUp()
	}
	two := h.knock(t, withToken("/ws", token), "Origin: https://shop.example", "Origin: https://evil.example")
	two.hungUpOr(t, 4403)
	_ = two.Close()
	h.calm(t)
}

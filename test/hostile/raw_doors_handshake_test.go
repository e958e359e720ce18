package hostile

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"parley/test/harness"
)

// TestRawDoorsHandshakes: requests that are no handshake, or not quite, are
// answered over HTTP in our form, and never with a server's fault.
func TestRawDoorsHandshakes(t *testing.T) {
	t.Parallel()
	h := newDoors(t, generous)
	path := withToken("/ws", harness.Token(t, "mallory", "user"))
	whole := upgrade(path)
	without := func(line string) string { return strings.Replace(whole, line+"\r\n", "", 1) }
	for name, tt := range map[string]struct {
		request string
		status  []int
	}{
		"no key":               {without("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), []int{400}},
		"a short key":          {strings.Replace(whole, "dGhlIHNhbXBsZSBub25jZQ==", "aGk=", 1), []int{400}},
		"a key that is none":   {strings.Replace(whole, "dGhlIHNhbXBsZSBub25jZQ==", "\xff\xfe", 1), []int{400}},
		"two keys":             {strings.Replace(whole, "Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key", 1), []int{400}},
		"no version":           {without("Sec-WebSocket-Version: 13"), []int{400, 426}},
		"version 8":            {strings.Replace(whole, ": 13", ": 8", 1), []int{400, 426}},
		"no Connection":        {without("Connection: Upgrade"), []int{400, 426}},
		"no Upgrade":           {without("Upgrade: websocket"), []int{426}},
		"another protocol":     {strings.Replace(whole, "Upgrade: websocket", "Upgrade: h2c", 1), []int{426}},
		"POST":                 {strings.Replace(whole, "GET", "POST", 1), []int{400, 405}},
		"HEAD":                 {strings.Replace(whole, "GET", "HEAD", 1), []int{400, 405}},
		"HTTP/1.0":             {strings.Replace(whole, "HTTP/1.1", "HTTP/1.0", 1), []int{400, 426, 505}},
		"HTTP/3.0":             {strings.Replace(whole, "HTTP/1.1", "HTTP/3.0", 1), []int{400, 505}},
		"no Host":              {without("Host: x"), []int{400}},
		"two lengths":          {strings.Replace(whole, "\r\n\r\n", "\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 1), []int{400}},
		"a folded header":      {strings.Replace(whole, "Upgrade: websocket", "Upgrade:\r\n websocket", 1), []int{101, 400}},
		"NUL in a header":      {strings.Replace(whole, "\r\n\r\n", "\r\nX: a\x00\r\n\r\n", 1), []int{400}},
		"headers of 2 MB":      {strings.Replace(whole, "\r\n\r\n", "\r\nX: "+strings.Repeat("x", 2_000_000)+"\r\n\r\n", 1), []int{431}},
		"a token of 2 MB":      {upgrade("/ws?token=" + strings.Repeat("x", 2_000_000)), []int{431}},
		"a list of protocols":  {strings.Replace(whole, "Upgrade: websocket", "Upgrade: h2c, WebSocket", 1), []int{101}},
		"keep-alive, too":      {strings.Replace(whole, "Connection: Upgrade", "Connection: keep-alive, upgrade", 1), []int{101}},
		"compression":          {upgrade(path, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"), []int{101}},
		"strange extensions":   {upgrade(path, "Sec-WebSocket-Extensions: ;;,=\"", "Sec-WebSocket-Extensions: "+strings.Repeat("x,", 1000)), []int{101, 400}},
		"subprotocols":         {upgrade(path, "Sec-WebSocket-Protocol: chat, superchat"), []int{101}},
		"200 headers":          {upgrade(path, strings.TrimSuffix(strings.Repeat("X-Odd: \xff\r\n", 200), "\r\n")), []int{101, 400}},
		"a length":             {upgrade(path, "Content-Length: 0"), []int{101}},
		"a body":               {upgrade(path, "Content-Length: 5") + "hello", []int{101, 400}},
		"a body without end":   {upgrade(path, "Transfer-Encoding: chunked") + "5\r\nhello\r\n", []int{101, 400}},
		"a body of 10 MB said": {upgrade(path, "Content-Length: 10000000"), []int{101, 400}},
		"expecting":            {upgrade(path, "Expect: 100-continue"), []int{101, 400, 417}},
	} {
		r := dialRaw(t, h.Addr)
		go r.say("%s", tt.request)
		res, err := http.ReadResponse(r.in, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		ok := false
		for _, status := range tt.status {
			ok = ok || res.StatusCode == status
		}
		if !ok {
			t.Errorf("%s is answered %s", name, res.Status)
		}
		if got := res.Header.Get("Sec-WebSocket-Extensions") + res.Header.Get("Sec-WebSocket-Protocol"); got != "" {
			t.Errorf("%s: %q is taken", name, got)
		}
		_ = r.Close()
	}
	h.calm(t)
}

// TestRawDoorsPaths: what looks like a session's address and is none is no
// session: refused over HTTP, or told and closed.
func TestRawDoorsPaths(t *testing.T) {
	t.Parallel()
	h := newDoors(t, generous)
	token := harness.Token(t, "mallory", "user")
	session := h.session(t, "mallory")
	for _, path := range []string{
		"/ws/chat", "/ws/chat/", "/ws/chat//", "/ws//chat/x", "//ws", "/ws/chat/.", "/ws/chat/..", "/ws/chat/../chat/" + session + "/x",
		"/ws/chat/%2e%2e", "/ws/chat/..%2f", "/ws/chat/%2f" + session, "/ws/chat/" + session + "%2fx",
		"/ws/chat/" + session + "/x", "/ws/chat/" + session + "//", "/ws/chat/" + session + "%00", "/ws/chat/" + session + ";x",
		"/ws/chat/%c0%af", "/ws/chat/..\\", "/ws/chat/%5c", "/ws/chat/%25" + session, "/WS", "/ws/chat%2f" + session + "x",
		"/ws/chat/" + strings.Repeat("s", 5000), "/ws/chat/" + strings.Repeat("../", 1500), "/ws/chat/" + strings.Repeat("%2f", 1500),
		"/ws/chat/" + strings.Repeat("%", 300), "/ws/chat/'or'1'='1", "/ws/chat/" + strings.Repeat("/", 5000),
	} {
		r := &caller{dialRaw(t, h.Addr), t}
		r.say("%s", upgrade(withToken(path, token)))
		res, err := http.ReadResponse(r.in, nil)
		switch {
		case err != nil:
			t.Errorf("%.60s: %v", path, err)
		case res.StatusCode == http.StatusSwitchingProtocols:
			t.Logf("%.60s is let in as far as to be told", path)
			r.ends("not_found", 4404)
		case res.StatusCode < 400 || res.StatusCode >= 500:
			t.Errorf("%.60s is answered %s", path, res.Status)
		}
		_ = r.Close()
	}
	h.visit(t, "mallory", session).hangUp() // nobody has touched it
	h.closeSession(t, "mallory", session)
	h.keepsSecret(t, token)
	h.calm(t)
}

// TestRawDoorsHalfOpen: handshakes that stop in their middle, or right behind it,
// hold nothing once they are gone, and nobody waits for them meanwhile.
func TestRawDoorsHalfOpen(t *testing.T) {
	t.Parallel()
	h := newDoors(t, generous)
	const many = 500
	request := upgrade(withToken("/ws", harness.Token(t, "mallory", "user")))
	half := make([]*raw, many)
	for i := range half {
		half[i] = dialRaw(t, h.Addr)
		half[i].say("%s", request[:1+i*(len(request)-2)/many])
	}
	h.talk(t)
	c := h.call(t, "mallory")
	c.lives()
	c.hangUp()
	for _, r := range half {
		r.reset()
	}
	h.calm(t)
	for range many {
		r := dialRaw(t, h.Addr)
		r.say("%s", request)
		r.reset()
	}
	h.calm(t)
}

// TestRawDoorsOpen: past the number that one address may have open a client is
// told; past twice that, the handshake is refused; whoever leaves makes room.
func TestRawDoorsOpen(t *testing.T) {
	t.Parallel()
	h := newDoors(t, "PARLEY_LIMIT_OPEN=6")
	path := withToken("/ws", harness.Token(t, "mallory", "user"))
	var all []*caller
	for i := 3; i <= 12; i++ { // two are the bystanders'
		c := h.knock(t, path)
		if i <= 6 {
			c.until("connection")
		}
		all = append(all, c)
	}
	if got := all[4].until("error"); got.Code != "rate_limited" {
		t.Errorf("the seventh is told %+v", got)
	}
	for range 50 { // those that were told go by themselves
		r := dialRaw(t, h.Addr)
		r.say("%s", upgrade(path))
		res, err := http.ReadResponse(r.in, nil)
		if err != nil || res.StatusCode != http.StatusSwitchingProtocols && (res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "") {
			t.Errorf("past twice the number: %v %v", res, err)
		}
		_ = r.Close()
	}
	for _, c := range all[:4] {
		c.lives()
		c.hangUp()
	}
	h.calm(t)
	h.call(t, "mallory").hangUp()
	h.calm(t)
}

// TestRawDoorsUnread: clients that are refused and never read it, nor close, are
// gone in a moment.
func TestRawDoorsUnread(t *testing.T) {
	t.Parallel()
	h := newDoors(t, generous)
	const many = 200
	all := make([]*raw, many)
	for i := range all {
		all[i] = dialRaw(t, h.Addr)
		all[i].say("%s", upgrade([]string{"/", "/ws", "/ws/chat/none"}[i%3]+"?token=wrong"))
	}
	begin := time.Now()
	h.calm(t)
	if took := time.Since(begin); took > patience/2 {
		t.Errorf("they were there for %v", took)
	}
	for _, r := range all {
		_ = r.Close()
	}
}

package access_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// textMasterKey is what an administrator is told who does not send the master key.
const textMasterKey = "The 'masterkey' header is missing or wrong"

// Where there is a master key, administrators' routes are closed to who does not
// send it, whatever they ask for; and users' routes do not care.
func TestMasterKey(t *testing.T) {
	const key = "The key of the house"
	s := start(t, "PARLEY_MASTER_KEY="+key)
	s.key = key
	for _, r := range slices.Concat(administration, curation) {
		t.Run(r.call+" "+r.send, func(t *testing.T) { r.checkKey(t, s) })
	}
	for _, r := range slices.Concat(rooms, messages, uploads, conversations, customers, inbox, accounts) {
		t.Run(r.call+" "+r.send, func(t *testing.T) { r.checkNoKey(t, s) })
	}
}

// checkKey holds that the key opens the route to the administrator, that no other
// key does, and that it opens it to nobody else.
func (r row) checkKey(t *testing.T, s *site) {
	t.Parallel()
	locked := s.build(t, r)
	seen := locked.look(r)
	var open func()
	for i, want := range r.columns(t) {
		h := locked.of(t, callers[i], r)
		q := request{h.fill(r.call), h.fill(r.send), h.tokens[h.caller.name], s.key}
		with := func() {
			if a := h.answer(t, r, q, want); h.judge(a, q, want) != "" {
				t.Errorf("%s %s by the %s, with the key: want %s: %d %s", q.call, q.send, h.caller.name, want, a.status, a.body)
			}
		}
		if h.caller.name == "admin" {
			h.checkWrongKeys(t, r, q)
			open = with
		} else {
			with()
		}
	}
	if now := locked.look(r); now != seen {
		t.Errorf("%s %s by who may not has changed\n%s to\n%s", r.call, r.send, seen, now)
	}
	open()
}

// checkWrongKeys holds that every wrong key is answered alike.
func (h *house) checkWrongKeys(t *testing.T, r row, q request) {
	t.Helper()
	for _, wrong := range []string{"", "another key", h.key + "x", h.key[:len(h.key)-1], strings.ToUpper(h.key)} {
		q.key = wrong
		a := h.ask(t, q)
		if a.status != http.StatusUnauthorized || a.text != textMasterKey || h.told(a, q) != nil {
			t.Errorf("%s %s by the admin, with the key %q: %d %s", q.call, q.send, q.key, a.status, a.body)
		}
		h.checkSame(t, r, q, a)
	}
}

// checkNoKey holds that a wrong key changes nothing for a member, nor for nobody.
func (r row) checkNoKey(t *testing.T, s *site) {
	t.Parallel()
	wants := r.columns(t)
	for i, c := range callers {
		if c.name != "member" && c.name != "nobody" {
			continue
		}
		h := s.build(t, r).of(t, c, r)
		q := request{h.fill(r.call), h.fill(r.send), h.tokens[c.name], "no key at all"}
		if a := h.answer(t, r, q, wants[i]); h.judge(a, q, wants[i]) != "" {
			t.Errorf("%s %s by the %s, with a wrong key: want %s: %d %s", q.call, q.send, c.name, wants[i], a.status, a.body)
		}
	}
}

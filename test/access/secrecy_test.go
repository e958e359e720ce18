package access_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// secret tells whether the row names something of the room's, so that even its
// being there is nobody else's to know.
func (r row) secret() bool { return slices.ContainsFunc(r.things(), hidden) }

// knows tells whether the caller may learn that what the row names is there.
func (c caller) knows(r row) bool {
	return c.inside() || c.role == "admin" || c.role == "agent" && strings.Contains(r.call+r.send, "inquiry}")
}

// hidden tells whether a thing is one that only its people may know of.
func hidden(thing string) bool {
	switch thing {
	case "room", "invitation", "file", "unposted", "withdrawn", "conversation", "session", "inquiry", "claimed inquiry":
		return true
	}
	return strings.HasSuffix(thing, " message")
}

// checkSame makes the call again with made-up ids in the place of those that the
// caller has no part in. Nothing but the ids may differ.
func (h *house) checkSame(t *testing.T, r row, q request, real answer) {
	t.Helper()
	var ids []string // made-up and real ones, in turn
	elsewhere := *h
	elsewhere.ids = map[string]string{}
	for name, id := range h.ids {
		if hidden(name) || name == "public" {
			ids = append(ids, madeUp(), id)
			id = ids[len(ids)-2]
		}
		elsewhere.ids[name] = id
	}
	q.call, q.send = elsewhere.fill(r.call), elsewhere.fill(r.send)
	none := h.do(t, r, q)
	if none.status != real.status || strings.NewReplacer(ids...).Replace(none.body) != real.body {
		t.Errorf("%s %s by the %s: %d %s\nbut of what there is none: %d %s",
			r.call, r.send, h.caller.name, real.status, real.body, none.status, none.body)
	}
	if a, b := headerNames(real.header), headerNames(none.header); !slices.Equal(a, b) {
		t.Errorf("%s %s by the %s: headers %v, but of what there is none %v", r.call, r.send, h.caller.name, a, b)
	}
}

// headerNames are the names, and the values too where they are no request's own.
func headerNames(h http.Header) []string {
	var all []string
	for name, values := range h {
		if name == "Date" || name == "X-Request-Id" {
			values = nil
		}
		all = append(all, name+": "+strings.Join(values, ", "))
	}
	slices.Sort(all)
	return all
}

package access_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"parley/gateway/socketio"
	"parley/test/harness"
)

// table is all rows of a server as it comes; joins is for one that asks.
var table = slices.Concat(rooms, messages, uploads, conversations, customers, inbox, accounts, administration, curation, events, dialogues)

// start runs a server on which only known users can be added to rooms.
func start(t *testing.T, env ...string) *site {
	t.Helper()
	return &site{Server: harness.Start(t, append([]string{"PARLEY_RATE_LIMITS=off", "PARLEY_OPEN_USERS=false"}, env...)...)}
}

func TestWhoMayDoWhat(t *testing.T) {
	plain, asking := start(t), start(t, "PARLEY_EXPLICIT_ROOM_JOINS=true")
	asking.asks = true
	t.Run("the table is whole", func(t *testing.T) { checkWhole(t, plain) })
	for _, r := range table {
		t.Run(r.call+" "+r.send, func(t *testing.T) { r.run(t, plain) })
	}
	for _, r := range joins {
		t.Run("asking, "+r.call+" "+r.send, func(t *testing.T) { r.run(t, asking) })
	}
}

// run fills the columns, one after the other. Those that leave a house as it is
// share one; the others have one each.
func (r row) run(t *testing.T, s *site) {
	t.Parallel()
	var shared *house
	seen := ""
	for i, want := range r.columns(t) {
		if want == "-" {
			continue
		}
		if !refused(want) && !r.reads() {
			h := s.build(t, r)
			t.Run(callers[i].name, func(t *testing.T) { r.check(t, h.of(t, callers[i], r), want) })
			continue
		}
		if shared == nil {
			shared = s.build(t, r)
			seen = shared.look(r)
		}
		t.Run(callers[i].name, func(t *testing.T) {
			h := shared.of(t, callers[i], r)
			r.check(t, h, want)
			if now := h.look(r); now != seen {
				t.Errorf("%s %s by the %s has changed\n%s to\n%s", r.call, r.send, h.caller.name, seen, now)
				seen = now
			}
		})
	}
}

// check makes the call and holds the answer against what is wanted.
func (r row) check(t *testing.T, h *house, want string) {
	t.Helper()
	q := request{h.fill(r.call), h.fill(r.send), h.tokens[h.caller.name], h.key}
	a := h.answer(t, r, q, want)
	if wrong := h.judge(a, q, want); wrong != "" {
		t.Fatalf("%s %s by the %s: %s: %d %s", q.call, q.send, h.caller.name, wrong, a.status, a.body)
	}
	unknown := want == "404" || want == "gone"
	if unknown || (refused(want) && r.secret() && !h.caller.knows(r)) {
		h.checkSame(t, r, q, a)
	}
}

// answer is what comes back; lists by words and by senders may be some moments
// behind, and are asked again.
func (h *house) answer(t *testing.T, r row, q request, want string) answer {
	t.Helper()
	a := h.do(t, r, q)
	if want == "see" && r.reads() && a.ok() && len(h.told(a, q)) == 0 {
		harness.Eventually(t, harness.Patience, func() (bool, string) {
			a = h.do(t, r, q)
			return !a.ok() || len(h.told(a, q)) > 0, q.call + " tells nothing of the room: " + a.body
		})
	}
	return a
}

func (h *house) do(t *testing.T, r row, q request) answer {
	t.Helper()
	if r.event() {
		return h.emit(t, q)
	}
	return h.ask(t, q)
}

// judge says what is wrong with an answer, "" if nothing is.
func (h *house) judge(a answer, q request, want string) string {
	if want == "gone" {
		a.body += a.heard
	}
	told := strings.Join(h.told(a, q), ", ")
	no, refuses := refusals[want]
	switch {
	case refuses && (a.status != no.status || (a.header != nil && a.name != no.name)):
		return "want " + want
	case refuses && strings.HasSuffix(a.text, textBlocked) != (want == "blk"):
		return "want " + want + ", and another text"
	case want == "401" && !strings.HasSuffix(a.text, textNoToken):
		return "want another text"
	case !refuses && !a.ok():
		return "want " + want
	case (want == "200" || want == "201") && want != strconv.Itoa(a.status):
		return "want " + want
	case want == "gone" && !strings.Contains(a.body, `"gone":true`):
		return "the room is not gone"
	case want == "see" && told == "":
		return "the answer tells nothing of the room"
	case want != "see" && told != "":
		return "the answer tells of " + told
	}
	return ""
}

// told are the secrets in an answer that its caller did not bring along.
func (h *house) told(a answer, q request) []string {
	var told []string
	all := a.body
	if !a.ok() && !h.caller.inside() {
		all += a.heard
	}
	for _, values := range a.header {
		all += strings.Join(values, "\n")
	}
	for _, secret := range h.secrets {
		if strings.Contains(all, secret) && !strings.Contains(q.call+q.send, secret) && secret != h.ids[h.caller.name] {
			told = append(told, secret)
		}
	}
	return told
}

// checkWhole holds that every route of the OpenAPI document and every event has a
// row, and that no row names another.
func checkWhole(t *testing.T, s *site) {
	a := s.ask(t, request{call: "GET /api/openapi.json"})
	var doc struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{connect: true}
	for _, event := range socketio.Events() {
		known[event] = true
	}
	for _, route := range unlisted {
		known[route] = true
	}
	for path, methods := range doc.Paths {
		for method := range methods {
			known[row{call: strings.ToUpper(method) + " " + parameters.ReplaceAllString(path, "{x}")}.route()] = true
		}
	}
	rows := map[string]bool{}
	for _, r := range slices.Concat(table, joins) {
		rows[r.route()] = true
	}
	for _, route := range slices.Sorted(maps.Keys(known)) {
		if !rows[route] {
			t.Errorf("%s has no row", route)
		}
	}
	for _, route := range slices.Sorted(maps.Keys(rows)) {
		if !known[route] {
			t.Errorf("a row names %s, which does not exist", route)
		}
	}
}

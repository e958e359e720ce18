package hostile

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"parley/test/harness"
)

// The kinds of arguments, each with JSON that is not one.
var notA = map[string][]string{
	"text":   {`true`, `false`, `0`, `42`, `-1.5`, `1e300`, `[]`, `["a"]`, `{}`, `{"a":1}`, `[[[]]]`},
	"number": {`true`, `"1"`, `""`, `1.5`, `-1`, `1e300`, `-1e300`, `9007199254740993`, `[]`, `[1]`, `{}`},
	"flag":   {`0`, `1`, `"true"`, `""`, `[]`, `{}`, `1e300`},
	"texts":  {`true`, `42`, `"a"`, `{}`, `[1]`, `[null]`, `[true]`, `[[]]`, `[{}]`, `["a",1]`},
	"rooms":  {`true`, `42`, `"a"`, `[]`, `[["a","b"]]`, `{"a":1}`, `{"a":[]}`, `{"a":{}}`, `{"a":"no cursor"}`, `{"a":"0:-1"}`},
	"id":     {`""`, `"nowhere"`, `"\u0000"`, `"\ud800"`, `"../../etc"`, `"' OR 1=1 --"`, `"` + strings.Repeat("x", 10_000) + `"`, `null`},
}

// argument is one field of an event.
type argument struct {
	name, kind string
	good       string // JSON
}

// events has every event with arguments that are right. Those up to positions
// may also come one by one.
func (h *house) events(message string) map[string][]argument {
	room := argument{"roomId", "text id", quote(h.room)}
	id := argument{"messageId", "text id", quote(message)}
	return map[string][]argument{
		"message": {
			room,
			{"content", "text", `"x"`},
			{"contentType", "text", `"text"`},
			{"files", "texts", `[]`},
			{"nonce", "text", `"n"`},
			{"replyTo", "text", quote(message)},
		},
		"join":               {room},
		"leave":              {room},
		"connectToRoom":      {room},
		"disconnectFromRoom": {room},
		"messagesRead":       {room, {"seq", "number", `1`}},
		"typing":             {room, {"typing", "flag", `true`}},
		"edit":               {id, {"text", "text", `"x"`}},
		"delete":             {id},
		"history":            {room, {"before", "number", `9`}, {"after", "number", `1`}, {"limit", "number", `5`}},
		"sync":               {{"rooms", "rooms", `{}`}},
		"auth:refresh":       {{"token", "text", `"x"`}},
	}
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// TestArguments sends every event with every argument of every wrong kind, as
// an object and by position, on both databases. Each is answered as a mistake,
// and none leaves anything behind.
func TestArguments(t *testing.T) {
	t.Parallel()
	onDatabases(t, func(t *testing.T, database string) {
		h := newHouse(t, generous, database)
		posted := h.alice.call(t, "message", h.room, "to be left alone")
		c := h.join(t, "mallory")
		before := h.history(t)
		type sent struct {
			frame string
			id    int
		}
		var all []sent
		send := func(event, args string) {
			all = append(all, sent{event + " " + args, c.lastID + 1})
			c.lastID++
			if err := c.send(fmt.Sprintf("42/chat,%d[%q%s]", c.lastID, event, args)); err != nil {
				t.Fatalf("%s %s: %v", event, args, err)
			}
		}
		table := h.events(posted["messageId"].(string))
		for _, event := range slices.Sorted(maps.Keys(table)) {
			for _, args := range mistaken(event, table[event]) {
				send(event, args)
			}
		}
		for _, s := range all {
			if got := code(c.answer(t, s.id)); got != "invalid" && got != "not_found" {
				t.Errorf("%.120s is answered %q", s.frame, got)
			}
		}
		if after := h.history(t); before != after {
			t.Errorf("something was stored:\n%s\n%s", before, after)
		}
		c.close()
		h.unharmed(t)
		t.Logf("%d mistakes", len(all))
	})
}

// mistaken are the argument lists with one mistake each, with the comma before.
func mistaken(event string, arguments []argument) []string {
	var all []string
	object := func(change string, to string) string {
		fields := []string{}
		for _, a := range arguments {
			if value := a.good; a.name != change {
				fields = append(fields, quote(a.name)+":"+value)
			}
		}
		if to != "" {
			fields = append(fields, quote(change)+":"+to)
		}
		return ",{" + strings.Join(fields, ",") + "}"
	}
	for _, a := range arguments {
		for kind := range strings.FieldsSeq(a.kind) {
			for _, wrong := range notA[kind] {
				all = append(all, object(a.name, wrong))
			}
		}
	}
	first := arguments[0]
	if strings.Contains(first.kind, "id") {
		all = append(all, "", ",{}", ",{\"other\":1}", object(first.name, ""))
	}
	for kind := range strings.FieldsSeq(first.kind) {
		for _, wrong := range notA[kind] {
			rest := ""
			if len(arguments) > 1 {
				rest = "," + arguments[1].good
			}
			if event == "sync" || event == "history" || strings.HasPrefix(wrong, "{") {
				continue // one object: done above
			}
			all = append(all, ","+wrong+rest)
		}
	}
	if len(arguments) > 1 && event != "history" {
		for _, wrong := range notA[arguments[1].kind] {
			if event == "message" && strings.HasPrefix(wrong, "{") {
				continue // Conduit's form, without a contentType
			}
			all = append(all, ","+first.good+","+wrong)
		}
	}
	return all
}

// history is the room's messages as alice sees them.
func (h *house) history(t *testing.T) string {
	t.Helper()
	a := h.alice.call(t, "history", map[string]any{"roomId": h.room, "limit": 200})
	if a["ok"] != true {
		t.Fatalf("history: %v", a)
	}
	b, _ := json.Marshal(a["messages"])
	return string(b)
}

// TestWithoutAck: what has no ack is told by exception and conduit_error.
func TestWithoutAck(t *testing.T) {
	t.Parallel()
	h := newHouse(t, generous)
	for frame, want := range map[string][2]any{
		`42/chat,["join","nowhere"]`:             {"not_found", 5.0},
		`42/chat,["message"]`:                    {"invalid", 3.0},
		`42/chat,["no such event",1]`:            {"invalid", 3.0},
		`42/chat,[7]`:                            {"invalid", 3.0},
		`42/chat,["auth:refresh","a.b.c"]`:       {"unauthenticated", 16.0},
		`42/chat,["edit","x",{"a":1}]`:           {"invalid", 3.0},
		`42/chat,["message","` + h.room + `",5]`: {"invalid", 3.0},
	} {
		c := h.join(t, "mallory")
		_ = c.send(frame)
		if e := c.event(t, "exception"); e["status"] != "error" || e["code"] != want[0] || e["message"] == "" {
			t.Errorf("%s: exception %v", frame, e)
		}
		if e := c.event(t, "conduit_error"); e["code"] != want[1] || e["details"] == "" || e["metadata"] == nil {
			t.Errorf("%s: conduit_error %v", frame, e)
		}
		c.lives(t)
		c.close()
	}
	h.unharmed(t)
}

// TestSizes: what is too long is refused whole, and the greatest that is allowed passes.
func TestSizes(t *testing.T) {
	t.Parallel()
	onDatabases(t, func(t *testing.T, database string) {
		h := newHouse(t, generous, database)
		c := h.join(t, "mallory")
		message := func(content, nonce string) map[string]any {
			return map[string]any{"roomId": h.room, "content": content, "nonce": nonce}
		}
		rooms := func(n int) map[string]any {
			cursors := map[string]string{}
			for i := range n {
				cursors[fmt.Sprint("r", i)] = ""
			}
			return map[string]any{"rooms": cursors}
		}
		for _, tt := range []struct {
			name  string
			event string
			arg   any
			want  string
		}{
			{"content of 65,536 bytes", "message", message(strings.Repeat("x", 65_536), "a"), ""},
			{"content of 65,537 bytes", "message", message(strings.Repeat("x", 65_537), "b"), "too_large"},
			{"65,538 bytes in 21,846 characters", "message", message(strings.Repeat("€", 21_846), "c"), "too_large"},
			{"content of control characters", "message", message(strings.Repeat("\x01", 65_536), "d"), ""},
			{"content with a NUL", "message", message("a\x00b", "e"), "invalid"},
			{"nonce of 128 bytes", "message", message("x", strings.Repeat("n", 128)), ""},
			{"nonce of 129 bytes", "message", message("x", strings.Repeat("n", 129)), "invalid"},
			{"nonce with a NUL", "message", message("x", "a\x00"), "invalid"},
			{"no nonce", "message", message("x", ""), "invalid"},
			{"room with a NUL", "join", "a\x00", "invalid"},
			{"10,000 rooms", "sync", rooms(10_000), ""},
			{"10,001 rooms", "sync", rooms(10_001), "invalid"},
		} {
			if got := code(c.call(t, tt.event, tt.arg)); got != tt.want {
				t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
			}
		}
		c.lastID = 1000
		for _, surrogate := range []string{`\ud800`, `\udc00\ud800`, `a\ud83d`} {
			c.lastID++
			_ = c.send(fmt.Sprintf(`42/chat,%d["message",{"roomId":%q,"content":"%s","nonce":"s%s"}]`, c.lastID, h.room, surrogate, surrogate))
			if got := code(c.answer(t, c.lastID)); got != "" && got != "invalid" {
				t.Errorf("a lone surrogate %s: %q", surrogate, got)
			}
		}
		h.manyUsers(t)
		c.close()
		h.unharmed(t)
	})
}

// manyUsers makes rooms of too many users, which is refused whole.
func (h *house) manyUsers(t *testing.T) {
	t.Helper()
	token := harness.Token(t, "mallory", "user")
	for n, want := range map[int]int{1000: 200, 1001: 400} {
		users := make([]string, n)
		for i := range users {
			users[i] = fmt.Sprint("user", i)
		}
		body := map[string]any{"roomName": fmt.Sprint("of ", n), "users": users}
		if status, answer := h.Call(t, "POST", "/chat/rooms", token, body); status != want {
			t.Errorf("a room of %d: %d %v", n, status, answer)
		}
	}
	for _, users := range []any{[]any{}, "bob", []any{1}, []any{nil}, []any{""}, []any{"a\x00"}, map[string]any{}, nil, []any{strings.Repeat("x", 300)}} {
		body := map[string]any{"roomName": "x", "users": users}
		if status, answer := h.Call(t, "POST", "/chat/rooms", token, body); status != 400 {
			t.Errorf("a room of %v: %d %v", users, status, answer)
		}
	}
}

package hostile

import (
	"strings"
	"testing"

	"parley/test/harness"
)

// malformed are texts that are nothing at either door.
var malformed = map[string]string{
	"nothing":               "",
	"a space":               " ",
	"no JSON":               "hello",
	"half an object":        `{"type":"ping"`,
	"two objects":           `{"type":"ping"}{"type":"ping"}`,
	"a comma too much":      `{"type":"ping",}`,
	"single quotes":         `{'type':'ping'}`,
	"a comment":             `{"type":"ping"/**/}`,
	"null":                  "null",
	"a number":              "42",
	"a string":              `"ping"`,
	"a list":                `[{"type":"ping"}]`,
	"a byte order mark":     "\ufeff" + `{"type":"ping"}`,
	"NUL":                   "{\"type\":\"ping\"}\x00",
	"broken UTF-8":          "{\"type\":\"ping\",\"a\":\"\xff\xfe\"}",
	"an overlong slash":     "{\"type\":\"\xc0\xaf\"}",
	"a surrogate":           "{\"type\":\"\xed\xa0\x80\"}",
	"an unknown type":       `{"type":"no such type"}`,
	"another's protocol":    `42/chat,["message","x"]`,
	"an empty type":         `{"type":""}`,
	"a number's type":       `{"type":7}`,
	"a list's type":         `{"type":["ping"]}`,
	"an object's type":      `{"type":{"type":"ping"}}`,
	"a type of 900 kB":      `{"type":"` + strings.Repeat("x", 900_000) + `"}`,
	"type in capitals":      `{"TYPE":"ping","message_type":"text"}`,
	"lists, 100,000 deep":   `{"type":"no such type","a":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + "}",
	"objects, 100,000 deep": strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000),
	"brackets without end":  strings.Repeat("[", 900_000),
	"braces without end":    strings.Repeat(`{"type":`, 100_000),
	"a repeated type":       `{"type":"ping","type":"no such type"}`,
}

// wellFormed are strange, and yet to be taken: each is a ping.
var wellFormed = map[string]string{
	"huge numbers":      `{"type":"ping","a":1e999999999,"b":-1e-999999999,"c":` + strings.Repeat("9", 100_000) + `}`,
	"a type said twice": `{"type":"no such type","type":"ping"}`,
	"a million spaces":  `{"type":"ping"` + strings.Repeat(" ", 900_000) + `}`,
	"10,000 fields":     `{"type":"ping"` + manyFields(10_000) + `}`,
	"lists, 9,000 deep": `{"type":"ping","a":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + "}",
	"escaped letters":   `{"\u0074ype":"\u0070ing"}`,
	"a wrong timestamp": `{"type":"ping","timestamp":{"a":[7]}}`,
}

func manyFields(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`,"f` + strings.Repeat("x", i%50) + `":[{},null,1]`)
	}
	return b.String()
}

// incoming are the types that clients send, with a right value of each field; a *
// marks those that have to be there. "" is the message without a type.
var incoming = map[string]map[string]map[string]string{
	"token": {
		"chat":             {"content*": `"hi"`, "nonce": `"n"`},
		"human-escalation": {"reason": `"lost"`},
		"stop":             {"messageId*": `"none"`},
		"sync":             {"cursor*": `""`},
		"auth":             {"token*": `"t"`},
		"ping":             {},
	},
	"session": {
		"":                 {"message*": `"hi"`, "message_type": `"text"`, "nonce": `"n"`},
		"human-escalation": {"reason": `"lost"`},
		"auth":             {"token*": `"t"`},
		"ping":             {},
	},
}

// wrongValues are of another kind than any field.
var wrongValues = []string{"7", "-0", "1e400", "true", "[]", `["hi"]`, "{}", `{"a":"hi"}`}

// mistakes are all messages of a type with one mistake each.
func mistakes(kind string, fields map[string]string) (all []string) {
	with := func(wrong, value string) string {
		var parts []string
		if kind != "" {
			parts = append(parts, `"type":"`+kind+`"`)
		}
		for name, right := range fields {
			if name == wrong {
				right = value
			}
			if right != "" {
				parts = append(parts, `"`+strings.TrimSuffix(name, "*")+`":`+right)
			}
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	for name := range fields {
		for _, v := range wrongValues {
			all = append(all, with(name, v))
		}
		if strings.HasSuffix(name, "*") {
			all = append(all, with(name, ""), with(name, "null"))
		}
	}
	return all
}

// TestRawDoorsMalformed: what is no message of a door's protocol is answered with
// an error, in its order, and the connection stays.
func TestRawDoorsMalformed(t *testing.T) {
	t.Parallel()
	h := newDoors(t, generous)
	doors := map[string]*caller{"token": h.call(t, "mallory"), "session": h.visit(t, "mallory", h.session(t, "mallory"))}
	for door, c := range doors {
		for name, message := range malformed {
			if got := c.ask(text(message)); got != "invalid" {
				t.Errorf("%s: %s is answered %q", door, name, got)
			}
		}
		for name, message := range wellFormed {
			if got := c.ask(text(message)); got != "" {
				t.Errorf("%s: %s is answered %q", door, name, got)
			}
			c.until("pong") // it was a ping itself
		}
		for kind, fields := range incoming[door] {
			for _, message := range mistakes(kind, fields) {
				if got := c.ask(text(message)); got != "invalid" {
					t.Errorf("%s: %s is answered %q", door, message, got)
				}
			}
		}
		for _, message := range []string{`{"type":"ping"}`, "", "\xff", strings.Repeat("\x00", 100_000)} {
			if got := c.ask(frame(fin|opBinary, message)); got != "invalid" {
				t.Errorf("%s: the binary %.20q is answered %q", door, message, got)
			}
		}
		h.talk(t)
		c.hangUp()
	}
	h.calm(t)
}

// TestRawDoorsRefresh: a connection takes another token of its own user alone.
func TestRawDoorsRefresh(t *testing.T) {
	t.Parallel()
	h := newDoors(t, generous)
	for door, c := range map[string]*caller{"token": h.call(t, "mallory"), "session": h.visit(t, "mallory", h.session(t, "mallory"))} {
		for token, want := range map[string]string{
			harness.Token(t, "mallory", "user"): "",
			harness.Token(t, "bob", "user"):     "forbidden",
			expired(t, "mallory"):               "token_expired",
			"garbage":                           "unauthenticated",
			"":                                  "unauthenticated",
			"Basic abc":                         "unauthenticated",
			unsigned(t):                         "unauthenticated",
			strings.Repeat("x.", 400_000):       "unauthenticated",
			"Bearer " + harness.Token(t, "mallory", "user"): "",
		} {
			if got := c.ask(text(`{"type":"auth","token":` + quote(token) + `}`)); got != want {
				t.Errorf("%s: auth with %.20q: %q, want %q", door, token, got, want)
			}
		}
		c.hangUp()
	}
	h.calm(t)
}

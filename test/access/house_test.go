package access_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/test/harness"
)

// house is what a cell of the table finds: nine callers, a bystander whom they
// know, and a private room of the creator's. The member, the blocked and, before
// they left, the user take part in it; the creator, the member and the user have
// said a word there. Where users are asked first, the creator has invited the
// stranger. Whatever else a row names is made when it is named.
//
// The callers of a row who are refused share a house, for they leave it as it is;
// whoever may do something has one of their own.
type house struct {
	*site
	t      *testing.T
	caller caller
	// mark is part of all names in the house, and of no other's.
	mark    string
	ids     map[string]string // by the names that rows use, without braces
	tokens  map[string]string // by caller
	secrets []string          // what only those may learn who take part
}

// build makes a house for a row.
func (s *site) build(t *testing.T, r row) *house {
	t.Helper()
	mark := strings.ReplaceAll(uuid.NewString(), "-", "")[:12]
	h := &house{site: s, t: t, mark: mark, tokens: map[string]string{}, ids: map[string]string{
		"mark": mark, "no page": "none.js", "no view": "none", "no room": madeUp(), "no chatbot": madeUp(), "no inquiry": madeUp(), "no webhook": madeUp(), "no delivery": madeUp(),
		"bystander": "bystander-" + mark,
	}}
	for _, c := range callers {
		if c.role != "" && c.role != "guest" {
			h.ids[c.name] = c.name + "-" + mark
			h.tokens[c.name] = harness.Token(t, h.ids[c.name], c.role)
		}
	}
	h.furnish()
	for _, name := range r.things() {
		if !ofCaller(name) {
			h.id(name)
		}
	}
	return h
}

// of is the house as a caller finds it.
func (h *house) of(t *testing.T, c caller, r row) *house {
	t.Helper()
	mine := *h
	mine.t, mine.caller, mine.ids = t, c, maps.Clone(h.ids)
	for _, name := range append([]string{c.name}, r.things()...) {
		mine.id(name)
	}
	return &mine
}

// ofCaller tells whether a thing is another for each caller.
func ofCaller(thing string) bool { return thing == "own" || thing == "token" || thing == "newcomer" }

// furnish makes what every house has.
func (h *house) furnish() {
	h.t.Helper()
	h.must("admin", "POST /admin/chat/users/bulk", `{"users":[{"_id":"{creator}"},{"_id":"{member}"},{"_id":"{user}"},`+
		`{"_id":"{stranger}"},{"_id":"{blocked}"},{"_id":"{bystander}"}]}`)
	people := `"{creator}","{member}","{user}","{blocked}"`
	if h.asks {
		people = `"{creator}"`
	}
	h.ids["room"] = h.must("creator", "POST /chat/rooms", `{"roomName":"The house of {mark}","users":[`+people+`]}`)["roomId"]
	if h.asks {
		h.must("admin", "PUT /admin/chat/rooms/{room}/add", `{"users":["{member}","{user}","{blocked}"]}`)
		h.must("creator", "PUT /chat/rooms/{room}/addUsers", `{"users":["{stranger}"]}`)
		h.ids["invitation"] = h.invitation()
	}
	for _, who := range []string{"creator", "member", "user"} {
		h.ids[who+"'s message"] = h.post(who, fmt.Sprintf(`"message":"The %s said w%s"`, who, h.mark))
	}
	h.must("user", "PUT /chat/leave/{room}", ``)
	h.must("admin", "PUT /admin/chat/users/{blocked}/block", ``)
	h.secrets = append(h.secrets, "The house of "+h.mark, "said w"+h.mark)
	for _, name := range []string{"room", "invitation", "creator's message", "member's message", "user's message", "creator", "member"} {
		if id := h.ids[name]; id != "" {
			h.secrets = append(h.secrets, id)
		}
	}
}

// create makes what only some rows name, and returns its id.
func (h *house) create(name string) string {
	h.t.Helper()
	const account = `{"username":"account-{mark}","password":"correct horse"}`
	switch name {
	case "nobody":
		return ""
	case "guest":
		a := h.must("nobody", "POST /auth/guest", `{"name":"Gil"}`)
		h.tokens["guest"] = a["token"]
		return a["user._id"]
	case "public": // a room of the creator's alone, which anybody but a guest may join
		return h.must("creator", "POST /chat/rooms", `{"roomName":"Public","visibility":"public","users":["{creator}"]}`)["roomId"]
	case "newcomer": // is nobody yet
		return h.caller.name + "-newcomer-" + h.mark
	case "own": // a room of the caller's
		if !h.caller.hasRoom() {
			return madeUp()
		}
		return h.must(h.caller.name, "POST /chat/rooms", `{"roomName":"Own","users":["{bystander}"]}`)["roomId"]
	case "deleted message": // of the creator's
		return h.deleted("creator", `"message":"Soon gone"`)
	case "file": // the member's, posted in the room
		id := h.upload()
		h.post("member", `"contentType":"file","files":["`+id+`"]`)
		return id
	case "unposted": // the member's
		return h.upload()
	case "withdrawn": // the member's, posted in the room with a message that was deleted
		id := h.upload()
		h.deleted("member", `"contentType":"file","files":["`+id+`"]`)
		return id
	case "account": // its username; nobody calls with it
		h.must("nobody", "POST /auth/register", account)
		return "account-" + h.mark
	case "account's id":
		return h.must("nobody", "POST /auth/register", account)["user._id"]
	case "word": // is in all messages of the room, and is found
		return h.word()
	case "token":
		return h.tokens[h.caller.name]
	case "creator's token":
		return h.tokens["creator"]
	}
	id := cmp.Or(h.converse(name), h.inquire(name))
	if id == "" {
		h.t.Fatalf("no house has a thing called %q", name)
	}
	return id
}

// id is the id of a thing, which is made if there is none yet.
func (h *house) id(name string) string {
	h.t.Helper()
	if id, ok := h.ids[name]; ok {
		return id
	}
	id := h.create(name)
	h.ids[name] = id
	return id
}

// fill puts ids in the place of names.
func (h *house) fill(text string) string {
	return names.ReplaceAllStringFunc(text, func(name string) string { return h.id(strings.Trim(name, "{}")) })
}

func (h *house) invitation() string {
	a := h.ask(h.t, request{call: "GET /chat/invitations/received", token: h.tokens["stranger"], key: h.key})
	var list struct {
		Invitations []struct {
			ID string `json:"_id"`
		}
	}
	if err := json.Unmarshal([]byte(a.body), &list); err != nil || len(list.Invitations) != 1 {
		h.t.Fatalf("the stranger has no invitation: %d %s", a.status, a.body)
	}
	return list.Invitations[0].ID
}

func (h *house) post(who, says string) string {
	h.t.Helper()
	id := h.must(who, "POST /chat/messages", `{"roomId":"{room}",`+says+`}`)["messageId"]
	h.secrets = append(h.secrets, id)
	return id
}

func (h *house) deleted(who, says string) string {
	h.t.Helper()
	id := h.post(who, says)
	h.must(who, "DELETE /chat/messages/"+id, ``)
	return id
}

func (h *house) word() string {
	h.t.Helper()
	harness.Eventually(h.t, harness.Patience, func() (bool, string) {
		a := h.must("member", "GET /chat/messages?search=w{mark}", ``)
		return a["count"] == "3", "a search finds " + a["count"]
	})
	return "w" + h.mark
}

func (h *house) upload() string {
	id := h.must("member", "POST /chat/files", "@The bytes of "+h.mark)["fileId"]
	h.secrets = append(h.secrets, id, "The bytes of "+h.mark)
	return id
}

// must does something that has to work, and returns the fields of the answer,
// those of inner objects and lists behind dots.
func (h *house) must(who, call, send string) map[string]string {
	h.t.Helper()
	r := request{h.fill(call), h.fill(send), h.tokens[who], h.key}
	a := h.ask(h.t, r)
	if !a.ok() {
		h.t.Fatalf("the house cannot be made: %s %s by the %s: %d %s", r.call, r.send, who, a.status, a.body)
	}
	var body map[string]any
	if err := json.Unmarshal([]byte(a.body), &body); err != nil {
		h.t.Fatal(err)
	}
	fields := map[string]string{}
	flatten(fields, "", body)
	return fields
}

// flatten puts a value and all within it under their names.
func flatten(fields map[string]string, name string, value any) {
	fields[name] = fmt.Sprint(value)
	if name != "" {
		name += "."
	}
	switch v := value.(type) {
	case map[string]any:
		for sub, inner := range v {
			flatten(fields, name+sub, inner)
		}
	case []any:
		for i, inner := range v {
			flatten(fields, name+strconv.Itoa(i), inner)
		}
	}
}

// looks say how a thing looks that a row names, and to whom.
var looks = []struct{ thing, as, call string }{
	{"room", "admin", "GET /admin/chat/rooms/{room}"},
	{"room", "admin", "GET /admin/chat/messages?roomId={room}"},
	{"public", "admin", "GET /admin/chat/rooms/{public}"},
	{"public", "admin", "GET /admin/chat/messages?roomId={public}"},
	{"invitation", "stranger", "GET /chat/invitations/received"},
	{"file", "member", "GET /chat/files/{file}"},
	{"bystander", "admin", "GET /admin/chat/users/{bystander}"},
	{"blocked", "admin", "GET /admin/chat/users/{blocked}"},
	{"account's id", "admin", "GET /admin/chat/users/{account's id}"},
	{"conversation", "member", "GET /chat/rooms/{conversation}"},
	{"conversation", "member", "GET /chat/messages?roomId={conversation}"},
	{"inquiry", "admin", "GET /api/conversation/{inquiry}/transcript"},
	{"claimed inquiry", "admin", "GET /api/conversation/{claimed inquiry}/transcript"},
	{"claimed inquiry", "admin", "GET /api/conversation/{claimed inquiry}/notes"},
	{"chatbot", "admin", "GET /chatbot?search={chatbot's name}"},
	{"document", "admin", "GET /chatbot/{chatbot}/documents"},
}

// look is all that a refused call might have changed.
func (h *house) look(r row) string {
	h.t.Helper()
	var all strings.Builder
	named := append(r.things(), "room", "invitation")
	for _, l := range looks {
		for _, name := range named {
			if name != l.thing || h.ids[name] == "" {
				continue
			}
			a := h.ask(h.t, request{h.fill(l.call), ``, h.tokens[l.as], h.key})
			if a.status != http.StatusOK {
				h.t.Fatalf("%s by the %s: %d %s", h.fill(l.call), l.as, a.status, a.body)
			}
			fmt.Fprintln(&all, l.call, a.body)
			break
		}
	}
	return all.String()
}

func madeUp() string { return uuid.Must(uuid.NewV7()).String() }

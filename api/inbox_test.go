package api_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parley/api"
)

// TestInboxShapes pins the wire shapes of the agents' side.
func TestInboxShapes(t *testing.T) {
	d := openInbox(t, withBot)
	key := d.begin("Do you have shoes?")
	d.answer(d.roomOf(key), "We do")
	d.must(200, "", "POST", "/api/messages/"+key+"/escalate", `{"reason":"Too small"}`)
	golden(t, "inbox", d.must(200, "amy", "GET", "/api/conversation/", "").body)
	golden(t, "inbox-claimed", d.must(200, "amy", "POST", "/api/conversation/"+key+"/claim/", "").body)
	golden(t, "inbox-updated", d.must(200, "amy", "PATCH", "/api/conversation/"+key, `{"name":"Ann <&>","email":null}`).body)
	golden(t, "inbox-opened", d.must(201, "abe", "POST", "/api/conversation", `{"name":"Bo","content":"Your shoes are here"}`).body)
	golden(t, "note", d.must(201, "abe", "POST", "/api/conversation/"+key+"/notes", `{"content":"Wears <43>"}`).body)
	golden(t, "notes", d.must(200, "amy", "GET", "/api/conversation/"+key+"/notes/", "").body)
	golden(t, "transcript", d.must(200, "amy", "GET", "/api/conversation/"+key+"/transcript/", "").body)
	golden(t, "inbox-resolved", d.must(200, "amy", "POST", "/api/conversation/"+key+"/resolve", "").body)
	golden(t, "inbox-erased", d.must(200, "amy", "DELETE", "/api/conversation/"+key, "").body)
	golden(t, "inbox-assistant", d.escalated("ann"))
}

// escalated is the inbox's item of a user's own conversation, for whom a person was
// asked there.
func (d *inboxDoor) escalated(user string) string {
	d.t.Helper()
	d.must(200, user, "GET", "/chat/rooms/me", "")
	if _, err := d.chat.Escalate(d.t.Context(), actor(d.t, user), "", "Help"); err != nil {
		d.t.Fatal(err)
	}
	return d.must(200, "amy", "GET", "/api/conversation?q=help", "").body
}

// TestInboxScenarios runs agents' requests over a conversation {key} that waits, one of
// abe's, {abe's}, and one that the chatbot answers, {bot's}. What changes nothing
// shares one world.
func TestInboxScenarios(t *testing.T) {
	invalid := func(text string) string {
		return `{"name":"INVALID_ARGUMENTS","status":400,"message":"` + text + `"}`
	}
	conflict := func(text string) string { return `{"name":"CONFLICT","status":409,"message":"` + text + `"}` }
	const agents = `{"name":"FORBIDDEN","status":403,"message":"Only agents and administrators may do this"}`
	const anothers = "The conversation is another agent's"
	const list, one = "/api/conversation", "/api/conversation/{key}"
	shared := openInbox(t, withBot)
	fill := strings.NewReplacer(shared.world()...)
	for _, s := range []struct {
		name, user, method, path, body string
		status                         int
		want                           string
	}{
		{"all", "amy", "GET", list, ``, 200, `~"count":3}`},
		{"as an administrator", "root", "GET", list + "?x=1", ``, 200, `~"count":3}`},
		{"those that wait", "amy", "GET", list + "?state=waiting", ``, 200, `~{"items":[{"uuid":"{key}",`},
		{"those of a state", "amy", "GET", list + "?state=assigned", ``, 200, `~{"items":[{"uuid":"{abe's}",`},
		{"those of no state", "amy", "GET", list + "?state=open", ``, 400, invalid("state must be one of: bot, waiting, assigned, resolved")},
		{"by name", "amy", "GET", list + "?q=NIK", ``, 200, `~"count":1}`},
		{"by no name", "amy", "GET", list + "?q=none", ``, 200, `{"items":[],"count":0}`},
		{"a page", "amy", "GET", list + "?skip=3&limit=1", ``, 200, `{"items":[],"count":3}`},
		{"a limit of a wrong kind", "amy", "GET", list + "?limit=x", ``, 400, invalid("limit must be a whole number")},
		{"a negative skip", "amy", "GET", list + "?skip=-1", ``, 400, invalid("skip and limit must not be negative")},
		{"one", "amy", "GET", one, ``, 200, `~"name":"Nika","email":"","user":null,"state":"waiting","reason":"","agent":null,`},
		{"one, in capitals", "amy", "GET", list + "/{KEY}", ``, 200, `~"uuid":"{key}"`},
		{"none", "amy", "GET", list + "/none", ``, 404, noConversation},

		{"open", "amy", "POST", list, `{"content":"Hello"}`, 201, `~"state":"assigned","reason":"","agent":"amy"`},
		{"open with nothing", "amy", "POST", list, ``, 400, `~INVALID_ARGUMENTS`},
		{"open with a name of a wrong kind", "amy", "POST", list, `{"name":{},"content":"Hello"}`, 400, invalid("name: expected string, got object")},
		{"rename", "amy", "PATCH", one, `{"name":"Niko","email":"n@x"}`, 200, `~"name":"Niko","email":"n@x"`},
		{"rename nothing", "amy", "PATCH", one, ``, 200, `~"name":"Nika"`},
		{"rename too long", "amy", "PATCH", one, `{"name":"` + strings.Repeat("é", 201) + `"}`, 400, invalid("name must have at most 200 characters")},
		{"rename none", "amy", "PATCH", list + "/none", `{"name":"Niko"}`, 404, noConversation},
		{"erase", "amy", "DELETE", one, ``, 200, `{"result":"Conversation erased"}`},
		{"erase none", "amy", "DELETE", list + "/none", ``, 404, noConversation},

		{"claim", "amy", "POST", one + "/claim", ``, 200, `~"state":"assigned","reason":"","agent":"amy"`},
		{"claim with a body", "amy", "POST", one + "/claim", `rubbish`, 200, `~"agent":"amy"`},
		{"claim the bot's", "amy", "POST", list + "/{bot's}/claim", ``, 200, `~"agent":"amy"`},
		{"claim one's own", "abe", "POST", list + "/{abe's}/claim", ``, 200, `~"agent":"abe"`},
		{"claim another's", "amy", "POST", list + "/{abe's}/claim", ``, 409, conflict(anothers)},
		{"claim none", "amy", "POST", list + "/none/claim", ``, 404, noConversation},
		{"answer another's", "amy", "POST", "/api/messages", `{"conversation":"{abe's}","content":"A"}`, 409, conflict(anothers)},
		{"release", "abe", "POST", list + "/{abe's}/release", ``, 200, `~"state":"waiting","reason":"","agent":null`},
		{"release another's", "amy", "POST", list + "/{abe's}/release", ``, 409, conflict(anothers)},
		{"release another's, as an administrator", "root", "POST", list + "/{abe's}/release", ``, 200, `~"state":"waiting"`},
		{"release the bot's", "amy", "POST", list + "/{bot's}/release", ``, 409, conflict("The conversation is not assigned")},
		{"resolve", "amy", "POST", one + "/resolve", ``, 200, `~"state":"resolved"`},
		{"resolve another's", "amy", "POST", list + "/{abe's}/resolve", ``, 409, conflict(anothers)},
		{"hand back", "amy", "POST", one + "/handback", ``, 200, `~"state":"bot"`},
		{"hand back what has no bot", "abe", "POST", list + "/{abe's}/handback", ``, 409, conflict("The conversation has no chatbot to go back to")},

		{"no notes", "amy", "GET", one + "/notes", ``, 200, `{"notes":[],"count":0}`},
		{"notes of none", "amy", "GET", list + "/none/notes", ``, 404, noConversation},
		{"a note", "amy", "POST", one + "/notes", `{"content":"A"}`, 201, `~"author":"amy","content":"A"`},
		{"an empty note", "amy", "POST", one + "/notes", `{}`, 400, invalid("content is required")},
		{"a long note", "amy", "POST", one + "/notes", `{"content":"` + strings.Repeat("a", 16<<10+1) + `"}`, 413, `~TOO_LARGE`},
		{"a note of a wrong kind", "amy", "POST", one + "/notes", `{"content":7}`, 400, invalid("content: expected string, got number")},
		{"a wrong page of notes", "amy", "GET", one + "/notes?limit=x", ``, 400, invalid("limit must be a whole number")},

		{"as a user", "ann", "GET", list, ``, 403, agents},
		{"as a guest", "guest", "GET", one, ``, 403, agents},
		{"none, as a user", "ann", "GET", list + "/none", ``, 403, agents},
		{"claim as a user", "ann", "POST", one + "/claim", ``, 403, agents},
		{"note as a user", "ann", "POST", one + "/notes", `{"content":"A"}`, 403, agents},
		{"as nobody", "", "GET", list, ``, 401, `~UNAUTHORIZED`},
		{"erase as nobody", "", "DELETE", one, ``, 401, `~UNAUTHORIZED`},
		{"wrong method", "amy", "PUT", one, `{}`, 405, `~METHOD_NOT_ALLOWED`},
		{"no route", "amy", "POST", one + "/close", ``, 404, `~This route does not exist`},
	} {
		t.Run(s.name, func(t *testing.T) {
			for _, slash := range []string{"?", "/?"} {
				d, fill := shared, fill
				if s.status < 400 && s.method != "GET" {
					d = openInbox(t, withBot)
					fill = strings.NewReplacer(d.world()...)
				}
				path, query, _ := strings.Cut(fill.Replace(s.path), "?")
				got := d.call(s.user, s.method, path+slash+query, fill.Replace(s.body))
				check(t, got, s.status, fill.Replace(s.want))
				if caching := got.header.Get("Cache-Control"); caching != "no-store" && s.name != "no route" {
					t.Errorf("Cache-Control %q", caching)
				}
			}
		})
	}
}

// world makes three conversations and returns their names and keys.
func (d *inboxDoor) world() []string {
	d.t.Helper()
	abes := firstKey(d.t, d.withoutBot(`{"content":"one"}`))
	d.say("abe", abes, "an answer")
	waiting := firstKey(d.t, d.must(200, "", "POST", "/api/messages", `{"name":"Nika","content":"two"}`).body)
	d.must(200, "", "POST", "/api/messages/"+waiting+"/escalate", "")
	return []string{"{abe's}", abes, "{key}", waiting, "{KEY}", strings.ToUpper(waiting), "{bot's}", d.begin("three")}
}

// withoutBot posts where customers get no chatbot.
func (d *inboxDoor) withoutBot(body string) string {
	d.t.Helper()
	d.chat.CustomerBot = ""
	defer func() { d.chat.CustomerBot = "default" }()
	return d.must(200, "", "POST", "/api/messages", body).body
}

// TestInboxBodyIsNotRead holds that nothing of a body is read of who has no token.
func TestInboxBodyIsNotRead(t *testing.T) {
	d := openInbox(t)
	for _, route := range api.Routes(d.Config.Handler) {
		if !strings.HasPrefix(route.Path, "/api/conversation") {
			continue
		}
		w := httptest.NewRecorder()
		d.Config.Handler.ServeHTTP(w, httptest.NewRequest(route.Method, strings.ReplaceAll(route.Path, ":uuid", "x"), unread{t}))
		if w.Code != 401 {
			t.Errorf("%s %s: %d", route.Method, route.Path, w.Code)
		}
	}
}

// TestKeysAreMasked holds that a conversation's key stands in no line of the log, nor
// in what metrics are told, whatever becomes of the request.
func TestKeysAreMasked(t *testing.T) {
	var routes strings.Builder
	d := openInbox(t, func(o *api.Options) {
		o.Chat.NewSecretID = func() string { return "3fa85f64-5717-4562-b3fc-2c963f66afa6" } // of one conversation
		o.Observe = func(_, route string, _ int, _ time.Duration) { routes.WriteString(route + "\n") }
	})
	key := d.begin("Hello")
	if !strings.HasPrefix(key, "3fa85f64") {
		t.Fatal(key)
	}
	for _, route := range api.Routes(d.Config.Handler) {
		if strings.HasPrefix(route.Path, "/api/conversation") || strings.HasPrefix(route.Path, "/api/messages") {
			path := strings.ReplaceAll(route.Path, ":uuid", key)
			for _, user := range []string{"", "ann", "amy"} {
				d.call(user, route.Method, path+"?since=x", `{"conversation":"`+key+`"}`)
				if route.Method != "DELETE" {
					d.call(user, route.Method, path, `{"conversation":"`+key+`","content":"A"}`)
				}
			}
		}
	}
	d.call("amy", "GET", "/api/messages/"+key+"/none", "")
	d.call("amy", "PUT", "/api/conversation/"+key, "")
	d.store.beforeMessages = broken
	d.call("amy", "GET", "/api/conversation/"+key+"/transcript", "")
	if log := d.log.String() + routes.String(); strings.Contains(log, key) || !strings.Contains(log, "/api/messages/:uuid/escalate") {
		t.Error(log)
	}
}

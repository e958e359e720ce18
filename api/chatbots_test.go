package api_test

import (
	"strings"
	"testing"

	"parley/api"
	"parley/assistant"
	"parley/auth"
	"parley/chat"
)

// botDoor is a door with the chatbot default, to which guests come too.
type botDoor struct {
	*door
	chat *chat.Service
}

func openBots(t testing.TB, change ...func(*api.Options)) *botDoor {
	t.Helper()
	vault, err := auth.NewVault([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	d := &botDoor{}
	d.door = open(t, func(o *api.Options) {
		with := o.Chat.Options
		with.Vault, with.Split = vault, assistant.Split
		o.Chat = chat.NewService(with)
		for _, f := range change {
			f(o)
		}
		d.chat = o.Chat
	})
	if err := d.chat.EnsureDefault(t.Context()); err != nil {
		t.Fatal(err)
	}
	guest := chat.User{ID: "guest", Name: "guest", Role: chat.RoleGuest, CreatedAt: start}
	if err := d.store.EnsureUsers(t.Context(), []chat.User{guest}); err != nil {
		t.Fatal(err)
	}
	return d
}

// answer has the chatbot answer the room's last message.
func (d *botDoor) answer(room, text string) {
	d.t.Helper()
	ctx := d.t.Context()
	r, err := d.store.Room(ctx, room)
	if err != nil {
		d.t.Fatal(err)
	}
	question := chat.Question{Room: r, Message: chat.Message{ID: r.LastMessageID}}
	reply, err := d.chat.OpenReply(ctx, question, func() {})
	if err != nil {
		d.t.Fatal(err)
	}
	defer reply.Done()
	reply.Append(text)
	if err := reply.Close(ctx, chat.StatusComplete, 1, 1); err != nil {
		d.t.Fatal(err)
	}
}

// say posts a text of ann's.
func (d *botDoor) say(room, text string) {
	d.t.Helper()
	d.must(201, "ann", "POST", "/chat/messages", `{"roomId":"`+room+`","message":"`+text+`"}`)
}

// TestChatbotShapes pins the wire shapes of chatbots, sessions and documents.
func TestChatbotShapes(t *testing.T) {
	d := openBots(t)
	golden(t, "chatbot-created", d.must(201, "root", "POST", "/chatbot",
		`{"name":"Shop","prompt":"You sell <shoes>","model":"m1","url":"http://127.0.0.1:1/v1","key":"s3cret-key"}`).body)
	golden(t, "chatbots", d.must(200, "ann", "GET", "/chatbot", "").body)
	golden(t, "chatbots-admin", d.must(200, "root", "GET", "/chatbot", "").body)
	golden(t, "chatbot-changed", d.must(200, "root", "PATCH", "/chatbot/id1", `{"name":"The shop","key":"","model":""}`).body)
	golden(t, "chatbot-audit", d.must(200, "root", "GET", "/admin/chat/audit?act=chatbot.create", "").body)
	golden(t, "session", d.must(200, "ann", "POST", "/chatbot/id1/session", "").body)
	if text := d.log.String(); strings.Contains(text, "s3cret") {
		t.Error(text)
	}
}

// TestSessionHistory holds what a session shows of the earlier ones, and by whom
// it was said.
func TestSessionHistory(t *testing.T) {
	d := openBots(t)
	first := d.must(200, "ann", "POST", "/chatbot/default/session", "").body
	room := field(t, first, "conversation_id")
	check(t, reply{200, nil, first}.json(), 200, `~"previous_messages":[]`)
	d.say(room, "Do you have shoes?")
	d.answer(room, "We do: \"previous_messages\":[")
	d.must(201, "root", "POST", "/admin/chat/rooms/"+room+"/messages", `{"message":"Closed on Sunday"}`)
	again := d.must(200, "ann", "POST", "/chatbot/default/session", "").body
	golden(t, "session-again", again)
	if field(t, again, "conversation_id") != room || field(t, again, "session_id") == field(t, first, "session_id") {
		t.Errorf("%s, then %s", first, again)
	}
	if other := d.must(200, "bob", "POST", "/chatbot/default/session", "").body; field(t, other, "conversation_id") == room {
		t.Error("bob is in ann's conversation")
	}
}

// json is the reply with the header that a JSON answer has.
func (r reply) json() reply {
	if r.header == nil {
		r.header = map[string][]string{"Content-Type": {"application/json"}}
	}
	return r
}

// TestSessions holds whose a session is, and that there is one a user.
func TestSessions(t *testing.T) {
	const none = `{"name":"NOT_FOUND","status":404,"message":"Session does not exist"}`
	const closed = `{"result":"Session closed"}`
	d := openBots(t)
	begin := func(user string, header ...string) string {
		t.Helper()
		got := d.call(user, "POST", "/chatbot/default/session/", "", header...)
		check(t, got, 200, `~"chatbot_id":"default","chatbot_name":"Assistant"`)
		return "/chatbot/session/" + field(t, got.body, "session_id")
	}
	first, bobs := begin("ann", "Content-Type", "application/json"), begin("bob")
	check(t, d.call("bob", "DELETE", first, ""), 404, none)
	check(t, d.call("root", "DELETE", first, ""), 404, none)
	second := begin("ann")
	check(t, d.call("ann", "DELETE", first, ""), 404, none) // the second has closed it
	check(t, d.call("bob", "DELETE", second, ""), 404, none)
	check(t, d.call("ann", "DELETE", second+"/", ""), 200, closed)
	check(t, d.call("ann", "DELETE", second, ""), 404, none)
	check(t, d.call("bob", "DELETE", bobs, ""), 200, closed)
	check(t, d.call("ann", "DELETE", "/chatbot/session/none", ""), 404, none)
	check(t, d.call("guest", "DELETE", begin("guest"), ""), 200, closed)
	check(t, d.call("", "POST", "/chatbot/default/session", ""), 401, "~UNAUTHORIZED")
	check(t, d.call("", "DELETE", bobs, ""), 401, "~UNAUTHORIZED")
}

// TestChatbotScenarios runs requests over the chatbots default and {bot}, each on
// both slash forms and on state of its own.
func TestChatbotScenarios(t *testing.T) {
	const noBot = `{"name":"NOT_FOUND","status":404,"message":"Chatbot does not exist"}`
	const noRoute = `~METHOD_NOT_ALLOWED`
	invalid := func(text string) string {
		return `{"name":"INVALID_ARGUMENTS","status":400,"message":"` + text + `"}`
	}
	noURL := invalid("url must be an http or https address without credentials, query or fragment")
	for _, s := range []struct {
		name, user, method, path, body string
		status                         int
		want                           string
	}{
		{"list", "ann", "GET", "/chatbot", ``, 200, `{"chatbots":[{"chatbot_id":"default","name":"Assistant"},{"chatbot_id":"{bot}","name":"Shop"}],"count":2}`},
		{"list as a guest", "guest", "GET", "/chatbot?x=1", ``, 200, `~{"chatbot_id":"{bot}","name":"Shop"}`},
		{"list a page", "ann", "GET", "/chatbot?skip=1&limit=1", ``, 200, `{"chatbots":[{"chatbot_id":"{bot}","name":"Shop"}],"count":2}`},
		{"list past the end", "root", "GET", "/chatbot?skip=2", ``, 200, `{"chatbots":[],"count":2}`},
		{"list by name", "ann", "GET", "/chatbot?search=SHO", ``, 200, `{"chatbots":[{"chatbot_id":"{bot}","name":"Shop"}],"count":1}`},
		{"list a wrong limit", "ann", "GET", "/chatbot?limit=x", ``, 400, invalid("limit must be a whole number")},
		{"list as an administrator", "root", "GET", "/chatbot", ``, 200, `~"prompt":"Sell","model":"","url":"","hasKey":true,`},

		{"create", "root", "POST", "/chatbot", `{"name":"New","x":1}`, 201, `~"name":"New","prompt":"","model":"","url":"","hasKey":false,`},
		{"create without name", "root", "POST", "/chatbot", ``, 400, invalid("name is required")},
		{"create with an empty name", "root", "POST", "/chatbot", `{"name":" "}`, 400, invalid("name is required and has at most 200 characters")},
		{"create with a name of a wrong kind", "root", "POST", "/chatbot", `{"name":7}`, 400, invalid("name: expected string, got number")},
		{"create with a prompt of a wrong kind", "root", "POST", "/chatbot", `{"name":"New","prompt":{}}`, 400, invalid("prompt: expected string, got object")},
		{"create with a long prompt", "root", "POST", "/chatbot", `{"name":"New","prompt":"` + strings.Repeat("p", 64<<10+1) + `"}`, 400, invalid("prompt must be at most 65536 bytes")},
		{"create with a file for url", "root", "POST", "/chatbot", `{"name":"New","url":"file:///etc/passwd"}`, 400, noURL},
		{"create with credentials in the url", "root", "POST", "/chatbot", `{"name":"New","url":"http://a:b@c"}`, 400, noURL},
		{"create with a key of two lines", "root", "POST", "/chatbot", `{"name":"New","key":"a\nb"}`, 400, invalid("key must be at most 4096 printable ASCII characters")},
		{"rename", "root", "PATCH", "/chatbot/{bot}", `{"name":"New"}`, 200, `~"name":"New","prompt":"Sell","model":"","url":"","hasKey":true,`},
		{"change the default", "root", "PATCH", "/chatbot/default", `{"prompt":"Be kind","name":null}`, 200, `~"name":"Assistant","prompt":"Be kind"`},
		{"remove the key", "root", "PATCH", "/chatbot/{bot}", `{"key":""}`, 200, `~"hasKey":false`},
		{"change nothing", "root", "PATCH", "/chatbot/{bot}", ``, 200, `~"name":"Shop","prompt":"Sell"`},
		{"change none", "root", "PATCH", "/chatbot/none", `{"name":"New"}`, 404, noBot},
		{"change NUL", "root", "PATCH", "/chatbot/%00", `{"name":"New"}`, 400, invalid("chatbot_id must be UTF-8 text without NUL")},
		{"delete", "root", "DELETE", "/chatbot/{bot}", ``, 200, `{"result":"Chatbot deleted"}`},
		{"delete none", "root", "DELETE", "/chatbot/none", ``, 404, noBot},
		{"delete the default", "root", "DELETE", "/chatbot/default", ``, 403, `{"name":"FORBIDDEN","status":403,"message":"The chatbot default cannot be deleted"}`},

		{"begin", "ann", "POST", "/chatbot/{bot}/session", ``, 200, `~"chatbot_id":"{bot}","chatbot_name":"Shop","previous_messages":[]}`},
		{"begin with rubbish", "ann", "POST", "/chatbot/{bot}/session", `rubbish`, 200, `~"chatbot_name":"Shop"`},
		{"begin as an administrator", "root", "POST", "/chatbot/{bot}/session", ``, 200, `~"chatbot_name":"Shop"`},
		{"begin with none", "ann", "POST", "/chatbot/none/session", ``, 404, noBot},
		{"begin with a chatbot called session", "ann", "POST", "/chatbot/session/session", ``, 404, noBot},
		{"close session none of documents", "ann", "DELETE", "/chatbot/session/documents", ``, 404, `~Session does not exist`},

		{"wrong method", "ann", "PUT", "/chatbot", `{}`, 405, noRoute},
		{"wrong method of one", "ann", "GET", "/chatbot/{bot}", ``, 405, noRoute},
		{"wrong method of a session", "ann", "GET", "/chatbot/session/x", ``, 405, noRoute},
		{"wrong method of sessions", "ann", "GET", "/chatbot/{bot}/session", ``, 405, noRoute},
		{"no route", "ann", "GET", "/chatbot/{bot}/x", ``, 404, `~This route does not exist`},
		{"wrong type", "root", "POST", "/chatbot", `[]`, 400, invalid("body must be a JSON object")},
	} {
		t.Run(s.name, func(t *testing.T) {
			for _, slash := range []string{"?", "/?"} {
				d := openBots(t)
				created := d.must(201, "root", "POST", "/chatbot", `{"name":"Shop","prompt":"Sell","key":"k"}`)
				fill := strings.NewReplacer("{bot}", field(t, created.body, "chatbot_id"))
				path, query, _ := strings.Cut(fill.Replace(s.path), "?")
				check(t, d.call(s.user, s.method, path+slash+query, s.body), s.status, fill.Replace(s.want))
			}
		})
	}
}

// TestDeletedChatbot holds what is left of a chatbot: no session, no new one, and
// the conversation.
func TestDeletedChatbot(t *testing.T) {
	d := openBots(t)
	bot := field(t, d.must(201, "root", "POST", "/chatbot", `{"name":"Shop"}`).body, "chatbot_id")
	begun := d.must(200, "ann", "POST", "/chatbot/"+bot+"/session", "").body
	room := field(t, begun, "conversation_id")
	d.say(room, "hello")
	d.must(200, "root", "DELETE", "/chatbot/"+bot, "")
	d.must(404, "ann", "DELETE", "/chatbot/session/"+field(t, begun, "session_id"), "")
	d.must(404, "ann", "POST", "/chatbot/"+bot+"/session", "")
	d.must(404, "root", "PATCH", "/chatbot/"+bot, `{}`)
	d.must(404, "root", "DELETE", "/chatbot/"+bot, "")
	check(t, d.call("root", "GET", "/chatbot/"+bot+"/documents", ""), 404, "~Chatbot does not exist")
	check(t, d.call("ann", "GET", "/chatbot", ""), 200, `~"count":1}`)
	check(t, d.call("ann", "GET", "/chat/messages?roomId="+room, ""), 200, `~"message":"hello"`)
}

// TestChatbotsMasterKey holds that an administrator without the master key is shown
// what users are, and that the users' routes do not ask for it.
func TestChatbotsMasterKey(t *testing.T) {
	d := openBots(t, func(o *api.Options) { o.MasterKey = "M4ST3RK3Y" })
	const users = `{"chatbots":[{"chatbot_id":"default","name":"Assistant"}],"count":1}`
	for _, key := range []string{"", "wrong", "M4ST3RK3Yx"} {
		check(t, d.call("root", "GET", "/chatbot", "", "masterkey", key), 200, users)
		check(t, d.call("root", "POST", "/chatbot", `{"name":"New"}`, "masterkey", key), 401, noMasterKey)
		check(t, d.call("root", "POST", "/chatbot/default/session", "", "masterkey", key), 200, "~session_id")
	}
	check(t, d.call("root", "GET", "/chatbot", "", "masterkey", "M4ST3RK3Y"), 200, `~"prompt":"","model":"","url":"","hasKey":false`)
	check(t, d.call("ann", "GET", "/chatbot", "", "masterkey", "M4ST3RK3Y"), 200, users)
	check(t, d.call("root", "POST", "/chatbot", `{"name":"New"}`, "masterkey", "M4ST3RK3Y"), 201, `~"name":"New"`)
}

// TestNoVault holds that keys are refused where they cannot be encrypted.
func TestNoVault(t *testing.T) {
	d := openBots(t, func(o *api.Options) { o.Chat.Vault = nil })
	got := d.call("root", "POST", "/chatbot", `{"name":"New","key":"s3cret-key"}`)
	check(t, got, 409, "~PARLEY_ENCRYPTION_KEY")
	check(t, d.call("root", "POST", "/chatbot", `{"name":"New"}`), 201, `~"hasKey":false`)
}

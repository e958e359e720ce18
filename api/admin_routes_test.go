package api_test

import (
	"strings"
	"testing"

	"parley/chat"
)

// TestAdminScenarios runs administrators' requests over one room of ann and bob,
// {room}, in which ann posted {message}, and an account {account}. What changes
// nothing shares one world.
func TestAdminScenarios(t *testing.T) {
	const noRoom = `{"name":"NOT_FOUND","status":404,"message":"Room does not exist or you don't have access"}`
	const noUser = `{"name":"NOT_FOUND","status":404,"message":"User does not exist"}`
	invalid := func(text string) string {
		return `{"name":"INVALID_ARGUMENTS","status":400,"message":"` + text + `"}`
	}
	rooms, messages, users := "/admin/chat/rooms", "/admin/chat/messages", "/admin/chat/users"
	shared := open(t)
	fill := strings.NewReplacer(shared.adminWorld()...) // alike in every world
	for _, s := range []struct {
		name, method, path, body string
		status                   int
		want                     string // the whole body, or a part where it begins with ~
	}{
		{"rooms", "GET", rooms + "?populate=participants&x=1", ``, 200, `~"count":1}`},
		{"search rooms", "GET", rooms + "?search=CONDUIT", ``, 200, `~{"chatRoomDocuments":[{"_id":"{room}",`},
		{"no such rooms", "GET", rooms + "?search=none", ``, 200, `{"chatRoomDocuments":[],"count":0}`},
		{"past the rooms", "GET", rooms + "?skip=1&limit=9", ``, 200, `{"chatRoomDocuments":[],"count":1}`},
		{"limit of a wrong kind", "GET", rooms + "?limit=x", ``, 400, invalid("limit must be a whole number")},
		{"create", "POST", rooms, `{"name":"New","participants":["bob","cid"],"x":[1]}`, 200, `~"participants":["bob","cid"],"participantCount":2,"creator":"bob"`},
		{"create for a creator", "POST", rooms, `{"name":"New","participants":["bob"],"creator":"ann"}`, 200, `~"creator":"ann"`},
		{"create without name", "POST", rooms, `{"participants":["bob"]}`, 400, invalid("name is required")},
		{"create for nobody", "POST", rooms, `{"name":"New"}`, 400, invalid("participants is required and must be a non-empty array")},
		{"create for unknown users", "POST", rooms, `{"name":"New","participants":["a","bob"]}`, 400, invalid("users [a] do not exist")},
		{"create for no array", "POST", rooms, `{"name":"New","participants":"bob"}`, 400, invalid("participants: expected array, got string")},
		{"room", "GET", rooms + "/{room}", ``, 200, `~"_id":"{room}"`},
		{"no such room", "GET", rooms + "/none", ``, 404, noRoom},
		{"add", "PUT", rooms + "/{room}/add", `{"users":["cid"]}`, 200, `{"result":"Users added"}`},
		{"add a member", "PUT", rooms + "/{room}/add", `{"users":["bob"]}`, 400, invalid("users array contains existing member ids")},
		{"add nobody", "PUT", rooms + "/{room}/add", ``, 400, invalid("users is required and must be a non-empty array")},
		{"add to no room", "PUT", rooms + "/none/add", `{"users":["cid"]}`, 404, noRoom},
		{"remove", "PUT", rooms + "/{room}/remove", `{"users":["bob"]}`, 200, `{"result":"Ok"}`},
		{"remove by the other path", "PUT", "/admin/chat/room/{room}/remove", `{"users":["bob"]}`, 200, `{"result":"Ok"}`},
		{"remove from no room", "PUT", rooms + "/none/remove", `{"users":["bob"]}`, 404, noRoom},

		{"messages", "GET", messages, ``, 200, `~"message":"hello"`},
		{"messages of a room", "GET", messages + "?roomId={room}&sort=createdAt", ``, 200, `~"count":1}`},
		{"messages of no room", "GET", messages + "?roomId=none", ``, 404, noRoom},
		{"messages of a sender", "GET", messages + "?senderUser=ann&search=HELLO", ``, 200, `~"_id":"{message}"`},
		{"messages of another", "GET", messages + "?senderUser=bob", ``, 200, `{"messages":[],"count":0}`},
		{"messages in no order", "GET", messages + "?sort=seq", ``, 400, invalid("sort must be -createdAt or createdAt")},
		{"negative skip", "GET", messages + "?skip=-1", ``, 400, invalid("skip and limit must not be negative")},
		{"messages of a user", "GET", users + "/ann/messages?sort=-createdAt", ``, 200, `~"_id":"{message}"`},
		{"messages of no user", "GET", users + "/none/messages", ``, 404, noUser},
		{"post", "POST", rooms + "/{room}/messages", `{"message":"Sent"}`, 201, `~"seq":2,"cursor":"e1:2"`},
		{"post an object", "POST", rooms + "/{room}/messages", `{"as":"bob","message":{"contentType":"text","content":"Sent"}}`, 201, `~"seq":2`},
		{"post beside", "POST", rooms + "/{room}/messages", `{"contentType":"text","content":"Sent","replyTo":"{message}"}`, 201, `~"seq":2`},
		{"post as a participant", "POST", rooms + "/{room}/messages", `{"message":"Sent","as":"bob"}`, 201, `~"seq":2`},
		{"post as a stranger", "POST", rooms + "/{room}/messages", `{"message":"Sent","as":"cid"}`, 400, invalid("as must be a participant of the room")},
		{"post an unknown file", "POST", rooms + "/{room}/messages", `{"message":"Sent","as":"bob","files":["f9"]}`, 400, invalid("files [f9] do not exist")},
		{"post nothing", "POST", rooms + "/{room}/messages", `{}`, 400, invalid("system messages need to have content")},
		{"post a number", "POST", rooms + "/{room}/messages", `{"content":7}`, 400, invalid("content: expected string, got number")},
		{"post to no room", "POST", rooms + "/none/messages", `{"message":"Sent"}`, 404, noRoom},

		{"users", "GET", users, ``, 200, `~"count":7}`},
		{"users by role", "GET", users + "?role=agent&limit=1", ``, 200, `{"users":[{"_id":"{account}","username":"dora","name":"Dora","email":"","role":"agent","createdAt":"2025-03-08T17:21:49.677Z","blocked":false,"account":true}],"count":1}`},
		{"users by name", "GET", users + "?search=DOR", ``, 200, `~"count":1}`},
		{"users of no role", "GET", users + "?role=king", ``, 400, invalid("role must be guest, user, agent or admin")},
		{"user", "GET", users + "/ann", ``, 200, `{"_id":"ann","name":"ann","email":"","role":"user","createdAt":"2025-03-08T17:21:49.677Z","blocked":false,"account":false}`},
		{"no such user", "GET", users + "/none", ``, 404, noUser},
		{"create an account", "POST", users, `{"username":"erin","password":"secret-12","role":"agent"}`, 201, `~"role":"agent"`},
		{"create with a name that is taken", "POST", users, `{"username":"DORA","password":"secret-12"}`, 409, `{"name":"CONFLICT","status":409,"message":"Username is taken"}`},
		{"create with a short password", "POST", users, `{"username":"erin","password":"x"}`, 400, `~password must have`},
		{"create of no role", "POST", users, `{"username":"erin","password":"secret-12","role":"king"}`, 400, invalid("role must be guest, user, agent or admin")},
		{"save a new user", "PUT", users + "/new", ``, 200, `~{"_id":"new","name":"new","email":"","role":"user"`},
		{"save a known user", "PUT", users + "/ann", `{"email":"ann@x.y"}`, 200, `~{"_id":"ann","name":"ann","email":"ann@x.y"`},
		{"save with a long name", "PUT", users + "/new", `{"name":"` + strings.Repeat("é", 201) + `"}`, 400, invalid("name must have at most 200 characters")},
		{"save users", "POST", users + "/bulk", `{"users":[{"_id":"new1","name":"New"},{"_id":"ann"},{"_id":"new2","email":"n@x.y"}]}`, 200, `~"count":3}`},
		{"save no users", "POST", users + "/bulk", `{"users":[]}`, 400, invalid("users is required and must be a non-empty array")},
		{"save users twice", "POST", users + "/bulk", `{"users":[{"_id":"a"},{"_id":"a"}]}`, 400, invalid("users must name each _id once")},
		{"save users of no id", "POST", users + "/bulk", `{"users":[{"name":"a"}]}`, 400, invalid("_id is required")},
		{"save users of a wrong kind", "POST", users + "/bulk", `{"users":[{"_id":"a","name":7}]}`, 400, invalid("users.name: expected string, got number")},
		{"role", "PATCH", users + "/{account}", `{"role":"admin"}`, 200, `~"role":"admin"`},
		{"no role", "PATCH", users + "/{account}", `{}`, 400, invalid("role must be guest, user, agent or admin")},
		{"role of an outside user", "PATCH", users + "/ann", `{"role":"agent"}`, 409, `{"name":"CONFLICT","status":409,"message":"The role of this user is set by whoever issues their tokens"}`},
		{"own role", "PATCH", users + "/root", `{"role":"user"}`, 403, `{"name":"FORBIDDEN","status":403,"message":"You may not change your own role"}`},
		{"block", "PUT", users + "/ann/block", ``, 200, `{"result":"User blocked"}`},
		{"block oneself", "PUT", users + "/root/block", ``, 403, `{"name":"FORBIDDEN","status":403,"message":"You may not block yourself"}`},
		{"block nobody", "PUT", users + "/none/block", ``, 404, noUser},
		{"unblock", "PUT", users + "/ann/unblock", ``, 200, `{"result":"User unblocked"}`},

		{"audit", "GET", "/admin/chat/audit?actor=root&act=export&room=r&user=u", ``, 200, `{"audit":[],"count":0}`},
		{"stats", "GET", "/admin/chat/stats", ``, 200, `~"conversations":{"bot":0,"waiting":0,"assigned":0,"resolved":0},"agents":[],"memoryBytes":`},
		{"audit of NUL", "GET", "/admin/chat/audit?actor=%00", ``, 400, invalid("actor must be UTF-8 text without NUL")},
	} {
		t.Run(s.name, func(t *testing.T) {
			path, query, _ := strings.Cut(fill.Replace(s.path), "?")
			for _, slash := range []string{"?", "/?"} {
				d := shared
				if s.status < 400 && s.method != "GET" {
					d = open(t)
					d.adminWorld()
				}
				check(t, d.call("root", s.method, path+slash+query, fill.Replace(s.body)), s.status, fill.Replace(s.want))
			}
		})
	}
}

// adminWorld makes a room with a message and an account, and waits until they are
// found. It returns their names and ids.
func (d *door) adminWorld() []string {
	d.t.Helper()
	room := d.room()
	message := d.post(room, "hello")
	account := chat.User{ID: "acc1", Username: "dora", Name: "Dora", Role: chat.RoleAgent, PasswordHash: "x", TokenVersion: 1, CreatedAt: start}
	if err := d.store.CreateUser(d.t.Context(), account); err != nil {
		d.t.Fatal(err)
	}
	if err := d.store.Indexed(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
	return []string{"{room}", room, "{message}", message, "{account}", account.ID}
}

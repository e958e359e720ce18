package api_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"parley/chat"
)

// TestActs runs every administrators' route: what it does is recorded, once, and
// what is refused is not.
func TestActs(t *testing.T) {
	rooms, messages, users, hooks := "/admin/chat/rooms", "/admin/chat/messages", "/admin/chat/users", "/admin/chat/webhooks"
	const form = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nalpha\r\n--B--\r\n"
	cases := []struct {
		route, path, body string
		acts              string // what is recorded, in the order of its text
		badPath, badBody  string // the same route, refused
	}{
		{"GET /admin/chat/rooms", rooms, ``, ``, rooms + "?limit=-1", ``},
		{"POST /admin/chat/rooms", rooms, `{"name":"x","participants":["ann","bob"]}`, `room.create room users=ann,bob`, rooms, `{"name":"x"}`},
		{"DELETE /admin/chat/rooms", rooms + "?ids={room}", ``, `room.delete room={room}`, rooms + "?ids={room},none", ``},
		{"GET /admin/chat/rooms/:id", rooms + "/{room}", ``, ``, rooms + "/none", ``},
		{"PUT /admin/chat/rooms/:id/add", rooms + "/{room}/add", `{"users":["cid"]}`, `members.add room={room} users=cid`, rooms + "/{room}/add", `{"users":["bob"]}`},
		{"PUT /admin/chat/rooms/:id/remove", rooms + "/{room}/remove", `{"users":["bob"]}`, `members.remove room={room} users=bob`, rooms + "/none/remove", `{"users":["bob"]}`},
		{"PUT /admin/chat/room/:id/remove", "/admin/chat/room/{room}/remove", `{"users":["bob"]}`, `members.remove room={room} users=bob`, "/admin/chat/room/{room}/remove", `{}`},
		{"GET /admin/chat/messages", messages + "?roomId={room}&senderUser=ann&search=he", ``, `messages.read room={room} user=ann search=he`, messages + "?roomId=none", ``},
		{"DELETE /admin/chat/messages", messages + "?ids={message}", ``, `message.delete room={room} user=ann message={message}`, messages, ``},
		{"POST /admin/chat/rooms/:id/messages", rooms + "/{room}/messages", `{"message":"x","as":"bob"}`, `message.post room={room} user=bob`, rooms + "/{room}/messages", `{"message":"x","as":"cid"}`},
		{"GET /admin/chat/users", users, ``, ``, users + "?role=x", ``},
		{"POST /admin/chat/users", users, `{"username":"erin","password":"secret-12","role":"admin"}`, `user.create user role=admin`, users, `{"username":"dora","password":"secret-12"}`},
		{"POST /admin/chat/users/bulk", users + "/bulk", `{"users":[{"_id":"n1"},{"_id":"n2"}]}`, "user.save user=n1\nuser.save user=n2", users + "/bulk", `{"users":[{"_id":"n1"},{}]}`},
		{"GET /admin/chat/users/:id", users + "/ann", ``, ``, users + "/none", ``},
		{"PUT /admin/chat/users/:id", users + "/n1", `{"name":"N"}`, `user.save user=n1`, users + "/n%00", `{}`},
		{"PATCH /admin/chat/users/:id", users + "/{account}", `{"role":"admin"}`, `user.role user={account} role=admin`, users + "/ann", `{"role":"admin"}`},
		{"GET /admin/chat/users/:id/messages", users + "/ann/messages", ``, `messages.read user=ann`, users + "/none/messages", ``},
		{"PUT /admin/chat/users/:id/block", users + "/ann/block", ``, `user.block user=ann`, users + "/none/block", ``},
		{"PUT /admin/chat/users/:id/unblock", users + "/ann/unblock", ``, `user.unblock user=ann`, users + "/none/unblock", ``},
		{"GET /admin/chat/audit", "/admin/chat/audit", ``, ``, "/admin/chat/audit?skip=-1", ``},
		{"GET /admin/chat/export", "/admin/chat/export?roomId={room}", ``, `export room={room}`, "/admin/chat/export?cursor=x", ``},
		{"GET /admin/chat/stats", "/admin/chat/stats", ``, ``, "/admin/chat/stats/none", ``},
		{"GET /admin/chat/webhooks", hooks, ``, ``, hooks + "/none", ``},
		{"POST /admin/chat/webhooks", hooks, `{"url":"https://shop/?secret=s3cret"}`, `webhook.create webhook`, hooks, `{"url":"x"}`},
		{"DELETE /admin/chat/webhooks/:id", hooks + "/hook1", ``, `webhook.delete webhook=hook1`, hooks + "/none", ``},
		{"GET /admin/chat/webhooks/dead", hooks + "/dead", ``, ``, hooks + "/dead?skip=-1", ``},
		{"POST /admin/chat/webhooks/dead/:id/retry", hooks + "/dead/{delivery}/retry", ``, `webhook.retry delivery={delivery}`, hooks + "/dead/none/retry", ``},
		{"POST /chatbot", "/chatbot", `{"name":"x","key":"s3cret"}`, `chatbot.create chatbot`, "/chatbot", `{"name":""}`},
		{"PATCH /chatbot/:id", "/chatbot/bot1", `{"key":"s3cret"}`, `chatbot.update chatbot=bot1`, "/chatbot/bot1", `{"url":"x"}`},
		{"DELETE /chatbot/:id", "/chatbot/bot1", ``, `chatbot.delete chatbot=bot1`, "/chatbot/default", ``},
		{"POST /chatbot/:id/documents", "/chatbot/bot1/documents", form, `document.create chatbot=bot1 document name=a.txt`, "/chatbot/none/documents", form},
		{"GET /chatbot/:id/documents", "/chatbot/bot1/documents", ``, ``, "/chatbot/none/documents", ``},
		{"GET /chatbot/:id/documents/:document_id", "/chatbot/bot1/documents/doc1", ``, ``, "/chatbot/default/documents/doc1", ``},
		{"DELETE /chatbot/:id/documents/:document_id", "/chatbot/bot1/documents/doc1", ``, `document.delete chatbot=bot1 document=doc1 name=doc1.txt`, "/chatbot/default/documents/doc1", ``},
	}
	var tested []string
	for _, c := range cases {
		tested = append(tested, c.route)
		t.Run(c.route, func(t *testing.T) {
			d := openInbox(t)
			d.botWorld()
			fill := strings.NewReplacer(append(d.adminWorld(), "{delivery}", d.hookWorld())...)
			method, _, _ := strings.Cut(c.route, " ")
			kind := "application/json"
			if c.body == form {
				kind = "multipart/form-data; boundary=B"
			}
			if got := d.call("root", method, fill.Replace(c.badPath), fill.Replace(c.badBody), "Content-Type", kind); got.status < 400 {
				t.Errorf("not refused: %d %s", got.status, got.body)
			}
			d.must(403, "ann", method, fill.Replace(c.path), fill.Replace(c.body))
			d.must(401, "", method, fill.Replace(c.path), fill.Replace(c.body))
			if acts := d.acts(); acts != "" {
				t.Errorf("recorded of a refused call: %s", acts)
			}
			if got := d.call("root", method, fill.Replace(c.path), fill.Replace(c.body), "Content-Type", kind); got.status > 201 {
				t.Errorf("%d %s", got.status, got.body)
			}
			acts, want := d.acts(), fill.Replace(c.acts)
			// What was made by the call has an id that only it knows.
			if made := regexp.MustCompile(`^(room\.create room|user\.create user|chatbot\.create chatbot|webhook\.create webhook|document\.create chatbot=bot1 document)=id\d+`); made.MatchString(acts) {
				acts = made.ReplaceAllString(acts, "$1")
			}
			if acts != want {
				t.Errorf("recorded:\n%s\nwant\n%s", acts, want)
			}
		})
	}
	slices.Sort(tested)
	if all := open(t).adminRoutes(); !slices.Equal(tested, all) {
		t.Errorf("tested:\n%s\nof\n%s", strings.Join(tested, "\n"), strings.Join(all, "\n"))
	}
}

// botWorld makes the chatbot bot1 with the document doc1, which nobody did.
func (d *botDoor) botWorld() {
	d.t.Helper()
	bot := chat.Chatbot{ID: "bot1", Name: "Bot", CreatedAt: start, UpdatedAt: start}
	if err := d.store.CreateChatbot(d.t.Context(), bot); err != nil {
		d.t.Fatal(err)
	}
	document := chat.Document{ID: "doc1", Chatbot: "bot1", Name: "doc1.txt", Size: 1, CreatedAt: start}
	if err := d.store.CreateDocument(d.t.Context(), document, nil); err != nil {
		d.t.Fatal(err)
	}
}

// hookWorld makes the webhook hook1, which nobody did, and returns the id of a
// delivery that is dead.
func (d *inboxDoor) hookWorld() string {
	d.t.Helper()
	hook := chat.Webhook{ID: "hook1", URL: "https://shop", Events: chat.HookEvents, CreatedAt: start}
	if err := d.store.CreateWebhook(d.t.Context(), hook); err != nil {
		d.t.Fatal(err)
	}
	return d.die("hook1")
}

// acts shows what root was recorded to have done, in the order of its text.
func (d *door) acts() string {
	d.t.Helper()
	audits, _, err := d.store.Audits(d.t.Context(), chat.AuditQuery{Limit: 100})
	if err != nil {
		d.t.Fatal(err)
	}
	var all []string
	for _, a := range audits {
		line := string(a.Act)
		for _, part := range []struct{ name, value string }{{"room", a.Room}, {"user", a.User}, {"message", a.Message}} {
			if part.value != "" {
				line += " " + part.name + "=" + part.value
			}
		}
		for _, name := range slices.Sorted(maps.Keys(a.Detail)) {
			line += " " + name + "=" + a.Detail[name]
		}
		if a.Actor != "root" || a.At.IsZero() {
			d.t.Errorf("act %+v", a)
		}
		all = append(all, line)
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

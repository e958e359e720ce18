package api_test

import (
	"strings"
	"testing"
	"time"

	"parley/chat"
)

// die makes a dead delivery of the webhook's, and returns its id.
func (d *inboxDoor) die(webhook string) string {
	d.t.Helper()
	ctx := d.t.Context()
	d.hooks.ids = []string{webhook}
	d.begin("What a customer wrote")
	d.hooks.ids = nil
	due, err := d.store.LeaseDeliveries(ctx, start.Add(time.Hour), start.Add(2*time.Hour), 1)
	if err != nil || len(due) != 1 {
		d.t.Fatalf("%v, %v", due, err)
	}
	if err := d.store.Postpone(ctx, due[0].ID, time.Time{}, "answered 500"); err != nil {
		d.t.Fatal(err)
	}
	return due[0].ID
}

// TestWebhooks holds the wire shapes of webhooks, that a secret is shown once, what
// dead deliveries tell, and that the node is told of changes.
func TestWebhooks(t *testing.T) {
	const path = "/admin/chat/webhooks"
	d := openInbox(t)
	made := d.must(201, "root", "POST", path+"/", `{"url":"https://shop.example/hook?a=<b>"}`)
	secret, id := field(t, made.body, "secret"), field(t, made.body, "id")
	if !strings.HasPrefix(secret, chat.HookSecretPrefix) || made.header.Get("Cache-Control") != "no-store" || d.changed != 1 {
		t.Errorf("%s %v, told %d times", made.body, made.header, d.changed)
	}
	golden(t, "webhook-created", strings.Replace(made.body, secret, "whsec_", 1))
	d.must(201, "root", "POST", path, `{"url":"http://127.0.0.1:1/","events":["message.created","conversation.created","message.created"]}`)
	list := d.must(200, "root", "GET", path, "").body
	golden(t, "webhooks", list)
	if all := list + d.log.String(); strings.Contains(all, secret) {
		t.Error("the secret is shown again")
	}

	delivery := d.die(id)
	dead := d.must(200, "root", "GET", path+"/dead/?limit=1", "").body
	golden(t, "webhook-deliveries", dead)
	if strings.Contains(dead, "What a customer wrote") || field(t, dead, "count") != "1" {
		t.Error(dead)
	}
	check(t, d.call("root", "POST", path+"/dead/"+delivery+"/retry/", ""), 200, `{"result":"Done"}`)
	check(t, d.call("root", "GET", path+"/dead", ""), 200, `{"deliveries":[],"count":0}`)
	check(t, d.call("root", "POST", path+"/dead/"+delivery+"/retry", ""), 404, `~Delivery does not exist`)

	check(t, d.call("root", "DELETE", path+"/"+id+"/", ""), 200, `{"result":"Done"}`)
	check(t, d.call("root", "DELETE", path+"/"+id, ""), 404, `~Webhook does not exist`)
	check(t, d.call("root", "DELETE", path+"/dead", ""), 404, `~Webhook does not exist`)
	if d.changed != 3 {
		t.Errorf("told %d times", d.changed)
	}
}

// TestWebhookRefusals holds what is no webhook.
func TestWebhookRefusals(t *testing.T) {
	d := openInbox(t)
	const address = "url must be an http or https address without a user, of at most 2048 bytes"
	for body, want := range map[string]string{
		``:                                      address,
		`{"url":null}`:                          address,
		`{"url":7}`:                             "url: expected string, got number",
		`{"url":"file:///x"}`:                   address,
		`{"url":"https://a:b@shop"}`:            address,
		`{"url":"https://shop","events":["x"]}`: "events must be of: conversation.created, conversation.escalated, conversation.assigned, conversation.resolved, message.created",
		`{"url":"https://shop","events":"x"}`:   "events: expected array, got string",
		`{"url":"https://` + strings.Repeat("a", 2048) + `"}`: address,
	} {
		check(t, d.call("root", "POST", "/admin/chat/webhooks", body), 400, `{"name":"INVALID_ARGUMENTS","status":400,"message":"`+want+`"}`)
	}
	for range chat.MaxWebhooks {
		d.must(201, "root", "POST", "/admin/chat/webhooks", `{"url":"https://shop"}`)
	}
	check(t, d.call("root", "POST", "/admin/chat/webhooks", `{"url":"https://shop"}`), 409, `~CONFLICT`)
	if d.changed != chat.MaxWebhooks {
		t.Errorf("told %d times", d.changed)
	}
}

package api_test

import (
	"strings"
	"testing"

	"parley/api"
	"parley/chat"
	"parley/gateway"
)

// inboxDoor is a door with the agents amy and abe, at which customers can wait.
type inboxDoor struct {
	*botDoor
	watching chan struct{} // gets a value for each poll that begins to wait
	hooks    hooks
	changed  int // how often WebhooksChanged was called
}

// mute is an assistant who is asked, and says nothing by itself.
type mute struct{}

func (mute) Admit(string) error { return nil }
func (mute) Ask(chat.Question)  {}
func (mute) Forget(string)      {}

// hooks are subscribed to everything.
type hooks struct{ ids []string }

func (h *hooks) Subscribed(chat.HookEvent) []string { return h.ids }
func (h *hooks) Queued()                            {}

func openInbox(t testing.TB, change ...func(*api.Options)) *inboxDoor {
	t.Helper()
	d := &inboxDoor{watching: make(chan struct{}, 100)}
	d.botDoor = openBots(t, func(o *api.Options) {
		with := o.Chat.Options
		hub := gateway.NewHub(gateway.Options{Store: with.Store, Epoch: with.Store.Epoch})
		with.Bus, with.Assistant, with.Webhooks = hub, mute{}, &d.hooks
		with.Watch = func(room string, version int64) (<-chan struct{}, func()) {
			news, end := hub.Watch(room, version)
			d.watching <- struct{}{}
			return news, end
		}
		o.Chat = chat.NewService(with)
		o.GuestToken = func(u chat.User) (string, error) { return "a token of " + u.ID, nil }
		o.WebhooksChanged = func() { d.changed++ }
		for _, f := range change {
			f(o)
		}
	})
	var agents []chat.User
	for _, id := range []string{"amy", "abe"} {
		agents = append(agents, chat.User{ID: id, Name: id, Role: chat.RoleAgent, CreatedAt: start})
	}
	if err := d.store.EnsureUsers(t.Context(), agents); err != nil {
		t.Fatal(err)
	}
	return d
}

// withBot makes conversations begin with the chatbot default.
func withBot(o *api.Options) { o.Chat.CustomerBot = chat.DefaultChatbot }

// begin begins a conversation with a text, and returns its key.
func (d *inboxDoor) begin(text string) string {
	d.t.Helper()
	return firstKey(d.t, d.must(200, "", "POST", "/api/messages/", `{"name":"Ann","email":"ann@shop","content":"`+text+`"}`).body)
}

// firstKey is the key in the answer to a post.
func firstKey(t testing.TB, body string) string {
	t.Helper()
	_, rest, _ := strings.Cut(body, `{"conversation":"`)
	key, _, ok := strings.Cut(rest, `"`)
	if !ok {
		t.Fatalf("no key: %s", body)
	}
	return key
}

// say posts to a conversation.
func (d *inboxDoor) say(user, key, text string) {
	d.t.Helper()
	d.must(200, user, "POST", "/api/messages/", `{"conversation":"`+key+`","content":"`+text+`"}`)
}

// item is the conversation as the inbox shows it.
func (d *inboxDoor) item(key string) string {
	d.t.Helper()
	return d.must(200, "amy", "GET", "/api/conversation/"+key, "").body
}

// roomOf is the conversation's room.
func (d *inboxDoor) roomOf(key string) string { return field(d.t, d.item(key), "room") }

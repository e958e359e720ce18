package api_test

import (
	"encoding/json"
	"testing"

	"parley/api"
	"parley/chat"
)

// TestStats: figures of the process, and of all conversations.
func TestStats(t *testing.T) {
	d := openInbox(t, withBot, func(o *api.Options) {
		o.Version = "v7"
		o.Chat.Agents = func() []string { return []string{"root", "amy"} }
		o.Stats = func() api.NodeStats {
			return api.NodeStats{StartedAt: start, SocketIO: 1, TokenStream: 2, Sessions: 3, Online: 4}
		}
	})
	d.begin("with the bot")
	for range 2 {
		d.must(200, "", "POST", "/api/messages/"+d.begin("waits")+"/escalate", "")
	}
	for range 3 {
		d.must(200, "amy", "POST", "/api/conversation/"+d.begin("with amy")+"/claim", "")
	}
	d.must(200, "amy", "POST", "/api/conversation/"+d.begin("done")+"/resolve", "")
	d.must(200, "amy", "DELETE", "/api/conversation/"+d.begin("gone"), "")

	var got map[string]any
	if err := json.Unmarshal([]byte(d.must(200, "root", "GET", "/admin/chat/stats", "").body), &got); err != nil {
		t.Fatal(err)
	}
	for _, moves := range []string{"memoryBytes", "goroutines"} {
		if n, ok := got[moves].(float64); !ok || n < 1 {
			t.Errorf("%s: %v", moves, got[moves])
		}
		got[moves] = 0
	}
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "stats", string(text))
	d.must(403, "amy", "GET", "/admin/chat/stats", "")
}

// TestStatsOfNothing: a server that has no figures tells so with zeros.
func TestStatsOfNothing(t *testing.T) {
	d := open(t, func(o *api.Options) { o.Chat.Agents = nil })
	var got struct {
		Agents        []string
		Conversations map[chat.ConversationState]int
	}
	if err := json.Unmarshal([]byte(d.must(200, "root", "GET", "/admin/chat/stats", "").body), &got); err != nil {
		t.Fatal(err)
	}
	if got.Agents == nil || len(got.Conversations) != 4 {
		t.Errorf("%+v", got)
	}
}

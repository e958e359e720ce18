package store

import (
	"maps"
	"testing"

	"parley/chat"
)

// TestCountConversations: those of deleted rooms count nowhere.
func TestCountConversations(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, Options{URL: url})
		if got, err := s.CountConversations(s.index.stop); err != nil || got[chat.Waiting] != 0 || len(got) > 1 {
			t.Errorf("of none: %v, %v", got, err)
		}
		fillInbox(t, s)
		if err := s.db.write.Exec(`UPDATE conversations SET deleted = true WHERE key IN ('k0', 'k3', 'k7')`).Error; err != nil {
			t.Fatal(err)
		}
		got, err := s.CountConversations(s.index.stop)
		want := map[chat.ConversationState]int64{chat.WithBot: 1250, chat.Assigned: 1250, chat.Resolved: 1250, chat.Waiting: 1248}
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("%v, %v, want %v", got, err, want)
		}
	})
}

package delivery

import (
	"fmt"
	"testing"
	"time"

	"parley/test/harness"
)

// Six users exchange messages in bursts: each gets each message once, in order,
// and the history says the same.
func TestEveryMessageOnceAndInOrder(t *testing.T) {
	for _, transport := range []string{"websocket", "polling", "upgrade"} {
		t.Run(transport, func(t *testing.T) {
			total := harness.Sized(2000, 10_000)
			s := harness.Start(t, unlimited)
			users, ids := make([]map[string]string, 6), make([]string, 6)
			for i := range users {
				ids[i] = fmt.Sprintf("user-%d", i)
				users[i] = map[string]string{"id": ids[i], "token": harness.Token(t, ids[i], "user")}
			}
			room := s.Room(t, ids[0], ids[1:]...)
			var seen struct {
				Errors  []string
				Seconds float64
				IDs     []string
			}
			harness.Node(t, 5*time.Minute, "deliver.js", map[string]any{
				"url": s.URL, "room": room, "users": users, "transport": transport, "total": total, "burst": 40,
			}, &seen)
			for _, e := range seen.Errors {
				t.Error(e)
			}
			history := s.History(t, room, users[1]["token"])
			harness.Contiguous(t, history)
			if len(history) != total || len(seen.IDs) != total {
				t.Fatalf("%d messages were delivered and %d are stored, want %d", len(seen.IDs), len(history), total)
			}
			for i, m := range history {
				if m.ID != seen.IDs[i] {
					t.Fatalf("%s was delivered as %d, stored is %s", seen.IDs[i], i+1, m.ID)
				}
			}
			t.Logf("%d messages to 6 users in %.1f s", total, seen.Seconds)
		})
	}
}

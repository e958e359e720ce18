package clients_test

import (
	"fmt"
	"testing"

	"parley/test/harness"
)

// TestTwoDevices holds that an administrator's adding, removing and blocking of a
// user reach both of their devices at once, over every pair of transports.
func TestTwoDevices(t *testing.T) {
	const pairs = 6
	harness.OnEachDatabase(t, func(t *testing.T, env string) {
		s := harness.Start(t, env, filesIn(t))
		arg := map[string]any{
			"url":     s.URL,
			"admin":   account{ID: "root", Token: harness.Token(t, "root", "admin")},
			"creator": account{ID: "ada", Token: harness.Token(t, "ada", "user")},
		}
		t.Run("accounts", func(t *testing.T) {
			var users []account
			for i := range pairs {
				users = append(users, register(t, s, fmt.Sprintf("ben%d", i)))
			}
			arg["users"], arg["own"] = users, true
			runClient(t, "devices.js", arg)
		})
		t.Run("outside tokens", func(t *testing.T) {
			var users []account
			for i := range pairs {
				name := fmt.Sprintf("cy%d", i)
				users = append(users, account{ID: name, Token: harness.Token(t, name, "user")})
			}
			arg["users"], arg["own"] = users, false
			runClient(t, "devices.js", arg)
		})
	})
}

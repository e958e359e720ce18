package clients_test

import (
	"testing"

	"parley/test/harness"
)

// TestChatIntroChapter runs the program of a participant of a course whose chapter
// asks for a chat with a mock reply, its history and a widget that shows both.
func TestChatIntroChapter(t *testing.T) {
	t.Parallel()
	harness.OnEachDatabase(t, func(t *testing.T, env string) {
		t.Parallel()
		t.Run("accounts", func(t *testing.T) {
			s := harness.Start(t, env, closed)
			readChatIntro(t, s, []account{register(t, s, "ada"), register(t, s, "ben"), register(t, s, "cy")})
		})
		t.Run("outside tokens", func(t *testing.T) {
			readChatIntro(t, harness.Start(t, env), outsiders(t)[:3])
		})
	})
}

func readChatIntro(t *testing.T, s *harness.Server, people []account) {
	t.Helper()
	var tokens []string
	for _, person := range people {
		tokens = append(tokens, person.Token)
	}
	readDocument(t, "seed000.js", map[string]any{"http": localhost(s), "socket": localhost(s), "tokens": tokens})
}

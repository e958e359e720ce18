package clients_test

import (
	"strings"
	"testing"

	"parley/test/harness"
)

// defaultChatbot is the assistant that every server has.
const defaultChatbot = "default"

// TestChatbotSessionGuide runs the program of a reader of the chat client
// integration example.
func TestChatbotSessionGuide(t *testing.T) {
	t.Parallel()
	harness.OnEachDatabase(t, func(t *testing.T, env string) {
		t.Parallel()
		s := harness.Start(t, env)
		var tokens []string
		for _, person := range outsiders(t)[:3] {
			tokens = append(tokens, person.Token)
		}
		readDocument(t, "seed003.js", map[string]any{
			"http": localhost(s), "socket": strings.Replace(localhost(s), "http", "ws", 1),
			"chatbot": defaultChatbot, "tokens": tokens, "bad": forged(tokens[0], tokens[1]),
		})
	})
}

// forged is one token's claims under another's signature.
func forged(claims, signature string) string {
	return claims[:strings.LastIndex(claims, ".")] + signature[strings.LastIndex(signature, "."):]
}

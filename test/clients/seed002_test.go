package clients_test

import (
	"strings"
	"testing"
	"time"

	"parley/test/harness"
)

// TestTokenStreamGuide runs the program of a reader of the WebSocket Chat API
// Integration Guide.
func TestTokenStreamGuide(t *testing.T) {
	t.Parallel()
	harness.OnEachDatabase(t, func(t *testing.T, env string) {
		t.Parallel()
		// The program asks faster than people type.
		s := harness.Start(t, env, "PARLEY_LIMIT_REPLIES=10/s:100")
		var tokens []string
		for _, name := range []string{"ada", "ben", "cy"} {
			tokens = append(tokens, harness.Token(t, name, "user"))
		}
		readDocument(t, "seed002.js", map[string]any{
			"socket": strings.Replace(localhost(s), "http://", "ws://", 1), "tokens": tokens,
			"bad":   harness.TokenUntil(t, "ada", "user", time.Now().Add(-time.Hour)),
			"pings": harness.Sized(1, 4),
		})
	})
}

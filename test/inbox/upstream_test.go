package inbox

import (
	"fmt"
	"sync"
	"testing"

	"parley/internal/llm"
)

// upstream is an assistant that answers each question as it was told to, by the
// question's words.
type upstream struct {
	*llm.Server

	mu      sync.Mutex
	scripts map[string]llm.Script
	asked   map[string]bool
}

func newUpstream(t *testing.T) *upstream {
	t.Helper()
	u := &upstream{scripts: map[string]llm.Script{}, asked: map[string]bool{}}
	var err error
	if u.Server, err = llm.Listen("127.0.0.1:0", u.choose); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = u.Close() })
	return u
}

// answer scripts what comes of a question; of one that is not known, a word.
func (u *upstream) answer(question string, s llm.Script) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.scripts[question] = s
}

func (u *upstream) choose(r llm.Request) llm.Script {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(r.Messages) == 0 {
		return llm.Reply("What?")
	}
	question := r.Messages[len(r.Messages)-1].Content
	u.asked[question] = true
	if s, ok := u.scripts[question]; ok {
		return s
	}
	return llm.Reply("Very ", "well.")
}

// wasAsked reports whether a question has reached the upstream.
func (u *upstream) wasAsked(question string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.asked[question]
}

// numbered are n tokens that differ.
func numbered(n int) []string {
	tokens := make([]string, n)
	for i := range tokens {
		tokens[i] = fmt.Sprintf("%d ", i)
	}
	return tokens
}

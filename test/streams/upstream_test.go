package streams

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/llm"
	"parley/test/harness"
)

// upstream is an assistant that answers each question as it was told to, by the
// question's words.
type upstream struct {
	*llm.Server

	mu      sync.Mutex
	scripts map[string]llm.Script
}

func newUpstream(t *testing.T) *upstream {
	t.Helper()
	u := &upstream{scripts: map[string]llm.Script{}}
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
	if s, ok := u.scripts[asked(r)]; ok {
		return s
	}
	return llm.Reply("Very ", "well.")
}

// asked is the question that a request ends with.
func asked(r llm.Request) string {
	if len(r.Messages) == 0 {
		return ""
	}
	return r.Messages[len(r.Messages)-1].Content
}

// exchange returns the latest request with a question, nil if there was none.
func (u *upstream) exchange(question string) *llm.Exchange {
	all := u.Exchanges()
	for _, x := range slices.Backward(all) {
		if asked(x.Request) == question {
			return x
		}
	}
	return nil
}

// asking waits until the question has reached the upstream.
func (u *upstream) asking(t *testing.T, question string) *llm.Exchange {
	t.Helper()
	var x *llm.Exchange
	harness.Eventually(t, harness.Patience, func() (bool, string) {
		x = u.exchange(question)
		return x != nil, "the upstream was not asked " + question
	})
	return x
}

// words are what tokens are made of: one to four bytes a character, characters of
// two code units, of several code points, and what JSON and HTML escape.
var words = []string{
	"word ", "é", " naïve", "日本", "語 ", "😀", "👋🏽 ", "👩‍👩‍👧", " ñ", "\n", "\t\"quoted\" ", `\u0000 `, "<b>&", "\u2028", "مرحبا ", "𝔘𝔫𝔦", "e\u0301", "🇩🇪",
}

// tokensOf makes n tokens by chance.
func tokensOf(r *rand.Rand, n int) []string {
	tokens := make([]string, n)
	for i := range tokens {
		tokens[i] = words[r.IntN(len(words))]
	}
	return tokens
}

// paced is a proper answer of these tokens, one every interval.
func paced(every time.Duration, tokens ...string) llm.Script {
	s := llm.Reply(tokens...)
	s.Every = every
	return s
}

// gated is a proper answer of some tokens, and of the rest once the gate is open.
func gated(gate <-chan struct{}, first, rest []string) llm.Script {
	steps := append([]llm.Step{llm.Role()}, llm.Tokens(first...)...)
	steps = append(append(steps, llm.Until(gate)), llm.Tokens(rest...)...)
	return llm.Steps(append(steps, llm.Finish("stop"), llm.Done())...)
}

// numbered are n tokens that differ.
func numbered(n int) []string {
	tokens := make([]string, n)
	for i := range tokens {
		tokens[i] = fmt.Sprintf("%d ", i)
	}
	return tokens
}

// units counts a text's code units in UTF-16.
func units(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

// joined is the whole of some tokens.
func joined(tokens []string) string { return strings.Join(tokens, "") }

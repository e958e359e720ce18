package assistant

import (
	"context"
	"fmt"
	"strings"
	"time"

	"parley/chat"
)

// MockOptions set up a Mock.
type MockOptions struct {
	// Pace passes before each word; 20 ms if zero, none if negative.
	Pace time.Duration
	// Wait replaces the clock: it returns after d, or with ctx's error once it ends.
	Wait func(ctx context.Context, d time.Duration) error
}

// Mock is the Backend of a server without a model: it needs no network, answers
// the same question with the same words, streams word by word, and always
// completes. It counts no tokens.
type Mock struct{ o MockOptions }

// NewMock returns a Mock.
func NewMock(o MockOptions) *Mock {
	if o.Pace == 0 {
		o.Pace = 20 * time.Millisecond
	}
	if o.Wait == nil {
		o.Wait = mockWait
	}
	return &Mock{o}
}

func mockWait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Stream implements Backend.
func (m *Mock) Stream(ctx context.Context, r Request, emit func(token string) error) (Ending, error) {
	said := false
	for word := range strings.SplitAfterSeq(mockAnswer(r), " ") {
		if m.o.Wait(ctx, m.o.Pace) != nil || ctx.Err() != nil {
			return Ending{Status: chat.StatusCancelled, Reason: ReasonStopped}, nil
		}
		if err := emit(word); err != nil {
			if ctx.Err() != nil {
				return Ending{Status: chat.StatusCancelled, Reason: ReasonStopped}, nil
			}
			end := Ending{Status: chat.StatusFailed, Reason: ReasonRefused}
			if said {
				end.Status = chat.StatusInterrupted
			}
			return end, fmt.Errorf("assistant: the reply was not taken: %w", err)
		}
		said = true
	}
	return Ending{Status: chat.StatusComplete, Reason: "stop"}, nil
}

// Bounds of what an answer repeats.
const (
	maxQuoted = 280 // bytes of the question
	maxNamed  = 5   // documents
)

// mockAnswer is what the mock says: no word of it is empty, and it never ends with a space.
func mockAnswer(r Request) string {
	question := strings.Join(strings.Fields(strings.ToValidUTF8(strings.ReplaceAll(r.Question, "\x00", ""), "\uFFFD")), " ")
	if short := cut(question, maxQuoted); short != question {
		question = strings.TrimRight(short, " ") + "…"
	}
	var b strings.Builder
	if question != "" {
		b.WriteString("You asked: “" + question + "” ")
	}
	b.WriteString("I am Parley's built-in assistant. No model is configured, so I can only repeat what I was asked")
	if names := mockSources(r.Sources); names == "" {
		b.WriteString(".")
	} else {
		b.WriteString(" and name what I would have read: " + names + ".")
	}
	return b.String()
}

// mockSources names the sources' documents, each once, in their order.
func mockSources(sources []chat.Source) string {
	var names []string
	seen := map[string]bool{}
	for _, s := range sources {
		name := strings.Join(strings.Fields(s.Document), " ")
		if name == "" || seen[name] {
			continue
		}
		seen[name] = true
		if len(names) < maxNamed {
			names = append(names, name)
		}
	}
	list := strings.Join(names, ", ")
	if more := len(seen) - len(names); more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return list
}

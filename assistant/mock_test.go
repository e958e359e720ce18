package assistant

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"parley/chat"
)

// stillMock waits for nothing and adds up what it would have waited.
func stillMock(waited *time.Duration) *Mock {
	return NewMock(MockOptions{Wait: func(ctx context.Context, d time.Duration) error {
		*waited += d
		return ctx.Err()
	}})
}

// TestMock holds what the mock says, word by word, and that it says it again.
func TestMock(t *testing.T) {
	about := []chat.Source{{Document: "Returns.md", Passage: "1"}, {Document: "Returns.md", Passage: "2"}, {Document: "Shipping.md"}, {}}
	many := []chat.Source{{Document: "a"}, {Document: "b"}, {Document: "c"}, {Document: "d"}, {Document: "e"}, {Document: "f"}, {Document: "g"}}
	for name, c := range map[string]struct {
		r    Request
		want string
	}{
		"a question": {Request{Question: " Where is\n my\x00 parcel? "}, "You asked: “Where is my parcel?” I am Parley's built-in assistant. No model is configured, so I can only repeat what I was asked."},
		"nothing":    {Request{}, "I am Parley's built-in assistant. No model is configured, so I can only repeat what I was asked."},
		"sources":    {Request{Question: "Returns?", Sources: about}, "You asked: “Returns?” I am Parley's built-in assistant. No model is configured, so I can only repeat what I was asked and name what I would have read: Returns.md, Shipping.md."},
		"many":       {Request{Sources: many}, "I am Parley's built-in assistant. No model is configured, so I can only repeat what I was asked and name what I would have read: a, b, c, d, e and 2 more."},
		"long":       {Request{Question: strings.Repeat("é", 1000)}, "You asked: “" + strings.Repeat("é", 140) + "…” I am Parley's built-in assistant. No model is configured, so I can only repeat what I was asked."},
		"other text": {Request{Question: "\xff"}, "You asked: “\uFFFD” I am Parley's built-in assistant. No model is configured, so I can only repeat what I was asked."},
	} {
		for range 2 {
			var waited time.Duration
			var got strings.Builder
			words := 0
			end, err := stillMock(&waited).Stream(t.Context(), c.r, func(word string) error {
				if words++; word == "" || strings.Contains(strings.TrimSuffix(word, " "), " ") {
					t.Errorf("%s: the word %q", name, word)
				}
				got.WriteString(word)
				return nil
			})
			if got.String() != c.want || end != (Ending{Status: chat.StatusComplete, Reason: "stop"}) || err != nil {
				t.Errorf("%s: %q, %+v, %v", name, got.String(), end, err)
			}
			if waited != time.Duration(words)*20*time.Millisecond {
				t.Errorf("%s: %d words took %s", name, words, waited)
			}
		}
	}
}

// TestMockEnds holds how the mock is stopped.
func TestMockEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	words := 0
	end, err := NewMock(MockOptions{Pace: -1}).Stream(ctx, hello(), func(string) error {
		if words++; words == 3 {
			cancel()
		}
		return nil
	})
	if end.Status != chat.StatusCancelled || err != nil || words != 3 {
		t.Errorf("stopped: %+v, %v after %d words", end, err, words)
	}
	cancelled := make(chan Ending)
	ctx, cancel = context.WithCancel(t.Context())
	go func() {
		end, _ := NewMock(MockOptions{Pace: time.Hour}).Stream(ctx, hello(), func(string) error { return nil })
		cancelled <- end
	}()
	cancel()
	if end = <-cancelled; end.Status != chat.StatusCancelled {
		t.Errorf("stopped while waiting: %+v", end)
	}
	for after, status := range []chat.Status{chat.StatusFailed, chat.StatusInterrupted} {
		words = 0
		end, err = NewMock(MockOptions{Pace: -1}).Stream(t.Context(), hello(), func(string) error {
			if words++; words > after {
				return io.ErrClosedPipe
			}
			return nil
		})
		if end.Status != status || end.Reason != ReasonRefused || !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("refused after %d words: %+v, %v", after, end, err)
		}
	}
}

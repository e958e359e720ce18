package llm

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// Stream is an answer while it is written. It is one goroutine's.
type Stream struct {
	ctx      context.Context
	w        http.ResponseWriter
	flush    func() error
	newline  string
	bytewise bool
	every    time.Duration
	next     time.Time
}

// Raw writes text as it is and flushes it: one write to the socket, or one for
// each byte where the script is bytewise. It fails once the client is gone.
func (s *Stream) Raw(text string) error {
	if s.newline != "\n" {
		text = strings.ReplaceAll(text, "\n", s.newline)
	}
	if !s.bytewise {
		return s.write(text)
	}
	for i := range len(text) {
		if err := s.write(text[i : i+1]); err != nil {
			return err
		}
	}
	return nil
}

func (s *Stream) write(text string) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.flush()
}

// Wait lets time pass; it fails at once when the client leaves.
func (s *Stream) Wait(d time.Duration) error {
	if d <= 0 {
		return s.ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}

// pace waits until the next token is due. The schedule is absolute, so that a
// late token does not delay those after it.
func (s *Stream) pace() error {
	if s.every <= 0 {
		return nil
	}
	if s.next.IsZero() {
		s.next = time.Now()
	}
	s.next = s.next.Add(s.every)
	return s.Wait(time.Until(s.next))
}

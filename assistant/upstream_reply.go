package assistant

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds of what is read of an upstream.
const (
	// maxEvent bounds an event, and so a line, and an answer that is no stream, in bytes.
	maxEvent = 1 << 20
	// maxReason bounds a finish_reason, in bytes.
	maxReason = 32
	// drain is how long the end of the body is waited for after [DONE], for the
	// connection's sake: one that was read to its end is used again.
	drain = 100 * time.Millisecond
)

// upstreamReply is one answer of an upstream while it is read, by one goroutine.
type upstreamReply struct {
	o     *UpstreamOptions
	emit  func(string) error
	stall *time.Timer // ends the stream when nothing comes

	chunk    chunk // decoded into again and again
	bytes    int   // of text so far
	usage    Usage
	finished bool // the upstream said that this was all
	reason   string
}

// read reads an answer of status 2xx. It returns nil once the reply is finished,
// a failure, or the error that the body broke off with.
func (r *upstreamReply) read(ctx context.Context, response *http.Response) error {
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	switch {
	case kind == "text/html":
		return failf(ReasonFormat, "the upstream answered with a web page: its URL is probably wrong")
	case kind != "application/json":
		return r.readEvents(ctx, response.Body)
	}
	// Some servers stream under this name, too.
	body := bufio.NewReader(response.Body)
	for {
		next, err := body.Peek(1)
		switch {
		case err == io.EOF:
			return failf(ReasonBroken, "the upstream's answer is empty")
		case err != nil:
			return err
		case next[0] == '{' || next[0] == '[':
			return r.readWhole(body)
		case !strings.ContainsRune(" \t\r\n", rune(next[0])):
			return r.readEvents(ctx, body)
		}
		_, _ = body.Discard(1) // it was peeked
	}
}

// readEvents reads a stream of chunks.
func (r *upstreamReply) readEvents(ctx context.Context, body io.Reader) error {
	for event, err := range events(body) {
		if err != nil {
			return tooLong(err)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx) // what was read before is not wanted any more
		}
		done, err := r.take(event.Type, event.Data)
		if err != nil {
			return err
		}
		if done {
			r.finished = true
			r.stall.Reset(drain)
			_, _ = io.CopyN(io.Discard, body, 4096) // best effort; it is complete
			return nil
		}
	}
	if r.finished {
		return nil
	}
	return failf(ReasonBroken, "the answer ended without finish_reason or [DONE]")
}

// take takes one event; done is [DONE].
func (r *upstreamReply) take(kind, data string) (done bool, err error) {
	data = strings.TrimSpace(data)
	switch {
	case data == "":
		return false, nil
	case data == "[DONE]":
		return true, nil
	case kind == "error":
		return false, failf(ReasonError, "the upstream reported an error: %s", excerpt(errorText([]byte(data))))
	}
	r.chunk = chunk{}
	if err := json.Unmarshal([]byte(data), &r.chunk); err != nil {
		return false, failf(ReasonFormat, "an event is no chat completion chunk: %w", err)
	}
	return false, r.takeChunk(r.chunk.Choices[0].Delta)
}

// takeChunk takes the decoded chunk, whose text is where said says.
func (r *upstreamReply) takeChunk(said said) error {
	c := &r.chunk
	if reported(c.Error) {
		return failf(ReasonError, "the upstream reported an error: %s", excerpt(errorText(c.Error)))
	}
	if c.Usage != (usage{}) {
		r.usage = Usage{Prompt: max(c.Usage.Prompt, 0), Completion: max(c.Usage.Completion, 0)}
	}
	if r.finished {
		return nil // text behind the end is none of the reply's
	}
	if said.Content != "" {
		if err := r.say(said.Content); err != nil {
			return err
		}
	} else if said.thinks() {
		r.stall.Reset(r.o.Idle) // it thinks, which is not shown but is a sign of life
	}
	if reason := c.Choices[0].FinishReason; reason != "" {
		r.finished, r.reason = true, cut(strings.ToValidUTF8(reason, ""), maxReason)
		r.stall.Reset(r.o.Tail)
	}
	return nil
}

// say emits text, which encoding/json has made valid UTF-8. NUL is dropped: no
// database takes it.
func (r *upstreamReply) say(text string) error {
	if strings.IndexByte(text, 0) >= 0 {
		text = strings.ReplaceAll(text, "\x00", "")
	}
	part := cut(text, r.o.MaxText-r.bytes)
	if part != "" {
		r.bytes += len(part)
		r.stall.Stop() // the time that emit takes is not the upstream's
		if err := r.emit(part); err != nil {
			return failf(ReasonRefused, "the reply was not taken: %w", err)
		}
		r.stall.Reset(r.o.Idle)
	}
	if len(part) < len(text) {
		return failf(ReasonLimit, "the reply is longer than %d bytes", r.o.MaxText)
	}
	return nil
}

// cut returns at most n bytes of text, never a part of a character.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// readWhole reads an answer that is no stream, as one token.
func (r *upstreamReply) readWhole(body io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(body, maxEvent+1))
	switch {
	case err != nil:
		return err
	case len(text) > maxEvent:
		return failf(ReasonFormat, "the answer is longer than %d bytes", maxEvent)
	}
	r.chunk = chunk{}
	if err := json.Unmarshal(bytes.TrimSpace(text), &r.chunk); err != nil {
		return failf(ReasonFormat, "the answer is no chat completion: %w", err)
	}
	if err := r.takeChunk(r.chunk.Choices[0].Message); err != nil {
		return err
	}
	if !r.finished {
		return failf(ReasonBroken, "the answer has no finish_reason")
	}
	return nil
}

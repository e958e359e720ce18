package llm

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Script is what the server does with one request: a status, headers, and then
// its steps in order. The answer ends properly when the steps do.
type Script struct {
	// Status is 200 if zero.
	Status int
	// Header overrides the headers of an event stream.
	Header map[string]string
	// Before passes before the status is sent; a negative one never ends.
	Before time.Duration
	// Every is the time from one token to the next.
	Every time.Duration
	// CRLF ends lines with a carriage return as well.
	CRLF bool
	// Bytewise sends each byte in a write of its own.
	Bytewise bool
	Steps    []Step
}

// Step is a part of an answer. An error of it ends the answer.
type Step func(*Stream) error

// Reply is a proper answer: the role, each token, finish_reason "stop", [DONE].
func Reply(tokens ...string) Script {
	steps := append([]Step{Role()}, Tokens(tokens...)...)
	return Script{Steps: append(steps, Finish("stop"), Done())}
}

// Steps is a stream of these steps and nothing else: it ends when they do.
func Steps(steps ...Step) Script { return Script{Steps: steps} }

// Hang takes the request and answers nothing until the client leaves.
func Hang() Script { return Script{Before: -1} }

// JSON is an answer that is no stream.
func JSON(status int, body string) Script {
	return Script{
		Status: status,
		Header: map[string]string{"Content-Type": "application/json"},
		Steps:  []Step{Raw(body)},
	}
}

// Error is a refusal in the shape of OpenAI's.
func Error(status int, message string) Script {
	return JSON(status, fmt.Sprintf(`{"error":{"message":%s,"type":"invalid_request_error","param":null,"code":null}}`, quote(message)))
}

// Timed streams n tokens, one every interval. Each token is the time it was
// sent, in nanoseconds since 1970, and a space.
func Timed(n int, every time.Duration) Script {
	steps := make([]Step, 0, n+3)
	steps = append(steps, Role())
	for range n {
		steps = append(steps, stamp)
	}
	return Script{Every: every, Steps: append(steps, Finish("stop"), Done())}
}

func stamp(s *Stream) error {
	if err := s.pace(); err != nil {
		return err
	}
	return s.Raw(delta + `"` + strconv.FormatInt(time.Now().UnixNano(), 10) + ` "` + deltaEnd)
}

// Role is the chunk with which many servers open: a role and no text.
func Role() Step {
	return Data(`{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}`)
}

// A chunk as servers send it: most of it is not the token.
const (
	delta    = `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1893553445,"model":"test","choices":[{"index":0,"delta":{"content":`
	deltaEnd = "},\"finish_reason\":null}]}\n\n"
)

// Token is one piece of text, sent when it is due.
func Token(text string) Step {
	event := delta + quote(text) + deltaEnd
	return func(s *Stream) error {
		if err := s.pace(); err != nil {
			return err
		}
		return s.Raw(event)
	}
}

// Tokens is a Token for each text.
func Tokens(texts ...string) []Step {
	steps := make([]Step, len(texts))
	for i, t := range texts {
		steps[i] = Token(t)
	}
	return steps
}

// Finish is the chunk with the finish_reason.
func Finish(reason string) Step {
	return Data(`{"choices":[{"index":0,"delta":{},"finish_reason":` + quote(reason) + `}]}`)
}

// Usage is the chunk that include_usage asks for: no choice, only the counts.
func Usage(prompt, completion int64) Step {
	return Data(fmt.Sprintf(`{"choices":[],"usage":{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d}}`,
		prompt, completion, prompt+completion))
}

// Done is the [DONE] that ends a stream.
func Done() Step { return Data("[DONE]") }

// Data is one event with this data.
func Data(data string) Step { return Raw("data: " + data + "\n\n") }

// Raw is written as it is.
func Raw(text string) Step { return func(s *Stream) error { return s.Raw(text) } }

// Wait lets time pass.
func Wait(d time.Duration) Step { return func(s *Stream) error { return s.Wait(d) } }

// Until waits until c is closed, or the client leaves.
func Until(c <-chan struct{}) Step {
	return func(s *Stream) error {
		select {
		case <-c:
			return nil
		case <-s.ctx.Done():
			return s.ctx.Err()
		}
	}
}

// Stall sends nothing more until the client leaves.
func Stall() Step { return Until(nil) }

// Break closes the connection in the middle of the answer.
func Break() Step { return func(*Stream) error { return http.ErrAbortHandler } }

func quote(s string) string {
	b, _ := json.Marshal(s) // a string always has a JSON form
	return string(b)
}

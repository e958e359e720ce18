package assistant

import (
	"context"

	"parley/chat"
)

// Turn is one earlier message of a conversation. Role is "user" or "assistant".
type Turn struct{ Role, Text string }

// Request is what a backend is asked.
type Request struct {
	// URL, Key and Model name an upstream; each is the server's own where it is
	// empty, but for the key, which goes to no URL but its own. The mock ignores them.
	URL, Key, Model string
	// System is the prompt, with the passages of documents.
	System string
	// Turns are the conversation, oldest first; the last is the question.
	Turns []Turn
	// User is the asking user's id.
	User string
	// Metadata says more about the user and the conversation.
	Metadata map[string]string
	// Question is the last turn's text.
	Question string
	// Sources are the passages in System, which the mock names in its answer.
	Sources []chat.Source
}

// Usage counts tokens, zero where the upstream did not say.
type Usage struct{ Prompt, Completion int64 }

// Ending is how a stream ended.
type Ending struct {
	// Status is never better than what was seen:
	//
	//   - chat.StatusComplete: the backend said that this was all;
	//   - chat.StatusInterrupted: some text came, and then no proper end;
	//   - chat.StatusFailed: no text and no proper end;
	//   - chat.StatusCancelled: the context ended first.
	Status chat.Status
	Usage  Usage
	// Reason is one of the Reason constants or, of a complete reply, the upstream's
	// finish_reason, at most 32 bytes, empty if it sent none.
	Reason string
}

// Why a stream ended otherwise than complete.
const (
	ReasonSettings    = "settings"    // its URL or key is unusable
	ReasonUnreachable = "unreachable" // no answer came
	ReasonStatus      = "status"      // an HTTP status other than 2xx
	ReasonFormat      = "format"      // an answer that is no chat completion
	ReasonError       = "error"       // the upstream reported an error within its answer
	ReasonBroken      = "broken"      // the answer ended or broke off without a proper end
	ReasonTimeout     = "timeout"     // no token in time, or not finished in time
	ReasonLimit       = "limit"       // the text reached its bound
	ReasonRefused     = "refused"     // emit failed
	ReasonStopped     = "stopped"     // the context ended
)

// Backend streams replies. Its methods may be called at once.
type Backend interface {
	// Stream asks and calls emit with each piece of the answer's text, in order, one
	// call after the other, on the caller's goroutine. A piece is never empty, is
	// valid UTF-8 without NUL, and ends at the end of a character. An error of emit
	// ends the stream.
	//
	// Stream returns soon after ctx ends, and has then let go of whatever it held at
	// an upstream. The Ending is valid in any case. The error says why the status is
	// failed or interrupted, and is nil otherwise; it is for the log and contains no
	// key.
	Stream(ctx context.Context, r Request, emit func(token string) error) (Ending, error)
}

package rawws

import (
	"errors"
	"time"

	"github.com/coder/websocket"

	"parley/chat"
	"parley/wire"
)

// The close codes of the doors, besides the protocol's own.
const (
	codeToken     websocket.StatusCode = 4401 // missing, expired or not valid
	codeForbidden websocket.StatusCode = 4403 // or blocked
	codeNoSession websocket.StatusCode = 4404
	codeClosed    websocket.StatusCode = 4408 // the session is idle or was closed
	codeReplaced  websocket.StatusCode = 4409 // by another socket, or another session
	codeRestart                        = websocket.StatusServiceRestart
	codeTryLater                       = websocket.StatusTryAgainLater // too slow, or too many
	codeTimeout                        = websocket.StatusInternalError // no sign of life
)

var (
	errTooSlow  = &chat.Error{Code: chat.CodeUnavailable, Message: "The connection is too far behind, come back"}
	errTooLarge = &chat.Error{Code: chat.CodeTooLarge, Message: "The message is too large"}
)

// closeCodes has every code of chat.Codes.
var closeCodes = map[chat.Code]websocket.StatusCode{
	chat.CodeInvalid:         websocket.StatusPolicyViolation,
	chat.CodeUnauthenticated: codeToken,
	chat.CodeTokenExpired:    codeToken,
	chat.CodeForbidden:       codeForbidden,
	chat.CodeBlocked:         codeForbidden,
	chat.CodeNotFound:        codeNoSession,
	chat.CodeConflict:        codeReplaced,
	chat.CodeTooLarge:        websocket.StatusMessageTooBig,
	chat.CodeRateLimited:     codeTryLater,
	chat.CodeUnavailable:     codeTryLater,
	chat.CodeInternal:        websocket.StatusInternalError,
}

// closeCode is the code with which an error ends a connection.
func closeCode(e *chat.Error) websocket.StatusCode {
	switch {
	case errors.Is(e, chat.ErrSessionClosed):
		return codeClosed
	case errors.Is(e, chat.ErrClosing):
		return codeRestart
	}
	return closeCodes[e.Code]
}

// errorWire is an error, at any time.
type errorWire struct {
	Type         string    `json:"type"`
	Code         chat.Code `json:"code"`
	Message      string    `json:"message"`
	RetryAfterMs int64     `json:"retryAfterMs,omitempty"`
	Timestamp    string    `json:"timestamp"`
}

func errorOf(e *chat.Error, now time.Time) errorWire {
	// Rounded up: who comes back then is let in.
	after := (e.RetryAfter + time.Millisecond - 1).Milliseconds()
	return errorWire{"error", e.Code, e.Message, after, wire.Time(now)}
}

// replyError tells of a reply that did not come to its end, nil of one that did.
func replyError(m chat.Message, now time.Time) []any {
	switch m.Status {
	case chat.StatusFailed:
		return []any{errorOf(&chat.Error{Code: chat.CodeUnavailable, Message: "The assistant could not answer"}, now)}
	case chat.StatusInterrupted:
		return []any{errorOf(&chat.Error{Code: chat.CodeUnavailable, Message: "The answer was interrupted"}, now)}
	}
	return nil
}

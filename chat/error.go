package chat

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Code names a kind of failure. Each transport maps every code to its own form;
// a test in each ranges over [Codes].
type Code string

// The codes of the wire contract.
const (
	CodeInvalid         Code = "invalid"
	CodeUnauthenticated Code = "unauthenticated"
	CodeTokenExpired    Code = "token_expired"
	CodeForbidden       Code = "forbidden"
	CodeBlocked         Code = "blocked"
	CodeNotFound        Code = "not_found"
	CodeConflict        Code = "conflict"
	CodeTooLarge        Code = "too_large"
	CodeRateLimited     Code = "rate_limited"
	CodeUnavailable     Code = "unavailable"
	CodeInternal        Code = "internal"
)

// Codes lists every code, for the tests that keep the mappers whole.
var Codes = []Code{
	CodeInvalid, CodeUnauthenticated, CodeTokenExpired, CodeForbidden, CodeBlocked, CodeNotFound,
	CodeConflict, CodeTooLarge, CodeRateLimited, CodeUnavailable, CodeInternal,
}

// InternalMessage is the fixed text of every internal error on every wire.
const InternalMessage = "Something went wrong"

// Error is a failure that the caller may see. Message is written for the client
// and holds no secret and no cause; the cause, if any, is in Err and only logged.
type Error struct {
	Code    Code
	Message string
	// RetryAfter tells a rate-limited caller when to come back; zero if unknown.
	RetryAfter time.Duration
	Err        error
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an *Error whose message is the formatted text.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// ErrorOf returns the *Error in err's chain. An error that carries none becomes
// CodeInternal with the fixed text, or CodeUnavailable where a context ended
// before the work was done. It returns nil for nil.
func ErrorOf(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return &Error{Code: CodeUnavailable, Message: "The server is busy, try again", Err: err}
	}
	return &Error{Code: CodeInternal, Message: InternalMessage, Err: err}
}

// CodeOf returns the code that err has on every wire, "" for nil.
func CodeOf(err error) Code {
	if e := ErrorOf(err); e != nil {
		return e.Code
	}
	return ""
}

// The texts that existing clients match on, word for word.
var (
	ErrNoToken              = &Error{Code: CodeUnauthenticated, Message: "No 'Authorization' header or 'accessToken' cookie present"}
	ErrBadToken             = &Error{Code: CodeUnauthenticated, Message: "Token is expired or otherwise not valid"}
	ErrTokenExpired         = &Error{Code: CodeTokenExpired, Message: "Token is expired or otherwise not valid"}
	ErrBlocked              = &Error{Code: CodeBlocked, Message: "This user is blocked"}
	ErrRoomNotFound         = &Error{Code: CodeNotFound, Message: "Room does not exist or you don't have access"}
	ErrMessageNotFound      = &Error{Code: CodeNotFound, Message: "Message does not exist or you don't have access"}
	ErrInvitation           = &Error{Code: CodeNotFound, Message: "Invitation not valid"}
	ErrFileNotFound         = &Error{Code: CodeNotFound, Message: "File does not exist or you don't have access"}
	ErrConversationNotFound = &Error{Code: CodeNotFound, Message: "Conversation does not exist or you don't have access"}
	ErrUserNotFound         = &Error{Code: CodeNotFound, Message: "User does not exist"}
	ErrBusy                 = &Error{Code: CodeUnavailable, Message: "The server is busy, try again"}
	ErrClosing              = &Error{Code: CodeUnavailable, Message: "The server is shutting down, try again"}
)

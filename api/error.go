package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"parley/chat"
)

// Error is the body of every answer that is not a success.
type Error struct {
	Name    string `json:"name" doc:"Kind of failure" example:"INVALID_ARGUMENTS"`
	Status  int    `json:"status" doc:"The HTTP status again" example:"400"`
	Message string `json:"message" doc:"For people" example:"roomName is required"`

	retryAfter time.Duration
}

func (e *Error) Error() string { return e.Name + ": " + e.Message }

// GetStatus tells huma the HTTP status.
func (e *Error) GetStatus() int { return e.Status }

// GetHeaders tells huma the headers that go with the error: Retry-After, in
// whole seconds and at least one, where the caller should come back.
func (e *Error) GetHeaders() http.Header {
	h := http.Header{}
	if e.Status == http.StatusTooManyRequests || e.retryAfter > 0 {
		seconds := max(1, (e.retryAfter+time.Second-1)/time.Second)
		h.Set("Retry-After", strconv.Itoa(int(seconds)))
	}
	return h
}

// The failures that only HTTP knows.
var (
	errNoRoute   = &Error{Name: "NOT_FOUND", Status: http.StatusNotFound, Message: "This route does not exist"}
	errMethod    = &Error{Name: "METHOD_NOT_ALLOWED", Status: http.StatusMethodNotAllowed, Message: "This route does not take this method"}
	errMediaType = &Error{Name: "UNSUPPORTED_MEDIA_TYPE", Status: http.StatusUnsupportedMediaType, Message: "The body must be application/json"}
	errEncoding  = &Error{Name: "UNSUPPORTED_MEDIA_TYPE", Status: http.StatusUnsupportedMediaType, Message: "The body must come without Content-Encoding"}
)

// form is the HTTP name and status of a code, and whether it is one.
func form(code chat.Code) (name string, status int, ok bool) {
	switch code {
	case chat.CodeInvalid:
		return "INVALID_ARGUMENTS", http.StatusBadRequest, true
	case chat.CodeUnauthenticated, chat.CodeTokenExpired:
		return "UNAUTHORIZED", http.StatusUnauthorized, true
	case chat.CodeForbidden, chat.CodeBlocked:
		return "FORBIDDEN", http.StatusForbidden, true
	case chat.CodeNotFound:
		return "NOT_FOUND", http.StatusNotFound, true
	case chat.CodeConflict:
		return "CONFLICT", http.StatusConflict, true
	case chat.CodeTooLarge:
		return "TOO_LARGE", http.StatusRequestEntityTooLarge, true
	case chat.CodeRateLimited:
		return "TOO_MANY_REQUESTS", http.StatusTooManyRequests, true
	case chat.CodeUnavailable:
		return "UNAVAILABLE", http.StatusServiceUnavailable, true
	case chat.CodeInternal:
		return "INTERNAL_SERVER_ERROR", http.StatusInternalServerError, true
	}
	return "INTERNAL_SERVER_ERROR", http.StatusInternalServerError, false
}

// errorOf is the one mapper: the HTTP form of any error.
func errorOf(err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	var routing *echo.HTTPError
	if errors.As(err, &routing) {
		switch routing.Code {
		case http.StatusNotFound:
			return errNoRoute
		case http.StatusMethodNotAllowed:
			return errMethod
		}
	}
	e := chat.ErrorOf(err)
	name, status, ok := form(e.Code)
	if !ok || e.Code == chat.CodeInternal {
		return &Error{Name: name, Status: status, Message: chat.InternalMessage}
	}
	return &Error{Name: name, Status: status, Message: e.Message, retryAfter: e.RetryAfter}
}

// errPanic is in the chain of what a panic has become.
var errPanic = errors.New("panic")

// fail is errorOf, with the cause of a fault in the log: it is never sent. What
// fails as its client is gone, fails for that: databases tell it in many ways.
func (s *server) fail(ctx context.Context, err error) *Error {
	e := errorOf(err)
	if e.Status != http.StatusInternalServerError {
		return e
	}
	level := slog.LevelError
	if gone := ctx.Err(); gone != nil && !errors.Is(err, errPanic) {
		e, level = errorOf(gone), slog.LevelDebug
	}
	s.Log.LogAttrs(ctx, level, "request failed", slog.String("request", requestOf(ctx).id), slog.String("error", err.Error()))
	return e
}

// humaErrors makes huma answer in our form. huma keeps its error type in a
// variable of its package, and it is the same for every server.
var humaErrors = sync.OnceFunc(func() { huma.NewError = newError })

// newError is the form of what huma itself refuses: a parameter or a body that
// is not of the type it is read into.
func newError(status int, message string, errs ...error) huma.StatusError {
	if status >= http.StatusInternalServerError {
		return errorOf(errors.Join(append(errs, errors.New(message))...))
	}
	if len(errs) > 0 {
		message = errs[0].Error()
		if d, ok := errs[0].(huma.ErrorDetailer); ok {
			message = detailText(d.ErrorDetail())
		}
	}
	return errorOf(chat.Errorf(chat.CodeInvalid, "%s", message))
}

func detailText(d *huma.ErrorDetail) string {
	message := strings.TrimPrefix(d.Message, "invalid value: ")
	if name, ok := strings.CutPrefix(d.Location, "query."); ok {
		return name + " " + message
	}
	return message
}

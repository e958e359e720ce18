package socketio

import (
	"fmt"
	"time"

	"github.com/zishang520/socket.io/servers/socket/v3"

	"parley/chat"
)

// grpcStatus is the status that Conduit's clients know a code by.
type grpcStatus struct {
	number int
	name   string
}

// statuses has every code of chat.Codes.
var statuses = map[chat.Code]grpcStatus{
	chat.CodeInvalid:         {3, "INVALID_ARGUMENT"},
	chat.CodeUnauthenticated: {16, "UNAUTHENTICATED"},
	chat.CodeTokenExpired:    {16, "UNAUTHENTICATED"},
	chat.CodeForbidden:       {7, "PERMISSION_DENIED"},
	chat.CodeBlocked:         {7, "PERMISSION_DENIED"},
	chat.CodeNotFound:        {5, "NOT_FOUND"},
	chat.CodeConflict:        {6, "ALREADY_EXISTS"},
	chat.CodeTooLarge:        {3, "INVALID_ARGUMENT"},
	chat.CodeRateLimited:     {8, "RESOURCE_EXHAUSTED"},
	chat.CodeUnavailable:     {14, "UNAVAILABLE"},
	chat.CodeInternal:        {13, "INTERNAL"},
}

// errorWire is the error of an ack.
type errorWire struct {
	Ok    bool `json:"ok"`
	Error struct {
		Code         chat.Code `json:"code"`
		Message      string    `json:"message"`
		RetryAfterMs int64     `json:"retryAfterMs,omitempty"`
	} `json:"error"`
}

// exceptionWire is the error of an event without an ack.
type exceptionWire struct {
	Status       string    `json:"status"`
	Code         chat.Code `json:"code"`
	Message      string    `json:"message"`
	RetryAfterMs int64     `json:"retryAfterMs,omitempty"`
}

// conduitWire is the same for clients of Conduit.
type conduitWire struct {
	Code     int      `json:"code"`
	Details  string   `json:"details"`
	Metadata struct{} `json:"metadata"`
}

func ackError(e *chat.Error) errorWire {
	w := errorWire{}
	w.Error.Code, w.Error.Message, w.Error.RetryAfterMs = e.Code, e.Message, retryAfterMs(e)
	return w
}

func exception(e *chat.Error) (exceptionWire, conduitWire) {
	return exceptionWire{"error", e.Code, e.Message, retryAfterMs(e)},
		conduitWire{Code: statuses[e.Code].number, Details: e.Message}
}

// retryAfterMs is rounded up: who comes back then is let in.
func retryAfterMs(e *chat.Error) int64 {
	return (e.RetryAfter + time.Millisecond - 1).Milliseconds()
}

// connectError is the error of a refused CONNECT.
func connectError(err error) *socket.ExtendedError {
	e := chat.ErrorOf(err)
	status := statuses[e.Code]
	return socket.NewExtendedError(
		fmt.Sprintf("%d %s: %s", status.number, status.name, e.Message),
		map[string]any{"code": e.Code},
	)
}

package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"parley/api"
	"parley/chat"
)

// TestCodes holds that every code has its own name and status on the wire.
func TestCodes(t *testing.T) {
	want := map[chat.Code]struct {
		name   string
		status int
	}{
		chat.CodeInvalid:         {"INVALID_ARGUMENTS", 400},
		chat.CodeUnauthenticated: {"UNAUTHORIZED", 401},
		chat.CodeTokenExpired:    {"UNAUTHORIZED", 401},
		chat.CodeForbidden:       {"FORBIDDEN", 403},
		chat.CodeBlocked:         {"FORBIDDEN", 403},
		chat.CodeNotFound:        {"NOT_FOUND", 404},
		chat.CodeConflict:        {"CONFLICT", 409},
		chat.CodeTooLarge:        {"TOO_LARGE", 413},
		chat.CodeRateLimited:     {"TOO_MANY_REQUESTS", 429},
		chat.CodeUnavailable:     {"UNAVAILABLE", 503},
		chat.CodeInternal:        {"INTERNAL_SERVER_ERROR", 500},
	}
	for _, code := range chat.Codes {
		cause := errors.New("the cause")
		fails := &chat.Error{Code: code, Message: "a text", RetryAfter: 1500 * time.Millisecond, Err: cause}
		d := open(t, func(o *api.Options) {
			o.Authenticate = func(context.Context, ...string) (chat.Identity, error) {
				return chat.Identity{}, fmt.Errorf("wrapped: %w", fails)
			}
		})
		text := "a text"
		if code == chat.CodeInternal {
			text = chat.InternalMessage
		}
		got := d.call("x", "GET", "/chat/rooms", "")
		check(t, got, want[code].status, fmt.Sprintf(`{"name":%q,"status":%d,"message":%q}`, want[code].name, want[code].status, text))
		if code == chat.CodeRateLimited && got.header.Get("Retry-After") != "2" {
			t.Errorf("Retry-After %q", got.header.Get("Retry-After"))
		}
	}
}

// TestFault holds that a fault's cause is logged with the request's id, and
// never sent; and that no token is logged.
func TestFault(t *testing.T) {
	d := open(t)
	d.store.fault = errors.New("the cause")
	got := d.call("ann", "GET", "/chat/rooms", "", "Authorization", `Bearer "ann"`)
	check(t, got, 500, `{"name":"INTERNAL_SERVER_ERROR","status":500,"message":"Something went wrong"}`)
	d.call("", "GET", "/chat/rooms", "", "Authorization", "Bearer s3cret")
	log := d.log.String()
	if !strings.Contains(log, "the cause") || !strings.Contains(log, got.header.Get("X-Request-Id")) {
		t.Errorf("log: %s", log)
	}
	if strings.Contains(log, "s3cret") {
		t.Errorf("a token in the log: %s", log)
	}
}

// TestPanic holds that a panic is an internal error, and the server lives on.
func TestPanic(t *testing.T) {
	d := open(t, func(o *api.Options) {
		o.Ready = func(context.Context) error { panic("the cause") }
	})
	check(t, d.call("", "GET", "/readyz", ""), 500, `{"name":"INTERNAL_SERVER_ERROR","status":500,"message":"Something went wrong"}`)
	if !strings.Contains(d.log.String(), "panic: the cause") {
		t.Errorf("log: %s", d.log)
	}
}

// TestUnauthenticated holds that a caller is asked for a token before anything
// else, in the texts that clients know.
func TestUnauthenticated(t *testing.T) {
	d := open(t)
	for token, message := range map[string]string{
		"":           "No 'Authorization' header or 'accessToken' cookie present",
		"Bearer old": "Token is expired or otherwise not valid",
		"Bearer bad": "Token is expired or otherwise not valid",
	} {
		got := d.call("", "POST", "/chat/rooms", "rubbish", "Authorization", token)
		check(t, got, http.StatusUnauthorized, fmt.Sprintf(`{"name":"UNAUTHORIZED","status":401,"message":%q}`, message))
	}
	check(t, d.call("blocked", "GET", "/chat/rooms", ""), 403, `{"name":"FORBIDDEN","status":403,"message":"This user is blocked"}`)
}

func TestReady(t *testing.T) {
	draining := false
	d := open(t, func(o *api.Options) {
		o.Ready = func(context.Context) error {
			if draining {
				return errors.New("the cause")
			}
			return nil
		}
	})
	check(t, d.call("", "GET", "/readyz", ""), 200, `{"status":"ok"}`)
	draining = true
	check(t, d.call("", "GET", "/readyz", ""), 503, `{"name":"UNAVAILABLE","status":503,"message":"This node is not ready"}`)
	check(t, d.call("", "GET", "/healthz", ""), 200, `{"status":"ok"}`)
}

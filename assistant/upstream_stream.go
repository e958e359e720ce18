package assistant

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"parley/chat"
)

// failure is an error with its Ending's reason.
type failure struct {
	reason string
	err    error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func failf(reason, format string, args ...any) error {
	return &failure{reason, fmt.Errorf("assistant: "+format, args...)}
}

// Stream implements Backend. Requests are tried again, three times at most,
// while the upstream cannot be reached or asks for it by its status, and never
// once it has begun to answer.
func (u *Upstream) Stream(ctx context.Context, r Request, emit func(token string) error) (Ending, error) {
	reply := &upstreamReply{o: &u.o, emit: emit}
	to, err := u.target(r)
	if err != nil {
		return reply.ending(ctx, to, &failure{ReasonSettings, err})
	}
	streaming, cancel := context.WithCancelCause(ctx)
	defer cancel(nil) // closes the connection, unless the answer was read to its end
	whole := time.AfterFunc(u.o.Whole, func() {
		cancel(failf(ReasonTimeout, "the reply was not finished within %s", u.o.Whole))
	})
	defer whole.Stop()
	reply.stall = time.AfterFunc(u.o.FirstToken, func() {
		cancel(failf(ReasonTimeout, "the upstream sent no token in time"))
	})
	defer reply.stall.Stop()

	response, err := u.open(streaming, to, r)
	if err == nil {
		err = reply.read(streaming, response)
		_ = response.Body.Close() // nothing is wanted of it any more
	}
	// A read that was cancelled says no more than that; the cause says why.
	var known *failure
	if cause := context.Cause(streaming); cause != nil && err != nil && !errors.As(err, &known) {
		err = cause
	}
	return reply.ending(ctx, to, err)
}

// ending is the honest end of a reply that err ended. A reply that was finished
// is complete, whatever went wrong behind its end.
func (r *upstreamReply) ending(ctx context.Context, to target, err error) (Ending, error) {
	end := Ending{Usage: r.usage}
	if r.finished {
		end.Status, end.Reason = chat.StatusComplete, r.reason
		return end, nil
	}
	select {
	case <-ctx.Done():
		end.Status, end.Reason = chat.StatusCancelled, ReasonStopped
		return end, nil
	default:
	}
	end.Status, end.Reason = chat.StatusFailed, ReasonBroken
	if r.bytes > 0 {
		end.Status = chat.StatusInterrupted
	}
	var known *failure
	if errors.As(err, &known) {
		end.Reason = known.reason
	} else {
		err = fmt.Errorf("assistant: the answer broke off: %w", err)
	}
	return end, redact(err, to.key)
}

// redact takes the key out of an error that quotes what the upstream sent.
func redact(err error, key string) error {
	if key == "" || !strings.Contains(err.Error(), key) {
		return err
	}
	return errors.New(strings.ReplaceAll(err.Error(), key, "***"))
}

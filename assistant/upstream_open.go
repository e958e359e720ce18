package assistant

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// open makes the request, again where that may help, until it is answered with
// 2xx. The caller closes the response's body.
func (u *Upstream) open(ctx context.Context, to target, r Request) (*http.Response, error) {
	drop := u.refused.of(to.url)
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval = u.o.RetryWait
	wait.MaxInterval = u.o.RetryAfter
	response, err := backoff.Retry(ctx,
		func() (*http.Response, error) { return u.try(ctx, to, r, &drop) },
		backoff.WithBackOff(wait), backoff.WithMaxTries(tries), backoff.WithMaxElapsedTime(0),
		backoff.WithNotify(func(err error, wait time.Duration) {
			u.o.Log.Warn("upstream is tried again", "error", redact(err, to.key), "wait", wait)
		}))
	var permanent *backoff.PermanentError // the last try's is not unwrapped
	if errors.As(err, &permanent) {
		err = permanent.Unwrap()
	}
	return response, err
}

// try makes the request once, and once more for each optional field that the
// upstream refuses. Errors that no further try would change are permanent.
func (u *Upstream) try(ctx context.Context, to target, r Request, drop *fields) (*http.Response, error) {
	for {
		response, err := u.post(ctx, to, r, *drop)
		if err == nil {
			if *drop != 0 {
				u.refused.remember(to.url, *drop)
			}
			return response, nil
		}
		var status *statusError
		if !errors.As(err, &status) {
			return nil, err
		}
		if status.code == http.StatusBadRequest || status.code == http.StatusUnprocessableEntity {
			if more := refusedFields(status.text) & r.optional() &^ *drop; more != 0 {
				*drop |= more
				continue
			}
		}
		return nil, u.verdict(status)
	}
}

// verdict says whether a refusal is final, and otherwise when to try again.
func (u *Upstream) verdict(status *statusError) error {
	err := error(&failure{ReasonStatus, status})
	switch code := status.code; {
	case code != http.StatusRequestTimeout && code != http.StatusConflict &&
		code != http.StatusTooManyRequests && code < http.StatusInternalServerError:
		return backoff.Permanent(err)
	case status.after > u.o.RetryAfter: // earlier would be refused as well
		return backoff.Permanent(err)
	case status.after > 0:
		return fmt.Errorf("%w; %w", err, &backoff.RetryAfterError{Duration: status.after})
	}
	return err
}

// post makes the request once.
func (u *Upstream) post(ctx context.Context, to target, r Request, drop fields) (*http.Response, error) {
	body, err := r.body(to.model, drop)
	if err != nil {
		return nil, backoff.Permanent(&failure{ReasonSettings, err})
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.url, bytes.NewReader(body))
	if err != nil {
		return nil, backoff.Permanent(failf(ReasonSettings, "the upstream's URL is malformed"))
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("User-Agent", "parley")
	if to.key != "" {
		request.Header.Set("Authorization", "Bearer "+to.key)
	}
	response, err := u.http.Do(request)
	if err != nil {
		return nil, unreachable(ctx, err)
	}
	if response.StatusCode >= 200 && response.StatusCode < 300 {
		return response, nil
	}
	defer func() { _ = response.Body.Close() }()
	text, _ := io.ReadAll(io.LimitReader(response.Body, 4096)) // what can be read of it
	return nil, &statusError{response.StatusCode, string(text), retryAfter(response.Header.Get("Retry-After"))}
}

// unreachable is the error of a request that got no answer, without the URL,
// whose query may hold a secret.
func unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err // the cause says more
	}
	var at *url.Error
	if errors.As(err, &at) {
		err = at.Err
	}
	var certificate *tls.CertificateVerificationError
	final := errors.As(err, &certificate)
	err = failf(ReasonUnreachable, "no answer from the upstream: %w", err)
	if final {
		return backoff.Permanent(err)
	}
	return err
}

// statusError is an answer that is not 2xx.
type statusError struct {
	code  int
	text  string // of the body, its beginning
	after time.Duration
}

func (e *statusError) Error() string {
	if e.code >= 300 && e.code < 400 {
		return fmt.Sprintf("assistant: the upstream answered %d: redirects are not followed, set its real URL", e.code)
	}
	return fmt.Sprintf("assistant: the upstream answered %d: %s", e.code, excerpt(errorText([]byte(e.text))))
}

// retryAfter reads the header of RFC 9110, section 10.2.3: seconds, or a date.
// It is zero where there is none, or a past one.
func retryAfter(header string) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil {
		return time.Duration(min(max(seconds, 0), 1<<30)) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(time.Until(at), 0)
	}
	return 0
}

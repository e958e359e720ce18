package webhooks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"code.dny.dev/ssrf"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"parley/chat"
)

// What is read of an answer, so that its connection serves the next request: as much
// as this within this time.
const (
	maxDrain  = 4 << 10
	drainTime = 250 * time.Millisecond
)

// problem is why an attempt failed, as administrators may read it. It quotes
// nothing of the address, the answer or the secret: errors of net/http quote all.
type problem string

func (p problem) Error() string { return string(p) }

const (
	problemSealed    problem = "the signing key cannot be opened"
	problemAddress   problem = "the address is not allowed"
	problemName      problem = "the name cannot be resolved"
	problemConnect   problem = "no connection"
	problemTransport problem = "the request failed"
)

// newClient makes a client that connects to public addresses and Allowed alone,
// judged by the address that is dialled, whatever a name resolves to. It follows no
// redirect and knows no proxy: either would dial for us.
func newClient(o Options) *http.Client {
	var v4, v6 []netip.Prefix
	for _, p := range o.Allowed {
		if p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	guard := ssrf.New(
		ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...),
		// Azure's metadata has a public address.
		ssrf.WithDeniedV4Prefixes(netip.MustParsePrefix("168.63.129.16/32")),
	)
	dialer := &net.Dialer{Timeout: o.Timeout, Control: guard.Safe}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: o.Timeout,
			MaxIdleConnsPerHost: o.PerWebhook, IdleConnTimeout: 30 * time.Second,
			MaxResponseHeaderBytes: 64 << 10, DisableCompression: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// post sends the delivery once. Anything but a 2xx within Timeout is a problem.
func (d *Dispatcher) post(ctx context.Context, w chat.Webhook, x chat.Delivery) error {
	ctx, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(x.Body))
	if err != nil {
		return problemTransport
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Parley")
	if err := d.sign(r.Header, w, x); err != nil {
		return err
	}
	answer, err := d.client.Do(r)
	if err != nil {
		return problemOf(ctx, err, d.Timeout)
	}
	defer answer.Body.Close()
	defer time.AfterFunc(drainTime, cancel).Stop()
	_, _ = io.CopyN(io.Discard, answer.Body, maxDrain) // its status has told all
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return problem("answered with status " + strconv.Itoa(answer.StatusCode))
	}
	return nil
}

// sign sets the headers of Standard Webhooks. The timestamp is the attempt's.
func (d *Dispatcher) sign(h http.Header, w chat.Webhook, x chat.Delivery) error {
	if d.Vault == nil {
		return problemSealed
	}
	secret, err := d.Vault.Open(w.Secret, w.ID)
	if err != nil {
		return problemSealed
	}
	signer, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return problemSealed
	}
	now := d.Now()
	signature, err := signer.Sign(x.ID, now, x.Body)
	if err != nil {
		return problemSealed
	}
	h.Set(standardwebhooks.HeaderWebhookID, x.ID)
	h.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	h.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return nil
}

func problemOf(ctx context.Context, err error, timeout time.Duration) problem {
	var name *net.DNSError
	var dial *net.OpError
	switch {
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedNetwork):
		return problemAddress
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return problem(fmt.Sprint("no answer within ", timeout))
	case errors.As(err, &name):
		return problemName
	case errors.As(err, &dial) && dial.Op == "dial":
		return problemConnect
	}
	return problemTransport
}

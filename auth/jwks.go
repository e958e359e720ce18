package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"parley/chat"
	"parley/limit"
)

const (
	// jwksAge is when held keys are fetched anew, in the background: a key that
	// its issuer has withdrawn is honoured this long after.
	jwksAge     = 10 * time.Minute
	jwksTimeout = 5 * time.Second
	jwksBytes   = 1 << 20
)

// Anybody can name an unknown kid, so this is all that the endpoint ever gets.
var jwksRate = limit.Rate{Events: 6, Per: time.Minute, Burst: 3}

// jwks holds the keys of an address. An unknown kid has it fetched again, by one
// goroutine at a time and within jwksRate; while the endpoint fails, the keys
// held last stay good.
type jwks struct {
	url    string
	client *http.Client
	now    func() time.Time
	log    *slog.Logger
	rate   *limit.Bucket

	ctx     context.Context // of the fetches, ended by close
	cancel  context.CancelFunc
	fetches sync.WaitGroup

	mu      sync.Mutex
	keys    []key
	fetched time.Time     // the last success
	err     error         // of the last fetch
	flight  chan struct{} // closed when the running fetch has ended, nil if none runs
}

func newJWKS(address string, now func() time.Time, log *slog.Logger) (*jwks, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("the JWKS URL is no http or https address")
	}
	j := &jwks{
		url: address, now: now, log: log, rate: limit.NewBucket(jwksRate, now),
		client: &http.Client{
			Timeout: jwksTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return errors.New("redirects are refused")
			},
			// Fetches are minutes apart: a kept connection would only leak.
			Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true},
		},
	}
	j.ctx, j.cancel = context.WithCancel(context.Background())
	return j, nil
}

// find returns the keys that have the kid and serve the alg; for a token
// without a kid, all that serve the alg.
func (j *jwks) find(ctx context.Context, kid, alg string) ([]key, error) {
	keys, flight, err := j.lookOrFetch(kid, alg)
	if len(keys) == 0 && flight != nil {
		select {
		case <-flight:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		keys, err = j.look(kid, alg)
	}
	if len(keys) == 0 && err != nil {
		// The key may well be at the endpoint: do not tell the client that its
		// token is bad.
		return nil, &chat.Error{Code: chat.CodeUnavailable, Message: chat.ErrBusy.Message, Err: err}
	}
	return keys, nil
}

// look returns the keys that are here and what became of the last fetch.
func (j *jwks) look(kid, alg string) ([]key, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.held(kid, alg), j.err
}

// lookOrFetch is look, and where there are no such keys or they are old it
// starts a fetch under the same lock, so that nobody fetches what another has
// just brought.
func (j *jwks) lookOrFetch(kid, alg string) (keys []key, flight <-chan struct{}, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	keys = j.held(kid, alg)
	if len(keys) == 0 || j.now().Sub(j.fetched) > jwksAge {
		flight = j.refresh()
	}
	return keys, flight, j.err
}

// held is called with the lock held.
func (j *jwks) held(kid, alg string) []key {
	return selectKeys(j.keys, func(k key) bool { return k.alg == alg && (kid == "" || k.id == kid) })
}

// refresh starts a fetch if none runs and returns what tells its end, nil if it
// is too early for another. It is called with the lock held.
func (j *jwks) refresh() <-chan struct{} {
	if j.flight != nil {
		return j.flight
	}
	if j.ctx.Err() != nil {
		j.err = j.ctx.Err()
		return nil
	}
	if ok, _ := j.rate.Allow(); !ok {
		return nil
	}
	flight := make(chan struct{})
	j.flight = flight
	j.fetches.Go(func() {
		keys, err := j.fetch()
		if err != nil {
			j.log.Warn("JWKS not fetched, the keys held stay good", "err", err)
		}
		j.mu.Lock()
		defer j.mu.Unlock()
		j.err, j.flight = err, nil
		if err == nil {
			j.keys, j.fetched = keys, j.now()
		}
		close(flight)
	})
	return flight
}

func (j *jwks) fetch() ([]key, error) {
	req, err := http.NewRequestWithContext(j.ctx, http.MethodGet, j.url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json")
	resp, err := j.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the JWKS endpoint answered %s", resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, jwksBytes+1))
	if err != nil {
		return nil, err
	}
	if len(body) > jwksBytes {
		return nil, fmt.Errorf("the JWKS is larger than %d bytes", jwksBytes)
	}
	return parseJWKS(body)
}

func (j *jwks) close() {
	j.mu.Lock()
	j.cancel() // under the lock, so that no fetch starts once Wait is called
	j.mu.Unlock()
	j.fetches.Wait()
}

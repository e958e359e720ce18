package auth

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/chat"
)

// issuer is a real endpoint whose answer tests may change.
type issuer struct {
	*httptest.Server
	answer  atomic.Pointer[http.HandlerFunc]
	fetches atomic.Int64
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{}
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.fetches.Add(1)
		(*i.answer.Load())(w, r)
	}))
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) does(f http.HandlerFunc) { i.answer.Store(&f) }

func (i *issuer) serves(keys ...map[string]any) {
	body, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		panic(err)
	}
	i.does(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) })
}

func (i *issuer) house(t *testing.T) *house {
	t.Helper()
	return newHouse(t, func(c *Config) { c.JWKSURL = i.URL })
}

// settle waits for a fetch in the background.
func (h *house) settle() {
	set := h.outside.(*jwks)
	set.mu.Lock()
	flight := set.flight
	set.mu.Unlock()
	if flight != nil {
		<-flight
	}
}

func rs256(t *testing.T, kid string) string {
	t.Helper()
	return sign(t, jwt.SigningMethodRS256, newSigners().rsa, map[string]any{"kid": kid}, nil)
}

func TestJWKSServesEveryAlgorithm(t *testing.T) {
	k := newSigners()
	i := newIssuer(t)
	i.serves(rsaJWK("r", &k.rsa.PublicKey), ecJWK(t, "e", &k.ec.PublicKey), edJWK("d", k.ed25519.Public().(ed25519.PublicKey)))
	h := i.house(t)
	kid := func(id string) map[string]any { return map[string]any{"kid": id} }
	for name, c := range map[string]struct {
		token string
		code  chat.Code
	}{
		"RS256":                   {rs256(t, "r"), ""},
		"ES256":                   {sign(t, jwt.SigningMethodES256, k.ec, kid("e"), nil), ""},
		"EdDSA":                   {sign(t, jwt.SigningMethodEdDSA, k.ed25519, kid("d"), nil), ""},
		"no kid":                  {sign(t, jwt.SigningMethodRS256, k.rsa, nil, nil), ""},
		"another key's kid":       {rs256(t, "e"), bad},
		"HS256 with the modulus":  {sign(t, jwt.SigningMethodHS256, k.rsa.N.Bytes(), kid("r"), nil), bad},
		"HS256 with the secret":   {hs256(t, nil), bad},
		"says it is Parley's own": {sign(t, jwt.SigningMethodRS256, k.rsa, kid("r"), map[string]any{"iss": "parley", "tv": 0}), bad},
	} {
		t.Run(name, func(t *testing.T) { h.want(t, c.token, c.code) })
	}
	own, _, err := h.Issue(chat.User{ID: "op", Role: chat.RoleUser}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	h.want(t, own, "")
}

func TestJWKSRotation(t *testing.T) {
	k := newSigners()
	i := newIssuer(t)
	i.serves(rsaJWK("old", &k.rsa.PublicKey))
	h := i.house(t)
	h.want(t, rs256(t, "old"), "")
	h.want(t, rs256(t, "old"), "")
	if n := i.fetches.Load(); n != 1 {
		t.Fatalf("%d fetches for a known key, want 1", n)
	}
	// A new key is found at once, and the old one goes with its issuer's list.
	i.serves(rsaJWK("new", &k.rsa.PublicKey))
	h.want(t, rs256(t, "new"), "")
	h.want(t, rs256(t, "old"), bad)

	// A key withdrawn while no unknown kid comes goes with the next refresh.
	i.serves(ecJWK(t, "other", &k.ec.PublicKey))
	h.clock.advance(jwksAge)
	h.want(t, rs256(t, "new"), "")
	h.clock.advance(time.Minute)
	tok := sign(t, jwt.SigningMethodRS256, k.rsa, map[string]any{"kid": "new"}, nil)
	h.want(t, tok, "") // still served from the cache, while the refresh begins
	h.settle()
	h.want(t, tok, bad)
}

func TestJWKSKeepsItsKeysWhileTheEndpointFails(t *testing.T) {
	k := newSigners()
	good := rsaJWK("k", &k.rsa.PublicKey)
	i := newIssuer(t)
	i.serves(good)
	h := i.house(t)
	h.want(t, rs256(t, "k"), "")
	elsewhere := newIssuer(t)
	elsewhere.serves(rsaJWK("new", &k.rsa.PublicKey))
	many := make([]map[string]any, maxKeys+1)
	for n := range many {
		many[n] = rsaJWK("new", &k.rsa.PublicKey)
	}
	body, _ := json.Marshal(map[string]any{"keys": many[:1]})
	set := string(body)
	write := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }
	}
	for name, change := range map[string]func(){
		"500": func() { i.does(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }) },
		"redirect": func() {
			i.does(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) })
		},
		"no JSON":   func() { i.does(write("<html>")) },
		"empty set": func() { i.does(write(`{"keys":[]}`)) },
		"huge":      func() { i.does(write(set + strings.Repeat(" ", jwksBytes))) },
		"many keys": func() { i.serves(many...) },
		"hangs up":  func() { i.does(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }) },
	} {
		t.Run(name, func(t *testing.T) {
			change()
			h.clock.advance(30 * time.Second) // give the rate its tokens back
			before := i.fetches.Load()
			h.want(t, rs256(t, "new"), chat.CodeUnavailable) // it may be there, for all we know
			if i.fetches.Load() != before+1 {
				t.Fatal("not fetched")
			}
			h.want(t, rs256(t, "k"), "")
		})
	}
	if elsewhere.fetches.Load() != 0 {
		t.Error("a redirect was followed")
	}
	i.serves(rsaJWK("new", &k.rsa.PublicKey))
	h.clock.advance(30 * time.Second)
	h.want(t, rs256(t, "new"), "")
}

func TestJWKSFloodOfUnknownKids(t *testing.T) {
	k := newSigners()
	i := newIssuer(t)
	i.serves(rsaJWK("k", &k.rsa.PublicKey))
	h := i.house(t)
	tokens := make([]string, 64)
	for n := range tokens {
		tokens[n] = rs256(t, fmt.Sprint("forged-", n))
	}
	var wg sync.WaitGroup
	for _, token := range tokens {
		wg.Go(func() {
			if _, err := h.Authenticate(t.Context(), token); chat.CodeOf(err) != bad {
				t.Errorf("%v, want %s", err, bad)
			}
		})
	}
	wg.Wait()
	if n := i.fetches.Load(); n > int64(jwksRate.Burst) {
		t.Fatalf("%d fetches for %d forged tokens, want at most %d", n, len(tokens), jwksRate.Burst)
	}
	h.want(t, rs256(t, "k"), "")
	h.clock.advance(10 * time.Second)
	for _, token := range tokens {
		h.want(t, token, bad)
	}
	if n := i.fetches.Load(); n != int64(jwksRate.Burst)+1 {
		t.Fatalf("%d fetches within ten seconds, want the burst of %d and one more", n, jwksRate.Burst)
	}
}

func TestJWKSFetchesOnceForAllWhoWait(t *testing.T) {
	k := newSigners()
	i := newIssuer(t)
	arrived, gate := make(chan struct{}, 1), make(chan struct{})
	body, _ := json.Marshal(map[string]any{"keys": []any{rsaJWK("k", &k.rsa.PublicKey)}})
	i.does(func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-gate
		_, _ = w.Write(body)
	})
	h := i.house(t)
	token := rs256(t, "k")
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if _, err := h.Authenticate(t.Context(), token); err != nil {
				t.Error(err)
			}
		})
	}
	<-arrived
	// Who gives up does not take the fetch away from the others.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Authenticate(ctx, token); chat.CodeOf(err) != chat.CodeUnavailable {
		t.Errorf("a caller who gave up: %v", err)
	}
	close(gate)
	wg.Wait()
	if n := i.fetches.Load(); n != 1 {
		t.Errorf("%d fetches, want 1", n)
	}
}

func TestJWKSCloseEndsTheFetch(t *testing.T) {
	i := newIssuer(t)
	arrived, gate := make(chan struct{}), make(chan struct{})
	i.does(func(http.ResponseWriter, *http.Request) { close(arrived); <-gate })
	h := i.house(t)
	done := make(chan error)
	go func() {
		_, err := h.Authenticate(context.Background(), rs256(t, "k"))
		done <- err
	}()
	<-arrived
	h.Close()
	if err := <-done; chat.CodeOf(err) != chat.CodeUnavailable {
		t.Errorf("the waiting caller: %v", err)
	}
	h.want(t, rs256(t, "k"), chat.CodeUnavailable)
	close(gate)
}

package auth

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"go.uber.org/goleak"

	"parley/chat"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "a secret of more than thirty-two bytes"

// clock stands still until it is moved.
type clock struct{ ns atomic.Int64 }

var dawn = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

func (c *clock) now() time.Time          { return dawn.Add(time.Duration(c.ns.Load())) }
func (c *clock) advance(d time.Duration) { c.ns.Add(int64(d)) }

// memory is a chat.UserStore as far as auth needs one; reads counts User.
type memory struct {
	mu     sync.Mutex
	byID   map[string]chat.User
	reads  int
	writes int
}

func (m *memory) User(_ context.Context, id string) (chat.User, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	u, ok := m.byID[id]
	if !ok {
		return chat.User{}, chat.ErrUserNotFound
	}
	return u, nil
}

func (m *memory) UserByName(_ context.Context, username string) (chat.User, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, u := range m.byID {
		if u.Username != "" && strings.EqualFold(u.Username, username) {
			return u, nil
		}
	}
	return chat.User{}, chat.ErrUserNotFound
}

func (m *memory) EnsureUsers(_ context.Context, users []chat.User) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, u := range users {
		if _, ok := m.byID[u.ID]; !ok {
			m.byID[u.ID] = u
		}
	}
	return nil
}

func (m *memory) CreateUser(ctx context.Context, u chat.User, _ ...chat.Audit) error {
	_, err := m.UserByName(ctx, u.Username)
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.byID[u.ID]; ok || err == nil {
		return chat.Errorf(chat.CodeConflict, "taken")
	}
	m.byID[u.ID] = u
	return nil
}

func (m *memory) UpdateUser(_ context.Context, id string, change func(*chat.User) error, _ ...chat.Audit) (chat.User, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	u, ok := m.byID[id]
	if !ok {
		return chat.User{}, chat.ErrUserNotFound
	}
	if err := change(&u); err != nil {
		return chat.User{}, err
	}
	m.byID[id] = u
	m.writes++
	return u, nil
}

func (m *memory) stored(t *testing.T, id string) chat.User {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	u, ok := m.byID[id]
	if !ok {
		t.Fatalf("no user %q is stored", id)
	}
	return u
}

// house is a Service with its parts in reach. Its passwords are hashed cheaply.
type house struct {
	*Service
	clock   *clock
	users   *memory
	revoked []chat.User
}

func newHouse(t *testing.T, settings func(*Config)) *house {
	t.Helper()
	h := &house{clock: &clock{}, users: &memory{byID: map[string]chat.User{}}}
	var ids atomic.Int64
	cfg := Config{
		Secret: []byte(secret), Users: h.users, Now: h.clock.now,
		NewID:   func() string { return fmt.Sprintf("id-%d", ids.Add(1)) },
		Revoked: func(u chat.User) { h.revoked = append(h.revoked, u) },
	}
	if settings != nil {
		settings(&cfg)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.hashes.derive = func(password string, salt []byte) []byte {
		sum := sha256.Sum256(append([]byte(password), salt...))
		return sum[:]
	}
	h.Service = s
	return h
}

func (h *house) want(t *testing.T, token string, code chat.Code) chat.Identity {
	t.Helper()
	id, err := h.Authenticate(t.Context(), token)
	if chat.CodeOf(err) != code {
		t.Fatalf("Authenticate: %+v, %v, want code %q", id, err, code)
	}
	if err != nil && id != (chat.Identity{}) {
		t.Fatalf("an identity beside the error %v: %+v", err, id)
	}
	return id
}

// signers has a private key for each algorithm of the outside.
type signers struct {
	rsa     *rsa.PrivateKey
	ec      *ecdsa.PrivateKey
	ed25519 ed25519.PrivateKey
}

var newSigners = sync.OnceValue(func() signers {
	var s signers
	var errs [3]error
	s.rsa, errs[0] = rsa.GenerateKey(rand.Reader, 2048)
	s.ec, errs[1] = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, s.ed25519, errs[2] = ed25519.GenerateKey(rand.Reader)
	for _, err := range errs {
		if err != nil {
			panic(err)
		}
	}
	return s
})

func publicPEM(t *testing.T, keys ...crypto.PublicKey) (text []byte) {
	t.Helper()
	for _, k := range keys {
		der, err := x509.MarshalPKIXPublicKey(k)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})...)
	}
	return text
}

// sign makes a token of the base claims with changes; a nil value removes one.
func sign(t *testing.T, method jwt.SigningMethod, key any, header, changes map[string]any) string {
	t.Helper()
	claims := jwt.MapClaims{"sub": "ann", "name": "Ann", "email": "ann@example.org", "exp": dawn.Add(time.Hour).Unix()}
	for name, v := range changes {
		if claims[name] = v; v == nil {
			delete(claims, name)
		}
	}
	tok := jwt.NewWithClaims(method, claims)
	maps.Copy(tok.Header, header)
	s, err := tok.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func hs256(t *testing.T, changes map[string]any) string {
	t.Helper()
	return sign(t, jwt.SigningMethodHS256, []byte(secret), nil, changes)
}

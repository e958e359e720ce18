package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"parley/chat"
	"parley/limit"
)

// Users is what auth needs of a chat.UserStore, whose promises hold.
type Users interface {
	User(ctx context.Context, id string) (chat.User, error)
	UserByName(ctx context.Context, username string) (chat.User, error)
	EnsureUsers(ctx context.Context, users []chat.User) error
	CreateUser(ctx context.Context, u chat.User, acts ...chat.Audit) error
	UpdateUser(ctx context.Context, id string, change func(*chat.User) error, acts ...chat.Audit) (chat.User, error)
}

// The lifetimes of own tokens where Config names none. A guest cannot sign in
// again, so theirs is long.
const (
	DefaultTTL      = 24 * time.Hour
	DefaultGuestTTL = 30 * 24 * time.Hour
)

// The profile of an outside user is written at most this often, so that two
// tokens that disagree do not turn every request into a write.
var profileRate = limit.Rate{Events: 1, Per: time.Minute, Burst: 2}

const profileKeys = 10_000

// Config is what a Service needs. Secret, Users and NewID are required.
type Config struct {
	// Secret signs own tokens: at least MinSecret bytes. It also checks outside
	// tokens where neither PublicKeys nor JWKSURL is set.
	Secret []byte
	// PublicKeys is PEM: one or more RSA (RS256), P-256 (ES256) or Ed25519
	// (EdDSA) public keys or certificates. At most one of it and JWKSURL is set.
	PublicKeys []byte
	// JWKSURL is an http or https address of a JWK Set; redirects are refused.
	JWKSURL string
	// Issuer and Audience, if set, must be those of outside tokens.
	Issuer, Audience string

	Users Users
	// Logins limits password attempts per account; nil for no limit.
	Logins chat.Rate
	// Revoked, if set, is called after a change of a user that ends tokens, or
	// unblocks, is stored, with the user as stored. It must not block.
	Revoked func(chat.User)
	// NewID makes ids of users and tokens: random UUIDs.
	NewID func() string
	// Now is the clock, time.Now if nil.
	Now func() time.Time
	Log *slog.Logger
	// TTL and GuestTTL are the lifetimes of issued tokens, zero for the defaults.
	TTL, GuestTTL time.Duration
}

// Service checks and issues tokens and keeps accounts. Its methods may be called
// from many goroutines.
type Service struct {
	cfg      Config
	outside  keySource // nil: the secret
	hashes   *hasher
	profiles *limit.Limiter
}

// New returns a Service, or all mistakes in cfg at once. It reads nothing over
// the network: a JWKS is fetched when the first token needs it.
func New(cfg Config) (*Service, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Revoked == nil {
		cfg.Revoked = func(chat.User) {}
	}
	if cfg.TTL == 0 {
		cfg.TTL = DefaultTTL
	}
	if cfg.GuestTTL == 0 {
		cfg.GuestTTL = DefaultGuestTTL
	}
	outside, err := outsideKeys(cfg)
	err = errors.Join(CheckSecret(cfg.Secret), err)
	if cfg.Issuer == ownIssuer {
		err = errors.Join(err, fmt.Errorf("the issuer %q is Parley's own, outside tokens need another", ownIssuer))
	}
	if cfg.Users == nil || cfg.NewID == nil {
		err = errors.Join(err, errors.New("auth needs Users and NewID"))
	}
	if err != nil {
		return nil, err
	}
	return &Service{
		cfg: cfg, outside: outside,
		hashes:   newHasher(runtime.GOMAXPROCS(0)),
		profiles: limit.New(profileRate, profileKeys, cfg.Now),
	}, nil
}

// Close ends a fetch of the JWKS, if one is running, and waits for it. Tokens
// whose key is not held are refused with CodeUnavailable from then on.
func (s *Service) Close() {
	if set, ok := s.outside.(*jwks); ok {
		set.close()
	}
}

func outsideKeys(cfg Config) (keySource, error) {
	switch {
	case len(cfg.PublicKeys) > 0 && cfg.JWKSURL != "":
		return nil, errors.New("set a public key or a JWKS URL, not both")
	case len(cfg.PublicKeys) > 0:
		keys, err := parsePEM(cfg.PublicKeys)
		if err != nil {
			return nil, err
		}
		return keys, nil
	case cfg.JWKSURL != "":
		set, err := newJWKS(cfg.JWKSURL, cfg.Now, cfg.Log)
		if err != nil {
			return nil, err
		}
		return set, nil
	}
	return nil, nil
}

// now is the present to the millisecond, as it is stored.
func (s *Service) now() time.Time { return s.cfg.Now().UTC().Truncate(time.Millisecond) }

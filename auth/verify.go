package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/chat"
)

const (
	// MaxToken is the size in bytes past which a token is refused unread.
	MaxToken = 8 << 10
	// Leeway is how far the issuer's clock may be ahead of ours, for nbf and iat.
	// There is none for exp: a connection ends at that second, so no new one may
	// begin after it.
	Leeway = 30 * time.Second

	ownIssuer = "parley"
)

var parser = jwt.NewParser(
	jwt.WithValidMethods([]string{algHS256, algRS256, algES256, algEdDSA}),
	jwt.WithStrictDecoding(),
	jwt.WithJSONNumber(),
	jwt.WithoutClaimsValidation(), // checkClaims does it, and tells expired from bad
)

// verify checks a token without looking at stored users. It returns
// chat.ErrNoToken, chat.ErrBadToken, chat.ErrTokenExpired where nothing but the
// time is wrong, and CodeUnavailable where the issuer's keys cannot be had.
func (s *Service) verify(ctx context.Context, raw string) (claims, error) {
	if raw == "" {
		return claims{}, chat.ErrNoToken
	}
	if len(raw) > MaxToken {
		return claims{}, badToken(errors.New("too long"))
	}
	// The decoder would pass over line ends.
	if strings.ContainsAny(raw, "\r\n") {
		return claims{}, badToken(errors.New("line ends in it"))
	}
	m := jwt.MapClaims{}
	token, err := parser.ParseWithClaims(raw, m, func(t *jwt.Token) (any, error) { return s.keysFor(ctx, t) })
	if err != nil {
		if known := (*chat.Error)(nil); errors.As(err, &known) || ctx.Err() != nil {
			return claims{}, err
		}
		return claims{}, badToken(err)
	}
	c, err := readClaims(m)
	if err != nil {
		return claims{}, badToken(err)
	}
	if c.own, err = s.issued(token.Method.Alg(), c.iss); err != nil {
		return claims{}, badToken(err)
	}
	if err := s.checkClaims(c); err != nil {
		return claims{}, badToken(err)
	}
	if !c.exp.IsZero() && !s.cfg.Now().Before(c.exp) {
		return claims{}, chat.ErrTokenExpired
	}
	return c, nil
}

// keysFor chooses keys by the algorithm alone, so that no key ever checks
// another algorithm's signature.
func (s *Service) keysFor(ctx context.Context, t *jwt.Token) (any, error) {
	if _, ok := t.Header["crit"]; ok {
		return nil, errors.New("critical header parameters are not understood")
	}
	alg := t.Method.Alg()
	if alg == algHS256 {
		return s.cfg.Secret, nil
	}
	kid, ok := t.Header["kid"].(string)
	if s.outside == nil || (!ok && t.Header["kid"] != nil) {
		return nil, fmt.Errorf("no key for %s", alg)
	}
	keys, err := s.outside.find(ctx, kid, alg)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("no key %q for %s", kid, alg)
	}
	var set jwt.VerificationKeySet
	for _, k := range keys {
		set.Keys = append(set.Keys, k.public)
	}
	return set, nil
}

// issued reports whether Parley issued the token. Only the secret speaks for
// Parley, and where outside tokens have keys of their own, it speaks for no one
// else.
func (s *Service) issued(alg, iss string) (own bool, err error) {
	own = iss == ownIssuer
	switch {
	case own && alg != algHS256:
		return false, errors.New("not Parley's, but says so")
	case !own && alg == algHS256 && s.outside != nil:
		return false, errors.New("HS256 is not of the configured family")
	}
	return own, nil
}

// checkClaims checks all but exp and what the store knows.
func (s *Service) checkClaims(c claims) error {
	latest := s.cfg.Now().Add(Leeway)
	switch {
	case c.nbf.After(latest) || c.iat.After(latest):
		return errors.New("not valid yet")
	case c.own && (c.exp.IsZero() || !c.hasVersion):
		return errors.New("own token without exp or tv")
	case !c.own && s.cfg.Issuer != "" && c.iss != s.cfg.Issuer:
		return fmt.Errorf("issuer %q", c.iss)
	case !c.own && s.cfg.Audience != "" && !slices.Contains(c.audience, s.cfg.Audience):
		return fmt.Errorf("audience %q", c.audience)
	}
	return nil
}

// badToken is chat.ErrBadToken with a cause for the log.
func badToken(cause error) error { return fmt.Errorf("%w: %w", chat.ErrBadToken, cause) }

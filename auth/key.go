package auth

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// The signature algorithms of tokens. A key serves exactly one of them, which
// follows from its type and never from a token's header.
const (
	algHS256 = "HS256"
	algRS256 = "RS256"
	algES256 = "ES256"
	algEdDSA = "EdDSA"
)

// The sizes of RSA keys, in bits: below is weak, above costs too much per token.
const minRSA, maxRSA = 2048, 8192

// key is a public key that checks signatures. ID is a JWK's kid, "" without one.
type key struct {
	id, alg string
	public  crypto.PublicKey
}

// keySource finds the keys that may have signed a token. It returns none where
// it knows of none, and CodeUnavailable where it cannot tell.
type keySource interface {
	find(ctx context.Context, kid, alg string) ([]key, error)
}

// staticKeys are the PEM keys of the settings. They have no names, so a token's
// kid is not looked at.
type staticKeys []key

func (s staticKeys) find(_ context.Context, _, alg string) ([]key, error) {
	return selectKeys(s, func(k key) bool { return k.alg == alg }), nil
}

func selectKeys(keys []key, want func(key) bool) (found []key) {
	for _, k := range keys {
		if want(k) {
			found = append(found, k)
		}
	}
	return found
}

// newKey names the algorithm that the public key serves, or says why none.
func newKey(id string, public crypto.PublicKey) (key, error) {
	switch p := public.(type) {
	case *rsa.PublicKey:
		if bits := p.N.BitLen(); bits < minRSA || bits > maxRSA {
			return key{}, fmt.Errorf("an RSA key of %d bits, want %d to %d", bits, minRSA, maxRSA)
		}
		return key{id, algRS256, p}, nil
	case *ecdsa.PublicKey:
		if p.Curve != elliptic.P256() {
			return key{}, fmt.Errorf("an EC key on %s, want P-256", p.Curve.Params().Name)
		}
		return key{id, algES256, p}, nil
	case ed25519.PublicKey:
		return key{id, algEdDSA, p}, nil
	}
	return key{}, fmt.Errorf("a key of type %T, want RSA, P-256 or Ed25519", public)
}

// parsePEM reads every block of text. It refuses private keys, which have no
// business in this setting. `\n` written out, as environment files have it,
// stands for a line's end.
func parsePEM(text []byte) (staticKeys, error) {
	if !bytes.Contains(text, []byte("\n")) {
		text = bytes.ReplaceAll(text, []byte(`\n`), []byte("\n"))
	}
	var keys staticKeys
	for rest := text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			if len(bytes.TrimSpace(rest)) > 0 {
				return nil, errors.New("the JWT public key is no PEM text (-----BEGIN PUBLIC KEY-----)")
			}
			break
		}
		public, err := parseBlock(block)
		if err != nil {
			return nil, fmt.Errorf("the JWT public key, PEM block %d: %w", len(keys)+1, err)
		}
		k, err := newKey("", public)
		if err != nil {
			return nil, fmt.Errorf("the JWT public key, PEM block %d is %w", len(keys)+1, err)
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return nil, errors.New("the JWT public key is empty")
	}
	return keys, nil
}

func parseBlock(b *pem.Block) (crypto.PublicKey, error) {
	switch b.Type {
	case "PUBLIC KEY":
		return x509.ParsePKIXPublicKey(b.Bytes)
	case "RSA PUBLIC KEY":
		return x509.ParsePKCS1PublicKey(b.Bytes)
	case "CERTIFICATE":
		cert, err := x509.ParseCertificate(b.Bytes)
		if err != nil {
			return nil, err
		}
		return cert.PublicKey, nil
	}
	return nil, fmt.Errorf("%q, want PUBLIC KEY or CERTIFICATE", b.Type)
}

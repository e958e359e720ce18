package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// maxKeys bounds a JWK Set. A longer one is refused whole: which of its keys to
// leave out is not ours to choose.
const maxKeys = 100

// jwk is one key of a JWK Set (RFC 7517), as far as it is understood here.
type jwk struct {
	Kty    string   `json:"kty"`
	Kid    string   `json:"kid"`
	Use    string   `json:"use"`
	Alg    string   `json:"alg"`
	KeyOps []string `json:"key_ops"`
	Crv    string   `json:"crv"`
	N      string   `json:"n"`
	E      string   `json:"e"`
	X      string   `json:"x"`
	Y      string   `json:"y"`
}

// parseJWKS reads a JWK Set. Keys that cannot check a token of ours are passed
// over, as the RFC asks: other types (symmetric ones above all), other uses, an
// alg that is not the type's. A set without one usable key is an error.
func parseJWKS(body []byte) ([]key, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("the JWKS is no JSON: %w", err)
	}
	if len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("the JWKS has %d keys, want at most %d", len(set.Keys), maxKeys)
	}
	var keys []key
	var skipped error
	for i, raw := range set.Keys {
		k, err := parseJWK(raw)
		if err != nil {
			skipped = errors.Join(skipped, fmt.Errorf("key %d: %w", i, err))
			continue
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return nil, errors.Join(errors.New("the JWKS has no usable key"), skipped)
	}
	return keys, nil
}

func parseJWK(raw []byte) (key, error) {
	var j jwk
	if err := json.Unmarshal(raw, &j); err != nil {
		return key{}, err
	}
	if j.Use != "" && j.Use != "sig" {
		return key{}, fmt.Errorf("its use is %q", j.Use)
	}
	if len(j.KeyOps) > 0 && !slices.Contains(j.KeyOps, "verify") {
		return key{}, errors.New("its key_ops lack verify")
	}
	public, err := j.public()
	if err != nil {
		return key{}, err
	}
	k, err := newKey(j.Kid, public)
	if err != nil {
		return key{}, err
	}
	if j.Alg != "" && j.Alg != k.alg {
		return key{}, fmt.Errorf("its alg is %q, want %s", j.Alg, k.alg)
	}
	return k, nil
}

func (j jwk) public() (crypto.PublicKey, error) {
	switch {
	case j.Kty == "RSA":
		return j.rsa()
	case j.Kty == "EC" && j.Crv == "P-256":
		return j.p256()
	case j.Kty == "OKP" && j.Crv == "Ed25519":
		x, err := base64URL(j.X, ed25519.PublicKeySize)
		return ed25519.PublicKey(x), err
	}
	return nil, fmt.Errorf("its type is %q %q", j.Kty, j.Crv)
}

func (j jwk) rsa() (*rsa.PublicKey, error) {
	n, err := base64URL(j.N, 0)
	if err != nil {
		return nil, err
	}
	exponent, err := base64URL(j.E, 0)
	if err != nil {
		return nil, err
	}
	e := new(big.Int).SetBytes(exponent)
	if e.BitLen() > 31 || e.Int64() < 3 || e.Bit(0) == 0 {
		return nil, errors.New("its exponent is out of range")
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(e.Int64())}, nil
}

func (j jwk) p256() (*ecdsa.PublicKey, error) {
	const size = 32
	x, err := base64URL(j.X, size)
	if err != nil {
		return nil, err
	}
	y, err := base64URL(j.Y, size)
	if err != nil {
		return nil, err
	}
	// Checks that the point is on the curve.
	return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, x, y))
}

// base64URL decodes a field that must have size bytes, or any but none if size is 0.
func base64URL(s string, size int) ([]byte, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil, err
	}
	if len(b) == 0 || (size > 0 && len(b) != size) {
		return nil, fmt.Errorf("a field of %d bytes", len(b))
	}
	return b, nil
}

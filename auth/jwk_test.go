package auth

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"testing"
)

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func rsaJWK(kid string, k *rsa.PublicKey) map[string]any {
	return map[string]any{"kty": "RSA", "kid": kid, "n": b64(k.N.Bytes()), "e": b64(big.NewInt(int64(k.E)).Bytes())}
}

func ecJWK(t *testing.T, kid string, k *ecdsa.PublicKey) map[string]any {
	t.Helper()
	point, err := k.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{"kty": "EC", "crv": "P-256", "kid": kid, "x": b64(point[1:33]), "y": b64(point[33:])}
}

func edJWK(kid string, k ed25519.PublicKey) map[string]any {
	return map[string]any{"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": b64(k), "use": "sig", "alg": "EdDSA"}
}

func with(jwk map[string]any, name string, v any) map[string]any {
	changed := maps.Clone(jwk)
	changed[name] = v
	return changed
}

func TestJWKsThatAreNotForUs(t *testing.T) {
	k := newSigners()
	r, e, d := rsaJWK("k", &k.rsa.PublicKey), ecJWK(t, "k", &k.ec.PublicKey), edJWK("k", k.ed25519.Public().(ed25519.PublicKey))
	for name, jwk := range map[string]map[string]any{
		"symmetric":           {"kty": "oct", "kid": "k", "k": b64([]byte(secret))},
		"for encryption":      with(r, "use", "enc"),
		"only signs":          with(r, "key_ops", []string{"sign"}),
		"another alg":         with(r, "alg", "RS512"),
		"HS256":               with(r, "alg", "HS256"),
		"small RSA":           with(r, "n", b64(k.rsa.N.Bytes()[:128])),
		"no modulus":          with(r, "n", ""),
		"even exponent":       with(r, "e", b64([]byte{2})),
		"huge exponent":       with(r, "e", b64(k.rsa.N.Bytes())),
		"not on the curve":    with(e, "x", b64(make([]byte, 32))),
		"another curve":       with(e, "crv", "P-384"),
		"short coordinate":    with(e, "y", b64([]byte{1})),
		"short Ed25519":       with(d, "x", b64(make([]byte, 31))),
		"padding":             with(d, "x", d["x"].(string)+"="),
		"kid is a number":     with(d, "kid", 1),
		"type it cannot have": {"kty": "OKP", "crv": "X25519", "x": d["x"]},
	} {
		body, _ := json.Marshal(map[string]any{"keys": []any{jwk}})
		if keys, err := parseJWKS(body); err == nil {
			t.Errorf("%s: %+v", name, keys)
		}
		body, _ = json.Marshal(map[string]any{"keys": []any{jwk, d}})
		if keys, err := parseJWKS(body); err != nil || len(keys) != 1 {
			t.Errorf("%s beside a good one: %+v, %v", name, keys, err)
		}
	}
}

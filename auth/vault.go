package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
)

// Vault encrypts the secrets that the database keeps, with AES-256-GCM under a
// key derived from a setting. It implements chat.Vault; its methods may be called
// at once.
type Vault struct{ aead cipher.AEAD }

// errSealed is the answer for what does not open: the setting has changed, or the
// bytes have.
var errSealed = errors.New("auth: a stored secret cannot be opened: PARLEY_ENCRYPTION_KEY is not the one that it was stored with")

// NewVault returns a vault for a secret of at least 32 bytes.
func NewVault(secret []byte) (*Vault, error) {
	if err := CheckSecret(secret); err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, secret, nil, "parley stored secrets", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &Vault{aead}, err
}

// Seal encrypts a secret for what about names; the nonce stands in front of it.
func (v *Vault) Seal(secret, about string) ([]byte, error) {
	return v.aead.Seal(nil, nil, []byte(secret), []byte(about)), nil
}

// Open returns what was sealed for what about names.
func (v *Vault) Open(sealed []byte, about string) (string, error) {
	secret, err := v.aead.Open(nil, nil, sealed, []byte(about))
	if err != nil {
		return "", errSealed
	}
	return string(secret), nil
}

package auth

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// MinSecret is the size in bytes below which a secret is refused: that of HS256's
// hash, as RFC 7518 asks, and of the key that encrypts.
const MinSecret = 32

// CheckSecret refuses a secret that is too short. It never quotes it.
func CheckSecret(secret []byte) error {
	if len(secret) < MinSecret {
		return fmt.Errorf("the secret has %d bytes and needs at least %d: make one with `openssl rand -hex 32`", len(secret), MinSecret)
	}
	return nil
}

// LoadOrCreateSecret returns the secret kept at path: the file's text without
// outer white space, so that it may be copied into a setting as it is. A missing
// file is made, with 32 random bytes in hex, mode 0600, whole or not at all; of
// many processes that try at once all return the same. A file that is no regular
// one, that others than its owner may open, or that is too short is refused.
func LoadOrCreateSecret(path string) ([]byte, error) {
	secret, err := loadSecret(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	if err := createSecret(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make the secret %s: %w", path, err)
	}
	return loadSecret(path)
}

func loadSecret(path string) ([]byte, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, fmt.Errorf("read the secret: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("the secret %s is no regular file", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("the secret %s may be opened by others (mode %04o): chmod 600 it, or remove it to have a new one made", path, mode)
	}
	text, err := os.ReadFile(path) //nolint:gosec // the operator names it
	if err != nil {
		return nil, fmt.Errorf("read the secret: %w", err)
	}
	secret := bytes.TrimSpace(text)
	if err := CheckSecret(secret); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return secret, nil
}

// createSecret writes a file beside path and links it there, which fails with
// fs.ErrExist if somebody else was first, and never shows half a secret.
func createSecret(path string) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".secret-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	random := make([]byte, MinSecret)
	_, _ = rand.Read(random) // never fails
	_, writeErr := f.WriteString(hex.EncodeToString(random) + "\n")
	if err := errors.Join(writeErr, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes a new name in dir outlive a crash of the machine: tokens signed
// with a secret that is gone afterwards would be worthless.
func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // likewise
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

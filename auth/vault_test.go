package auth_test

import (
	"bytes"
	"strings"
	"testing"

	"parley/auth"
)

// TestVault: what is sealed opens for its own purpose and key alone, and says
// nothing of itself.
func TestVault(t *testing.T) {
	open := func(key string) *auth.Vault {
		t.Helper()
		v, err := auth.NewVault([]byte(strings.Repeat(key, 32)))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	v, other := open("a"), open("b")
	sealed, err := v.Seal("sk-secret", "bot-1")
	if err != nil || bytes.Contains(sealed, []byte("secret")) {
		t.Fatalf("sealed %q, %v", sealed, err)
	}
	if again, _ := v.Seal("sk-secret", "bot-1"); bytes.Equal(again, sealed) {
		t.Error("the same secret is sealed to the same bytes")
	}
	if got, err := v.Open(sealed, "bot-1"); err != nil || got != "sk-secret" {
		t.Errorf("opened %q, %v", got, err)
	}
	changed := bytes.Clone(sealed)
	changed[len(changed)-1] ^= 1
	for name, open := range map[string]func() (string, error){
		"another purpose": func() (string, error) { return v.Open(sealed, "bot-2") },
		"another key":     func() (string, error) { return other.Open(sealed, "bot-1") },
		"changed bytes":   func() (string, error) { return v.Open(changed, "bot-1") },
		"nothing":         func() (string, error) { return v.Open(nil, "bot-1") },
	} {
		if got, err := open(); err == nil || got != "" {
			t.Errorf("%s opened %q", name, got)
		}
	}
	if _, err := auth.NewVault([]byte("short")); err == nil {
		t.Error("a short secret is taken")
	}
}

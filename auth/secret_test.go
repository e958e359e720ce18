package auth

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestSecretIsMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "jwt.secret")
	secrets := make([][]byte, 16)
	var wg sync.WaitGroup
	for i := range secrets {
		wg.Go(func() {
			var err error
			if secrets[i], err = LoadOrCreateSecret(path); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, s := range secrets {
		if len(s) != 64 || !bytes.Equal(s, secrets[0]) {
			t.Fatalf("%q, want the same 64 digits as %q", s, secrets[0])
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info.Mode(), err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Fatalf("%v, %v: want the secret alone", left, err)
	}
}

func TestSecretIsRefused(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := write("good", secret+"\n", 0o400)
	if got, err := LoadOrCreateSecret(good); err != nil || string(got) != secret {
		t.Fatalf("%q, %v", got, err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(good, link); err != nil {
		t.Fatal(err)
	}
	for says, path := range map[string]string{
		"mode 0644":       write("world", secret, 0o644),
		"mode 0640":       write("group", secret, 0o640),
		"at least 32":     write("short", "short", 0o600),
		"no regular file": link,
	} {
		_, err := LoadOrCreateSecret(path)
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), secret) {
			t.Errorf("%v, want it to say %q", err, says)
		}
	}
	if _, err := LoadOrCreateSecret(filepath.Join(good, "below")); err == nil {
		t.Error("a secret below a file")
	}
}

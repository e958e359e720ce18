package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// parley runs the command line as a process would, in a world of its own.
func parley(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	var out, errs bytes.Buffer
	err := run(context.Background(), args, streams{strings.NewReader(stdin), &out, &errs})
	return strings.TrimSpace(out.String()), err
}

// clean removes every setting of the machine's and names a fresh database.
func clean(t *testing.T) {
	t.Helper()
	for _, e := range os.Environ() {
		if name, _, _ := strings.Cut(e, "="); strings.HasPrefix(name, "PARLEY_") {
			t.Setenv(name, "")
			_ = os.Unsetenv(name)
		}
	}
	t.Setenv("PARLEY_DATABASE_URL", "sqlite://"+filepath.Join(t.TempDir(), "data", "parley.db"))
}

func TestCommands(t *testing.T) {
	clean(t)
	if out, err := parley(t, "", "version"); err != nil || out != version {
		t.Errorf("version: %q, %v", out, err)
	}
	if out, err := parley(t, "", "migrate", "status"); err != nil || !strings.Contains(out, "missing") {
		t.Errorf("status of a new database: %q, %v", out, err)
	}
	if _, err := parley(t, "", "migrate", "up"); err != nil {
		t.Error(err)
	}
	if out, err := parley(t, "", "migrate", "status"); err != nil || strings.Contains(out, "missing") {
		t.Errorf("status after up: %q, %v", out, err)
	}
	if id, err := parley(t, "a long password\n", "user", "add", "root", "--role", "admin"); err != nil || id == "" {
		t.Errorf("user add: %q, %v", id, err)
	}
	if _, err := parley(t, "a long password\n", "user", "add", "ROOT"); err == nil || !strings.Contains(err.Error(), "taken") {
		t.Errorf("a name that is taken: %v", err)
	}
	if _, err := parley(t, "short\n", "user", "add", "other"); err == nil {
		t.Error("a short password is taken")
	}
	for _, args := range [][]string{{"role", "root", "agent"}, {"block", "root"}, {"unblock", "root"}} {
		if _, err := parley(t, "", append([]string{"user"}, args...)...); err != nil {
			t.Errorf("user %v: %v", args, err)
		}
	}
	if _, err := parley(t, "another password\n", "user", "password", "root"); err != nil {
		t.Error(err)
	}
	if _, err := parley(t, "", "user", "block", "nobody"); err == nil {
		t.Error("an unknown user is blocked")
	}
	token, err := parley(t, "", "token", "--sub", "alice", "--name", "Alice", "--ttl", "1h")
	if err != nil || strings.Count(token, ".") != 2 {
		t.Errorf("token: %q, %v", token, err)
	}
	if out, err := parley(t, "", "restored"); err != nil || !strings.HasPrefix(out, "epoch ") {
		t.Errorf("restored: %q, %v", out, err)
	}
	if _, err := parley(t, "", "migrate", "down"); err != nil {
		t.Error(err)
	}
}

func TestSecretIsMadeBesideTheDatabase(t *testing.T) {
	clean(t)
	first, err := parley(t, "", "token", "--sub", "alice")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(filepath.Dir(strings.TrimPrefix(os.Getenv("PARLEY_DATABASE_URL"), "sqlite://")), "jwt.secret")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the secret: %v, %v", info, err)
	}
	if strings.Contains(first, "secret") {
		t.Error("a token that tells")
	}
}

// TestMistakesAreToldAtOnce: whoever sets five things wrong is told of five.
func TestMistakesAreToldAtOnce(t *testing.T) {
	clean(t)
	for name, value := range map[string]string{
		"PARLEY_ADDR": " , ", "PARLEY_JWT_SECRET": "short", "PARLEY_LOG_LEVEL": "loud", "PARLEY_LOG_FORMAT": "xml",
		"PARLEY_TRUSTED_PROXIES": "everybody", "PARLEY_ACCOUNTS": "maybe", "PARLEY_LIMIT_EVENTS": "many",
		"PARLEY_DRAIN_TIMEOUT": "soon", "PARLEY_MASTER_KEY_FILE": "/no/such/file", "PARLEY_RATE_LIMITS": "sometimes",
		"PARLEY_BASE_PATH": "support/../x",
	} {
		t.Setenv(name, value)
	}
	_, err := parley(t, "", "serve")
	if err == nil {
		t.Fatal("it serves")
	}
	for _, name := range []string{
		"PARLEY_ADDR", "PARLEY_JWT_SECRET", "PARLEY_LOG_LEVEL", "PARLEY_LOG_FORMAT", "PARLEY_TRUSTED_PROXIES",
		"PARLEY_ACCOUNTS", "PARLEY_LIMIT_EVENTS", "PARLEY_DRAIN_TIMEOUT", "PARLEY_MASTER_KEY_FILE", "PARLEY_RATE_LIMITS",
		"PARLEY_BASE_PATH",
	} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not told", name)
		}
	}
}

func TestPostgresNeedsASecret(t *testing.T) {
	clean(t)
	t.Setenv("PARLEY_DATABASE_URL", "postgres://nobody:hidden@127.0.0.1:1/none")
	_, err := parley(t, "", "serve")
	if err == nil || !strings.Contains(err.Error(), "PARLEY_JWT_SECRET") || strings.Contains(err.Error(), "hidden") {
		t.Errorf("got %v", err)
	}
	t.Setenv("PARLEY_JWT_SECRET", strings.Repeat("s", 32))
	t.Setenv("PARLEY_ADDR", "127.0.0.1:0")
	_, err = parley(t, "", "serve")
	if err == nil || !strings.Contains(err.Error(), "PARLEY_DATABASE_URL") || strings.Contains(err.Error(), "hidden") {
		t.Errorf("an unreachable database: %v", err)
	}
}

func TestSecretFromAFile(t *testing.T) {
	clean(t)
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(strings.Repeat("s", 40)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PARLEY_JWT_SECRET_FILE", path)
	if _, err := parley(t, "", "token", "--sub", "alice"); err != nil {
		t.Error(err)
	}
	t.Setenv("PARLEY_JWT_SECRET", strings.Repeat("t", 40))
	if _, err := parley(t, "", "token", "--sub", "alice"); err == nil {
		t.Error("two secrets are one too many")
	}
}

// TestTakenPort: a port that somebody chose ends the start with the setting's
// name; of the default three the last two are left out.
func TestTakenPort(t *testing.T) {
	clean(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	t.Setenv("PARLEY_ADDR", taken.Addr().String())
	if _, err := parley(t, "", "serve"); err == nil || !strings.Contains(err.Error(), "PARLEY_ADDR") {
		t.Errorf("got %v", err)
	}
	var m mistakes
	set := settings{addrs: []string{"127.0.0.1:0", taken.Addr().String()}, isDefault: true}
	set.log = (&serveCommand{LogLevel: "error", LogFormat: "text"}).logger(streams{err: &bytes.Buffer{}}, &m)
	l, err := set.listen(context.Background())
	if err != nil || len(l.public) != 1 {
		t.Fatalf("of two defaults one is taken: %v, %v", l, err)
	}
	l.close()
}

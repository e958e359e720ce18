package recovery

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"parley/test/harness"
)

// backup is a copy of a database, taken while the server is at work.
type backup struct {
	t    *testing.T
	url  string // of the database
	file string
}

func takeBackup(t *testing.T, url string) *backup {
	t.Helper()
	b := &backup{t, url, filepath.Join(t.TempDir(), "backup")}
	path, ok := strings.CutPrefix(url, "sqlite://")
	if !ok {
		b.run("pg_dump", "--format=custom", "--file="+b.file, url)
		return b
	}
	conn, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.Backup("main", b.file); err != nil {
		t.Fatal(err)
	}
	return b
}

// restore puts the copy in the place of the database, whose server has ended.
func (b *backup) restore() {
	b.t.Helper()
	path, ok := strings.CutPrefix(b.url, "sqlite://")
	if !ok {
		b.run("pg_restore", "--clean", "--if-exists", "--exit-on-error", "--dbname="+b.url, b.file)
		return
	}
	for _, rest := range []string{"-wal", "-shm"} {
		if err := os.Remove(path + rest); err != nil && !os.IsNotExist(err) {
			b.t.Fatal(err)
		}
	}
	copied, err := os.ReadFile(b.file)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, copied, 0o600); err != nil { //nolint:gosec // the test's own file
		b.t.Fatal(err)
	}
}

// announce runs `parley restored`, the last step of a restore.
func (b *backup) announce() {
	b.t.Helper()
	b.run(harness.Binary(b.t), "restored")
}

func (b *backup) run(program string, args ...string) {
	b.t.Helper()
	cmd := exec.CommandContext(b.t.Context(), program, args...) //nolint:gosec // ours, and PostgreSQL's own
	cmd.Env = append(os.Environ(), "PARLEY_DATABASE_URL="+b.url, "PARLEY_JWT_SECRET="+harness.Secret)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.t.Fatalf("%s: %v\n%s", program, err, out)
	}
}

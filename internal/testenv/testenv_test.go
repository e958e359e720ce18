package testenv

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) { Main(m) }

func TestPostgresSurvivesKillAndStop(t *testing.T) {
	dir, err := os.MkdirTemp("", "parley-postgres-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	server, err := StartPostgres(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	url, err := server.Create(t.Context(), "kept")
	if err != nil {
		t.Fatal(err)
	}
	query(t, url, "CREATE TABLE t AS SELECT 1 AS n")
	for name, end := range map[string]func() error{"kill": server.Kill, "stop": server.Stop} {
		if err := end(); err != nil {
			t.Fatal(name, err)
		}
		if err := syscall.Kill(server.process.Pid, 0); !errors.Is(err, syscall.ESRCH) {
			t.Fatalf("after %s the server is still there", name)
		}
		if err := server.Start(); err != nil {
			t.Fatal(name, err)
		}
		query(t, url, "INSERT INTO t SELECT n + 1 FROM t")
	}
}

func TestPostgresGivesEmptyDatabases(t *testing.T) {
	for range 2 {
		query(t, Postgres(t), "CREATE TABLE t ()")
	}
}

func query(t *testing.T, url, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

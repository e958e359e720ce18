package testenv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
)

// shared is the one server of this test process, started when the first test
// asks for it. It is package state because Go gives tests no other place to share
// a server from; see [Main].
var shared sharedPostgres

type sharedPostgres struct {
	mu        sync.Mutex
	server    *PostgresServer
	err       error
	databases int
}

// Postgres returns the postgres:// URL of an empty database that goes with the
// test, on a server that all tests of the process share. The server is stopped by
// [Main], or else by the end of the process. A machine without PostgreSQL fails
// the test.
func Postgres(tb testing.TB) string {
	tb.Helper()
	server, name, err := shared.database()
	if err != nil {
		tb.Fatal(err)
	}
	url, err := server.Create(tb.Context(), name)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := server.Drop(context.Background(), name); err != nil {
			tb.Error(err)
		}
	})
	return url
}

// database starts the server if need be and returns a name for a new database.
func (s *sharedPostgres) database() (*PostgresServer, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server == nil && s.err == nil {
		s.start()
	}
	s.databases++
	return s.server, fmt.Sprintf("parley_%d", s.databases), s.err
}

func (s *sharedPostgres) start() {
	dir, err := os.MkdirTemp("", "parley-postgres-")
	if err == nil {
		s.server, err = StartPostgres(dir)
	}
	if err != nil {
		s.err = errors.Join(err, os.RemoveAll(dir))
	}
}

func (s *sharedPostgres) stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server == nil {
		return nil
	}
	err := errors.Join(s.server.Stop(), os.RemoveAll(s.server.dir))
	s.server = nil
	return err
}

package api_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"parley/chat"
	"parley/store"
)

// sqlite is the real store on a file of the test's own, in an epoch that golden
// files can name.
type sqlite struct {
	*store.Store
	fault error // of RoomsOf, if set
	// beforeMessages, if set, is called by Messages with what it was called with.
	beforeMessages func(context.Context, chat.MessageQuery) error
}

func (s *sqlite) Epoch() string { return "e1" }

func (s *sqlite) RoomsOf(ctx context.Context, user string, p chat.Page) ([]chat.RoomView, int64, error) {
	if s.fault != nil {
		return nil, 0, s.fault
	}
	return s.Store.RoomsOf(ctx, user, p)
}

func (s *sqlite) Messages(ctx context.Context, q chat.MessageQuery, count bool) ([]chat.Message, int64, error) {
	if s.beforeMessages != nil {
		if err := s.beforeMessages(ctx, q); err != nil {
			return nil, 0, err
		}
	}
	return s.Store.Messages(ctx, q, count)
}

// migrated is a database without rows, made once for all tests.
var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "parley")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "parley.db")
	if err := store.MigrateUp(context.Background(), "sqlite://"+path); err != nil {
		return nil, err
	}
	return os.ReadFile(path) // whole: closing has taken the log in
})

// openStore makes the users, and a file of bob's.
func openStore(t testing.TB, users ...string) *sqlite {
	t.Helper()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "parley.db")
	empty, err := migrated()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, empty, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(ctx, store.Options{URL: "sqlite://" + path, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	all := make([]chat.User, len(users))
	for i, id := range users {
		all[i] = chat.User{ID: id, Name: id, Role: chat.RoleUser, CreatedAt: start}
	}
	if err := s.EnsureUsers(ctx, all); err != nil {
		t.Fatal(err)
	}
	file := chat.File{ID: "f1", Owner: "bob", Name: "f1.txt", Type: "text/plain", CreatedAt: start}
	if err := s.CreateFile(ctx, file); err != nil {
		t.Fatal(err)
	}
	return &sqlite{Store: s}
}

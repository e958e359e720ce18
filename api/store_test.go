package api_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"

	"parley/chat"
	"parley/store"
)

// sqlite is the real store on a file of the test's own, in an epoch that golden
// files can name.
type sqlite struct {
	*store.Store
	fault error // of RoomsOf, if set
}

func (s *sqlite) Epoch() string { return "e1" }

func (s *sqlite) RoomsOf(ctx context.Context, user string, p chat.Page) ([]chat.RoomView, int64, error) {
	if s.fault != nil {
		return nil, 0, s.fault
	}
	return s.Store.RoomsOf(ctx, user, p)
}

func openStore(t testing.TB, users ...string) *sqlite {
	t.Helper()
	ctx := context.Background()
	url := "sqlite://" + filepath.Join(t.TempDir(), "parley.db")
	if err := store.MigrateUp(ctx, url); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(ctx, store.Options{URL: url, Logger: slog.New(slog.DiscardHandler)})
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
	return &sqlite{Store: s}
}

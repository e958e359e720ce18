package store

import (
	"context"
	"log/slog"
	"testing"

	"parley/chat"
	"parley/internal/testenv"
	"parley/store/storetest"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// databases are where every test of this package runs.
var databases = []struct {
	name string
	url  func(testing.TB) string
}{
	{"sqlite", testenv.SQLite},
	{"postgres", testenv.Postgres},
}

// onEach runs the test on a fresh, migrated database of each kind.
func onEach(t *testing.T, run func(t *testing.T, url string)) {
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			url := db.url(t)
			if err := MigrateUp(t.Context(), url); err != nil {
				t.Fatal(err)
			}
			run(t, url)
		})
	}
}

// open opens a store that the test's cleanup closes.
func open(tb testing.TB, o Options) *Store {
	tb.Helper()
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := Open(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return s
}

func TestConformance(t *testing.T) {
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) chat.Store {
				url := db.url(t)
				if err := MigrateUp(t.Context(), url); err != nil {
					t.Fatal(err)
				}
				return open(t, Options{URL: url})
			})
		})
	}
}

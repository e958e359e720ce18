package harness

import (
	"os"
	"testing"

	"parley/internal/testenv"
)

// OnEachDatabase runs the test on an empty database of each kind; env names it to
// Start.
func OnEachDatabase(t *testing.T, run func(t *testing.T, env string)) {
	for _, db := range []struct {
		name string
		url  func(testing.TB) string
	}{{"SQLite", testenv.SQLite}, {"PostgreSQL", testenv.Postgres}} {
		t.Run(db.name, func(t *testing.T) { run(t, "PARLEY_DATABASE_URL="+db.url(t)) })
	}
}

// Long tells whether the long forms of the tests are to run.
func Long() bool { return os.Getenv("PARLEY_LONG") == "1" }

// Sized returns how much a test is to do: less in its short form.
func Sized(short, long int) int {
	if Long() {
		return long
	}
	return short
}

// Package testenv gives tests the real parts that Parley runs on, throwaway: PostgreSQL
// and Redis servers of their own and SQLite files in temporary directories.
// Nothing is faked, nothing is shared with the machine's own services, and what
// a test needs and does not find fails it: `make deps` installs everything.
package testenv

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

// SQLite returns the sqlite:// URL of a database that does not exist yet, in a
// directory that goes with the test.
func SQLite(tb testing.TB) string {
	tb.Helper()
	return "sqlite://" + filepath.Join(tb.TempDir(), "parley.db")
}

// Main is the body of a TestMain: it runs the tests, stops the shared servers,
// cleans up, and then fails if goroutines are left over. It does not return.
func Main(m *testing.M, clean ...func()) {
	code := m.Run()
	for _, f := range clean {
		f()
	}
	if err := shared.stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	if code == 0 {
		if err := goleak.Find(ofToxics); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// ofToxics are goroutines that toxiproxy leaves behind where a fault is taken away from
// a live connection: they wait for a reader that its library has let go.
var ofToxics = goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*ToxicStub).Run")

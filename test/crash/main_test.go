// Package crash ends the real binary in the middle of its work, by SIGKILL and
// SIGTERM, and holds that what was acknowledged is there, once.
//
// PARLEY_LONG=1 ends it more often.
package crash

import (
	"net/http"
	"testing"

	"parley/internal/testenv"
	"parley/test/harness"
)

func TestMain(m *testing.M) {
	testenv.Main(m, harness.RemoveBinary, http.DefaultClient.CloseIdleConnections)
}

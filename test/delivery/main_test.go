// Package delivery holds the promises of live connections against the real
// binary: every message once and in order over every transport, every CONNECT
// answered, membership that works at once, recovery that loses nothing.
//
// PARLEY_LONG=1 runs the long forms.
package delivery

import (
	"net/http"
	"testing"

	"parley/internal/testenv"
	"parley/test/harness"
)

func TestMain(m *testing.M) {
	testenv.Main(m, harness.RemoveBinary, http.DefaultClient.CloseIdleConnections)
}

// unlimited lifts the rates, which have tests of their own.
const unlimited = "PARLEY_RATE_LIMITS=off"

// Package scale_test holds what must not grow with the number of messages: a page
// of search results, history, sync and lists of rooms. The short form asks a
// database of 20,000 messages for the right answers; PARLEY_LONG=1 makes a million,
// measures, and prints the figures side by side. Which plans give those figures is
// held by the tests of package store.
package scale_test

import (
	"testing"

	"parley/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

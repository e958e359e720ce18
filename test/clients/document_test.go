package clients_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/test/harness"
)

// readDocument runs the program of a reader of one document. Its exit status is 0
// only if all its checks passed; what the document leaves open is logged.
func readDocument(t *testing.T, program string, arg map[string]any) {
	t.Helper()
	var result struct {
		Passed, Failed []string
		Readings       map[string]string
	}
	harness.Node(t, 5*time.Minute, program, arg, &result)
	for _, what := range result.Failed {
		t.Error(what)
	}
	if len(result.Passed) == 0 {
		t.Error("no check was made")
	}
	t.Logf("%d checks passed", len(result.Passed))
	for _, what := range slices.Sorted(maps.Keys(result.Readings)) {
		t.Logf("%s: %s", what, strings.TrimSpace(result.Readings[what]))
	}
}

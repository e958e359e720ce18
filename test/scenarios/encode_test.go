package scenarios

import (
	"encoding/json"
	"strings"
	"testing"
)

// broken stands, in the table, for bytes that are no UTF-8, which Go's JSON would
// write as something else.
const broken = "{broken UTF-8}"

var breaks = strings.NewReplacer(broken, "\xff\xfe")

// encode is JSON as a client sends it.
func encode(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return breaks.Replace(string(text))
}

// spoil breaks a text as encode does.
func spoil(s *string) *string {
	if s == nil {
		return nil
	}
	return new(breaks.Replace(*s))
}

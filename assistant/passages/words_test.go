package passages_test

import (
	"strings"
	"testing"

	"parley/assistant/passages"
)

func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"returns returning returned": "return return return",
		"Packstation Packstationen":  "packstat packstat",
		"Größe größe":                "gross gross",
		"中文字":                        "中 文 中文 字 文字",
		"возвраты v2.1s":             "возвраты v2 1s",
		"":                           "",
	} {
		if got := strings.Join(passages.Words(text), " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestAsked(t *testing.T) {
	for question, want := range map[string]string{
		"How long does the delivery take?":  "deliveri",
		"Wie lange dauert die Lieferung?":   "lang dauert lieferung",
		"Does the die cast model die?":      "die cast model",
		"请问怎么退货？":                           "问怎 么退 退货",
		"the of and":                        "",
		"return returns, returned RETURNED": "return",
	} {
		if got := strings.Join(passages.Asked(question), " "); got != want {
			t.Errorf("%q: %q, want %q", question, got, want)
		}
	}
	var long strings.Builder
	for i := range 5_000 {
		long.WriteString(strings.Repeat("q", i%37+1) + string(rune('a'+i%26)) + " ")
	}
	if n := len(passages.Asked(long.String())); n != passages.MaxAsked {
		t.Errorf("%d words", n)
	}
}

package words

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestOf(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "",
		" \t.,;!?—…":                 "",
		"Hello, World!":              "hello world",
		"don't snake_case a.b":       "don t snake case a b",
		"C++ 100% 3.14 v2":           "c 100 3 14 v2",
		"Crème Brûlée":               "creme brulee",
		"Cre\u0300me":                "creme",
		"STRASSE straße":             "strasse strasse",
		"ΟΔΟΣ οδός":                  "οδοσ οδοσ",
		"ПРИВЕТ ёлка":                "привет елка",
		"İstanbul ISPARTA ısı":       "istanbul isparta isi",
		"Łódź Øre Æra Œuvre":         "lodz ore aera oeuvre",
		"مُحَمَّد العـــربية":        "محمد العربية",
		"می\u200cخواهم":              "میخواهم",
		"שָׁלוֹם":                    "שלום",
		"ᎣᏏᏲ ꭳꮟꮿ":                    "ꭳꮟᏺ ꭳꮟꮿ",
		"हिन्दी में":                 "हिन्दी में",
		"தமிழ்":                      "தமிழ்",
		"ﬁne Ｆｕｌｌ m²":                "fine full m2",
		"中":                          "中",
		"中文字":                        "中 文 中文 字 文字",
		"iPhone15手机":                 "iphone15 手 机 手机",
		"カタ ｶﾞ":                      "カ タ カタ ガ",
		"ラーメン":                       "ラ ー ラー メ ーメ ン メン",
		"한국어":                        "한 국 한국 어 국어",
		"ที่นี่":                     "ที่ นี่ ที่นี่",
		"👍🏽 👍 ❤️ ☃":                  "👍 👍 ❤ ☃",
		"👩\u200d💻ok🇩🇪🇫🇷":             "👩 💻 ok 🇩🇪 🇫🇷",
		"1\ufe0f\u20e3":              "1",
		"a\x00b\xffc\ufffdd":         "a b c d",
		"so\u00adft\u200bwa\ufeffre": "software",
		"\u0301x":                    "x",
	} {
		if got := strings.Join(slices.Collect(Of(text)), " "); got != want {
			t.Errorf("%q is cut into %q, want %q", text, got, want)
		}
	}
}

func TestAsked(t *testing.T) {
	for query, want := range map[string]string{
		"":            "",
		"%":           "",
		"Hello WORLD": "hello world",
		"中":           "中",
		"中文":          "中文",
		"中文字 中":       "中文 文字 中",
		"手机 iPhone15": "手机 iphone15",
		"手机iPhone15好": "手机 iphone15 好",
	} {
		if got := strings.Join(slices.Collect(Asked(query)), " "); got != want {
			t.Errorf("%q asks for %q, want %q", query, got, want)
		}
	}
}

func TestBounds(t *testing.T) {
	long := strings.Repeat("ä", 1000)
	if got := slices.Collect(Of(long)); !slices.Equal(got, []string{strings.Repeat("a", MaxRunes)}) {
		t.Errorf("a long word is cut into %q", got)
	}
	marks := slices.Collect(Of("ก" + strings.Repeat("\u0e48", 10_000)))
	if len(marks) != 1 || utf8.RuneCountInString(marks[0]) != 1+maxMarks {
		t.Errorf("endless marks: %d tokens", len(marks))
	}
	if got := Distinct(Of("a b a c d"), 3); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("distinct: %q", got)
	}
}

// FuzzWords: whatever the text, its tokens are safe for both databases, and
// asking for it, or for any of its tokens, finds it.
func FuzzWords(f *testing.F) {
	for _, s := range []string{"Hello", "中文 ok", "\xff\xfe", "ที่\u0301\u0301", "👩\u200d💻🇩", "ﷺ", "\u1100\u1161\u11a8", "ß\u0307İ", "a\u0345\u0300"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tokens := slices.Collect(Of(text))
		has := make(map[string]bool, len(tokens))
		for _, token := range tokens {
			has[token] = true
			if token == "" || !utf8.ValidString(token) || utf8.RuneCountInString(token) > (1+maxMarks)*MaxRunes {
				t.Fatalf("token %q of %q", token, text)
			}
			for _, r := range token {
				if r < utf8.RuneSelf && kindOf(r) != letter || unicode.IsSpace(r) || unicode.IsControl(r) || r == utf8.RuneError {
					t.Fatalf("token %q of %q holds %q", token, text, r)
				}
			}
		}
		for token := range Asked(text) {
			if !has[token] {
				t.Fatalf("%q asks for %q, which it has not", text, token)
			}
		}
		for _, token := range tokens {
			for again := range Asked(token) {
				if !has[again] {
					t.Fatalf("token %q of %q asks for %q", token, text, again)
				}
			}
		}
	})
}

func BenchmarkOf(b *testing.B) {
	for name, text := range map[string]string{
		"ascii": strings.Repeat("some words ", 9), "chinese": strings.Repeat("我们今天去公园", 9), "german": strings.Repeat("schöne Grüße ", 9),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				Distinct(Of(text), 1000)
			}
		})
	}
}

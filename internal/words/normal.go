package words

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// normal returns the text in the one form in which equal words are equal bytes:
// taken apart, without what makes no difference, case folded, put together again.
func normal(text string) string {
	if ascii(text) {
		return strings.ToLower(text)
	}
	bare := plain(norm.NFKD.String(strings.ToValidUTF8(text, " ")))
	return norm.NFC.String(cases.Fold().String(bare))
}

func ascii(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// plain drops what makes no difference from decomposed text: diacritics where
// they are no vowels, and what cannot be seen. Any other character keeps a bounded
// number of marks.
func plain(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	marks := maxMarks // that the character at hand may not have any more
	for _, r := range text {
		switch {
		case r < utf8.RuneSelf:
			b.WriteByte(byte(r))
			marks = maxMarks
		case invisible(r):
		case unicode.IsMark(r):
			if marks < maxMarks {
				marks++
				b.WriteRune(r)
			}
		default:
			if unicode.Is(unicode.Cherokee, r) {
				r = unicode.ToUpper(r) // folding would turn each case into the other
			}
			if base := alike(r); base != "" {
				b.WriteString(base)
			} else {
				b.WriteRune(r)
			}
			marks = maxMarks
			if unicode.IsLetter(r) && !unicode.In(r, bared...) {
				marks = 0
			}
		}
	}
	return b.String()
}

// bared are the scripts whose marks make no difference.
var bared = []*unicode.RangeTable{unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Hebrew, unicode.Arabic}

// invisible reports joiners, directions, variations, tones of skin, and the
// stroke that makes an Arabic word longer.
func invisible(r rune) bool {
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) || r == '\u034f' || r == '\u0640' ||
		0x1F3FB <= r && r <= 0x1F3FF
}

// alike returns what a Latin letter is without a diacritic that Unicode does not
// take apart, "" if it has none. The Turkish letters without and with a dot meet here:
// folding, which knows no language, would tell them apart in lower case alone.
func alike(r rune) string {
	switch r {
	case 'ı':
		return "i"
	case 'Ł', 'ł':
		return "l"
	case 'Ø', 'ø':
		return "o"
	case 'Đ', 'đ':
		return "d"
	case 'Ħ', 'ħ':
		return "h"
	case 'Ŧ', 'ŧ':
		return "t"
	case 'Æ', 'æ':
		return "ae"
	case 'Œ', 'œ':
		return "oe"
	}
	return ""
}

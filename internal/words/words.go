// Package words cuts text into the tokens that it is found by. Messages and
// documents are cut by it when they are indexed, queries when they are asked, so
// that both databases give the same answers whatever their own ideas of words.
//
// A token is letters and digits in lower case, or one symbol: never a space, never
// ASCII punctuation. Compatibility forms, case and, in Latin, Greek, Cyrillic,
// Hebrew and Arabic, diacritics make no difference; elsewhere marks are vowels and
// stay. Scripts that put no spaces between words, and Korean, whose words carry
// endings, are cut into single characters and pairs of neighbours. Emoji and other
// symbols are words; what only varies them (a tone of skin, a joiner) is dropped.
//
// Word boundaries are not those of UAX #29, which serve a cursor: they keep
// "example.com" and "l'été" in one piece and take Thai apart character by
// character. Here whatever is no letter, mark or digit parts words.
package words

import (
	"iter"
	"unicode"
	"unicode/utf8"
)

const (
	// MaxRunes bounds a word: of a longer one its beginning counts, in text and in
	// queries alike.
	MaxRunes = 40
	// maxMarks bounds the marks that one character keeps.
	maxMarks = 8
)

// Of returns the tokens of a text that is to be found, in order, repeats included.
func Of(text string) iter.Seq[string] {
	return func(yield func(string) bool) { cut(text, false, yield) }
}

// Asked returns the tokens of a query; a text answers it that has all of them. In
// scripts without spaces a run of two characters or more asks for its pairs alone.
func Asked(query string) iter.Seq[string] {
	return func(yield func(string) bool) { cut(query, true, yield) }
}

// Distinct returns the first tokens, each once, at most limit.
func Distinct(tokens iter.Seq[string], limit int) []string {
	var list []string
	seen := map[string]struct{}{}
	for t := range tokens {
		if len(list) == limit {
			break
		}
		if _, ok := seen[t]; !ok {
			seen[t] = struct{}{}
			list = append(list, t)
		}
	}
	return list
}

// cutter is where cut stands in the text.
type cutter struct {
	text  string
	asked bool
	yield func(string) bool
	done  bool // yield wants no more

	begin, end int  // of the word or character at hand; begin is -1 without one
	runes      int  // in it
	kind       kind // of it
	before     int  // where the run's character before it begins, or -1
}

func cut(text string, asked bool, yield func(string) bool) {
	c := &cutter{text: normal(text), asked: asked, yield: yield, begin: -1, before: -1}
	for at, r := range c.text {
		c.add(at, r)
		if c.done {
			return
		}
	}
	c.stop()
}

// add takes the rune that begins at a place of the text.
func (c *cutter) add(at int, r rune) {
	k := kindOf(r)
	size := utf8.RuneLen(r)
	switch {
	case k == mark && c.begin >= 0 && c.kind != symbol:
		if c.kind == dense || c.runes < MaxRunes {
			c.end = at + size // normal bounds how many there are
		}
		return
	case k == mark:
		k = letter
	case k == flag && c.kind == flag && c.begin >= 0 && c.runes == 1:
		c.runes, c.end = 2, at+size
		return
	}
	switch {
	case k == letter && c.kind == letter && c.begin >= 0:
		if c.runes < MaxRunes {
			c.runes, c.end = c.runes+1, at+size
		}
	case k == dense && c.kind == dense && c.begin >= 0:
		c.pair()
		c.before, c.begin, c.end, c.runes = c.begin, at, at+size, 1
	default:
		c.stop()
		if k != space {
			c.begin, c.end, c.runes, c.kind = at, at+size, 1, k
		}
	}
}

// stop ends the word or run at hand.
func (c *cutter) stop() {
	switch {
	case c.begin < 0:
	case c.kind == dense:
		c.pair()
		if c.asked && c.before < 0 {
			c.emit(c.begin)
		}
	default:
		c.emit(c.begin)
	}
	c.begin, c.before = -1, -1
}

// pair gives the character at hand, and it together with the one before it.
func (c *cutter) pair() {
	if !c.asked {
		c.emit(c.begin)
	}
	if c.before >= 0 {
		c.emit(c.before)
	}
}

func (c *cutter) emit(begin int) {
	if !c.done && !c.yield(c.text[begin:c.end]) {
		c.done = true
	}
}

// kind says how a rune stands to its neighbours.
type kind int

const (
	space  kind = iota // parts words
	letter             // makes words with its like
	mark               // belongs to what stands before it
	dense              // a letter of a script without spaces between words
	symbol             // is a word
	flag               // makes a word with one more of its kind
)

// unspaced are the scripts that are cut into characters and pairs.
var unspaced = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo, unicode.Yi,
	unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar,
	unicode.Tai_Le, unicode.New_Tai_Lue, unicode.Tai_Tham, unicode.Tai_Viet,
}

func kindOf(r rune) kind {
	switch {
	case r < utf8.RuneSelf:
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return letter
		}
		return space
	case r == utf8.RuneError:
		return space
	case 0x1F1E6 <= r && r <= 0x1F1FF:
		return flag
	case 0x1F000 <= r && r <= 0x1FFFD: // pictures, those of a later Unicode too
		return symbol
	case unicode.IsMark(r):
		return mark
	case unicode.IsLetter(r), unicode.IsNumber(r):
		if r == 'ー' || unicode.In(r, unspaced...) {
			return dense
		}
		return letter
	case unicode.Is(unicode.So, r):
		return symbol
	}
	return space
}

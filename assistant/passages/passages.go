// Package passages turns documents into passages, and passages and questions into
// the words that they are found by: what an assistant is given to answer from. It
// knows no database: a store keeps the passages and the words they hold, and ranks
// them for a question by package bm25.
//
// Documents are hostile. Whatever they hold, Split takes time in proportion to their
// size, builds no tree, does not recurse and gives at most MaxPassages.
package passages

import (
	"errors"
	"strings"
)

const (
	// MaxBytes bounds a document.
	MaxBytes = 10 << 20
	// MaxPassages bounds the passages of one document.
	MaxPassages = 20_000
	// MaxRunes bounds a passage's text, in characters.
	MaxRunes = 1_200
)

// What Split answers to a document that it does not cut.
var (
	// ErrTooLarge is of a document above MaxBytes.
	ErrTooLarge = errors.New("passages: document too large")
	// ErrTooMany is of a document that has more than MaxPassages.
	ErrTooMany = errors.New("passages: too many passages")
	// ErrUnsupported is of a format that is known not to be text: PDF, archive, image.
	ErrUnsupported = errors.New("passages: unsupported format")
	// ErrNotText is of bytes that are neither UTF-8 nor UTF-16 with its mark.
	ErrNotText = errors.New("passages: not text")
	// ErrEmpty is of a document without a word.
	ErrEmpty = errors.New("passages: no text")
)

// Passage is a piece of a document that can be read and cited by itself.
type Passage struct {
	// Place says to people where it stands: the headings above it, joined by " > ",
	// and what else is needed to find it ("part 2", "Paragraph 12", "Lines 10-24").
	Place string
	// Text is UTF-8 without control characters, at most MaxRunes long, its lines
	// separated by "\n". It does not repeat the headings.
	Text string
	// Heading is the part of Place that is of the document's own words, "" if none.
	Heading string
}

// Split cuts a document into passages of some 120 to 200 words, in its order. Its
// kind is that of the name's ending (.txt, .md, .markdown, .html, .htm), or else that
// of the content. It fails with one of the errors above.
func Split(name string, data []byte) ([]Passage, error) {
	if len(data) > MaxBytes {
		return nil, ErrTooLarge
	}
	text, err := decode(data)
	if err != nil {
		return nil, err
	}
	c := &cutter{}
	switch kindOf(name, text) {
	case kindHTML:
		readHTML(text, c)
	case kindMarkdown:
		readMarkdown(text, c)
	default:
		c.lines = true
		c.title = stem(name)
		readText(text, c)
	}
	c.finish()
	switch {
	case c.err != nil:
		return nil, c.err
	case len(c.list) == 0:
		return nil, ErrEmpty
	}
	return c.list, nil
}

// stem returns a file's name without folders and ending: the only title that plain
// text has.
func stem(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	if dot := strings.LastIndexByte(name, '.'); dot > 0 {
		name = name[:dot]
	}
	return short(collapse(strings.ToValidUTF8(name, "\ufffd")))
}

package passages

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// full is where a passage ends, in units: about 170 English words, or 330
	// Chinese characters.
	full = 1_000
	// small is what is not left alone if it can be added to the passage before.
	small = 180
	// maxMarks is how many marks hold to their character; text beyond that is cut.
	maxMarks = 32
	// maxHeading bounds a heading in a place, in characters; a longer one is text too.
	maxHeading = 100
)

// cutter gathers a document's blocks (paragraphs, items, rows) into passages. Blocks
// of one section are put together until a passage is full; only a block that is
// larger than that is cut, at the ends of its sentences.
type cutter struct {
	list  []Passage
	err   error  // ErrTooMany; then nothing more is taken
	title string // stands above all where there is no heading of level 1
	lines bool   // numbers are those of lines, not of paragraphs

	trail  [6]string // headings above the block at hand, by level
	silent int       // level of the last heading if nothing stands below it yet
	line   int       // of that heading

	text        strings.Builder // of the passage at hand
	units       int             // in text
	first, last int             // numbers of the first and last block in text
	part        int             // how many passages the section has
	begun       int             // number of the first block of the passage before
	count       int             // blocks taken, the number of a block that has none
}

// heading begins a section. Levels are 1 to 6.
func (c *cutter) heading(level int, text string, number int) {
	text = collapse(text)
	if text == "" {
		return
	}
	c.close()
	if level <= c.silent {
		c.speak()
	}
	c.trail[level-1] = short(text)
	for i := level; i < len(c.trail); i++ {
		c.trail[i] = ""
	}
	c.silent, c.line, c.part = level, number, 0
	if c.trail[level-1] != text {
		c.block(text, number, number)
	}
}

// speak makes a passage of a heading that has nothing below it.
func (c *cutter) speak() {
	if c.silent > 0 {
		c.put(c.trail[c.silent-1], "", c.line, c.line)
		c.close()
	}
}

// block takes a block that stands in lines first to last; a zero first gives it the
// next number of a paragraph.
func (c *cutter) block(text string, first, last int) {
	text = collapse(text)
	if text == "" || c.err != nil {
		return
	}
	c.count++
	if first == 0 {
		first, last = c.count, c.count
	}
	n := units(text)
	if c.units+n <= full {
		c.put(text, "\n", first, last)
		return
	}
	if n <= full && c.units >= 2*small {
		c.close()
		c.put(text, "\n", first, last)
		return
	}
	between := "\n"
	for text != "" && c.err == nil {
		var sentence string
		sentence, text = cut(text)
		if c.units+units(sentence) > full {
			c.close()
		}
		c.put(sentence, between, first, last)
		between = " "
	}
}

func (c *cutter) put(text, between string, first, last int) {
	if c.units > 0 {
		c.text.WriteString(between)
	} else {
		c.first = first
	}
	c.text.WriteString(text)
	c.units += units(text) + 1
	c.last = last
	c.silent = 0
}

// close ends the passage at hand.
func (c *cutter) close() {
	if c.units == 0 || c.err != nil {
		return
	}
	if before := len(c.list) - 1; c.part > 0 && c.units < small {
		c.list[before].Text += "\n" + c.text.String()
		if c.part == 1 || c.lines {
			c.list[before].Place = c.place(c.begun, c.last)
		}
	} else if len(c.list) == MaxPassages {
		c.err = ErrTooMany
	} else {
		c.part++
		c.list = append(c.list, Passage{Place: c.place(c.first, c.last), Text: c.text.String(), Heading: c.above()})
		c.begun = c.first
	}
	c.text.Reset()
	c.units = 0
}

func (c *cutter) finish() {
	c.close()
	c.speak()
}

// above returns the headings above the passage at hand, or what stands for them.
func (c *cutter) above() string {
	var heads []string
	if c.trail[0] == "" && c.title != "" {
		heads = append(heads, c.title)
	}
	for _, head := range c.trail {
		if head != "" {
			heads = append(heads, head)
		}
	}
	return strings.Join(heads, " > ")
}

func (c *cutter) place(first, last int) string {
	one, more, above := "Paragraph", "Paragraphs", c.above()
	if c.lines {
		one, more = "Line", "Lines"
	}
	numbers := fmt.Sprintf("%s %d-%d", more, first, last)
	if first == last {
		numbers = fmt.Sprintf("%s %d", one, first)
	}
	bare := c.trail == [6]string{}
	switch {
	case c.lines && bare, above == "": // plain text's title is the name of the file
		return numbers
	case c.lines || bare:
		return above + " > " + numbers
	case c.part > 1:
		return fmt.Sprintf("%s, part %d", above, c.part)
	}
	return above
}

// units measures text: a character is one, but one of Chinese, Japanese or Korean,
// which says more, is three.
func units(text string) int {
	n := 0
	for _, r := range text {
		if n++; wide(r) {
			n += 2
		}
	}
	return n
}

func wide(r rune) bool { return r >= 0x2E80 && r < 0xD7B0 || r >= 0xF900 && r < 0xFE00 || r >= 0x20000 }

// cut parts text after its first sentence, or where a passage is full: between words
// if it can be, and never within a character and its marks.
func cut(text string) (sentence, rest string) {
	n, space, end, marks := 0, 0, 0, 0 // end is the last place to cut at
	for at, r := range text {
		if n++; wide(r) {
			n += 2
		}
		if n > full {
			if space > 0 {
				end = space
			}
			return strings.TrimSpace(text[:end]), strings.TrimSpace(text[end:])
		}
		if marks++; !unicode.IsMark(r) && r != '\u200d' || marks > maxMarks {
			end, marks = at, 0
		}
		size := utf8.RuneLen(r)
		switch r {
		case ' ', '\n':
			space = at
		case '。', '！', '？', '．':
			return text[:at+size], strings.TrimSpace(text[at+size:])
		case '.', '!', '?', '…', ';':
			if next := at + size; next < len(text) && (text[next] == ' ' || text[next] == '\n') {
				return text[:next], text[next+1:]
			}
		}
	}
	return text, ""
}

// short bounds a heading.
func short(text string) string {
	n := 0
	for at, r := range text {
		if n == maxHeading && !unicode.IsMark(r) || n == 2*maxHeading {
			return strings.TrimSpace(text[:at]) + "…"
		}
		if n < maxHeading || unicode.IsMark(r) {
			n++
		}
	}
	return text
}

// lineBreak is how readers write a line's end that is to stay one.
const lineBreak = '\u2028'

// collapse makes one space of any white space, one "\n" of any that has a lineBreak,
// and drops control characters.
func collapse(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	var gap byte
	for _, r := range text {
		switch {
		case r == lineBreak:
			gap = '\n'
		case unicode.IsSpace(r):
			if gap == 0 {
				gap = ' '
			}
		case unicode.IsControl(r), r == '\ufeff':
		default:
			if gap != 0 && b.Len() > 0 {
				b.WriteByte(gap)
			}
			gap = 0
			b.WriteRune(r)
		}
	}
	return b.String()
}

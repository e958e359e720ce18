package passages

import "strings"

// readText reads plain text: paragraphs are parted by empty lines, headings are lines
// underlined with "=" or "-", and a short first line that stands alone and ends no
// sentence.
func readText(text string, c *cutter) {
	var block []string
	number, from := 0, 0
	ended := false
	flush := func() {
		if from == 1 && !ended && titled(block) {
			c.heading(1, block[0], 1)
			block = block[:0]
		}
		if len(block) > 0 {
			c.block(strings.Join(block, string(lineBreak)), from, number-1)
			block = block[:0]
		}
	}
	for line := range eachLine(strings.TrimRight(text, " \t\r\n")) {
		number++
		bare := strings.TrimSpace(line)
		switch {
		case bare == "":
			flush()
		case len(block) == 1 && underline(bare) > 0 && len(block[0]) <= 4*maxHeading:
			c.heading(underline(bare), block[0], number-1)
			block = block[:0]
		case underline(bare) > 0, c.err != nil:
			flush()
		default:
			if len(block) == 0 {
				from = number
			}
			block = append(block, line)
		}
	}
	number++
	ended = true
	flush()
}

// underline returns the level of the heading that a line of "=" or "-" makes of the
// one above it, 0 if it is none.
func underline(line string) int {
	switch {
	case len(line) < 3:
	case strings.Trim(line, "=") == "":
		return 1
	case strings.Trim(line, "-") == "":
		return 2
	}
	return 0
}

// eachLine gives the lines without their ends, of Unix, Windows and the old Macintosh.
func eachLine(text string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for text != "" {
			line := text
			if end := strings.IndexAny(text, "\r\n"); end < 0 {
				text = ""
			} else {
				line = text[:end]
				if strings.HasPrefix(text[end:], "\r\n") {
					end++
				}
				text = text[end+1:]
			}
			if !yield(line) {
				return
			}
		}
	}
}

// titled reports the block of a title.
func titled(block []string) bool {
	if len(block) != 1 || len(block[0]) > maxHeading {
		return false
	}
	return !strings.ContainsAny(block[0][len(strings.TrimRight(block[0], ".,;:!?。！？ \t")):], ".,;:!?。！？")
}

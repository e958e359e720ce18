package passages

import "strings"

// markdown reads Markdown line by line, for its words and not for its looks: of
// CommonMark and GitHub's tables what tells headings, paragraphs, items, code and
// rows apart. The libraries that read all of it take quadratic time or worse for
// lines such as ">>>>" and "[a]([a](", so that 10 MiB of them would hold a node up.
type markdown struct {
	c      *cutter
	para   []string
	prefix string // "- " or "3. " of the item that para is
	fence  string // that ends the code that para is
	end    string // that ends the HTML that is dropped
	table  *table // whose rows come
}

func readMarkdown(text string, c *cutter) {
	m := &markdown{c: c}
	for line := range eachLine(m.front(text)) {
		if c.err != nil {
			return
		}
		m.line(line)
	}
	m.flush()
}

// front takes the title out of a front matter in YAML and drops the rest of it.
func (m *markdown) front(text string) string {
	if !strings.HasPrefix(text, "---\n") && !strings.HasPrefix(text, "---\r\n") {
		return text
	}
	head := text[3:]
	end := strings.Index(head[:min(len(head), 64<<10)], "\n---")
	if end < 0 {
		return text
	}
	for line := range eachLine(head[:end]) {
		if title, ok := strings.CutPrefix(line, "title:"); ok {
			m.c.title = short(collapse(strings.Trim(strings.TrimSpace(title), `"'`)))
		}
	}
	return head[end+4:]
}

func (m *markdown) line(line string) {
	bare := strings.TrimSpace(line)
	switch {
	case m.end != "":
		if contains(bare, m.end) {
			m.end = ""
		}
		return
	case m.fence != "":
		if strings.HasPrefix(bare, m.fence) && strings.Trim(bare, m.fence[:1]) == "" {
			m.code()
		} else {
			m.para = append(m.para, line)
		}
		return
	case m.dropped(bare):
		return
	}
	quoted := bare != "" && bare[0] == '>'
	bare = strings.TrimLeft(bare, "> \t")
	switch level, title := atx(bare); {
	case bare == "":
		m.flush()
	case level > 0 && quoted:
		m.flush()
		m.para = append(m.para, title)
	case level > 0:
		m.flush()
		m.c.heading(level, inline(title), 0)
	case fence(bare) != "":
		m.flush()
		m.fence = fence(bare)
	case m.table != nil && strings.Contains(bare, "|"):
		m.block(m.table.row(cells(bare), false))
	case len(m.para) == 1 && delimiters(bare) && strings.Contains(m.para[0], "|"):
		m.table = &table{}
		if head := cells(m.para[0]); !m.table.setHead(head) {
			m.block(m.table.row(head, false))
		}
		m.para = m.para[:0]
	case len(m.para) > 0 && m.prefix == "" && !quoted && setext(bare) > 0:
		m.c.heading(setext(bare), inline(strings.Join(m.para, " ")), 0)
		m.para = m.para[:0]
	case rule(bare):
		m.flush()
	default:
		m.words(bare)
	}
}

// words takes a line of a paragraph or an item.
func (m *markdown) words(bare string) {
	if strings.HasPrefix(bare, "[") && len(m.para) == 0 {
		if label, _, ok := strings.Cut(bare, "]:"); ok && !strings.ContainsAny(label[1:], "[]^") {
			return // where a link leads to
		}
	}
	if m.table != nil {
		m.flush()
	}
	if marker, rest := item(bare); marker != "" {
		m.flush()
		m.prefix, bare = marker, rest
	}
	m.para = append(m.para, bare)
}

// flush ends the paragraph, item, code or table at hand.
func (m *markdown) flush() {
	if m.fence != "" {
		m.code()
		return
	}
	if len(m.para) > 0 {
		if text := inline(strings.Join(m.para, "\n")); strings.TrimSpace(text) != "" {
			m.block(m.prefix + text)
		}
	}
	m.block(m.table.end())
	m.para, m.prefix, m.table = m.para[:0], "", nil
}

func (m *markdown) code() {
	m.fence = ""
	m.block(strings.Join(m.para, string(lineBreak)))
	m.para = m.para[:0]
}

func (m *markdown) block(text string) { m.c.block(text, 0, 0) }

// dropped reports a line that begins HTML whose content is not for readers; it goes
// on until its end.
func (m *markdown) dropped(bare string) bool {
	if len(bare) < 4 || bare[0] != '<' {
		return false
	}
	end := ""
	if strings.HasPrefix(bare, "<!--") {
		end = "-->"
	} else {
		name := strings.ToLower(bare[1:min(len(bare), 12)])
		if stop := strings.IndexAny(name, " \t>/"); stop >= 0 {
			name = name[:stop]
		}
		if !unread[name] {
			return false
		}
		end = "</" + name
	}
	m.flush()
	if !contains(bare[4:], end) {
		m.end = end
	}
	return true
}

// contains is strings.Contains, whatever the case of text.
func contains(text, lower string) bool { return strings.Contains(strings.ToLower(text), lower) }

// atx returns the level and text of a heading that begins with "#"; 0 if it is none.
func atx(line string) (level int, title string) {
	line = strings.TrimSpace(line)
	for level < len(line) && line[level] == '#' {
		level++
	}
	if level == 0 || level > 6 || level < len(line) && line[level] != ' ' && line[level] != '\t' {
		return 0, ""
	}
	return level, strings.TrimSpace(strings.TrimRight(line[level:], "#"))
}

func setext(bare string) int {
	switch {
	case strings.Trim(bare, "=") == "":
		return 1
	case len(bare) > 1 && strings.Trim(bare, "-") == "":
		return 2
	}
	return 0
}

// fence returns what begins, and later ends, a block of code.
func fence(bare string) string {
	for _, mark := range []string{"`", "~"} {
		rest := strings.TrimLeft(bare, mark)
		if n := len(bare) - len(rest); n >= 3 && !strings.Contains(rest, mark) {
			return bare[:n]
		}
	}
	return ""
}

func rule(bare string) bool {
	for _, mark := range []string{"*", "-", "_"} {
		if strings.Count(bare, mark) >= 3 && strings.Trim(bare, mark+" ") == "" {
			return true
		}
	}
	return false
}

// item returns what is said before an item of a list, and the item.
func item(bare string) (marker, rest string) {
	n := 0
	for n < len(bare) && n < 9 && '0' <= bare[n] && bare[n] <= '9' {
		n++
	}
	if n+1 >= len(bare) || bare[n+1] != ' ' && bare[n+1] != '\t' {
		return "", bare
	}
	switch {
	case n == 0 && strings.IndexByte("-*+", bare[0]) >= 0:
		marker = "- "
	case n > 0 && (bare[n] == '.' || bare[n] == ')'):
		marker = bare[:n] + ". "
	default:
		return "", bare
	}
	rest = strings.TrimSpace(bare[n+1:])
	for _, box := range []string{"[ ] ", "[x] ", "[X] "} {
		rest = strings.TrimPrefix(rest, box)
	}
	return marker, rest
}

// delimiters reports the row below a table's head.
func delimiters(bare string) bool {
	return strings.ContainsRune(bare, '-') && strings.Trim(bare, "|-: \t") == ""
}

// cells cuts a row at its "|", but not at "\|".
func cells(row string) []string {
	row = strings.TrimPrefix(strings.TrimSpace(row), "|")
	var list []string
	begin := 0
	for i := 0; i < len(row); i++ {
		switch row[i] {
		case '\\':
			i++
		case '|':
			list = append(list, inline(row[begin:i]))
			begin = i + 1
		}
	}
	if begin < len(row) {
		list = append(list, inline(row[begin:]))
	}
	return list
}

package passages

import (
	"html"
	"strings"
	"unicode/utf8"
)

const (
	// maxTicks bounds the backticks around a piece of code.
	maxTicks = 80
	// maxOpen bounds the brackets, or parentheses of an address, that are open.
	maxOpen = 32
)

// inliner takes the marks out of a paragraph of Markdown: emphasis, code, links,
// images, tags, escapes. It looks at no byte more than a bounded number of times.
type inliner struct {
	s     string
	at    int
	out   []byte
	open  []int              // where in out the last open brackets are
	ticks *[maxTicks + 1]int // where the last run of that many backticks begins, plus one
	noTag bool               // no ">" is left
	noEnd bool               // no "-->" is left
}

// inline returns what a reader sees of a paragraph.
func inline(s string) string {
	if !strings.ContainsAny(s, "\\`<[]*_~&!") {
		return s
	}
	p := inliner{s: s, out: make([]byte, 0, len(s))}
	for p.at < len(s) {
		p.step()
	}
	text := string(p.out)
	if strings.IndexByte(text, 0) >= 0 { // brackets of links; the document has no NUL
		text = strings.ReplaceAll(text, "\x00", "")
	}
	return html.UnescapeString(text)
}

func (p *inliner) step() {
	ch := p.s[p.at]
	switch ch {
	case '\\':
		if next := p.peek(1); next == '\n' {
			p.out = utf8.AppendRune(p.out, lineBreak)
			p.at += 2
		} else if next > ' ' && next < utf8.RuneSelf && !alnum(next) {
			p.out = append(p.out, next)
			p.at += 2
		} else {
			p.keep(1)
		}
	case '`':
		p.code()
	case '<':
		p.tag()
	case '!':
		if p.peek(1) == '[' {
			p.at++
		} else {
			p.keep(1)
		}
	case '[':
		if len(p.open) == maxOpen {
			p.open = p.open[:0]
		}
		p.open = append(p.open, len(p.out))
		p.keep(1)
	case ']':
		p.link()
	case '*', '_', '~':
		p.emphasis(ch)
	default:
		p.keep(1)
	}
}

// peek returns the byte so far ahead, 0 past the end.
func (p *inliner) peek(n int) byte {
	if p.at+n < len(p.s) {
		return p.s[p.at+n]
	}
	return 0
}

func (p *inliner) keep(n int) {
	p.out = append(p.out, p.s[p.at:p.at+n]...)
	p.at += n
}

// run returns how many of the byte at hand stand here.
func (p *inliner) run(from int) int {
	n := 1
	for from+n < len(p.s) && p.s[from+n] == p.s[from] {
		n++
	}
	return n
}

// emphasis drops the marks of emphasis, and keeps what only looks like them: "2 * 3",
// "snake_case", "~5".
func (p *inliner) emphasis(ch byte) {
	n := p.run(p.at)
	before, after := byte(' '), p.peek(n)
	if p.at > 0 {
		before = p.s[p.at-1]
	}
	switch {
	case after <= ' ' && before <= ' ',
		ch == '~' && n == 1,
		ch == '_' && word(before) && word(after),
		ch == '*' && n == 1 && digit(before) && digit(after):
		p.keep(n)
	default:
		p.at += n
	}
}

func (p *inliner) code() {
	n := p.run(p.at)
	if p.ticks == nil {
		p.ticks = new([maxTicks + 1]int)
		for i := p.at; i < len(p.s); i++ {
			if p.s[i] == '`' {
				long := p.run(i)
				if long <= maxTicks {
					p.ticks[long] = i + 1
				}
				i += long - 1
			}
		}
	}
	if n > maxTicks || p.ticks[n]-1 <= p.at {
		p.keep(n)
		return
	}
	for i := p.at + n; i < len(p.s); i++ {
		if p.s[i] != '`' {
			continue
		}
		long := p.run(i)
		if long == n {
			p.out = append(p.out, p.s[p.at+n:i]...)
			p.at = i + n
			return
		}
		i += long - 1
	}
	p.keep(n)
}

// tag drops an HTML tag or comment; of "<https://...>" the address stays.
func (p *inliner) tag() {
	rest := p.s[p.at:]
	if strings.HasPrefix(rest, "<!--") && !p.noEnd {
		if end := strings.Index(rest, "-->"); end >= 0 {
			p.at += end + 3
			return
		}
		p.noEnd = true
	}
	next := p.peek(1)
	if p.noTag || !letter(next) && (next != '/' || !letter(p.peek(2))) {
		p.keep(1)
		return
	}
	end := strings.IndexByte(rest, '>')
	if end < 0 {
		p.noTag = true
		p.keep(1)
		return
	}
	inner := rest[1:end]
	switch name := tagName(inner); {
	case !strings.ContainsAny(inner, " \n") && strings.ContainsAny(inner, ":@"):
		p.out = append(p.out, inner...)
	case name == "br":
		p.out = utf8.AppendRune(p.out, lineBreak)
	case !within[name]:
		p.out = append(p.out, ' ')
	}
	p.at += end + 1
}

func tagName(inner string) string {
	inner = strings.TrimPrefix(inner, "/")
	n := 0
	for n < len(inner) && n < 16 && alnum(inner[n]) {
		n++
	}
	return strings.ToLower(inner[:n])
}

// link ends a bracket: of a link its text stays.
func (p *inliner) link() {
	n := 0
	switch p.peek(1) {
	case '(':
		n = address(p.s[p.at+1:])
	case '[':
		n = reference(p.s[p.at+1:])
	}
	if len(p.open) == 0 {
		n = 0
	} else {
		last := p.open[len(p.open)-1]
		p.open = p.open[:len(p.open)-1]
		if n > 0 {
			p.out[last] = 0
		}
	}
	if n == 0 {
		p.keep(1)
		return
	}
	p.at += 1 + n
}

// address returns the length of "(where "title")", 0 if that is not what s begins
// with. It gives up at a bracket, so that nothing is looked at over and over.
func address(s string) int {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '(':
			if depth++; depth > maxOpen {
				return 0
			}
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		case '[', ']', '<':
			if s[i] != '<' || i != 1 {
				return 0
			}
		}
	}
	return 0
}

// reference returns the length of "[name]", 0 if that is not what s begins with.
func reference(s string) int {
	for i := 1; i < len(s) && i < 200; i++ {
		switch s[i] {
		case ']':
			return i + 1
		case '[':
			return 0
		}
	}
	return 0
}

func letter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }
func digit(b byte) bool  { return '0' <= b && b <= '9' }
func alnum(b byte) bool  { return letter(b) || digit(b) }
func word(b byte) bool   { return alnum(b) || b >= utf8.RuneSelf }

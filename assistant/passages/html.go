package passages

import (
	"errors"
	"io"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// maxNesting bounds the lists whose numbering is known.
const maxNesting = 100

// unread are the elements whose content no reader of the page is told, or that says
// the same on every page.
var unread = set("script style noscript template svg nav iframe object select textarea canvas audio video noembed noframes datalist")

// within are the elements that stand in a line of text.
var within = set(`a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark meter
	output progress q rp rt ruby s samp small span strike strong sub sup time tt u var wbr`)

func set(names string) map[string]bool {
	m := map[string]bool{}
	for _, name := range strings.Fields(names) {
		m[name] = true
	}
	return m
}

// page reads HTML token by token, without a tree: nothing can be nested too deep.
type page struct {
	c     *cutter
	text  strings.Builder // of the block at hand
	level int             // of the heading at hand, 0 outside one
	pre   bool

	skip  string // name of the element that is dropped
	depth int    // how many of that name are open

	lists  []int // number of the last item of each list that is open, -1 without numbers
	prefix string

	table table
	row   []string
	heads int  // cells of the row that are headers
	cell  bool // within one
	named bool // the row's first cell is a header
}

// readHTML reads what a browser would show. The tokenizer's buffer is bounded by the
// document, which is.
func readHTML(text string, c *cutter) {
	z := html.NewTokenizer(strings.NewReader(text))
	z.SetMaxBuf(len(text) + 4096)
	p := &page{c: c}
	for c.err == nil {
		switch tt := z.Next(); tt {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) {
				c.err = z.Err()
			}
			p.endRow()
			p.endTable()
			p.flush()
			return
		case html.TextToken:
			if p.skip == "" {
				p.words(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, attributes := z.TagName()
			p.start(string(name), tt == html.SelfClosingTagToken, attributes, z)
		case html.EndTagToken:
			name, _ := z.TagName()
			p.end(string(name))
		}
	}
}

func (p *page) words(text string) {
	if p.pre {
		text = strings.ReplaceAll(text, "\n", string(lineBreak))
	}
	p.text.WriteString(text)
}

func (p *page) start(name string, closed, attributes bool, z *html.Tokenizer) {
	switch {
	case p.skip != "":
		if name == p.skip && !closed {
			p.depth++
		}
		return
	case unread[name]:
		if !closed || name != "svg" {
			p.skip, p.depth = name, 1
		}
		return
	case within[name]:
		return
	}
	switch name {
	case "img":
		if attributes {
			p.words(" " + attribute(z, "alt") + " ")
		}
	case "br":
		p.text.WriteRune(lineBreak)
	case "pre":
		p.flush()
		p.pre = true
	case "ul", "ol":
		p.flush()
		p.list(name)
	case "li":
		p.item()
	case "table", "tr", "td", "th", "caption", "thead", "tbody", "tfoot":
		p.tableTag(name)
	case "h1", "h2", "h3", "h4", "h5", "h6":
		p.endRow()
		p.flush()
		p.level = int(name[1] - '0')
	default:
		p.flush()
	}
}

func (p *page) end(name string) {
	switch {
	case p.skip != "":
		if name == p.skip {
			if p.depth--; p.depth == 0 {
				p.skip = ""
			}
		}
		return
	case within[name]:
		return
	}
	switch name {
	case "title":
		if p.c.title == "" {
			p.c.title = short(collapse(p.text.String()))
		}
		p.text.Reset()
	case "pre":
		p.flush()
		p.pre = false
	case "ul", "ol":
		p.flush()
		if len(p.lists) > 0 {
			p.lists = p.lists[:len(p.lists)-1]
		}
	case "tr", "table", "thead", "tbody", "tfoot":
		p.endRow()
		if name == "table" {
			p.endTable()
		}
	case "td", "th":
		p.endCell()
	case "li":
		p.flush()
		p.prefix = ""
	default:
		p.flush()
	}
}

// flush ends the block at hand; within a table's cell it only parts the words.
func (p *page) flush() {
	if p.cell {
		p.text.WriteByte(' ')
		return
	}
	text := p.text.String()
	p.text.Reset()
	switch {
	case p.level > 0:
		p.c.heading(p.level, text, 0)
		p.level = 0
	case strings.TrimSpace(text) != "":
		p.c.block(p.prefix+text, 0, 0)
		p.prefix = ""
	}
}

func (p *page) list(name string) {
	number := -1
	if name == "ol" {
		number = 0
	}
	if len(p.lists) < maxNesting {
		p.lists = append(p.lists, number)
	}
}

func (p *page) item() {
	p.flush()
	p.prefix = "- "
	if n := len(p.lists) - 1; n >= 0 && p.lists[n] >= 0 {
		p.lists[n]++
		p.prefix = strconv.Itoa(p.lists[n]) + ". "
	}
}

func (p *page) tableTag(name string) {
	switch name {
	case "td", "th":
		if p.cell {
			p.endCell()
		} else if p.row == nil {
			p.flush()
		}
		p.cell = true
		if name == "th" {
			p.named = p.named || len(p.row) == 0
			p.heads++
		}
	default:
		p.endRow()
		p.flush()
		if name == "table" {
			p.endTable()
		}
	}
}

func (p *page) endCell() {
	if p.cell {
		p.row = append(p.row, p.text.String())
		p.text.Reset()
		p.cell = false
	}
}

// endRow says the row at hand, or takes it as the names of the columns.
func (p *page) endRow() {
	p.endCell()
	if len(p.row) > 1 && p.heads == len(p.row) {
		p.endTable()
		if p.table.setHead(p.row) {
			p.row = nil
		}
	}
	if len(p.row) > 0 {
		p.c.block(p.table.row(p.row, p.named), 0, 0)
	}
	p.row, p.heads, p.named = nil, 0, false
}

func (p *page) endTable() {
	p.c.block(p.table.end(), 0, 0)
	p.table = table{}
}

// attribute returns an attribute's value, "" without one.
func attribute(z *html.Tokenizer, want string) string {
	for {
		key, value, more := z.TagAttr()
		if string(key) == want {
			return string(value)
		}
		if !more {
			return ""
		}
	}
}

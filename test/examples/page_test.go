package examples_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"parley/test/harness"
)

// page is docs/clients.md: its sections by their headings, the first by "".
type page map[string]section

type section struct {
	text   string
	blocks []block
}

// block is a piece of code, with the language that is written behind its fence.
type block struct{ language, code string }

var (
	heading = regexp.MustCompile(`(?m)^## (.+)$`)
	fence   = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")
)

// clients reads the page.
func clients(t *testing.T) page {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(harness.Root(), "docs", "clients.md"))
	if err != nil {
		t.Fatal(err)
	}
	p, name, rest := page{}, "", string(text)
	for rest != "" {
		body, next := rest, ""
		at := heading.FindStringSubmatchIndex(rest)
		if at != nil {
			body, next = rest[:at[0]], rest[at[2]:at[3]]
			rest = rest[at[1]:]
		} else {
			rest = ""
		}
		p[name] = newSection(body)
		name = next
	}
	return p
}

func newSection(text string) section {
	s := section{text: text}
	for _, m := range fence.FindAllStringSubmatch(text, -1) {
		s.blocks = append(s.blocks, block{m[1], m[2]})
	}
	return s
}

// block returns the code of a section's nth block of a language, from 0.
func (p page) block(t *testing.T, name, language string, n int) string {
	t.Helper()
	for _, b := range p[name].blocks {
		if b.language != language {
			continue
		}
		if n == 0 {
			return b.code
		}
		n--
	}
	t.Fatalf("docs/clients.md has too few %s blocks in %q", language, name)
	return ""
}

// rows returns the cells of the tables in a section, without their headings.
func (p page) rows(t *testing.T, name string) [][]string {
	t.Helper()
	var rows [][]string
	for line := range strings.Lines(p[name].text) {
		if cells := strings.Split(strings.TrimSpace(line), "|"); len(cells) > 3 && cells[0] == "" {
			rows = append(rows, cells[1:len(cells)-1])
		}
	}
	if len(rows) < 3 {
		t.Fatalf("docs/clients.md has no table in %q", name)
	}
	return rows[2:]
}

var codeSpan = regexp.MustCompile("`([^`]+)`")

// spans returns what stands in a text as code.
func spans(text string) []string {
	var all []string
	for _, m := range codeSpan.FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	return all
}

// filled puts a running server, a token and a room into the page's code.
func filled(code string, s *harness.Server, token, room string) string {
	return strings.NewReplacer(
		"localhost:3000", s.Addr, "localhost:3001", s.Addr, "TOKEN", token, "ROOM", room,
	).Replace(code)
}

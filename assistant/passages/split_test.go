package passages_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"parley/assistant/passages"
	"parley/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// TestSplit: what people read of a document, and where it stands.
func TestSplit(t *testing.T) {
	for name, want := range map[string]struct{ document, passages string }{
		"lines.txt":    {"one\r\ntwo\rthree\n\nlast line.", "Lines 1-5: one\ntwo\nthree\nlast line."},
		"title.txt":    {"Opening hours\n\nMonday: closed.\n\nParking\n-------\n\nFree.", "Opening hours > Line 3: Monday: closed.|Opening hours > Parking > Line 8: Free."},
		"one.txt":      {"Hello\n\n", "Line 1: Hello"},
		"heads.md":     {"# A\n## B\ntext\n# C\n# D #\n\nE\n===\nmore", "A > B: text|C: C|D: D|E: more"},
		"inline.md":    {"**Bold** _it_ `a*b*` [link](http://x/(y)) ![alt](i.png) a\\*b 2 * 3 snake_case <b>x</b>&amp;&lt;", "Paragraph 1: Bold it a*b* link alt a*b 2 * 3 snake_case x&<"},
		"list.md":      {"- a\n- [x] b\n  c\n3. d\n> quoted\n> more", "Paragraphs 1-3: - a\n- b c\n3. d quoted more"},
		"table.md":     {"| Size | Chest |\n|---|:-:|\n| M | 96 |\n| L \\| | |\n\nafter", "Paragraphs 1-3: Size: M; Chest: 96\nSize: L |\nafter"},
		"code.md":      {"# X\n```go\n# no *heading*\n```\n<script>\nevil()\n</script>\n<!-- no\nno -->\n[ref]: http://x\nend", "X: # no *heading*\nend"},
		"front.md":     {"---\ntitle: \"T\"\n---\n## H\nx", "T > H: x"},
		"page.html":    {"<title>T</title><nav>no</nav><p>a &amp; <b>b</b>c<br>d<script>no</script><style>no</style><svg><text>no</svg><!-- no --><template>no</template><noscript>no</noscript><ul><li>x<li><p>y</ul><ol><li>z</ol>", "T > Paragraphs 1-4: a & bc\nd\n- x\n- y\n1. z"},
		"heads.html":   {"<h1>A<b>b</b></h1><p>x</p><h2>C</h2>y<h2>D</h2>", "Ab: x|Ab > C: y|Ab > D: D"},
		"table.html":   {"<table><tr><th>S<th>C<tr><td>M<td>9<tr><td>L</table><table><tr><th>Mon</th><td>closed</td></tr></table><table><tr><th>a<th>b</table>", "Paragraphs 1-4: S: M; C: 9\nS: L\nMon: closed\na; b"},
		"pre.html":     {"<pre>a\n  b</pre><p>c", "Paragraphs 1-2: a\nb\nc"},
		"sniffed":      {"<!doctype html><p>x", "Paragraph 1: x"},
		"sniffed.what": {"# A\nx", "A: x"},
		"bytes.txt":    {"\ufeffa\x00b \xff c\x01d", "Line 1: ab \ufffd cd"},
	} {
		list, err := passages.Split(name, []byte(want.document))
		var got []string
		for _, p := range list {
			got = append(got, p.Place+": "+p.Text)
		}
		if err != nil || strings.Join(got, "|") != want.passages {
			t.Errorf("%s: %v\n got %q\nwant %q", name, err, strings.Join(got, "|"), want.passages)
		}
	}
}

func TestRefused(t *testing.T) {
	for name, test := range map[string]struct {
		data string
		want error
	}{
		"a.pdf":  {"%PDF-1.7\n", passages.ErrUnsupported},
		"a.docx": {"PK\x03\x04....", passages.ErrUnsupported},
		"a.txt":  {"\x89PNG\x0d\x0a\x1a\x0a", passages.ErrUnsupported},
		"a.doc":  {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", passages.ErrUnsupported},
		"b.txt":  {"\x00\x01\x02\x03\x04\x05abc\x80\x81", passages.ErrNotText},
		"c.txt":  {"\xff\xfea", passages.ErrNotText},
		"d.txt":  {"a\x00b\x00c\x00d\x00e\x00f\x00", passages.ErrNotText},
		"e.txt":  {" \n\x00", passages.ErrEmpty},
		"f.html": {"<script>x</script>", passages.ErrEmpty},
		"g.md":   {"<!-- x -->\n\n---\n", passages.ErrEmpty},
		"h.txt":  {"", passages.ErrEmpty},
		"i.txt":  {strings.Repeat("x", passages.MaxBytes+1), passages.ErrTooLarge},
		"j.md":   {strings.Repeat("# a\nb\n", passages.MaxPassages+1), passages.ErrTooMany},
		"k.html": {strings.Repeat("<h1>a</h1>b", passages.MaxPassages+1), passages.ErrTooMany},
	} {
		if _, err := passages.Split(name, []byte(test.data)); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

func TestUTF16(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		var data []byte
		for _, code := range utf16.Encode([]rune("\ufeffGrüße 😀")) {
			data = order.AppendUint16(data, code)
		}
		list, err := passages.Split("a.txt", data)
		if err != nil || list[0].Text != "Grüße 😀" {
			t.Errorf("%v: %v, %v", order, list, err)
		}
	}
}

// TestPassagesAreWhole: long blocks are cut between sentences, words or at least
// characters, nothing is lost, and no passage is too long.
func TestPassagesAreWhole(t *testing.T) {
	for name, text := range map[string]string{
		"sentences":  strings.Repeat("Nine short words stand in each of these sentences. ", 100),
		"words":      strings.Repeat("word ", 2000),
		"characters": strings.Repeat("x", 9000),
		"marks":      strings.Repeat("e\u0301", 9000),
		"all marks":  "a" + strings.Repeat("\u0301", 9000),
		"chinese":    strings.Repeat("收到商品后三十天内可以无理由退货。", 200),
		"emoji":      strings.Repeat("👩\u200d💻", 3000),
	} {
		list := split(t, "a.md", text)
		var all strings.Builder
		for i, p := range list {
			all.WriteString(p.Text)
			if r, _ := utf8.DecodeRuneInString(p.Text); unicode.IsMark(r) && name != "all marks" {
				t.Errorf("%s: passage %d begins with a mark", name, i)
			}
			if i < len(list)-1 && name == "sentences" && !strings.HasSuffix(p.Text, ".") {
				t.Errorf("%s: passage %d ends in a sentence: %q", name, i, p.Text)
			}
		}
		if bare(all.String()) != bare(text) {
			t.Errorf("%s: text was lost", name)
		}
	}
}

func bare(text string) string { return strings.Join(strings.Fields(text), "") }

// split cuts a document and holds what every passage promises.
func split(tb testing.TB, name, document string) []passages.Passage {
	tb.Helper()
	list, err := passages.Split(name, []byte(document))
	if err != nil {
		for _, known := range []error{passages.ErrTooMany, passages.ErrEmpty, passages.ErrUnsupported, passages.ErrNotText} {
			if errors.Is(err, known) {
				return nil
			}
		}
		tb.Fatalf("%s: %v", name, err)
	}
	for _, p := range list {
		for _, s := range []string{p.Place, p.Text} {
			n := utf8.RuneCountInString(s)
			if s == "" || !utf8.ValidString(s) || n > passages.MaxRunes || strings.TrimSpace(s) != s ||
				strings.IndexFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) >= 0 {
				tb.Fatalf("%s: %d characters: %q", name, n, s)
			}
		}
	}
	return list
}

// hostileBytes is MaxBytes at its most; without the race detector that takes less
// than a minute.
var hostileBytes = flag.Int("hostile.bytes", 1<<18, "size of the documents of TestHostile")

// TestHostile: a document of whatever is bad for parsers takes no longer than one of
// text. With -hostile.bytes 10485760 what is quadratic would take hours.
func TestHostile(t *testing.T) {
	for ending, units := range map[string][]string{
		"txt":  {"x", " ", "\n", "\x00", "\xff", "é\u0301", "a\n\n", ".", "a. ", "a\n---\n", "\u2028", "中"},
		"md":   {"[", ">", "*", "`", "``` ", "![", "[a](", "](", "_a ", "*a_ ", "<", "<a ", "<a b=", "<!--", "<!--\n", "&", "&#", "- ", "1. ", "- a\n", "|a", "a|b\n-|-\n", "a|b\n", "[a]: b\n", "[a][b", "`a``b", "\\", "~~", "# ", "#\n", "<script>\n", "```\n", "```\n~~~\n", "a\n===\n", "\t", "(", "]("},
		"html": {"<div>", "<", "</", "<!--", "<!", "<?", "<a b=", "<a b='", "<script>", "<script><!--", "</script", "<table>", "<table><tr><td>", "<tr>", "<th>a", "<li>", "<ul>", "<ol><li>", "<h1>", "<svg>", "<title>", "<textarea>", "<plaintext>", "&", "&amp", "&#x10ffff;", "<p>a", "<br>", "<pre>\n", "<img alt=x>", "<a a a a>", "<![CDATA[", "<nav></nav>", "x", "<x/>"},
	} {
		for _, unit := range units {
			for _, head := range []string{"", "<p a=\"" + strings.Repeat("b", *hostileBytes/2), "word\n"} {
				if head != "" && ending == "txt" || len(head) > 9 && unit != "<div>" {
					continue
				}
				document := head + strings.Repeat(unit, (*hostileBytes-len(head))/len(unit))
				began := time.Now()
				split(t, "a."+ending, document)
				if took := time.Since(began); took > 5*time.Second && *hostileBytes < passages.MaxBytes || took > 20*time.Second {
					t.Errorf("%s of %q: %v", ending, unit, took)
				} else if took > 2*time.Second {
					t.Logf("%s of %q: %v", ending, unit, took)
				}
			}
		}
	}
}

func FuzzSplit(f *testing.F) {
	for _, s := range []string{"# a\n\n- b [c](d) `e`\n|f|\n|-|\n", "<h1>a<table><th>b<td>c", "\xff\xfea\x00", "a\n---\n\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, document string) {
		for _, ending := range []string{"txt", "md", "html", ""} {
			for _, p := range split(t, "a."+ending, document) {
				if len(p.Words()) < len(passages.Words(p.Text)) {
					t.Fatalf("words of the text are lost: %q", p.Text)
				}
			}
		}
	})
}

func BenchmarkSplit(b *testing.B) {
	paragraph := strings.Repeat("You may send back anything you bought online within 30 days after it reached you. ", 5)
	for ending, section := range map[string]string{
		"txt":  paragraph + "\n\n",
		"md":   "## Returns\n\n" + paragraph + "\n\n- **one** [two](http://x)\n- three\n\n" + paragraph + "\n\n",
		"html": "<h2>Returns</h2><p>" + paragraph + "</p><ul><li>one &amp; <a href='x'>two</a></ul><p>" + paragraph + "</p>\n",
	} {
		document := bytes.Repeat([]byte(section), passages.MaxBytes/len(section))
		b.Run(ending, func(b *testing.B) {
			b.SetBytes(int64(len(document)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := passages.Split("a."+ending, document); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("%s-count", ending), func(b *testing.B) {
			list, err := passages.Split("a."+ending, document)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(document)))
			for b.Loop() {
				for _, p := range list {
					p.Words()
				}
			}
		})
	}
}

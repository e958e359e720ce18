package passages

import (
	"bytes"
	"encoding/binary"
	"net/http"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

type kind int

const (
	kindText kind = iota
	kindMarkdown
	kindHTML
)

// kindOf trusts the name's ending, and looks at the content only where it has none
// that is known.
func kindOf(name, text string) kind {
	name = strings.ToLower(name)
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "txt", "text":
		return kindText
	case "md", "markdown":
		return kindMarkdown
	case "html", "htm":
		return kindHTML
	}
	head := text[:min(len(text), 16<<10)]
	if strings.HasPrefix(http.DetectContentType([]byte(head)), "text/html") {
		return kindHTML
	}
	for line := range strings.Lines(head) {
		if level, _ := atx(line); level > 0 || strings.HasPrefix(line, "```") {
			return kindMarkdown
		}
	}
	return kindText
}

// decode returns the document as valid UTF-8 without NUL and byte order mark.
func decode(data []byte) (string, error) {
	if text, ok, err := decodeUTF16(data); ok {
		return text, err
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if err := refuse(data); err != nil {
		return "", err
	}
	text := strings.ToValidUTF8(string(data), "\ufffd")
	if strings.IndexByte(text, 0) >= 0 {
		text = strings.ReplaceAll(text, "\x00", "")
	}
	return text, nil
}

// refuse knows what is no text: by the marks of WHATWG's MIME Sniffing, which
// net/http follows, and by how much of the beginning is unreadable.
func refuse(data []byte) error {
	mime := http.DetectContentType(data)
	if mime != "application/octet-stream" && !strings.HasPrefix(mime, "text/") {
		return ErrUnsupported
	}
	for _, mark := range []string{`{\rtf`, "\x7fELF", "MZ\x90", "7z\xbc\xaf", "\xd0\xcf\x11\xe0", "BZh", "\xfd7zXZ", "SQLite format 3\x00", "II*\x00", "MM\x00*"} {
		if bytes.HasPrefix(data, []byte(mark)) {
			return ErrUnsupported
		}
	}
	head := data[:min(len(data), 64<<10)]
	bad, all := 0, 0
	for len(head) > 0 {
		r, size := utf8.DecodeRune(head)
		if r == utf8.RuneError && size == 1 || r < ' ' && !strings.ContainsRune("\t\n\v\f\r\x1b", r) {
			bad++
		}
		all++
		head = head[size:]
	}
	// A page in an old encoding of a European language stays well below a fifth.
	if bad > 4 && bad*5 > all {
		return ErrNotText
	}
	return nil
}

// decodeUTF16 reads text that begins with UTF-16's byte order mark; ok reports it.
func decodeUTF16(data []byte) (text string, ok bool, err error) {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		order = binary.BigEndian
	default:
		return "", false, nil
	}
	data = data[2:]
	if len(data)%2 != 0 || bytes.HasPrefix(data, []byte{0, 0}) { // the latter is UTF-32
		return "", true, ErrNotText
	}
	codes := make([]uint16, 0, len(data)/2)
	for ; len(data) > 0; data = data[2:] {
		if code := order.Uint16(data); code != 0 {
			codes = append(codes, code)
		}
	}
	return string(utf16.Decode(codes)), true, nil
}

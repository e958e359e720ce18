package api_test

import (
	"fmt"
	"mime"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/chat"
)

// TestFileKinds holds that no browser runs what was uploaded, whatever it is called.
func TestFileKinds(t *testing.T) {
	d := openFiles(t)
	const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
	const opaque = "application/octet-stream"
	for _, c := range []struct{ name, content, kind, served, disposition string }{
		{"a.png", png, "image/png", "image/png", "inline"},
		{"a.html", png, "image/png", "image/png", "inline"},
		{"a.gif", "GIF89a/*<script>*/", "image/gif", "image/gif", "inline"},
		{"a.png", "<!DOCTYPE html><script>alert(1)</script>", "text/html", opaque, "attachment"},
		{"a.svg", `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, "image/svg+xml", opaque, "attachment"},
		{"a.xml", `<?xml version="1.0"?><x/>`, "text/xml", opaque, "attachment"},
		{"a.js", "alert(1)", "text/javascript", opaque, "attachment"},
		{"a.css", "a{}", "text/css", opaque, "attachment"},
		{"a.pdf", "%PDF-1.7\n", "application/pdf", "application/pdf", "attachment"},
		{"a.txt", "hello", "text/plain", "text/plain; charset=utf-8", "attachment"},
		{"a.mp3", "ID3\x03\x00\x00\x00\x00\x00\x21TIT2", "audio/mpeg", "audio/mpeg", "inline"},
		{"a.webm", "\x1a\x45\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm", "video/webm", "video/webm", "inline"},
		{"a.swf", "FWS\x05", "application/x-shockwave-flash", opaque, "attachment"},
		{"a", "\x00\x01", opaque, opaque, "attachment"},
	} {
		body, contentType := form("file", c.name, strings.NewReader(c.content))
		r := d.send("ann", contentType, body)
		if kind := field(t, r.body, "type"); kind != c.kind {
			t.Errorf("%s of %q: %s, want %s", c.name, c.content, kind, c.kind)
		}
		got := d.must(200, "ann", "GET", "/chat/files/"+field(t, r.body, "fileId"), "")
		if h := got.header; h.Get("Content-Type") != c.served || h.Get("Content-Disposition") != c.disposition+"; filename="+c.name {
			t.Errorf("%s of %q: %v", c.name, c.content, h)
		}
	}
}

// TestFileNamesInHeaders holds that a name stays within its header and is shown
// as it was sent, but for what is dangerous in it.
func TestFileNamesInHeaders(t *testing.T) {
	d := openFiles(t)
	for sent, want := range map[string]string{
		`say "hi"\..png`:                  "..png", // what stands before a backslash is a directory
		`a";filename="b.html`:             `a";filename="b.html`,
		"a\r\nSet-Cookie: a=b\r\n\r\n<b>": "aSet-Cookie: a=b<b>",
		"a\x00b.txt":                      "ab.txt",
		"a\u202egnp.exe":                  "agnp.exe",
		"字 ä; x=y.txt":                    "字 ä; x=y.txt",
		"%2e%2e%2fpasswd":                 "%2e%2e%2fpasswd",
		"":                                "file",
		"..":                              "file",
		"a\xff.txt":                       "a\ufffd.txt",
	} {
		// As RFC 2231 and as the service is given it, past what Go's writer would escape.
		f, err := d.serviceUpload(sent)
		if err != nil {
			t.Errorf("%q: %v", sent, err)
			continue
		}
		got := d.must(200, "ann", "GET", "/chat/files/"+f, "")
		kind, params, err := mime.ParseMediaType(got.header.Get("Content-Disposition"))
		if err != nil || kind != "attachment" || params["filename"] != want || len(params) != 1 || len(got.header.Values("Set-Cookie")) > 0 {
			t.Errorf("%q: %s (%v), want %q", sent, got.header.Get("Content-Disposition"), err, want)
		}
	}
}

// serviceUpload uploads with the name in the form that can carry any byte.
func (d *fileDoor) serviceUpload(name string) (id string, err error) {
	var escaped strings.Builder
	for _, b := range []byte(name) {
		fmt.Fprintf(&escaped, "%%%02X", b)
	}
	body := "--B\r\nContent-Disposition: form-data; name=\"file\"; filename*=utf-8''" + escaped.String() + "\r\n\r\nhello\r\n--B--\r\n"
	r := d.send("ann", "multipart/form-data; boundary=B", strings.NewReader(body))
	if r.status != 201 {
		return "", fmt.Errorf("%d %s", r.status, r.body)
	}
	return field(d.t, r.body, "fileId"), nil
}

// TestFileForms holds what may be sent, and how else it is answered.
func TestFileForms(t *testing.T) {
	d := openFiles(t, func(o *chat.Options) { o.MaxFile = 1000 })
	const form = "multipart/form-data; boundary=B"
	const file = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n"
	field := func(name, content string) string {
		return "--B\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + content + "\r\n"
	}
	const end = "\r\n--B--\r\n"
	const kilo = "0123456789012345678901234567890123456789012345678901234567890123"
	stored := 0
	for _, c := range []struct {
		name, user, contentType, body string
		status                        int
		want                          string
	}{
		{"file", "ann", form, file + "hello" + end, 201, `"size":5`},
		{"file after fields", "ann", form, field("a", "b") + field("c", kilo) + file + "hello" + end, 201, `"size":5`},
		{"fields after the file", "ann", form, file + "hello\r\n" + field("file", "other") + "--B--\r\n", 201, `"size":5`},
		{"no filename", "ann", form, field("file", "hello") + "--B--", 201, `"name":"file"`},
		{"quoted boundary", "ann", `Multipart/Form-Data; boundary="B"`, file + "hello" + end, 201, `"size":5`},
		{"at the limit", "ann", form, file + strings.Repeat("x", 1000) + end, 201, `"size":1000`},
		{"past the limit", "ann", form, file + strings.Repeat("x", 1001) + end, 413, `{"name":"TOO_LARGE","status":413,"message":"A file must be at most 1000 bytes"}`},
		{"far past the limit", "ann", form, file + strings.Repeat("x", 200_000) + end, 413, `A file must be at most 1000 bytes`},
		{"large field", "ann", form, field("a", strings.Repeat("x", 66_000)) + file + "hello" + end, 413, "the form has too much beside its file"},
		{"many fields", "ann", form, strings.Repeat(field("a", kilo), 600) + file + "hello" + end, 413, "the form has too much beside its file"},
		{"large header", "ann", form, "--B\r\nX: " + strings.Repeat("x", 70_000) + "\r\n\r\n" + end, 413, "the form has too much beside its file"},
		{"large preamble", "ann", form, strings.Repeat(kilo+"\r\n", 1100) + file + "hello" + end, 413, "the form has too much beside its file"},
		{"long line before", "ann", form, strings.Repeat("x", 70_000) + "\r\n" + file + "hello" + end, 400, "body could not be read"},
		{"no file", "ann", form, field("a", "b") + "--B--", 400, `{"name":"INVALID_ARGUMENTS","status":400,"message":"file is required"}`},
		{"other field", "ann", form, strings.ReplaceAll(file, `"file"`, `"upload"`) + "hello" + end, 400, "file is required"},
		{"empty", "ann", form, file + end, 400, "The file is empty"},
		{"nothing", "ann", form, "", 400, "file is required"},
		{"no form", "ann", form, "hello", 400, "file is required"},
		{"cut in the file", "ann", form, file + "hello", 400, "body could not be read"},
		{"cut in the boundary", "ann", form, file + "hello\r\n--", 400, "body could not be read"},
		{"cut in a header", "ann", form, "--B\r\nContent-Disposition: form-", 400, ""},
		{"bad header", "ann", form, "--B\r\nrubbish\r\n\r\nhello" + end, 400, "body could not be read"},
		{"no boundary", "ann", "multipart/form-data", file + "hello" + end, 400, "boundary"},
		{"another boundary", "ann", "multipart/form-data; boundary=C", file + "hello" + end, 400, "file is required"},
		{"no type", "ann", "", file + "hello" + end, 415, `{"name":"UNSUPPORTED_MEDIA_TYPE","status":415,"message":"The body must be multipart/form-data"}`},
		{"JSON", "ann", "application/json", `{}`, 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"mixed", "ann", "multipart/mixed; boundary=B", file + "hello" + end, 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"guest", "guest", form, file + "hello" + end, 403, "Guests may not upload files"},
		{"nobody", "", form, file + "hello" + end, 401, "UNAUTHORIZED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := d.call(c.user, "POST", "/chat/files", c.body, "Content-Type", c.contentType)
			if got.status != c.status || !strings.Contains(got.body, c.want) || got.header.Get("Content-Type") != "application/json" {
				t.Errorf("%d %s, want %d %s", got.status, got.body, c.status, c.want)
			}
			if c.status == 201 {
				stored++
			}
			if names := d.left(); len(names) != stored {
				t.Errorf("%d files are there, want %d", len(names), stored)
			}
		})
	}
	got := d.call("ann", "POST", "/chat/files", file+"hello"+end, "Content-Type", form, "Content-Encoding", "gzip")
	check(t, got, 415, "~Content-Encoding")
	check(t, d.call("ann", "POST", "/chat/files/", file+"hello"+end, "Content-Type", form), 201, "~fileId")
	check(t, d.call("ann", "PUT", "/chat/files", "{}"), 405, "~METHOD_NOT_ALLOWED")
	if text := d.log.String(); strings.Contains(text, "level=ERROR") {
		t.Error(text)
	}
}

// TestFilesAreOff holds what a server without files answers.
func TestFilesAreOff(t *testing.T) {
	d := openFiles(t, func(o *chat.Options) { o.Blobs = nil })
	body, contentType := form("file", "a", strings.NewReader("hello"))
	check(t, d.send("ann", contentType, body), 404, "~NOT_FOUND")
	check(t, d.call("ann", "GET", "/chat/files/"+uuid.NewString(), ""), 404, noFile)
}

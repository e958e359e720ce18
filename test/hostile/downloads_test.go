package hostile

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"parley/test/harness"
)

// TestFilePolyglots: what a browser might run is never sent so that it would.
func TestFilePolyglots(t *testing.T) {
	t.Parallel()
	h, _ := fileHouse(t, generous)
	const script = `<html><script>alert(1)</script></html>`
	const svg = `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>`
	harmless := []string{"image/", "audio/", "video/"}
	for name, content := range map[string]string{
		"a.gif":  "GIF89a/*" + strings.Repeat("\x00", 10) + "*/=1;alert(1)//" + script,
		"b.svg":  svg,
		"c.png":  svg,
		"d.png":  script,
		"e.pdf":  script,
		"f.txt":  script,
		"g.txt":  "plain text first\n" + script,
		"h.html": "plain text",
		"i.xml":  `<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="#s"?><x id="s"/>`,
		"j.js":   "alert(1)",
		"k.mjs":  "export default alert(1)",
		"l.css":  "body{background:url(javascript:alert(1))}",
		"m.html": "%PDF-1.4\n" + script,
		"n.jpg":  "\xff\xd8\xff\xe0\x00\x10JFIF\x00" + script,
		"o.mht":  "MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n" + script,
		"p.txt":  "\xff\xfe<\x00s\x00c\x00r\x00i\x00p\x00t\x00>\x00",
		"q.txt":  "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
		"r.swf":  "FWS\x05\x00\x00\x00\x00",
		"s.wasm": "\x00asm\x01\x00\x00\x00",
		"t.html": "<!--\x89PNG\r\n\x1a\n-->" + script,
		"u.xht":  `<html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>`,
		"v":      "#!/bin/sh\necho",
	} {
		id := h.upload(t, "mallory", name, content)
		for _, more := range [][]string{nil, {"Range", "bytes=1-2,4-8"}, {"Accept", "text/html"}} {
			got := h.as(t, "mallory", "user", http.MethodGet, "/chat/files/"+id+"?x=.html", "", more...)
			kind := got.header.Get("Content-Type")
			inert := kind == "application/octet-stream" || kind == "application/pdf" || kind == "text/plain; charset=utf-8" ||
				strings.HasPrefix(kind, "multipart/byteranges;") ||
				slices.ContainsFunc(harmless, func(p string) bool { return strings.HasPrefix(kind, p) }) && !strings.Contains(kind, "svg")
			inline := strings.HasPrefix(got.header.Get("Content-Disposition"), "inline")
			if !inert || inline && !slices.ContainsFunc(harmless, func(p string) bool { return strings.HasPrefix(kind, p) }) && got.status == 200 ||
				got.header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(got.header.Get("Content-Security-Policy"), "sandbox") {
				t.Errorf("%s comes as %d %v", name, got.status, got.header)
			}
		}
	}
	h.unharmed(t)
}

// TestFileRanges: no Range makes an answer much larger than the file, or an error of ours.
func TestFileRanges(t *testing.T) {
	t.Parallel()
	h, _ := fileHouse(t, generous)
	const size = 1 << 20
	id := h.upload(t, "mallory", "a.bin", strings.Repeat("\x00\x01", size/2))
	most := 0
	for _, ranges := range []string{
		"bytes=" + strings.Repeat("0-0,", 7000) + "1-1", "bytes=" + strings.Repeat("0-,", 5000) + "0-", "bytes=" + strings.Repeat("-1,", 5000) + "-1",
		"bytes=0-0,2-2,4-4", "bytes=5-1", "bytes=-0", "bytes=-99999999999999999999", "bytes=0-99999999999999999999", "bytes=9223372036854775807-",
		"bytes=18446744073709551616-", "bytes=0-0,9223372036854775807-", "bytes=--1", "bytes=+1-2", "bytes=1_0-2", "bytes=", "bytes", "lines=0-1", "bytes=0x0-1",
		"bytes=\x01-2", "bytes=0-1048575,0-1048575", strings.Repeat(" ", 20_000) + "bytes=0-1",
	} {
		r := dialRaw(t, h.Addr)
		r.say("GET /chat/files/%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer %s\r\nRange: %s\r\n\r\n",
			id, harness.Token(t, "mallory", "user"), ranges)
		res, err := http.ReadResponse(r.in, nil)
		if err != nil {
			t.Fatalf("%.40s: %v", ranges, err)
		}
		n, _ := io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		_ = r.Close()
		if strings.Count(ranges, ",") > 100 && res.StatusCode != http.StatusOK {
			t.Errorf("%.40s: %d, not the whole file", ranges, res.StatusCode)
		}
		if most = max(most, int(n)); n > size+16<<10 || res.StatusCode >= 500 {
			t.Errorf("%.40s: %d with %d bytes", ranges, res.StatusCode, n)
		}
	}
	t.Logf("at most %d bytes of a file of %d", most, size)
	h.unharmed(t)
}

// TestFileOfOthers: a file is its owner's and the room's. To all others it is as
// if there were none, whatever they know of it, from the moment they are out.
func TestFileOfOthers(t *testing.T) {
	t.Parallel()
	onDatabases(t, func(t *testing.T, database string) {
		h, _ := fileHouse(t, generous, database)
		own := h.upload(t, "alice", "own.txt", "own")
		id := h.upload(t, "alice", "shared.bin", strings.Repeat("s", 8<<20))
		if a := h.alice.call(t, "message", map[string]any{"roomId": h.room, "contentType": "file", "files": []string{id}}); a["ok"] != true {
			t.Fatal(a)
		}
		stolen := h.join(t, "mallory")
		for _, files := range [][]string{{own}, {id, own}, {"../" + own}, {strings.ToUpper(own)}} {
			got := code(stolen.call(t, "message", map[string]any{"roomId": h.room, "contentType": "file", "files": files}))
			if got != "invalid" {
				t.Errorf("posting %q: %q", files, got)
			}
		}
		stolen.close()
		reading := dialRaw(t, h.Addr)
		reading.say("GET /chat/files/%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer %s\r\n\r\n", id, harness.Token(t, "mallory", "user"))
		if _, err := io.ReadFull(reading.in, make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		if a := h.as(t, "alice", "user", http.MethodPut, "/chat/rooms/"+h.room+"/removeUsers", `{"users":["mallory"]}`); a.status != http.StatusOK {
			t.Fatalf("%d %s", a.status, a.body)
		}
		for _, guess := range []string{id, own, strings.ToUpper(id), id[:35], id + "0", "00000000-0000-0000-0000-000000000000", "%2e%2e%2ftmp", "..", "lock", "tmp", id + "%00", id + "%2f.."} {
			for _, who := range [][2]string{{"mallory", "user"}, {"stranger", "user"}, {"visitor", "guest"}, {"helper", "agent"}} {
				for _, header := range [][]string{nil, {"If-None-Match", `"` + id + `"`}, {"Range", "bytes=0-1"}, {"If-None-Match", "*"}} {
					got := h.as(t, who[0], who[1], http.MethodGet, "/chat/files/"+guess, "", header...)
					if got.status != http.StatusNotFound && got.status != http.StatusBadRequest || (guess == id || guess == own) && strings.TrimSpace(got.body) != noSuchFile {
						t.Errorf("%s asks for %q with %q: %d %.100s", who[0], guess, header, got.status, got.body)
					}
				}
			}
		}
		if got := h.ask(t, http.MethodGet, "/chat/files/"+id, ""); got.status != http.StatusUnauthorized {
			t.Errorf("without a token: %d", got.status)
		}
		reading.reset()
		h.unharmed(t)
	})
}

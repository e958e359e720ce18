package api_test

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"parley/api"
)

const placeholder = "how to build"

// script is long enough to be compressed. What stands for Brotli is read by nobody.
var script, scriptBrotli, scriptGzip = func() (plain, brotli, zipped string) {
	plain = strings.Repeat("export const answer = 42;\n", 100)
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(plain))
	_ = w.Close()
	return plain, "brotli", b.String()
}()

// built are pages as a build leaves them.
func built() fstest.MapFS {
	html := func(name string) string {
		return `<base href="__BASE_HREF__"><p ngCspNonce="__CSP_NONCE__">` + name
	}
	files := fstest.MapFS{".built": {}, "secret": {Data: []byte("secret")}}
	for name, text := range map[string]string{
		"placeholder.html": placeholder + " __BASE_HREF__",
		"home/index.html":  html("home"), "home/page.css": "p {}",
		"console/index.html": html("console"), "console/main-4QXWZ2KD.js": script, "console/main-4QXWZ2KD.js.br": scriptBrotli,
		"console/main-4QXWZ2KD.js.gz": scriptGzip, "console/media/icon-0123456789abcdef.woff2": "font", "console/logo.svg": "<svg/>",
		"demo/index.html": html("demo"), "demo/cart.html": html("cart"),
		"widget/widget.js": script, "widget/widget.js.br": scriptBrotli, "widget/widget.js.gz": scriptGzip,
		"widget/markdown-ABCDEFGH.js": "run()",
		"docs/index.html":             html("docs"), "docs/page.js": "run()",
	} {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

// openBuilt is open with the pages, and looks at answers as they are sent: it
// unpacks nothing.
func openBuilt(t *testing.T, change ...func(*api.Options)) *door {
	t.Helper()
	d := open(t, append([]func(*api.Options){func(o *api.Options) { o.Pages = built() }}, change...)...)
	d.Client().Transport.(*http.Transport).DisableCompression = true
	return d
}

func TestPages(t *testing.T) {
	d := openBuilt(t)
	const js, html = "text/javascript; charset=utf-8", "text/html; charset=utf-8"
	const now, awhile, forever = "no-cache", "public, max-age=300", "public, max-age=31536000, immutable"
	page := func(base, name string) string { return `~<base href="` + base + `">~">` + name }
	for _, want := range []struct{ path, kind, caching, body string }{
		{"/", html, now, page("/", "home")},
		{"/home/page.css", "text/css; charset=utf-8", awhile, "p {}"},
		{"/console", html, now, page("/console/", "console")},
		{"/console/", html, now, page("/console/", "console")},
		{"/console/index.html", html, now, page("/console/", "console")},
		{"/console/rooms/7", html, now, page("/console/", "console")},
		{"/console/users/ann@shop.example/", html, now, page("/console/", "console")},
		{"/console/main-4QXWZ2KD.js", js, forever, script},
		{"/console/media/icon-0123456789abcdef.woff2", "font/woff2", forever, "font"},
		{"/console/logo.svg", "image/svg+xml", awhile, "<svg/>"},
		{"/demo/", html, now, page("/demo/", "demo")},
		{"/demo/cart.html", html, now, page("/demo/", "cart")},
		{"/widget.js", js, awhile, script},
		{"/widget.js?v=2", js, awhile, script},
		{"/markdown-ABCDEFGH.js", js, forever, "run()"},
		{"/api/docs", html, now, page("/api/docs/", "docs")},
		{"/api/docs/page.js", js, awhile, "run()"},
	} {
		got := d.must(200, "", "GET", want.path, "")
		if got.header.Get("Content-Type") != want.kind || got.header.Get("Cache-Control") != want.caching || !matches(got.body, want.body) {
			t.Errorf("%s: %v %.200q", want.path, got.header, got.body)
		}
		if got.header.Get("X-Content-Type-Options") != "nosniff" || got.header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s: %v", want.path, got.header)
		}
		head := d.call("", "HEAD", want.path, "")
		if head.status != 200 || head.body != "" || head.header.Get("Content-Length") != got.header.Get("Content-Length") || head.header.Get("ETag") != got.header.Get("ETag") {
			t.Errorf("HEAD %s: %d %v", want.path, head.status, head.header)
		}
	}
	for _, path := range []string{
		"/console/none.js", "/console/main-4QXWZ2KD.js.br", "/console/../secret", "/home", "/home/index.html", "/home/../secret", "/home/%2e%2e/secret",
		"/home/..%2fsecret", "/home/..%5csecret", "/home/%00", "/home/.", "/demo/none.css", "/widget", "/widget/widget.js", "/widget.js.br", "/secret",
		"/.built", "/placeholder.html", "/index.html", "/api/docs/..%2fsecret", "/api/docs/%2e%2e", "/api/docs/none",
	} {
		if got := d.call("", "GET", path, ""); strings.HasPrefix(got.body, "secret") || got.status != 404 && !strings.Contains(got.body, "console") {
			t.Errorf("%s: %d %.100q", path, got.status, got.body)
		}
	}
	check(t, d.call("", "POST", "/console/", ""), 405, "~METHOD_NOT_ALLOWED")
	check(t, d.call("", "POST", "/", ""), 405, "~METHOD_NOT_ALLOWED")
}

// matches compares with all of a text, or, where it begins with ~, with its parts.
func matches(got, want string) bool {
	if !strings.HasPrefix(want, "~") {
		return got == strings.TrimSpace(want)
	}
	for part := range strings.SplitSeq(want, "~") {
		if !strings.Contains(got, part) {
			return false
		}
	}
	return true
}

// TestPolicy: a page's policy lets its nonce through, which no other answer has.
func TestPolicy(t *testing.T) {
	d := openBuilt(t)
	nonce := regexp.MustCompile(`ngCspNonce="([A-Za-z0-9_-]{22})"`)
	seen := map[string]bool{}
	for range 3 {
		got := d.must(200, "", "GET", "/console/", "")
		m := nonce.FindStringSubmatch(got.body)
		if m == nil || seen[m[1]] {
			t.Fatalf("the nonce of %s", got.body)
		}
		seen[m[1]] = true
		host := strings.TrimPrefix(d.URL, "http://")
		want := "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-" + m[1] + "'; img-src 'self' data: blob:; font-src 'self'; " +
			"connect-src 'self' ws://" + host + " wss://" + host + "; manifest-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
		if policy := got.header.Get("Content-Security-Policy"); policy != want {
			t.Errorf("policy %s\nwant %s", policy, want)
		}
		if got.header.Get("ETag") != "" || got.header.Get("Last-Modified") != "" {
			t.Errorf("a cache could answer: %v", got.header)
		}
	}
	for _, path := range []string{"/api/docs", "/widget.js", "/console/logo.svg", "/"} {
		for directive := range strings.SplitSeq(d.must(200, "", "GET", path, "").header.Get("Content-Security-Policy"), ";") {
			if strings.Contains(directive, "unsafe-") && !strings.HasPrefix(strings.TrimSpace(directive), "style-src ") {
				t.Errorf("%s: %s", path, directive)
			}
		}
	}
	for host, named := range map[string]bool{"shop.example": true, "shop.example:8443": true, "[::1]:3000": false, "x; script-src *": false, "x'y": false} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		d.Config.Handler.ServeHTTP(w, r)
		policy := w.Header().Get("Content-Security-Policy")
		if strings.Contains(policy, "wss://"+host+";") != named || strings.Count(policy, "script-src") != 1 {
			t.Errorf("%s: %s", host, policy)
		}
	}
}

func TestEncodings(t *testing.T) {
	d := openBuilt(t)
	for accepted, want := range map[string]string{
		"": "", "identity": "", "br": "br", "gzip": "gzip", "gzip, deflate, br, zstd": "br", "GZIP": "gzip", "*": "br",
		"gzip;q=1, br;q=0.5": "gzip", "br;q=0, gzip": "gzip", "br;q=0": "", "br;q=0, *": "gzip", "*;q=0": "", "*;q=0, gzip;q=0.1": "gzip",
		"identity;q=0.5, gzip;q=0.2": "", "identity, br": "br", "br ; q=0.8 , gzip;Q=0.9": "gzip", "brotli, xgzip": "", "br;q=x, gzip;q=-1": "",
		"br;q=NaN": "", "br;level=1": "", ",,;,": "", "zstd": "",
	} {
		got := d.call("", "GET", "/widget.js", "", "Accept-Encoding", accepted)
		body := map[string]string{"": script, "br": scriptBrotli, "gzip": scriptGzip}[want]
		if got.status != 200 || got.header.Get("Content-Encoding") != want || got.body != strings.TrimSpace(body) {
			t.Errorf("%q: %d %v", accepted, got.status, got.header)
		}
		if got.header.Get("Vary") != "Accept-Encoding" || got.header.Get("Content-Type") != "text/javascript; charset=utf-8" {
			t.Errorf("%q: %v", accepted, got.header)
		}
		if head := d.call("", "HEAD", "/widget.js", "", "Accept-Encoding", accepted); head.header.Get("Content-Length") != got.header.Get("Content-Length") || head.body != "" {
			t.Errorf("HEAD %q: %v", accepted, head.header)
		}
	}
	if got := d.call("", "GET", "/home/page.css", "", "Accept-Encoding", "br"); got.header.Get("Content-Encoding") != "" || got.header.Get("Vary") != "" {
		t.Errorf("compressed by nobody: %v", got.header)
	}
}

// TestTags: every content and every encoding of it has a tag of its own, which a
// cache may ask with.
func TestTags(t *testing.T) {
	d := openBuilt(t)
	tags := map[string]string{}
	for _, accepted := range []string{"identity", "br", "gzip"} {
		tag := d.call("", "GET", "/widget.js", "", "Accept-Encoding", accepted).header.Get("ETag")
		if !regexp.MustCompile(`^"[\w-]+"$`).MatchString(tag) || tags[tag] != "" {
			t.Errorf("%s: %s, %v", accepted, tag, tags)
		}
		tags[tag] = accepted
		for asked, status := range map[string]int{tag: 304, "W/" + tag: 304, `"x", ` + tag: 304, "*": 304, `"x"`: 200} {
			got := d.call("", "GET", "/widget.js", "", "Accept-Encoding", accepted, "If-None-Match", asked)
			if got.status != status || got.header.Get("ETag") != tag || got.header.Get("Cache-Control") != "public, max-age=300" || got.header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s %s: %d %v", accepted, asked, got.status, got.header)
			}
			if status == 304 && (got.body != "" || got.header.Get("Content-Encoding") != "") {
				t.Errorf("%s %s: %v", accepted, asked, got.header)
			}
		}
		if got := d.call("", "GET", "/widget.js", "", "Accept-Encoding", accepted, "If-None-Match", tag, "If-Match", `"x"`); accepted != "identity" && got.status != 304 {
			t.Errorf("%s: %d %v", accepted, got.status, got.header)
		}
	}
	changed := openBuilt(t, func(o *api.Options) {
		files := built()
		files["widget/widget.js"] = &fstest.MapFile{Data: []byte(script + "//")}
		o.Pages = files
	})
	if tag := changed.call("", "GET", "/widget.js", "").header.Get("ETag"); tags[tag] != "" {
		t.Error("another content has the same tag")
	}
}

// TestParts: a part is one of the file itself, whatever else the client takes.
func TestParts(t *testing.T) {
	d := openBuilt(t)
	got := d.call("", "GET", "/widget.js", "", "Accept-Encoding", "br, gzip", "Range", "bytes=7-11")
	if got.status != 206 || got.body != "const" || got.header.Get("Content-Encoding") != "" || !strings.HasPrefix(got.header.Get("Content-Range"), "bytes 7-11/") {
		t.Errorf("%d %q %v", got.status, got.body, got.header)
	}
	tag := d.call("", "GET", "/widget.js", "", "Accept-Encoding", "br").header.Get("ETag")
	if got := d.call("", "GET", "/widget.js", "", "Range", "bytes=0-1", "If-Range", tag); got.status != 200 {
		t.Errorf("a part of another encoding: %d", got.status)
	}
	for _, header := range [][2]string{{"Range", "bytes=90000-"}, {"If-Match", `"x"`}} {
		got := d.call("", "GET", "/widget.js", "", header[0], header[1])
		if got.status != 416 && got.status != 412 || got.header.Get("Cache-Control") != "" || got.header.Get("Content-Type") != "application/json" || !strings.Contains(got.body, `"status":4`) {
			t.Errorf("%v: %d %s %v", header, got.status, got.body, got.header)
		}
	}
}

// TestWidgetElsewhere: pages of other sites may load the widget, whatever origins
// may call.
func TestWidgetElsewhere(t *testing.T) {
	d := openBuilt(t, func(o *api.Options) { o.Origins = []string{"https://one.example"} })
	for _, path := range []string{"/widget.js", "/markdown-ABCDEFGH.js"} {
		h := d.call("", "GET", path, "", "Origin", "https://two.example").header
		if h.Get("Cross-Origin-Resource-Policy") != "cross-origin" || h.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %v", path, h)
		}
	}
	if h := d.call("", "GET", "/console/", "", "Origin", "https://two.example").header; h.Get("Access-Control-Allow-Origin") != "" || h.Get("Cross-Origin-Resource-Policy") != "" {
		t.Errorf("the console: %v", h)
	}
}

// TestNoPages: where pages are not built, each says how; where there are none at
// all, nothing is found.
func TestNoPages(t *testing.T) {
	d := open(t, func(o *api.Options) {
		o.Pages, o.BasePath = fstest.MapFS{"placeholder.html": {Data: []byte(placeholder + " __BASE_HREF__")}}, "/support"
	})
	for _, path := range []string{"/", "/console", "/console/rooms/1", "/demo/", "/api/docs"} {
		if got := d.must(200, "", "GET", path, ""); got.body != placeholder+" /support/" || got.header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: %+v", path, got)
		}
	}
	for _, path := range []string{"/widget.js", "/console/main.js", "/home/page.css", "/api/docs/page.js"} {
		check(t, d.call("", "GET", path, ""), 404, "~NOT_FOUND")
	}
	d = open(t)
	for _, path := range []string{"/", "/console", "/demo/x", "/api/docs", "/widget.js"} {
		check(t, d.call("", "GET", path, ""), 404, "~NOT_FOUND")
	}
	d = open(t, func(o *api.Options) { o.Pages = brokenFS{} })
	d.must(404, "", "GET", "/console", "")
	d.must(200, "", "GET", "/healthz", "")
	if !strings.Contains(d.log.String(), "no web pages") {
		t.Error("nothing is told")
	}
}

type brokenFS struct{}

func (brokenFS) Open(string) (fs.File, error) { return nil, net.ErrClosed }

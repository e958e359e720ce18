package api

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// What pages are written with, and what is put there for each answer.
const (
	nonceMark = "__CSP_NONCE__" // of style elements, and for those that scripts make
	baseMark  = "__BASE_HREF__" // the path that the page's own paths begin at
)

// How long a cache may keep a file: for good where its name changes with its
// content; else for moments, so that a new version of the server is soon seen.
const (
	keptForever = "public, max-age=31536000, immutable"
	keptAWhile  = "public, max-age=300"
)

// showPage sends a page of HTML, whose own paths are below the path at. It is made
// for one answer: there is a nonce in it, so that it has no tag and no cache may
// answer with it.
func (s *server) showPage(c echo.Context, p page, at, policy string) error {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	nonce := base64.RawURLEncoding.EncodeToString(random[:])
	text := strings.NewReplacer(nonceMark, nonce, baseMark, s.base(c.Request())+at).Replace(p.text)
	h := c.Response().Header()
	h.Set("Content-Security-Policy", strings.ReplaceAll(policy, nonceMark, nonce))
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Type", p.kind)
	h.Set("Content-Length", strconv.Itoa(len(text)))
	c.Response().WriteHeader(http.StatusOK)
	_, err := io.WriteString(c.Response(), text)
	return err
}

// hostname is a host that a policy can name: those of IPv6 it cannot.
var hostname = regexp.MustCompile(`^[A-Za-z0-9.-]+(:[0-9]+)?$`)

// pagePolicy lets a page run the server's own scripts and talk to it alone. Not all
// browsers take 'self' for the WebSockets of the host too, so that these are named.
func pagePolicy(r *http.Request) string {
	sockets := ""
	if hostname.MatchString(r.Host) {
		sockets = fmt.Sprintf(" ws://%[1]s wss://%[1]s", r.Host)
	}
	return "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-" + nonceMark + "'; img-src 'self' data: blob:; " +
		"font-src 'self'; connect-src 'self'" + sockets + "; manifest-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
}

// sendPage sends a file that is the same for all, in the encoding that the client
// likes best. A part of it is one of the file itself.
func (s *server) sendPage(c echo.Context, p page) error {
	r, h := withoutManyRanges(asSent(c.Request())), c.Response().Header()
	name, tag := p.name, p.tag
	if len(p.encodings) > 0 {
		h.Add("Vary", "Accept-Encoding")
	}
	if e := preferred(r.Header.Values("Accept-Encoding"), p.encodings); e != nil && r.Header.Get("Range") == "" {
		name, tag = name+e.ending, tag+"-"+e.coding
		h.Set("Content-Encoding", e.coding)
		h.Set("Content-Length", strconv.FormatInt(e.size, 10))
		r = forWhole(r)
	}
	file, err := s.pages.files.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	content, ok := file.(io.ReadSeeker)
	if !ok {
		return fmt.Errorf("%s cannot be read from its middle", name)
	}
	h.Set("Content-Type", p.kind)
	h.Set("ETag", strconv.Quote(tag))
	h.Set("Cache-Control", keptAWhile)
	if p.named {
		h.Set("Cache-Control", keptForever)
	}
	out := &fileWriter{ResponseWriter: c.Response(), deadlines: http.NewResponseController(c.Response().Writer), patience: s.Patience}
	in := &watched{ReadSeeker: content}
	http.ServeContent(out, r, "", time.Time{}, in)
	if out.refused != 0 {
		h.Del("Cache-Control")
		h.Del("ETag")
	}
	return s.sent(r.Context(), h, out.refused, in.failed)
}

// forWhole is the request without what could be answered with anything but all of a
// file or nothing: http.ServeContent does not know how long an encoded file is.
func forWhole(r *http.Request) *http.Request {
	whole := *r
	whole.Header = http.Header{}
	for _, name := range r.Header.Values("If-None-Match") {
		whole.Header.Add("If-None-Match", name)
	}
	return &whole
}

// preferred is the encoding that the client gives the most weight (RFC 9110,
// 12.5.3), of several the first one; nil for the file itself.
func preferred(accepted []string, offered []encoding) *encoding {
	weights := map[string]float64{}
	for item := range strings.SplitSeq(strings.ToLower(strings.Join(accepted, ",")), ",") {
		coding, rest, weighed := strings.Cut(item, ";")
		weight := 1.0
		if weighed {
			q, found := strings.CutPrefix(strings.TrimSpace(rest), "q=")
			value, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
			if weight = value; !found || err != nil || !(value >= 0 && value <= 1) {
				weight = 0
			}
		}
		weights[strings.TrimSpace(coding)] = weight
	}
	var best *encoding
	most := weights["identity"]
	for i, e := range offered {
		weight, named := weights[e.coding]
		if !named {
			weight = weights["*"]
		}
		if weight > most || best == nil && weight > 0 && weight == most {
			best, most = &offered[i], weight
		}
	}
	return best
}

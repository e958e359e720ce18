package api

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
)

// basePath is a path of plain names, none of which begins with a dot: it stands in
// pages as it is.
var basePath = regexp.MustCompile(`^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$`)

// ParseBasePath reads the path below which clients find the server, as
// /support; "" and "/" are none. The last slash is left out.
func ParseBasePath(s string) (string, error) {
	base := strings.TrimSuffix(s, "/")
	if base != "" && !basePath.MatchString(base) {
		return "", errors.New("must be a path of letters, digits, -, _, ~ and dots, such as /support")
	}
	return base, nil
}

// base is the path below which the client finds the server: what a trusted proxy
// says that it has taken off, or the server's own.
func (s *server) base(r *http.Request) string {
	if contains(s.TrustedProxies, parseAddr(r.RemoteAddr)) {
		if base, err := ParseBasePath(r.Header.Get("X-Forwarded-Prefix")); err == nil && base != "" {
			return base
		}
	}
	return s.BasePath
}

// withoutBase is the request as it would be without the base path, which proxies
// may take off themselves: both are answered.
func (s *server) withoutBase(r *http.Request) *http.Request {
	if s.BasePath == "" {
		return r
	}
	rest, below := strings.CutPrefix(r.URL.Path, s.BasePath)
	raw, rawBelow := strings.CutPrefix(r.URL.RawPath, s.BasePath)
	if !below || rest != "" && rest[0] != '/' || r.URL.RawPath != "" && !rawBelow {
		return r
	}
	short, address := *r, *r.URL
	short.URL = &address
	address.Path, address.RawPath = rest, raw
	if rest == "" {
		address.Path, address.RawPath = "/", ""
	}
	return &short
}

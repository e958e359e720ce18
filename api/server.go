package api

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"
)

type server struct {
	Options
	echo *echo.Echo
	huma huma.API
	// closed are the administrators' routes, "METHOD /path/:id" each. Those below
	// /admin are closed without it.
	closed map[string]bool
	// waits are the polls that wait, by conversation.
	waits *places
	pages *pages
}

// New returns the handler of every path, /realtime included.
// It keeps no goroutine and needs no closing.
func New(o Options) http.Handler {
	s := &server{Options: o.withDefaults(), echo: echo.New(), closed: map[string]bool{}}
	s.waits = newPlaces(s.MaxWaits, maxWaitsEach)
	s.openPages()
	s.echo.HTTPErrorHandler = func(err error, c echo.Context) { s.refuse(c, err) }
	s.echo.Use(s.observe, s.describe, s.recover, s.cors, private, unescapeParams, s.administer)
	s.huma = newHuma(s.echo, s.Version)
	s.roomRoutes()
	s.memberRoutes()
	s.messageRoutes()
	s.historyRoutes()
	s.chatbotRoutes()
	s.sessionRoutes()
	s.documentRoutes()
	s.invitationRoutes()
	s.customerRoutes()
	s.inboxRoutes()
	s.noteRoutes()
	s.transcriptRoute()
	s.adminRoutes()
	s.fileRoutes()
	if s.Accounts != nil {
		s.accountRoutes()
	}
	s.healthRoutes()
	s.docsRoutes()
	s.pageRoutes()
	return s
}

// ServeHTTP sends each request to its routes. A path is the same with and
// without its last slash, with and without the base path, and HEAD is GET, of which
// net/http sends no body.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = s.withoutBase(r)
	if s.Realtime != nil && (r.URL.Path == "/realtime" || strings.HasPrefix(r.URL.Path, "/realtime/")) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		s.Realtime.ServeHTTP(w, r)
		return
	}
	if s.Raw != nil && isRaw(r) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		s.Raw.ServeHTTP(w, r)
		return
	}
	slash := len(r.URL.Path) > 1 && strings.HasSuffix(r.URL.Path, "/")
	if slash || r.Method == http.MethodHead {
		route := *r
		if slash {
			route.URL = withoutSlash(r.URL)
		}
		if r.Method == http.MethodHead {
			route = *route.WithContext(asHead(r.Context()))
			route.Method = http.MethodGet
		}
		r = &route
	}
	s.echo.ServeHTTP(w, r)
}

func withoutSlash(u *url.URL) *url.URL {
	short := *u
	short.Path = strings.TrimSuffix(u.Path, "/")
	short.RawPath = strings.TrimSuffix(u.RawPath, "/")
	return &short
}

package api

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// observe answers what failed, and tells the log and the metrics, also of an answer
// that was cut off.
func (s *server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		begin := time.Now()
		defer func() { s.tell(c, time.Since(begin)) }()
		if err := next(c); err != nil {
			s.refuse(c, err)
		}
		return nil
	}
}

// tell tells of a request. The log gets the route's pattern, never the path: a path
// may hold somebody's key.
func (s *server) tell(c echo.Context, took time.Duration) {
	r := c.Request()
	if s.Observe != nil {
		s.Observe(r.Method, c.Path(), c.Response().Status, took)
	}
	known := requestOf(r.Context())
	s.Log.LogAttrs(r.Context(), slog.LevelDebug, "request",
		slog.String("request", known.id), slog.String("client", known.client.String()),
		slog.String("method", r.Method), slog.String("route", c.Path()),
		slog.Int("status", c.Response().Status), slog.Duration("took", took))
}

// describe puts what is known of the request into its context, and the headers
// that every answer carries.
func (s *server) describe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		var id [8]byte
		_, _ = rand.Read(id[:]) // never fails
		r := c.Request()
		known := request{id: hex.EncodeToString(id[:]), client: ClientAddr(r, s.TrustedProxies)}
		c.SetRequest(r.WithContext(withRequest(r.Context(), known)))
		h := c.Response().Header()
		h.Set("X-Request-Id", known.id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		return next(c)
	}
}

// private keeps what is said by customers, and the secrets that are shown once, out
// of every cache.
func private(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		for _, under := range []string{customersPath, inboxPath, webhooksPath} {
			if strings.HasPrefix(c.Path(), under) {
				c.Response().Header().Set("Cache-Control", "no-store")
			}
		}
		return next(c)
	}
}

// recover makes an internal error of a panic.
func (s *server) recover(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			switch p := recover(); p {
			case nil:
			case http.ErrAbortHandler:
				panic(p)
			default:
				err = fmt.Errorf("%w: %v\n%s", errPanic, p, debug.Stack())
			}
		}()
		return next(c)
	}
}

// unescapeParams decodes what Echo leaves encoded: it matches the path as it was
// sent wherever that differs from its canonical form.
func unescapeParams(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Request().URL.RawPath != "" {
			values := c.ParamValues()
			for i, v := range values {
				if plain, err := url.PathUnescape(v); err == nil {
					values[i] = plain
				}
			}
			c.SetParamValues(values...)
		}
		return next(c)
	}
}

// refuse answers err, unless an answer is on its way already.
func (s *server) refuse(c echo.Context, err error) {
	e := s.fail(c.Request().Context(), err)
	if c.Response().Committed {
		return
	}
	h := c.Response().Header()
	for name, values := range e.GetHeaders() {
		h[name] = values
	}
	if allow := h.Get("Allow"); strings.Contains(allow, http.MethodGet) {
		h.Set("Allow", allow+", "+http.MethodHead)
	}
	h.Set("Content-Type", "application/json")
	c.Response().WriteHeader(e.Status)
	_ = encode(c.Response(), e)
}

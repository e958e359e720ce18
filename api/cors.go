package api

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"
)

// cors lets pages of the allowed origins read answers, and answers their
// browsers' preflights on every path. Tokens authenticate, never cookies, so no
// credentials are allowed and any origin may be.
func (s *server) cors(next echo.HandlerFunc) echo.HandlerFunc {
	every := slices.Contains(s.Origins, "*")
	return func(c echo.Context) error {
		r, h := c.Request(), c.Response().Header()
		origin := r.Header.Get("Origin")
		if every {
			h.Set("Access-Control-Allow-Origin", "*")
		} else {
			h.Add("Vary", "Origin")
			if origin != "" && slices.Contains(s.Origins, origin) {
				h.Set("Access-Control-Allow-Origin", origin)
			}
		}
		if r.Method != http.MethodOptions || origin == "" || r.Header.Get("Access-Control-Request-Method") == "" {
			h.Set("Access-Control-Expose-Headers", "X-Parley-Token, Retry-After")
			return next(c)
		}
		h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE")
		h.Set("Access-Control-Allow-Headers", "authorization, content-type, masterkey")
		h.Set("Access-Control-Max-Age", "600")
		return c.NoContent(http.StatusNoContent)
	}
}

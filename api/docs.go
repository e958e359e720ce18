package api

import (
	"errors"
	"io"
	"io/fs"
	"net/http"

	"github.com/labstack/echo/v4"
)

// docsPolicy lets the page of the API run its own scripts and ask this server,
// and nothing else. The renderer sets style attributes.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
	"font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// docsPage shows the page of the API, or how to build it.
func (s *server) docsPage(c echo.Context) error {
	err := s.page(c, "docs/index.html", "no-cache")
	if errors.Is(err, fs.ErrNotExist) {
		err = s.page(c, "placeholder.html", "no-cache")
	}
	return orNoRoute(err)
}

func (s *server) docsFile(c echo.Context) error {
	return orNoRoute(s.page(c, "docs/"+c.Param("file"), "max-age=3600"))
}

// page sends one of the built files, or [fs.ErrNotExist] with nothing sent. A
// name that leads out of its directory is no valid path.
func (s *server) page(c echo.Context, name, caching string) error {
	if s.Pages == nil || !fs.ValidPath(name) {
		return fs.ErrNotExist
	}
	file, err := s.Pages.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	content, ok := file.(io.ReadSeeker)
	if info.IsDir() || !ok {
		return fs.ErrNotExist
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", docsPolicy)
	h.Set("Cache-Control", caching)
	http.ServeContent(c.Response(), c.Request(), name, info.ModTime(), content)
	return nil
}

func orNoRoute(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errNoRoute
	}
	return err
}

package api

import (
	"context"
	"log/slog"
	"strings"

	"github.com/labstack/echo/v4"
)

// openPages reads the built pages. Without them the server is whole but for them.
func (s *server) openPages() {
	var err error
	if s.pages, err = readPages(s.Pages); err != nil {
		s.Log.LogAttrs(context.Background(), slog.LevelError, "no web pages", slog.String("error", err.Error()))
		s.pages = &pages{}
	}
}

// pageRoutes serves what stands in directories of the built pages: home at /,
// console and demo below their names, and the files of widget beside the start page.
func (s *server) pageRoutes() {
	s.echo.GET("/", func(c echo.Context) error { return s.app(c, "home", "/", "") })
	s.echo.GET("/home/*", func(c echo.Context) error { return s.pageFile(c, "home/"+c.Param("*")) })
	for _, name := range []string{"console", "demo"} {
		at := "/" + name + "/"
		s.echo.GET("/"+name, func(c echo.Context) error { return s.app(c, name, at, "") })
		s.echo.GET(at+"*", func(c echo.Context) error { return s.app(c, name, at, c.Param("*")) })
	}
	for name := range s.pages.all {
		if file, ok := strings.CutPrefix(name, "widget/"); ok && !strings.ContainsAny(file, ":*") {
			s.echo.GET("/"+file, func(c echo.Context) error { return s.widgetFile(c, name) })
		}
	}
}

// app sends what an application has at a path, and its start for every path that
// is no file's: the application knows what to show there.
func (s *server) app(c echo.Context, name, at, file string) error {
	p, ok := s.pages.all[name+"/"+file]
	switch {
	case ok && p.html:
		return s.showPage(c, p, at, pagePolicy(c.Request()))
	case ok:
		return s.sendPage(c, p)
	case isFile(file) && file != "index.html", !isView(file):
		return errNoRoute
	default:
		return s.start(c, name, at, pagePolicy(c.Request()))
	}
}

// start sends the first page of what is built in a directory, or the one that says
// how it is built.
func (s *server) start(c echo.Context, name, at, policy string) error {
	p, ok := s.pages.all[name+"/index.html"]
	if !ok {
		p, ok = s.pages.all["placeholder.html"]
		at, policy = "/", pagePolicy(c.Request())
	}
	if !ok {
		return errNoRoute
	}
	return s.showPage(c, p, at, policy)
}

// pageFile sends a built file that is no page. Files are known by their names, so
// that no path leads out of their directory.
func (s *server) pageFile(c echo.Context, name string) error {
	p, ok := s.pages.all[name]
	if !ok || p.html {
		return errNoRoute
	}
	return s.sendPage(c, p)
}

// widgetFile sends what other sites' pages load.
func (s *server) widgetFile(c echo.Context, name string) error {
	h := c.Response().Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	return s.pageFile(c, name)
}

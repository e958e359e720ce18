package api

import "github.com/labstack/echo/v4"

// docsPolicy lets the page of the API run its own scripts and ask this server,
// and nothing else. The renderer sets style attributes.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
	"font-src 'self'; connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'"

// docsPage shows the page of the API, or how to build it.
func (s *server) docsPage(c echo.Context) error {
	return s.start(c, "docs", "/api/docs/", docsPolicy)
}

func (s *server) docsFile(c echo.Context) error {
	if c.Param("file") == "index.html" {
		return s.docsPage(c)
	}
	return s.pageFile(c, "docs/"+c.Param("file"))
}

// Package frontend holds the web pages that the binary serves. They are built
// with npm, see package.json; where that was not done, placeholder.html alone is
// there, so that Go builds without Node.
package frontend

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Pages returns the built pages: each application in a directory of its own,
// docs/ that of the API, and placeholder.html.
func Pages() fs.FS {
	pages, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // dist is embedded
	}
	return pages
}

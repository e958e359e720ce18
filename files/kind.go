package files

import (
	"path"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// sniffed is how many bytes at a file's beginning tell its media type. The
// library looks at no more.
const sniffed = 4096

// mediaType is what the first bytes of a file are, without parameters. The name's
// ending counts only where they say no more than text or ZIP: it can tell text
// from text and archive from archive, and make a file something that a browser
// runs, but never make it an image, a sound or a film.
func mediaType(head []byte, name string) string {
	found, _, _ := strings.Cut(mimetype.Detect(head).String(), ";")
	ending := strings.ToLower(path.Ext(name))
	named := ""
	switch found {
	case "text/plain":
		named = textByEnding(ending)
	case "application/zip":
		named = archiveByEnding(ending)
	}
	if named != "" {
		return named
	}
	return found
}

func textByEnding(ending string) string {
	switch ending {
	case ".html", ".htm", ".shtml":
		return "text/html"
	case ".xhtml", ".xht":
		return "application/xhtml+xml"
	case ".svg":
		return "image/svg+xml"
	case ".xml", ".xsl", ".xslt":
		return "text/xml"
	case ".js", ".mjs", ".cjs":
		return "text/javascript"
	case ".css":
		return "text/css"
	case ".md", ".markdown":
		return "text/markdown"
	case ".csv":
		return "text/csv"
	case ".json":
		return "application/json"
	case ".yaml", ".yml":
		return "application/yaml"
	}
	return ""
}

// archiveByEnding names the documents that are ZIP archives, where their entries
// stand in an order that the bytes do not betray.
func archiveByEnding(ending string) string {
	switch ending {
	case ".docx":
		return "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	case ".xlsx":
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case ".pptx":
		return "application/vnd.openxmlformats-officedocument.presentationml.presentation"
	case ".odt":
		return "application/vnd.oasis.opendocument.text"
	case ".ods":
		return "application/vnd.oasis.opendocument.spreadsheet"
	case ".odp":
		return "application/vnd.oasis.opendocument.presentation"
	case ".epub":
		return "application/epub+zip"
	}
	return ""
}

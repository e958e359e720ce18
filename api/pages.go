package api

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// pages are the built web pages, as they were found at the start, by their paths.
type pages struct {
	files fs.FS
	all   map[string]page
}

// page is one built file.
type page struct {
	name string
	kind string // its Content-Type
	tag  string // names its content: another content, another tag
	// named says that the file's name holds a hash of its content, so that it never changes.
	named bool
	// html says that it is a page, and text is all of it: something is filled in for
	// each answer.
	html bool
	text string
	// encodings are those that lie beside it, the best first.
	encodings []encoding
}

// encoding is a content coding (RFC 9110, 8.4.1) that files are stored in.
type encoding struct {
	coding, ending string
	size           int64
}

// stored are the encodings that the build makes, the best first.
var stored = []encoding{{coding: "br", ending: ".br"}, {coding: "gzip", ending: ".gz"}}

// kinds are the types of what pages are made of: alike on all machines, whatever
// their lists of types say.
var kinds = map[string]string{
	".css":         "text/css; charset=utf-8",
	".gif":         "image/gif",
	".html":        "text/html; charset=utf-8",
	".ico":         "image/vnd.microsoft.icon",
	".jpg":         "image/jpeg",
	".js":          "text/javascript; charset=utf-8",
	".json":        "application/json",
	".map":         "application/json",
	".md":          "text/markdown; charset=utf-8",
	".mjs":         "text/javascript; charset=utf-8",
	".png":         "image/png",
	".svg":         "image/svg+xml",
	".ttf":         "font/ttf",
	".txt":         "text/plain; charset=utf-8",
	".wasm":        "application/wasm",
	".webmanifest": "application/manifest+json",
	".webp":        "image/webp",
	".woff":        "font/woff",
	".woff2":       "font/woff2",
	"":             "text/plain; charset=utf-8", // licences
}

// hashed matches the names that builds give to files by their content: main-4QXWZ2KD.js.
var hashed = regexp.MustCompile(`[-.]([0-9A-Z]{8}|[0-9a-f]{8,64})\.[a-z0-9]+$`)

// readPages looks through all files once. Without files there are no pages.
func readPages(files fs.FS) (*pages, error) {
	p := &pages{files: files, all: map[string]page{}}
	if files == nil {
		return p, nil
	}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(path.Base(name), ".") || isEncoded(name) {
			return err
		}
		p.all[name], err = readPage(files, name)
		return err
	})
	return p, err
}

func isEncoded(name string) bool {
	for _, e := range stored {
		if path.Ext(name) == e.ending {
			return true
		}
	}
	return false
}

func readPage(files fs.FS, name string) (page, error) {
	content, err := fs.ReadFile(files, name)
	if err != nil {
		return page{}, err
	}
	sum := sha256.Sum256(content)
	p := page{name: name, kind: kindOf(name), tag: base64.RawURLEncoding.EncodeToString(sum[:12]), named: hashed.MatchString(path.Base(name))}
	if path.Ext(name) == ".html" {
		p.html, p.text = true, string(content)
		return p, nil
	}
	for _, e := range stored {
		info, err := fs.Stat(files, name+e.ending)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return page{}, err
		}
		if e.size = info.Size(); e.size < int64(len(content)) {
			p.encodings = append(p.encodings, e)
		}
	}
	return p, nil
}

func kindOf(name string) string {
	if kind, ok := kinds[path.Ext(name)]; ok {
		return kind
	}
	return "application/octet-stream"
}

// isView reports whether a path can be one that an application shows: nothing in it
// tries to lead elsewhere.
func isView(name string) bool {
	name = strings.TrimSuffix(name, "/")
	return name == "" || fs.ValidPath(name) && !strings.ContainsAny(name, "\\\x00%")
}

// isFile reports whether a path that leads to no file was meant for one: it ends as
// files do. The path of a view may hold a dot too, as an id may that is an address.
func isFile(name string) bool {
	ending := path.Ext(name)
	_, known := kinds[ending]
	return known && ending != ""
}

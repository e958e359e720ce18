package bruno_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"parley/test/harness"
)

// request is one request of the collection: its path in it, and its route as
// method and path, with {} for what is filled in.
type request struct{ path, route string }

var (
	requestLine = regexp.MustCompile(`(?m)^(get|post|put|patch|delete|head|options) \{\n  url: \{\{baseUrl\}\}([^?\n]*)`)
	filledIn    = regexp.MustCompile(`[^/]*\{[^/]*`)
)

// requests reads the collection.
func requests(t *testing.T, dir string) []request {
	t.Helper()
	var all []request
	files := os.DirFS(dir)
	err := fs.WalkDir(files, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) != ".bru" || strings.HasPrefix(path, "environments/") {
			return err
		}
		if name := filepath.Base(path); name == "folder.bru" || name == "collection.bru" {
			return nil
		}
		text, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		m := requestLine.FindStringSubmatch(string(text))
		if m == nil {
			t.Errorf("%s is no request to this server", path)
			return nil
		}
		all = append(all, request{strings.TrimSuffix(path, ".bru"), route(m[1], m[2])})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// route is the same with and without the last slash.
func route(method, path string) string {
	return strings.ToUpper(method) + " " + filledIn.ReplaceAllString(strings.TrimSuffix(path, "/"), "{}")
}

// compare holds that the server's document and the collection have the same routes.
func compare(t *testing.T, s *harness.Server, collected []request) {
	t.Helper()
	status, document := s.Call(t, "GET", "/api/openapi.json", "", nil)
	paths, _ := document["paths"].(map[string]any)
	if status != 200 || len(paths) == 0 {
		t.Fatalf("the document: %d", status)
	}
	var documented []string
	for path, methods := range paths {
		operations, _ := methods.(map[string]any)
		for method := range operations {
			documented = append(documented, route(method, path))
		}
	}
	slices.Sort(documented)
	for _, r := range documented {
		if !slices.ContainsFunc(collected, func(c request) bool { return c.route == r }) {
			t.Errorf("%s has no request in docs/bruno", r)
		}
	}
	for _, c := range collected {
		if !slices.Contains(documented, c.route) {
			t.Errorf("%s asks %s, which the server does not have", c.path, c.route)
		}
	}
}

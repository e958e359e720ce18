package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"parley/api"
)

// TestPagesAreWired: the pages lead to where the settings say, and administrators
// are shown the figures of this process.
func TestPagesAreWired(t *testing.T) {
	clean(t)
	t.Setenv("PARLEY_BASE_PATH", "/support/")
	token, err := parley(t, "", "token", "--sub", "root", "--role", "admin")
	if err != nil {
		t.Fatal(err)
	}
	var cli commands
	parser, err := kong.New(&cli)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"serve"}); err != nil {
		t.Fatal(err)
	}
	set, err := cli.Serve.check(streams{err: &bytes.Buffer{}})
	if err != nil {
		t.Fatal(err)
	}
	srv, err := cli.Serve.wire(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(api.New(srv.apiOptions()))
	defer func() {
		web.Close()
		if err := srv.close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	for path, want := range map[string]string{
		"/console/": `<base href="/support/`, "/support/": `<base href="/support/`, "/support/api/docs": `<base href="/support/`,
		"/support/admin/chat/stats": `"startedAt":"2`,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, web.URL+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		resp, err := web.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("%s: %d %.200s, %v", path, resp.StatusCode, body, err)
		}
	}
}

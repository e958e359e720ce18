package api_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"parley/api"
)

// TestBasePath: every door answers below the base path too, and pages lead there.
func TestBasePath(t *testing.T) {
	heard := make(chan string, 1)
	hear := func(door string) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { heard <- door + " " + r.URL.Path })
	}
	d := openBuilt(t, func(o *api.Options) {
		o.BasePath, o.Realtime, o.Raw = "/team/support", hear("realtime"), hear("raw")
	})
	for path, want := range map[string]string{
		"/team/support": `href="/team/support/"`, "/team/support/": `href="/team/support/"`, "/": `href="/team/support/"`,
		"/team/support/console/rooms/1": `href="/team/support/console/"`, "/console": `href="/team/support/console/"`,
		"/team/support/widget.js": "answer", "/team/support/healthz/": `"ok"`, "/healthz": `"ok"`,
		"/team/support/api/openapi.json": `"servers":[{"url":"/team/support"}]`,
	} {
		if got := d.must(200, "", "GET", path, ""); !strings.Contains(got.body, want) {
			t.Errorf("%s: %.200s", path, got.body)
		}
	}
	room := d.room()
	d.must(200, "ann", "GET", "/team/support/chat/rooms/"+room, "")
	d.must(200, "ann", "GET", "/team/support/chat/rooms/%69"+room[1:], "")
	for _, path := range []string{"/team", "/team/supporter", "/team/support/team/support/healthz", "/team%2fsupport/healthz", "/Team/support/healthz"} {
		d.must(404, "", "GET", path, "")
	}
	for path, want := range map[string]string{
		"/team/support/realtime/": "realtime /realtime/", "/team/support/ws": "raw /ws", "/team/support/ws/chat/s1/": "raw /ws/chat/s1/",
		"/team/support": "raw /", "/team/support/": "raw /", "/ws": "raw /ws",
	} {
		d.call("", "GET", path, "", "Connection", "Upgrade", "Upgrade", "websocket")
		select {
		case got := <-heard:
			if got != want {
				t.Errorf("%s: %s", path, got)
			}
		default:
			t.Errorf("%s: no door", path)
		}
	}
}

// TestForwardedPrefix: a proxy that takes a path off names it; only one that is
// trusted is believed.
func TestForwardedPrefix(t *testing.T) {
	d := openBuilt(t, func(o *api.Options) { o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	for prefix, want := range map[string]string{
		"/support": "/support/console/", "/support/": "/support/console/", "/a/b-c_d~e.f": "/a/b-c_d~e.f/console/", "": "/console/", "/": "/console/",
		"//evil.example": "/console/", "support": "/console/", "/a/../b": "/console/", `/"><script>`: "/console/", "/a b": "/console/",
		"https://evil.example": "/console/", "/a, /b": "/console/", "/%2e": "/console/",
	} {
		got := d.call("", "GET", "/console/", "", "X-Forwarded-Prefix", prefix)
		if !strings.HasPrefix(got.body, `<base href="`+want+`">`) {
			t.Errorf("%q: %s", prefix, got.body)
		}
	}
	d = openBuilt(t, func(o *api.Options) { o.BasePath = "/support" })
	if got := d.call("", "GET", "/console/", "", "X-Forwarded-Prefix", "/evil"); !strings.Contains(got.body, `href="/support/console/"`) {
		t.Errorf("anybody is believed: %s", got.body)
	}
}

func TestParseBasePath(t *testing.T) {
	for text, want := range map[string]string{"": "", "/": "", "/support": "/support", "/support/": "/support", "/a/b.c": "/a/b.c"} {
		if got, err := api.ParseBasePath(text); got != want || err != nil {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"support", "//", "/a//b", "/a/..", "/.a", "/a?b", "/a#b", "/a%20b", "/ä", "/a\n"} {
		if got, err := api.ParseBasePath(text); err == nil {
			t.Errorf("%q: %q", text, got)
		}
	}
}

package api_test

import (
	"net/http"
	"net/netip"
	"sync"
	"testing"
	"time"

	"parley/api"
)

func TestClientAddr(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"no proxy", "1.2.3.4:5", nil, "1.2.3.4"},
		{"untrusted peer", "1.2.3.4:5", []string{"9.9.9.9"}, "1.2.3.4"},
		{"trusted peer", "10.0.0.1:5", []string{"9.9.9.9"}, "9.9.9.9"},
		{"from the right", "10.0.0.1:5", []string{"6.6.6.6, 9.9.9.9"}, "9.9.9.9"},
		{"through proxies", "10.0.0.1:5", []string{"6.6.6.6, 9.9.9.9, 10.1.1.1", "10.2.2.2"}, "9.9.9.9"},
		{"proxies alone", "10.0.0.1:5", []string{"10.1.1.1, 10.2.2.2"}, "10.1.1.1"},
		{"no header", "10.0.0.1:5", nil, "10.0.0.1"},
		{"rubbish", "10.0.0.1:5", []string{"9.9.9.9, unknown, 10.1.1.1"}, "10.1.1.1"},
		{"with a port", "10.0.0.1:5", []string{"9.9.9.9:1234"}, "9.9.9.9"},
		{"IPv6", "[fd00::1%eth0]:5", []string{"[2001:db8::1]:80"}, "2001:db8::1"},
		{"IPv6 in brackets", "[fd00::1]:5", []string{"[2001:db8::1]"}, "2001:db8::1"},
		{"IPv4 in IPv6", "[::ffff:10.0.0.1]:5", []string{"::ffff:9.9.9.9"}, "9.9.9.9"},
		{"no address", "@", []string{"9.9.9.9"}, "invalid IP"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &http.Request{RemoteAddr: c.peer, Header: http.Header{"X-Forwarded-For": c.forwarded}}
			if got := api.ClientAddr(r, trusted).String(); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// once is a rate that lets each key act once.
type once struct{ seen sync.Map }

func (o *once) Allow(key string) (bool, time.Duration) {
	_, was := o.seen.LoadOrStore(key, true)
	return !was, 90 * time.Second
}

// TestLimits holds that logins and guests are counted by client, IPv6 by network.
func TestLimits(t *testing.T) {
	d := open(t, func(o *api.Options) {
		o.Limits = api.Limits{Logins: &once{}, Guests: &once{}}
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	from := func(client, path string) reply {
		return d.call("bob", "POST", path, `{"username":"ann","password":"secret-12"}`, "X-Forwarded-For", client)
	}
	if got := from("1.1.1.1", "/auth/register"); got.status != 201 {
		t.Error(got)
	}
	got := from("1.1.1.1", "/auth/login")
	check(t, got, 429, `{"name":"TOO_MANY_REQUESTS","status":429,"message":"Too many requests, slow down"}`)
	if got.header.Get("Retry-After") != "90" {
		t.Error(got.header)
	}
	if got := from("2001:db8::1", "/auth/login"); got.status != 200 {
		t.Error(got)
	}
	if got := from("2001:db8::2", "/auth/login"); got.status != 429 {
		t.Error(got)
	}
	if got := from("1.1.1.1", "/auth/guest"); got.status != 201 {
		t.Error(got)
	}
	if got := from("1.1.1.1", "/auth/guest"); got.status != 429 {
		t.Error(got)
	}
	if got := d.call("bob", "PUT", "/auth/password", `{"old":"a","new":"b"}`, "X-Forwarded-For", "1.1.1.1"); got.status != 429 {
		t.Error(got)
	}
}

package main

import (
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"parley/api"
	"parley/chat"
	"parley/gateway/socketio"
	"parley/limit"
)

// door counts live connections by address before their users are known.
type door struct {
	proxies []netip.Prefix
	origins []string
	rate    *limit.Limiter
	max     int // 0 for no limit

	mu   sync.Mutex
	open map[netip.Prefix]int
}

func newDoor(s settings, rate *limit.Limiter) *door {
	return &door{proxies: s.proxies, origins: s.origins, max: s.rates.open, rate: rate, open: map[netip.Prefix]int{}}
}

func (d *door) allowOrigin(origin string) bool {
	return slices.Contains(d.origins, "*") || slices.Contains(d.origins, origin)
}

// tooMany refuses a handshake outright.
type tooMany struct{ after time.Duration }

func (tooMany) Error() string { return "too many connections" }

// RetryAfterSeconds is the header's value.
func (t tooMany) RetryAfterSeconds() string { return strconv.Itoa(int(t.after/time.Second) + 1) }

// admit counts a connection. One past a limit is let in as far as its CONNECT,
// where its client can read why it is refused; past twice the number that may be
// open, the handshake itself is.
func (d *door) admit(r *http.Request) (socketio.Admission, error) {
	address := network(api.ClientAddr(r, d.proxies))
	d.mu.Lock()
	open := d.open[address]
	if d.max > 0 && open >= 2*d.max {
		d.mu.Unlock()
		return socketio.Admission{}, tooMany{time.Second}
	}
	d.open[address] = open + 1
	d.mu.Unlock()
	a := socketio.Admission{Release: func() { d.leave(address) }}
	if ok, after := d.rate.Allow(address.String()); !ok {
		a.Refusal = chat.RateLimited(after)
	} else if d.max > 0 && open >= d.max {
		a.Refusal = &chat.Error{Code: chat.CodeRateLimited, Message: "Too many connections"}
	}
	return a, nil
}

func (d *door) leave(address netip.Prefix) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open[address]--; d.open[address] <= 0 {
		delete(d.open, address)
	}
}

// network is what one client is taken to have: an IPv4 address or an IPv6 /64.
func network(addr netip.Addr) netip.Prefix {
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	p, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

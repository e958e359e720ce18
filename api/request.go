package api

import (
	"context"
	"net/netip"
)

// request is what is known of a request beside its content.
type request struct {
	id     string // in the log and in the answer's X-Request-Id
	client netip.Addr
}

type requestKey struct{}

func withRequest(ctx context.Context, r request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

func requestOf(ctx context.Context) request {
	r, _ := ctx.Value(requestKey{}).(request)
	return r
}

// limitKey names the client in a rate limit: its address, of IPv6 the network
// of 64 bits, of which one customer has all addresses.
func (r request) limitKey() string {
	if r.client.Is6() {
		network, _ := r.client.Prefix(64)
		return network.String()
	}
	return r.client.String()
}

package cluster

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"

	"parley/test/harness"
)

// balancer sends each request to the next node that runs, whoever it is from.
type balancer struct {
	front   *httptest.Server
	servers []*harness.Server

	mu   sync.Mutex
	next int
	out  map[int]bool // nodes that are left out
}

// newBalancer ends with the test.
func newBalancer(t *testing.T, servers []*harness.Server) *balancer {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 200}
	b := &balancer{servers: servers, out: map[int]bool{}}
	b.front = httptest.NewServer(&httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			u, _ := url.Parse(b.pick().URL)
			r.SetURL(u)
			r.SetXForwarded()
		},
		// A node that is gone: clients try again.
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	})
	t.Cleanup(func() {
		b.front.CloseClientConnections()
		b.front.Close()
		transport.CloseIdleConnections()
	})
	return b
}

func (b *balancer) url() string { return b.front.URL }

// leaveOut sends no more requests to a node.
func (b *balancer) leaveOut(node int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.out[node] = true
}

func (b *balancer) pick() *harness.Server {
	b.mu.Lock()
	defer b.mu.Unlock()
	for range b.servers {
		b.next++
		if i := b.next % len(b.servers); !b.out[i] && b.servers[i].Alive() {
			return b.servers[i]
		}
	}
	return b.servers[0]
}

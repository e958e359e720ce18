package streams

import (
	"strings"
	"testing"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// network is one client's way to the server, which can be cut. To several nodes it
// leads one after the other, another each time that it is restored.
type network struct {
	t     *testing.T
	proxy *toxiproxy.Proxy
	addrs []string
}

// newNetwork lets connections through. It ends with the test.
func newNetwork(t *testing.T, name string, addrs ...string) *network {
	t.Helper()
	tools := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	n := &network{t: t, addrs: addrs, proxy: toxiproxy.NewProxy(tools, strings.ReplaceAll(name, "/", " "), "127.0.0.1:0", "")}
	n.restore()
	t.Cleanup(n.proxy.Stop)
	return n
}

// url is where the client connects to; it stays.
func (n *network) url() string { return "http://" + n.proxy.Listen }

// cut ends the connections and refuses new ones.
func (n *network) cut() { n.proxy.Stop() }

// restore lets connections through again.
func (n *network) restore() {
	n.proxy.Upstream = n.addrs[0]
	n.addrs = append(n.addrs[1:], n.addrs[0])
	if err := n.proxy.Start(); err != nil {
		n.t.Error(err)
	}
}

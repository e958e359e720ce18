package recovery

import (
	"strings"
	"testing"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// network is the way between the readers and the server, which can be broken.
type network struct {
	t     *testing.T
	proxy *toxiproxy.Proxy
}

// newNetwork lets connections through to addr. It ends with the test.
func newNetwork(t *testing.T, addr string) *network {
	t.Helper()
	tools := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	n := &network{t: t, proxy: toxiproxy.NewProxy(tools, t.Name(), "127.0.0.1:0", addr)}
	n.restore()
	t.Cleanup(n.proxy.Stop)
	return n
}

// url is where the readers connect to; it stays.
func (n *network) url() string { return "http://" + n.proxy.Listen }

// cut ends all connections and refuses new ones.
func (n *network) cut() { n.proxy.Stop() }

// restore lets connections through again.
func (n *network) restore() {
	n.t.Helper()
	if err := n.proxy.Start(); err != nil {
		n.t.Fatal(err)
	}
}

// swallow takes what is sent from here on, in both directions, and passes nothing
// on; nobody is told.
func (n *network) swallow() {
	n.t.Helper()
	for _, direction := range []string{"upstream", "downstream"} {
		toxic := `{"type": "timeout", "stream": "` + direction + `", "attributes": {"timeout": 0}}`
		if _, err := n.proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
			n.t.Fatal(err)
		}
	}
}

// release ends the connections whose bytes were swallowed, and lets new ones through.
func (n *network) release() { n.proxy.Toxics.ResetToxics(n.t.Context()) }

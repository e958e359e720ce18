package harness

import (
	"fmt"
	"strings"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// Way is a TCP way to a service, which a test can break. Its methods are not for
// use at once.
type Way struct {
	tb         testing.TB
	proxy      *toxiproxy.Proxy
	swallowing bool
}

// NewWay lets connections through to addr. It ends with the test.
func NewWay(tb testing.TB, addr string) *Way {
	tb.Helper()
	tools := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	w := &Way{tb: tb, proxy: toxiproxy.NewProxy(tools, addr, standingAddr(tb), addr)}
	w.Restore()
	tb.Cleanup(w.proxy.Stop)
	return w
}

// Addr is where the way begins, host:port; it stays.
func (w *Way) Addr() string { return w.proxy.Listen }

// Cut ends all connections and refuses new ones.
func (w *Way) Cut() { w.proxy.Stop() }

// Restore lets connections through again after Cut.
func (w *Way) Restore() {
	w.tb.Helper()
	if err := w.proxy.Start(); err != nil {
		w.tb.Fatal(err)
	}
}

// Swallow takes what is sent from here on, in both directions, and passes nothing
// on; nobody is told.
func (w *Way) Swallow() {
	w.tb.Helper()
	w.swallowing = true
	w.toxic(`"type": "timeout", "stream": "upstream", "attributes": {"timeout": 0}`)
	w.toxic(`"type": "timeout", "stream": "downstream", "attributes": {"timeout": 0}`)
}

// Slow has what is sent back come later.
func (w *Way) Slow(by time.Duration) {
	w.tb.Helper()
	w.toxic(fmt.Sprintf(`"type": "latency", "stream": "downstream", "attributes": {"latency": %d}`, by.Milliseconds()))
}

func (w *Way) toxic(fields string) {
	w.tb.Helper()
	if _, err := w.proxy.Toxics.AddToxicJson(strings.NewReader("{" + fields + "}")); err != nil {
		w.tb.Fatal(err)
	}
}

// Release ends Slow, and Swallow with the connections whose bytes were swallowed.
func (w *Way) Release() {
	w.tb.Helper()
	if w.swallowing { // what still sends into the toxic would do so for ever
		w.Cut()
		defer w.Restore()
	}
	w.proxy.Toxics.ResetToxics(w.tb.Context())
	w.swallowing = false
}

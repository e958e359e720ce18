package relay

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	dialTimeout = 2 * time.Second
	// What was sent to a node must be taken within these times: by a poll's at once; a
	// WebSocket's reader waits while the node's queues are full.
	pollTimeout   = 3 * time.Second
	socketTimeout = 30 * time.Second
	// A connection that is not used is closed before the other node closes it.
	idleTimeout = 60 * time.Second
	idleEach    = 256
	idleAll     = 2048
)

// pollTransport has no limit for how long an answer takes: polls wait.
func pollTransport() *http.Transport {
	t := transport(pollTimeout)
	t.MaxIdleConns, t.MaxIdleConnsPerHost, t.IdleConnTimeout = idleAll, idleEach, idleTimeout
	return t
}

// socketTransport makes a connection for each WebSocket.
func socketTransport() *http.Transport {
	t := transport(socketTimeout)
	dial := t.DialContext
	t.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetReadBuffer(kernelBuffer)
		}
		return conn, err
	}
	t.DisableKeepAlives = true // not TCP's
	t.ResponseHeaderTimeout = pollTimeout
	return t
}

// transport goes straight to other nodes, whatever the environment says of proxies.
func transport(unanswered time.Duration) *http.Transport {
	dialer := net.Dialer{
		Timeout: dialTimeout, Control: boundUnanswered(unanswered),
		// Which ends what waits for a machine that is gone.
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: time.Second, Count: 5},
	}
	t := &http.Transport{
		DialContext:        dialer.DialContext,
		DisableCompression: true, Protocols: new(http.Protocols), MaxResponseHeaderBytes: 16 << 10,
		TLSHandshakeTimeout: dialTimeout,
	}
	t.Protocols.SetHTTP1(true)
	return t
}

// once is an empty body.
type once struct{}

func (once) Read([]byte) (int, error) { return 0, io.EOF }
func (once) Close() error             { return nil }

// buffers are those by which answers are copied.
type buffers struct{ pool sync.Pool }

const bufferSize = 8 << 10

func (b *buffers) Get() []byte {
	if p, ok := b.pool.Get().(*[]byte); ok {
		return *p
	}
	return make([]byte, bufferSize)
}

func (b *buffers) Put(p []byte) { b.pool.Put(&p) }

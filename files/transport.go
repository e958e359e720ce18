package files

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// How long a server may keep a request waiting: to be reached, and then between
// any two bytes, sent or received. An upload may take as long as it moves.
const (
	dialTimeout  = 10 * time.Second
	stallTimeout = 30 * time.Second
	// writePiece is how many bytes must move within stallTimeout.
	writePiece = 16 << 10
)

// newTransport is for one client.
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return moving{conn, stallTimeout}, nil
		},
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: dialTimeout,
		MaxIdleConnsPerHost: 16,
		IdleConnTimeout:     time.Minute,
		DisableCompression:  true, // bytes are as they were stored
	}
}

// moving is a connection that ends once nothing has moved on it for the timeout.
type moving struct {
	net.Conn
	timeout time.Duration
}

func (m moving) Read(p []byte) (int, error) {
	if err := m.SetReadDeadline(time.Now().Add(m.timeout)); err != nil {
		return 0, err
	}
	return m.Conn.Read(p)
}

// Write gives the answer time from when the request has been sent, so it moves
// the deadline of a Read that waits. A part is written at once: in pieces, so
// that a slow network is no stalled one.
func (m moving) Write(p []byte) (written int, err error) {
	for err == nil && written < len(p) {
		if err = m.SetDeadline(time.Now().Add(m.timeout)); err != nil {
			break
		}
		var n int
		n, err = m.Conn.Write(p[written:min(len(p), written+writePiece)])
		written += n
	}
	return written, err
}

package relay

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"time"

	"parley/gateway"
)

const (
	// copyBuffer is what a WebSocket holds in each direction; the library's own would
	// be 32 KiB.
	copyBuffer = 4 << 10
	// kernelBuffer bounds what the kernel holds in each for a client that does not read.
	kernelBuffer = 256 << 10
	// lingerTimeout is how long a client has to end its side once the other has ended.
	lingerTimeout = 2 * time.Second
)

// answer is a client's answer; it notes whether the connection was taken out of it.
type answer struct {
	http.ResponseWriter
	timeout  time.Duration // of a write once it was
	hijacked bool
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// Hijack implements http.Hijacker.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(a.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	a.hijacked = true
	_ = conn.SetDeadline(time.Time{})
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(kernelBuffer)
	}
	return &client{Conn: conn, out: gateway.Writer{Conn: conn, Timeout: a.timeout}}, rw, nil
}

// client is the client's side of a WebSocket. It brings the buffers by which both
// directions are copied, and does not wait for ever for who does not read, or does
// not go.
type client struct {
	net.Conn
	out gateway.Writer
}

// reader hides everything but Read, so that copying takes the given buffer.
type reader struct{ io.Reader }

// writer hides everything but Write.
type writer struct{ io.Writer }

// ReadFrom implements io.ReaderFrom: everything that the node sends.
func (c *client) ReadFrom(r io.Reader) (int64, error) {
	return io.CopyBuffer(writer{&c.out}, reader{r}, make([]byte, copyBuffer))
}

// WriteTo implements io.WriterTo: everything that the client sends.
func (c *client) WriteTo(w io.Writer) (int64, error) {
	return io.CopyBuffer(writer{w}, reader{c.Conn}, make([]byte, copyBuffer))
}

// CloseWrite tells the client that nothing more comes.
func (c *client) CloseWrite() error {
	_ = c.SetReadDeadline(time.Now().Add(lingerTimeout))
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Close()
}

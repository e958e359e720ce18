package engineio

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"parley/gateway"
)

// socketBuffer bounds what the kernel holds for a client that does not read.
const socketBuffer = 256 << 10

var upgrader = websocket.Upgrader{
	ReadBufferSize: 512,
	// A pool keeps the library from giving each connection a write buffer of its
	// own: after the handshake only the outbox's consumer writes.
	WriteBufferPool:  &sync.Pool{},
	WriteBufferSize:  512,
	HandshakeTimeout: 10 * time.Second,
	CheckOrigin:      func(*http.Request) bool { return true }, // done by Server.cors
	Error: func(w http.ResponseWriter, _ *http.Request, status int, _ error) {
		refuse(w, status, errRequest)
	},
}

// accept completes a WebSocket handshake. It has answered the request if it fails.
func (s *Server) accept(w http.ResponseWriter, r *http.Request) (*socket, bool) {
	h := &hijacker{ResponseWriter: w}
	ws, err := upgrader.Upgrade(h, r, nil)
	if err != nil {
		return nil, false
	}
	ws.SetReadLimit(s.opts.MaxPayload)
	return &socket{Conn: ws, raw: h.conn}, true
}

// socket is a WebSocket: the library reads, and what it wants to write on its
// own (pongs, close frames) is diverted by raw.
type socket struct {
	*websocket.Conn
	raw *divertedConn
}

// hijacker hands the library a divertedConn in place of the connection.
type hijacker struct {
	http.ResponseWriter
	conn *divertedConn
}

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(socketBuffer)
	}
	_ = conn.SetDeadline(time.Time{})
	h.conn = &divertedConn{Conn: conn}
	return h.conn, rw, nil
}

// divertedConn lets writes through until it is given an outbox, and queues them
// there from then on: two writers never share a connection.
type divertedConn struct {
	net.Conn
	out *gateway.Outbox
}

func (d *divertedConn) Write(p []byte) (int, error) {
	if d.out == nil {
		return d.Conn.Write(p)
	}
	// Behind the goodbye nothing more is said; that must not stop the reading
	// while what stands before it goes out.
	if err := d.out.Push(gateway.RawFrame(append([]byte(nil), p...))); errors.Is(err, gateway.ErrOutboxFull) {
		return 0, err
	}
	return len(p), nil
}

// SetWriteDeadline is the consumer's alone once writes are diverted.
func (d *divertedConn) SetWriteDeadline(t time.Time) error {
	if d.out == nil {
		return d.Conn.SetWriteDeadline(t)
	}
	return nil
}

// useWebSocket makes ws the transport and starts to write what is queued.
func (c *Conn) useWebSocket(ws *socket) {
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		_ = ws.Close()
		return
	}
	ws.raw.out = c.out
	c.ws = gateway.Writer{Conn: ws.raw.Conn, Timeout: c.server.opts.WriteTimeout}
	c.freePoll()
	c.out.Consume(c.write)
	c.mu.Unlock()
}

// write is the outbox's consumer while there is a WebSocket.
func (c *Conn) write() {
	last, err := c.ws.Drain(c.out)
	switch {
	case err != nil:
		c.end(ReasonTransportError, true)
	case last:
		c.linger()
	}
}

// read hands over what comes in until the connection ends. The first message of
// a connection asks for the most work, and the stack it took would stay with an
// idle connection: the rest is read by a goroutine that begins with a small one.
func (c *Conn) read(ws *socket) {
	if c.readOne(ws) {
		go c.readOn(ws)
	}
}

func (c *Conn) readOn(ws *socket) {
	for c.readOne(ws) {
	}
}

// readOne hands over one message and reports whether to go on.
func (c *Conn) readOne(ws *socket) bool {
	kind, data, err := readMessage(ws)
	if err == nil && c.receive(data, kind == websocket.BinaryMessage) {
		return true
	}
	c.end(reasonOf(err), true)
	return false
}

// reasonOf tells why no more can be read. What is neither the network's nor the
// peer's goodbye is a frame against the protocol.
func reasonOf(err error) string {
	var network net.Error
	switch {
	case err == nil: // receive has ended the connection
		return ReasonTransportError
	case websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseGoingAway, websocket.CloseNoStatusReceived):
		return ReasonTransportClose
	case errors.Is(err, websocket.ErrReadLimit):
		return ReasonTooLarge
	case websocket.IsUnexpectedCloseError(err), errors.As(err, &network), errors.Is(err, net.ErrClosed), errors.Is(err, io.EOF),
		errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, gateway.ErrOutboxFull), errors.Is(err, gateway.ErrOutboxClosed):
		return ReasonTransportError
	}
	return ReasonParseError
}

func readMessage(ws *socket) (int, []byte, error) {
	kind, r, err := ws.NextReader()
	if err != nil {
		return 0, nil, err
	}
	data, err := io.ReadAll(r)
	return kind, data, err
}

// lingerTimeout is how long a client has to answer a close frame.
const lingerTimeout = time.Second

// linger waits for the client's own goodbye once everything is written: closing
// a socket that holds unread packets has the kernel throw away what the client
// has not read yet. The reader, or a timer, then ends the connection.
func (c *Conn) linger() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended { // finish says goodbye itself
		return
	}
	half, ok := c.ws.Conn.(interface{ CloseWrite() error })
	if !ok || c.slow.Load() || c.closing == nil || half.CloseWrite() != nil {
		go c.drained()
		return
	}
	c.closing.Reset(min(lingerTimeout, c.server.opts.WriteTimeout))
}

// cut tells the peer why, if the socket takes it at once, and closes.
func cut(conn net.Conn, reason string) {
	_ = conn.SetWriteDeadline(time.Now().Add(10 * time.Millisecond))
	_, _ = conn.Write(closeFrame(reason).Bytes())
	_ = conn.Close()
}

// closeFrame is the WebSocket's goodbye, with the code that says whether to
// come back.
func closeFrame(reason string) gateway.Frame {
	code := websocket.CloseNormalClosure
	switch reason {
	case ReasonTooSlow:
		code = websocket.CloseTryAgainLater
	case ReasonParseError:
		code = websocket.CloseProtocolError
	case ReasonTooLarge:
		code = websocket.CloseMessageTooBig
	case ReasonNoText:
		code = websocket.CloseInvalidFramePayloadData
	}
	body := binary.BigEndian.AppendUint16(nil, uint16(code)) //nolint:gosec // a close code
	body = append(body, reason...)
	return gateway.RawFrame(append([]byte{0x88, byte(len(body))}, body...))
}

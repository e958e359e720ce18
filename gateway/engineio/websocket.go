package engineio

import (
	"bufio"
	"encoding/binary"
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

// writeBatch is how many bytes are joined into one write.
const writeBatch = 64 << 10

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
	if err := d.out.Push(gateway.RawFrame(append([]byte(nil), p...))); err != nil {
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
	c.ws = ws.raw.Conn
	waiting := c.polling
	c.polling = nil
	c.out.Consume(c.write)
	c.mu.Unlock()
	if waiting != nil {
		close(waiting)
	}
}

// write is the outbox's consumer while there is a WebSocket: it joins what is
// queued into single writes.
func (c *Conn) write() {
	buf := writeBuffers.Get().(*[]byte)
	defer writeBuffers.Put(buf)
	for {
		frames, last := c.out.Next(writeBatch)
		if frames == nil {
			if last {
				c.end(ReasonForcedClose, true)
			}
			return
		}
		data := frames[0].Bytes()
		if len(frames) > 1 {
			*buf = (*buf)[:0]
			for _, f := range frames {
				*buf = append(*buf, f.Bytes()...)
			}
			data = *buf
		}
		_ = c.ws.SetWriteDeadline(time.Now().Add(c.server.opts.WriteTimeout))
		if _, err := c.ws.Write(data); err != nil {
			c.end(ReasonTransportError, true)
			return
		}
	}
}

var writeBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

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
	switch {
	case err == nil && c.receive(data, kind == websocket.BinaryMessage):
		return true
	case websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseGoingAway, websocket.CloseNoStatusReceived):
		c.end(ReasonTransportClose, true)
	default:
		c.end(ReasonTransportError, true)
	}
	return false
}

func readMessage(ws *socket) (int, []byte, error) {
	kind, r, err := ws.NextReader()
	if err != nil {
		return 0, nil, err
	}
	data, err := io.ReadAll(r)
	return kind, data, err
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
	}
	body := binary.BigEndian.AppendUint16(nil, uint16(code))
	body = append(body, reason...)
	return gateway.RawFrame(append([]byte{0x88, byte(len(body))}, body...))
}

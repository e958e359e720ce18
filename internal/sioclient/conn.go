// Package sioclient is the Socket.IO 4 client of Parley's load generator: one
// WebSocket, one namespace, no reconnection, as little work per frame as the
// protocol allows, so that a measurement shows the server and not the client.
//
// Applications use the official clients instead.
package sioclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Handler takes what arrives on a connection. Both methods run on the
// connection's one reading goroutine, in the order of the wire; a slice is
// valid only during the call.
type Handler interface {
	// Event takes the JSON array of an event: ["name", arguments...].
	Event(args []byte)
	// Ack takes the JSON array that answers the event emitted with this id.
	Ack(id uint64, args []byte)
}

// Options say where and how to connect. URL and Handler are required.
type Options struct {
	// URL is the server's address, http(s):// or ws(s)://, without a path.
	URL string
	// Path is the Engine.IO path; "/realtime/" if empty.
	Path string
	// Namespace is "/chat" if empty; "/" is the root.
	Namespace string
	// Auth is sent as JSON with CONNECT; nil sends none.
	Auth any
	// Handler takes events and acks.
	Handler Handler
	// ReadBuffer is the size of the read buffer in bytes; 4096 if zero.
	ReadBuffer int
	// WriteTimeout bounds one write; 30 seconds if zero.
	WriteTimeout time.Duration
}

// ConnectError is a server's refusal of CONNECT.
type ConnectError struct {
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data"`
}

func (e *ConnectError) Error() string {
	if len(e.Data) > 0 {
		return fmt.Sprintf("connect refused: %s %s", e.Message, e.Data)
	}
	return "connect refused: " + e.Message
}

// ErrDisconnected ends a connection that the server ended by a DISCONNECT packet.
var ErrDisconnected = errors.New("disconnected by the server")

// ErrClosed ends a connection that the server ended by an Engine.IO CLOSE packet.
var ErrClosed = errors.New("transport closed by the server")

// Conn is a connected namespace. Emit and Close may be called from any goroutine.
type Conn struct {
	ws        *websocket.Conn
	namespace string
	handler   Handler
	timeout   time.Duration
	in        []byte

	writing sync.Mutex
	out     []byte

	done chan struct{}
	err  error // set before done is closed
}

// Dial connects, waits for the server's answer to CONNECT and starts reading.
// ctx bounds the handshake alone. A refusal is a *ConnectError.
func Dial(ctx context.Context, o Options) (*Conn, error) {
	c := &Conn{namespace: o.Namespace, handler: o.Handler, timeout: o.WriteTimeout, done: make(chan struct{})}
	if c.namespace == "" {
		c.namespace = "/chat"
	}
	if c.timeout == 0 {
		c.timeout = 30 * time.Second
	}
	address, err := endpoint(o.URL, o.Path)
	if err != nil {
		return nil, err
	}
	dialer := websocket.Dialer{ReadBufferSize: max(o.ReadBuffer, 4096), WriteBufferSize: 1024}
	ws, response, err := dialer.DialContext(ctx, address, nil)
	if err != nil {
		return nil, dialError(err, response)
	}
	c.ws = ws
	if err := c.handshake(ctx, o.Auth); err != nil {
		ws.Close()
		return nil, err
	}
	go c.read()
	return c, nil
}

func endpoint(address, path string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("server address: %w", err)
	}
	u.Scheme = strings.Replace(u.Scheme, "http", "ws", 1)
	u.Path = path
	if path == "" {
		u.Path = "/realtime/"
	}
	u.RawQuery = "EIO=4&transport=websocket"
	return u.String(), nil
}

func dialError(err error, response *http.Response) error {
	if response == nil {
		return fmt.Errorf("dial: %w", err)
	}
	body, _ := io.ReadAll(io.LimitReader(response.Body, 200))
	return fmt.Errorf("dial: %w: %s %s", err, response.Status, body)
}

// handshake waits for OPEN, sends CONNECT and waits for its answer. Frames of
// other kinds that come before the answer are dropped.
func (c *Conn) handshake(ctx context.Context, auth any) error {
	// An ended ctx has to wake a blocked read; the deadline does so.
	stop := context.AfterFunc(ctx, func() { _ = c.ws.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	frame, err := c.next()
	if err != nil {
		return handshakeError(ctx, "OPEN", err)
	}
	if len(frame) == 0 || frame[0] != engineOpen {
		return fmt.Errorf("handshake: %w: want OPEN, got %.40q", errMalformed, frame)
	}
	var payload []byte
	if auth != nil {
		if payload, err = json.Marshal(auth); err != nil {
			return fmt.Errorf("auth: %w", err)
		}
	}
	if err := c.send(packetConnect, 0, payload); err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	for {
		frame, err := c.next()
		if err != nil {
			return handshakeError(ctx, "CONNECT", err)
		}
		connected, err := c.answer(frame)
		if connected && !stop() {
			return fmt.Errorf("handshake: %w", ctx.Err())
		}
		if connected || err != nil {
			return err
		}
	}
}

func handshakeError(ctx context.Context, step string, err error) error {
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return fmt.Errorf("handshake: waiting for %s: %w", step, err)
}

// answer tells whether frame is the server's yes to CONNECT, and its no as an error.
func (c *Conn) answer(frame []byte) (bool, error) {
	if len(frame) > 0 && frame[0] == enginePing {
		return false, c.pong()
	}
	if len(frame) < 2 || frame[0] != engineMessage {
		return false, nil
	}
	p, err := decodePacket(frame[1:])
	if err != nil || string(p.namespace) != c.namespace {
		return false, err
	}
	switch p.kind {
	case packetConnect:
		return true, nil
	case packetConnectError:
		refusal := &ConnectError{}
		if err := json.Unmarshal(p.payload, refusal); err != nil {
			return false, fmt.Errorf("connect error: %w: %.80q", err, p.payload)
		}
		return false, refusal
	}
	return false, nil
}

// Emit sends an event; args is its JSON array. An id other than zero asks for
// an ack under that id. It blocks while the connection's send buffer is full,
// so it must not be called from the Handler.
func (c *Conn) Emit(id uint64, args []byte) error { return c.send(packetEvent, id, args) }

// Done is closed when the connection has ended; Err then tells why.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err is nil while the connection lives.
func (c *Conn) Err() error {
	select {
	case <-c.done:
		return c.err
	default:
		return nil
	}
}

// Close ends the connection and waits for the reading goroutine. It must not be
// called from the Handler.
func (c *Conn) Close() {
	c.ws.Close()
	<-c.done
}

func (c *Conn) send(kind byte, id uint64, payload []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.out = appendPacket(c.out[:0], kind, c.namespace, id, payload)
	return c.write(c.out)
}

func (c *Conn) pong() error {
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.write([]byte{enginePong})
}

// write needs c.writing.
func (c *Conn) write(frame []byte) error {
	if err := c.ws.SetWriteDeadline(time.Now().Add(c.timeout)); err != nil {
		return err
	}
	return c.ws.WriteMessage(websocket.TextMessage, frame)
}

// next reads one frame into the connection's own buffer.
func (c *Conn) next() ([]byte, error) {
	_, r, err := c.ws.NextReader()
	if err != nil {
		return nil, err
	}
	c.in = c.in[:0]
	for {
		if len(c.in) == cap(c.in) {
			c.in = append(c.in, 0)[:len(c.in)]
		}
		n, err := r.Read(c.in[len(c.in):cap(c.in)])
		c.in = c.in[:len(c.in)+n]
		if err == io.EOF {
			return c.in, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (c *Conn) read() {
	defer close(c.done)
	for {
		frame, err := c.next()
		if err == nil {
			err = c.dispatch(frame)
		}
		if err != nil {
			c.err = err
			c.ws.Close()
			return
		}
	}
}

func (c *Conn) dispatch(frame []byte) error {
	if len(frame) == 0 {
		return nil
	}
	switch frame[0] {
	case enginePing:
		return c.pong()
	case engineClose:
		return ErrClosed
	case engineMessage:
		return c.deliver(frame[1:])
	case engineNoop, enginePong, engineOpen:
	}
	return nil
}

func (c *Conn) deliver(frame []byte) error {
	p, err := decodePacket(frame)
	if err != nil {
		return err
	}
	if string(p.namespace) != c.namespace {
		return nil
	}
	switch p.kind {
	case packetEvent:
		c.handler.Event(p.payload)
	case packetAck:
		c.handler.Ack(p.id, p.payload)
	case packetDisconnect:
		return ErrDisconnected
	}
	return nil
}

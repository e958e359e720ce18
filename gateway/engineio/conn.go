package engineio

import (
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"parley/gateway"
)

// Conn is one Engine.IO connection, over whichever transport it uses now.
type Conn struct {
	id      string
	server  *Server
	request Request
	tag     any
	release func()
	out     *gateway.Outbox

	// websocket says that the handshake came over one; such a connection is
	// never polled.
	websocket bool

	handling sync.Mutex  // held while a message is handled
	slow     atomic.Bool // the outbox was closed because the client is past its bound

	mu        sync.Mutex
	handler   Handler
	ws        gateway.Writer // the current transport; without a Conn while polling
	upgrading bool           // a WebSocket is on its way
	probed    bool           // its probe has come through: polls are answered at once
	probing   *socket        // that WebSocket
	polling   chan struct{}  // of the GET that is being answered; closed to answer it now
	freed     bool           // polling is closed
	posting   bool
	closed    bool // no more packets are sent or handled
	done      chan struct{}
	ended     bool

	beat    *time.Timer
	pinged  bool // a pong is awaited
	closing *time.Timer
}

// Request is what is kept of the request that opened a connection. The request
// itself is let go, with the buffers it holds.
type Request struct {
	RemoteAddr    string
	Authorization string
}

func newConn(s *Server, r *http.Request, tag any, release func()) *Conn {
	return &Conn{
		id: newSid(s.opts.Node), server: s, tag: tag, release: release,
		out:       gateway.NewOutbox(s.opts.OutboxBytes),
		done:      make(chan struct{}),
		websocket: r.URL.Query().Get("transport") == "websocket",
		request:   Request{RemoteAddr: r.RemoteAddr, Authorization: r.Header.Get("Authorization")},
	}
}

// ID returns the session id, a secret between client and server.
func (c *Conn) ID() string { return c.id }

// Request returns what is known of the request that opened the connection.
func (c *Conn) Request() Request { return c.request }

// MaxPayload returns how many bytes a message may have.
func (c *Conn) MaxPayload() int { return int(c.server.opts.MaxPayload) }

// Tag returns what Options.Admit said of the connection.
func (c *Conn) Tag() any { return c.tag }

// Done is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Polling reports whether the connection has no WebSocket (yet).
func (c *Conn) Polling() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ws.Conn == nil
}

// Handler returns who handles the connection, nil before that is known.
func (c *Conn) Handler() Handler {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.handler
}

// attach gives the connection its handler, and begins its heartbeats.
func (c *Conn) attach(h Handler) {
	c.mu.Lock()
	c.handler = h
	closed := c.closed
	if !closed {
		c.beat = time.AfterFunc(c.server.opts.PingInterval, c.heartbeat)
	}
	c.mu.Unlock()
	if closed {
		h.Closed(ReasonForcedClose)
	}
}

// Message frames the concatenation of parts as a message packet, which may be
// given to Send of any number of connections.
func Message(parts ...[]byte) gateway.Frame {
	return gateway.NewFrame(append([][]byte{messageType}, parts...)...)
}

var messageType = []byte{'4'}

// Send queues a frame made by Message. A client that is past its bound is
// closed; it does not block and may be called from anywhere.
func (c *Conn) Send(f gateway.Frame) {
	if !errors.Is(c.out.Push(f), gateway.ErrOutboxFull) {
		return
	}
	c.slow.Store(true) // before the outbox's consumer sees that it is closed
	if c.out.Close(true) {
		c.server.opts.Log.Debug("client too slow", "remote", c.request.RemoteAddr)
		go c.end(ReasonTooSlow, true) // the sender may hold locks that Closed wants
	}
}

// Backlog is how many bytes wait to be written.
func (c *Conn) Backlog() int { return c.out.Held() }

func (c *Conn) sendPacket(kind byte, data []byte) {
	c.Send(gateway.NewFrame([]byte{kind}, data))
}

// receive handles one incoming packet and reports whether to go on reading.
func (c *Conn) receive(data []byte, binary bool) bool {
	if binary {
		return c.message(data, true)
	}
	if len(data) == 0 {
		c.end(ReasonParseError, true)
		return false
	}
	if !utf8.Valid(data) { // what JSON makes of it would not be what was sent
		c.end(ReasonNoText, true)
		return false
	}
	switch data[0] {
	case '4':
		return c.message(data[1:], false)
	case '3':
		c.ponged()
		return true
	case '1':
		c.end(ReasonTransportClose, true)
		return false
	case 'b':
		return c.base64(data[1:])
	case '6':
		return true
	default: // '2' is the server's to send; anything else is no packet
		c.end(ReasonParseError, true)
		return false
	}
}

func (c *Conn) message(data []byte, binary bool) bool {
	// A client that breaks the protocol may send by POST and WebSocket at once.
	c.handling.Lock()
	defer c.handling.Unlock()
	c.mu.Lock()
	h, closed := c.handler, c.closed
	c.mu.Unlock()
	if closed {
		return true // read on, so that what is still queued can go out
	}
	defer func() {
		if p := recover(); p != nil {
			c.server.opts.Log.Error("panic while handling a message", "panic", p)
			c.end(ReasonTransportError, true)
		}
	}()
	h.Message(data, binary)
	return true
}

// heartbeat sends a ping, or ends the connection whose pong did not come.
func (c *Conn) heartbeat() {
	c.mu.Lock()
	late := c.pinged
	c.pinged = true
	if !late && !c.closed {
		c.beat.Reset(c.server.opts.PingTimeout)
	}
	c.mu.Unlock()
	if late {
		c.end(ReasonPingTimeout, true)
		return
	}
	c.sendPacket('2', nil)
}

func (c *Conn) ponged() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pinged && !c.closed {
		c.pinged = false
		c.beat.Reset(c.server.opts.PingInterval)
	}
}

// Close ends the connection once everything queued is written, or after the
// write timeout. Nothing more is sent or handled.
func (c *Conn) Close() { c.end(ReasonForcedClose, false) }

// Drop ends the connection at once.
func (c *Conn) Drop() { c.end(ReasonForcedClose, true) }

// end closes the connection for a reason. Unless discard is set, what is queued
// goes out first.
func (c *Conn) end(reason string, discard bool) {
	c.mu.Lock()
	first := !c.closed
	if c.ended || (!discard && !first) {
		c.mu.Unlock()
		return
	}
	c.closed, c.ended = true, discard
	ws, h := c.ws.Conn, c.handler
	if c.beat != nil {
		c.beat.Stop()
	}
	if !discard {
		c.closing = time.AfterFunc(c.server.opts.WriteTimeout, func() { c.end(reason, true) })
	}
	c.mu.Unlock()

	switch {
	case discard:
		c.finish(ws, first, reason)
	case ws != nil:
		c.out.Finish(closeFrame(reason))
	default:
		c.out.Close(false) // a poll of its own says goodbye
	}
	if first && h != nil {
		h.Closed(reason)
	}
}

// finish cuts the transport and gives back what the connection held. It runs once.
func (c *Conn) finish(ws net.Conn, abrupt bool, reason string) {
	c.out.Close(true)
	c.mu.Lock()
	if c.closing != nil {
		c.closing.Stop()
	}
	probing := c.probing
	c.mu.Unlock()
	c.server.forget(c)
	c.release()
	close(c.done)
	if probing != nil {
		_ = probing.Close()
	}
	if ws != nil {
		if abrupt {
			cut(ws, reason)
		} else {
			_ = ws.Close()
		}
	}
}

// drained ends a connection whose last packet was handed to its transport.
func (c *Conn) drained() {
	reason := ReasonForcedClose
	if c.slow.Load() {
		reason = ReasonTooSlow
	}
	c.end(reason, true)
}

package rawws

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"parley/gateway"
)

// socketBuffer bounds what the kernel holds for a client that does not read.
const socketBuffer = 256 << 10

// Buffers of the library's: readBuffer for what comes in, and one that takes any
// control frame whole, so that each reaches socket.Write in one piece.
const (
	readBuffer    = 512
	controlBuffer = 256
)

// upgrades reports whether a request asks for a WebSocket.
func upgrades(r *http.Request) bool {
	return has(r.Header.Values("Connection"), "upgrade") && has(r.Header.Values("Upgrade"), "websocket")
}

// has reports whether a header's list holds the token, in any case.
func has(values []string, token string) bool {
	for _, v := range values {
		for part := range strings.SplitSeq(v, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}

// accept completes the handshake. It has answered the request if it fails.
func (s *Server) accept(w http.ResponseWriter, r *http.Request, d *door, release func()) (*conn, error) {
	c := newConn(s, d, release)
	h := &handshake{ResponseWriter: w}
	ws, err := websocket.Accept(h, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // the origin is checked by ServeHTTP, and told
		CompressionMode:    websocket.CompressionDisabled,
		OnPongReceived:     func(_ context.Context, payload []byte) { c.ponged(payload) },
	})
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(-1) // conn.next has its own, and tells the client first
	h.socket.conn = c
	c.ws, c.raw = ws, h.socket
	c.writer = gateway.Writer{Conn: h.socket.Conn, Timeout: s.opts.WriteTimeout}
	c.out.Consume(c.write)
	c.mu.Lock()
	c.beat = time.AfterFunc(s.opts.PingInterval, c.heartbeat)
	c.mu.Unlock()
	return c, nil
}

// handshake is the ResponseWriter that the library is given: it answers errors in
// our form, and hands over a socket in place of the connection.
type handshake struct {
	http.ResponseWriter
	socket *socket
	failed bool
}

// WriteHeader answers in our form what the library refuses.
func (h *handshake) WriteHeader(status int) {
	if status == http.StatusSwitchingProtocols {
		h.ResponseWriter.WriteHeader(status)
		return
	}
	h.failed = true
	refuse(h.ResponseWriter, status, "The WebSocket handshake is not valid")
}

// Write drops the library's own text.
func (h *handshake) Write(p []byte) (int, error) {
	if h.failed {
		return len(p), nil
	}
	return h.ResponseWriter.Write(p)
}

// Hijack implements http.Hijacker. The server's buffers are let go.
func (h *handshake) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	raw, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	if tcp, ok := raw.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(socketBuffer)
	}
	_ = raw.SetDeadline(time.Time{})
	early, _ := rw.Reader.Peek(rw.Reader.Buffered())
	h.socket = &socket{Conn: raw, early: bytes.Clone(early)}
	return h.socket, bufio.NewReadWriter(
		bufio.NewReaderSize(h.socket, readBuffer), bufio.NewWriterSize(h.socket, controlBuffer)), nil
}

// socket is the connection as the library sees it: what it writes on its own,
// pongs and close frames, is queued like everything else.
type socket struct {
	net.Conn
	conn  *conn
	early []byte      // came with the handshake
	heard atomic.Bool // something has come in since it was last asked
}

func (s *socket) Read(p []byte) (int, error) {
	if len(s.early) > 0 {
		n := copy(p, s.early)
		if s.early = s.early[n:]; len(s.early) == 0 {
			s.early = nil
		}
		return n, nil
	}
	n, err := s.Conn.Read(p)
	if n > 0 && !s.heard.Load() {
		s.heard.Store(true)
	}
	return n, err
}

// Write gets one control frame of the library's.
func (s *socket) Write(p []byte) (int, error) {
	s.conn.control(bytes.Clone(p))
	return len(p), nil
}

// Close leaves it to conn to close the connection, once all is written.
func (s *socket) Close() error { return nil }

// httpError is the body of a refused handshake, as everywhere over HTTP.
type httpError struct {
	Name    string `json:"name"`
	Status  int    `json:"status"`
	Message string `json:"message"`
}

var httpNames = map[int]string{
	http.StatusBadRequest:         "INVALID_ARGUMENTS",
	http.StatusNotFound:           "NOT_FOUND",
	http.StatusMethodNotAllowed:   "METHOD_NOT_ALLOWED",
	http.StatusUpgradeRequired:    "UPGRADE_REQUIRED",
	http.StatusTooManyRequests:    "TOO_MANY_REQUESTS",
	http.StatusServiceUnavailable: "UNAVAILABLE",
}

func refuse(w http.ResponseWriter, status int, message string) {
	name, ok := httpNames[status]
	if !ok {
		name = "INTERNAL_SERVER_ERROR"
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(httpError{name, status, message})
}

func notAdmitted(w http.ResponseWriter, err error) {
	status, message := http.StatusServiceUnavailable, "The server is shutting down, try again"
	if limited, ok := err.(interface{ RetryAfterSeconds() string }); ok {
		status, message = http.StatusTooManyRequests, "Too many connections"
		w.Header().Set("Retry-After", limited.RetryAfterSeconds())
	}
	refuse(w, status, message)
}

// Package engineio is an Engine.IO 4 server
// (https://socket.io/docs/v4/engine-io-protocol/): handshake, HTTP long-polling,
// WebSocket, the upgrade from one to the other, and heartbeats. It knows nothing
// of Socket.IO, rooms or users.
//
// Every packet of a connection leaves through one gateway.Outbox, whatever the
// transport, so that order holds over an upgrade and one bound covers all. A
// connection's messages are handed over one at a time, and none before its
// handler is attached.
package engineio

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// Options configure a Server. Zero values mean the protocol's defaults.
type Options struct {
	PingInterval, PingTimeout time.Duration // 25 s, 20 s
	UpgradeTimeout            time.Duration // 10 s
	WriteTimeout              time.Duration // for one write to a socket, 10 s
	ReadTimeout               time.Duration // for the body of one POST, 30 s
	MaxPayload                int64         // bytes of one message or POST, 1,000,000
	OutboxBytes               int           // what a client may be behind, 1 MiB
	// Node names this node among several: its session ids begin with the name, which
	// has no dot, and a dot. Empty for one that is alone.
	Node string
	// Forward has another node answer a request, and reports whether that was done;
	// if not, it has written nothing. The node is what a client's session id names,
	// any text without a dot. Nil where there is no other.
	Forward func(node string, w http.ResponseWriter, r *http.Request) bool
	// AllowOrigin governs CORS and the Origin of WebSocket requests. Nil allows all.
	AllowOrigin func(origin string) bool
	// Admit is asked before a handshake. An error with a method
	// RetryAfterSeconds() string refuses it with 429, any other with 503. Release,
	// if any, runs when nothing of the connection is left; tag stays with it.
	Admit func(r *http.Request) (tag any, release func(), err error)
	// Open is called once for a new connection and returns who handles it.
	Open func(c *Conn) Handler
	Log  *slog.Logger
}

// Handler receives what a connection brings. Calls are made one at a time, but
// for Closed, which may overlap a Message that is being handled.
type Handler interface {
	// Message gets one message. The connection is not read further until it
	// returns. The bytes are the handler's.
	Message(data []byte, binary bool)
	// Closed is called once, when the connection has ended for any reason.
	Closed(reason string)
}

// The reasons for which a connection ends, as Socket.IO names them.
const (
	ReasonTransportClose = "transport close"
	ReasonTransportError = "transport error"
	ReasonPingTimeout    = "ping timeout"
	ReasonForcedClose    = "forced close"
	ReasonParseError     = "parse error"
	ReasonTooSlow        = "too slow"
	ReasonNoText         = "not UTF-8"
	ReasonTooLarge       = "message too large"
)

// Server serves the Engine.IO endpoint of one node. It is an http.Handler.
type Server struct {
	opts Options

	mu    sync.RWMutex
	conns map[string]*Conn
}

// NewServer returns a server; opts.Open is required.
func NewServer(opts Options) *Server {
	def(&opts.PingInterval, 25*time.Second)
	def(&opts.PingTimeout, 20*time.Second)
	def(&opts.UpgradeTimeout, 10*time.Second)
	def(&opts.WriteTimeout, 10*time.Second)
	def(&opts.ReadTimeout, 30*time.Second)
	def(&opts.MaxPayload, 1_000_000)
	def(&opts.OutboxBytes, 1<<20)
	if opts.AllowOrigin == nil {
		opts.AllowOrigin = func(string) bool { return true }
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	return &Server{opts: opts, conns: map[string]*Conn{}}
}

func def[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// The protocol's error answers.
type protocolError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

var (
	errTransport = protocolError{0, "Transport unknown"}
	errSession   = protocolError{1, "Session ID unknown"}
	errMethod    = protocolError{2, "Bad handshake method"}
	errRequest   = protocolError{3, "Bad request"}
	errForbidden = protocolError{4, "Forbidden"}
	errVersion   = protocolError{5, "Unsupported protocol version"}
)

func refuse(w http.ResponseWriter, status int, e protocolError) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(e)
}

// ServeHTTP answers one request of the protocol.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if !s.cors(w, r) {
		return
	}
	q := r.URL.Query()
	transport, sid := q.Get("transport"), q.Get("sid")
	switch {
	case transport != "polling" && transport != "websocket":
		refuse(w, http.StatusBadRequest, errTransport)
	case sid != "":
		if node, ok := s.elsewhere(sid); ok {
			s.forward(w, r, node)
			return
		}
		s.resume(w, r, sid, transport)
	case r.Method != http.MethodGet:
		refuse(w, http.StatusBadRequest, errMethod)
	case q.Get("EIO") != "4":
		refuse(w, http.StatusBadRequest, errVersion)
	default:
		s.handshake(w, r, transport)
	}
}

// resume routes a request of an existing session. A request of the wrong kind is
// refused and leaves the connection alone.
func (s *Server) resume(w http.ResponseWriter, r *http.Request, sid, transport string) {
	c := s.Conn(sid)
	switch {
	case c == nil:
		refuse(w, http.StatusBadRequest, errSession)
	case transport == "websocket":
		c.upgrade(w, r)
	case !c.Polling():
		refuse(w, http.StatusBadRequest, errRequest)
	case r.Method == http.MethodGet:
		c.poll(w, r)
	case r.Method == http.MethodPost:
		c.post(w, r)
	default:
		refuse(w, http.StatusBadRequest, errRequest)
	}
}

// cors answers preflights and refuses foreign origins; it reports whether to go on.
func (s *Server) cors(w http.ResponseWriter, r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin != "" {
		w.Header().Set("Vary", "Origin")
		if !s.opts.AllowOrigin(origin) {
			refuse(w, http.StatusForbidden, errForbidden)
			return false
		}
		w.Header().Set("Access-Control-Allow-Origin", origin)
	}
	if r.Method != http.MethodOptions {
		return true
	}
	w.Header().Set("Access-Control-Allow-Methods", "GET, POST")
	w.Header().Set("Access-Control-Allow-Headers", "authorization, content-type, masterkey")
	w.Header().Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return false
}

func (s *Server) handshake(w http.ResponseWriter, r *http.Request, transport string) {
	var tag any
	release := func() {}
	if s.opts.Admit != nil {
		var err error
		if tag, release, err = s.opts.Admit(r); err != nil {
			s.notAdmitted(w, err)
			return
		}
		if release == nil {
			release = func() {}
		}
	}
	c := newConn(s, r, tag, release)
	if transport == "websocket" {
		ws, ok := s.accept(w, r)
		if !ok {
			release()
			return
		}
		s.open(c)
		c.useWebSocket(ws)
		go c.read(ws)
		return
	}
	s.open(c)
	c.poll(w, r)
}

func (s *Server) notAdmitted(w http.ResponseWriter, err error) {
	status := http.StatusServiceUnavailable
	if limited, ok := err.(interface{ RetryAfterSeconds() string }); ok {
		status = http.StatusTooManyRequests
		w.Header().Set("Retry-After", limited.RetryAfterSeconds())
	}
	refuse(w, status, protocolError{errForbidden.Code, http.StatusText(status)})
}

// open registers the connection, queues its OPEN packet and attaches its handler,
// all before anything is read from it.
func (s *Server) open(c *Conn) {
	upgrades := []string{}
	if !c.websocket {
		upgrades = []string{"websocket"}
	}
	data, _ := json.Marshal(struct {
		Sid          string   `json:"sid"`
		Upgrades     []string `json:"upgrades"`
		PingInterval int64    `json:"pingInterval"`
		PingTimeout  int64    `json:"pingTimeout"`
		MaxPayload   int64    `json:"maxPayload"`
	}{c.id, upgrades, s.opts.PingInterval.Milliseconds(), s.opts.PingTimeout.Milliseconds(), s.opts.MaxPayload})
	s.mu.Lock()
	s.conns[c.id] = c
	s.mu.Unlock()
	c.sendPacket('0', data)
	c.attach(s.opts.Open(c))
}

// Conn returns the connection with a session id, nil if this node has none.
func (s *Server) Conn(sid string) *Conn {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.conns[sid]
}

func (s *Server) forget(c *Conn) {
	s.mu.Lock()
	delete(s.conns, c.id)
	s.mu.Unlock()
}

// Conns returns the open connections.
func (s *Server) Conns() []*Conn {
	s.mu.RLock()
	defer s.mu.RUnlock()
	conns := make([]*Conn, 0, len(s.conns))
	for _, c := range s.conns {
		conns = append(conns, c)
	}
	return conns
}

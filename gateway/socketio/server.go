package socketio

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/zishang520/socket.io/servers/engine/v3"
	"github.com/zishang520/socket.io/servers/socket/v3"

	"parley/chat"
	"parley/gateway"
	"parley/gateway/engineio"
)

// Namespaces are the names of the chat; both are the same rooms and events.
var Namespaces = []string{"/chat", "/chat/"}

// connectTimeout is how long a connection may be without a namespace, and how
// long an answer to CONNECT may take.
const connectTimeout = 20 * time.Second

// Options are what the door needs. Chat, Hub and Authenticate are required.
type Options struct {
	Chat *chat.Service
	Hub  *gateway.Hub
	// Authenticate checks the first of the credentials that is not empty; each
	// may carry a Bearer prefix.
	Authenticate func(ctx context.Context, credentials ...string) (chat.Identity, error)
	// Admit counts a new connection by its request. Its refusal is told on
	// CONNECT, where clients can read it; an error refuses the handshake itself.
	Admit func(r *http.Request) (Admission, error)
	// EventRate and TypingRate make the limiters of one connection; nil for none.
	EventRate, TypingRate func() Limiter
	Engine                engineio.Options // Open, Admit and Log are set here
	Log                   *slog.Logger
}

// Limiter bounds what one connection does.
type Limiter interface {
	// Allow takes one; if there is none it says after how long there is.
	Allow() (ok bool, retryAfter time.Duration)
}

// Admission is what the server thinks of a connection before it knows its user.
type Admission struct {
	Refusal *chat.Error // told on CONNECT; nil lets it in
	Release func()      // called when the connection ends
}

// Server is the Socket.IO endpoint of one node. It is an http.Handler.
type Server struct {
	opts    Options
	eio     *engineio.Server
	engine  engine.BaseServer
	io      *socket.Server
	formats map[string]*format

	mu       sync.Mutex
	links    map[*link]struct{}
	draining bool
}

// NewServer returns the endpoint.
func NewServer(o Options) *Server {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	s := &Server{opts: o, formats: map[string]*format{}, links: map[*link]struct{}{}}
	eio := o.Engine
	eio.Log, eio.Open, eio.Admit = o.Log, s.open, s.admit
	s.eio = engineio.NewServer(eio)
	s.bind()
	return s
}

// bind puts the library's Socket.IO server on our engine.
func (s *Server) bind() {
	recovery := socket.DefaultConnectionStateRecovery()
	recovery.SetMaxDisconnectionDuration(gateway.RecoveryWindow.Milliseconds())
	recovery.SetSkipMiddlewares(false)
	o := socket.DefaultServerOptions()
	o.SetServeClient(false)
	o.SetConnectTimeout(connectTimeout)
	o.SetConnectionStateRecovery(recovery)
	o.SetAdapter(adapters{})
	s.io = socket.NewServer(nil, o)
	s.io.Use(refuseRoot)
	for _, name := range Namespaces {
		s.formats[name] = newFormat(name, s.opts.Chat.Now)
		nsp := s.io.Of(name, nil)
		nsp.Use(authorise)
		_ = nsp.On("connection", s.connected)
	}
	s.engine = engine.MakeBaseServer()
	s.io.Bind(s.engine)
}

// refuseRoot closes the namespace that the library always has.
func refuseRoot(_ *socket.Socket, next func(*socket.ExtendedError)) {
	next(socket.NewExtendedError("Invalid namespace", nil))
}

// authorise passes on what was decided when CONNECT came in.
func authorise(s *socket.Socket, next func(*socket.ExtendedError)) {
	l, ok := s.Conn().(*link)
	if !ok {
		next(connectError(chat.ErrBadToken))
		return
	}
	if err := l.verdict.err; err != nil {
		next(connectError(err))
		return
	}
	next(nil)
}

// ServeHTTP answers one request of the endpoint.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.eio.ServeHTTP(w, r) }

func (s *Server) admit(r *http.Request) (any, func(), error) {
	if s.Draining() {
		return nil, nil, chat.ErrClosing
	}
	if s.opts.Admit == nil {
		return (*chat.Error)(nil), func() {}, nil
	}
	a, err := s.opts.Admit(r)
	if err != nil {
		return nil, nil, err
	}
	return a.Refusal, a.Release, nil
}

// open wires a new connection to the library before anything is read from it.
func (s *Server) open(c *engineio.Conn) engineio.Handler {
	l := newLink(s, c)
	s.mu.Lock()
	s.links[l] = struct{}{}
	late := s.draining // since it was admitted
	s.mu.Unlock()
	s.engine.Emit("connection", l)
	if late {
		c.Close()
	}
	return l
}

func (s *Server) forget(l *link) {
	s.mu.Lock()
	delete(s.links, l)
	s.mu.Unlock()
}

// Connections returns how many Engine.IO connections are open.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.links)
}

// Draining reports whether the server takes no new connections.
func (s *Server) Draining() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.draining
}

// Drain takes no more connections, tells every client in its turn to come back
// after a moment, lets its queue empty, and closes it. It returns when all are
// closed, or cuts the rest when ctx ends.
func (s *Server) Drain(ctx context.Context, d gateway.Drain) {
	s.mu.Lock()
	s.draining = true
	links := slices.Collect(maps.Keys(s.links)) // in any order
	s.mu.Unlock()
	for i, l := range links {
		end, comeBack := d.Turn(i, len(links))
		time.AfterFunc(end, func() { l.drain(comeBack) })
	}
	for _, l := range links {
		select {
		case <-l.conn.Done():
		case <-ctx.Done():
			l.conn.Drop()
		}
	}
}

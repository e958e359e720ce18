package rawws

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"parley/chat"
	"parley/gateway"
)

// connectTimeout bounds what is done between a handshake and the first message.
const connectTimeout = 20 * time.Second

// Options are what the doors need. Chat, Hub and Authenticate are required; zero
// figures mean the defaults.
type Options struct {
	Chat *chat.Service
	Hub  *gateway.Hub
	// Authenticate checks the first of the credentials that is not empty; each may
	// carry a Bearer prefix.
	Authenticate func(ctx context.Context, credentials ...string) (chat.Identity, error)
	// Admit counts a new connection by its request. A refusal is told on the open
	// connection, where browsers can read it. An error refuses the handshake itself:
	// with 429 if it has a method RetryAfterSeconds() string, else with 503. Release,
	// if any, runs when nothing of the connection is left.
	Admit func(r *http.Request) (refusal *chat.Error, release func(), err error)
	// AllowOrigin says which web pages may connect. Nil allows all.
	AllowOrigin func(origin string) bool
	// EventRate makes the limiter of one connection; nil for none.
	EventRate func() Limiter

	MaxFrame                  int64         // bytes of one incoming message, 1,000,000
	OutboxBytes               int           // what a client may be behind, 1 MiB
	WriteTimeout              time.Duration // for one write to a socket, 10 s
	PingInterval, PingTimeout time.Duration // 25 s, 20 s
	Log                       *slog.Logger
}

// Limiter bounds what one connection does.
type Limiter interface {
	// Allow takes one; if there is none it says after how long there is.
	Allow() (ok bool, retryAfter time.Duration)
}

// Server is both doors of one node. It is an http.Handler.
type Server struct {
	opts   Options
	linger time.Duration // lingerTimeout, but in tests

	mu       sync.Mutex
	conns    map[*conn]struct{}
	visits   map[string]*conn // the open socket of each chatbot session here
	draining bool
}

// NewServer returns the doors. Run is to be called, too.
func NewServer(o Options) *Server {
	def(&o.MaxFrame, 1_000_000)
	def(&o.OutboxBytes, 1<<20)
	def(&o.WriteTimeout, 10*time.Second)
	def(&o.PingInterval, 25*time.Second)
	def(&o.PingTimeout, 20*time.Second)
	if o.AllowOrigin == nil {
		o.AllowOrigin = func(string) bool { return true }
	}
	if o.Admit == nil {
		o.Admit = func(*http.Request) (*chat.Error, func(), error) { return nil, nil, nil }
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Server{opts: o, linger: lingerTimeout, conns: map[*conn]struct{}{}, visits: map[string]*conn{}}
}

func def[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// route says which protocol a path speaks, nil if none, and the session it names.
func route(path string) (d *door, session string) {
	path = strings.TrimSuffix(path, "/")
	if rest, ok := strings.CutPrefix(path, "/ws/chat"); ok && (rest == "" || rest[0] == '/') {
		return sessionDoor, strings.TrimPrefix(rest, "/")
	}
	if path == "" || path == "/ws" {
		return tokenDoor, ""
	}
	return nil, ""
}

// ServeHTTP upgrades a request at one of the doors' paths, with or without a last
// slash. It returns once the connection is set up, or refused: what is wrong with
// the caller is told on the open connection.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	d, session := route(r.URL.Path)
	switch {
	case d == nil:
		refuse(w, http.StatusNotFound, "This route does not exist")
		return
	case !upgrades(r):
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Connection", "Upgrade")
		refuse(w, http.StatusUpgradeRequired, "This address is a WebSocket")
		return
	case r.ContentLength != 0: // net/http would wait for it before the handshake is answered
		w.Header().Set("Connection", "close")
		refuse(w, http.StatusBadRequest, "A WebSocket handshake has no body")
		return
	}
	refusal, release, err := s.opts.Admit(r)
	if err != nil {
		notAdmitted(w, err)
		return
	}
	if release == nil {
		release = func() {}
	}
	c, err := s.accept(w, r, d, release)
	if err != nil {
		release() // the library has answered
		return
	}
	late := s.add(c)
	switch origin := r.Header.Get("Origin"); {
	case late:
		c.refuse(chat.ErrClosing)
	case refusal != nil:
		c.refuse(refusal)
	case origin != "" && !s.opts.AllowOrigin(origin):
		c.refuse(chat.Errorf(chat.CodeForbidden, "Pages of this origin may not connect"))
	default:
		c.open(r, session)
	}
	go c.read()
}

// add registers a connection and reports whether it comes too late.
func (s *Server) add(c *conn) (late bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[c] = struct{}{}
	return s.draining
}

func (s *Server) forget(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	if c.visit != nil && s.visits[c.visit.id] == c {
		delete(s.visits, c.visit.id)
	}
}

// Connections returns how many connections are open at each door.
func (s *Server) Connections() (tokens, sessions int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		if c.door == sessionDoor {
			sessions++
		}
	}
	return len(s.conns) - sessions, sessions
}

// Draining reports whether the server takes no new connections.
func (s *Server) Draining() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.draining
}

// Drain takes no more connections. In its turn each client is answered what has come
// in, told to come back after a moment, and closed with 1012. It returns when all are
// closed, or cuts the rest when ctx ends.
func (s *Server) Drain(ctx context.Context, d gateway.Drain) {
	s.mu.Lock()
	s.draining = true
	conns := slices.Collect(maps.Keys(s.conns)) // in any order
	s.mu.Unlock()
	for i, c := range conns {
		end, comeBack := d.Turn(i, len(conns))
		time.AfterFunc(end, func() { c.drain(comeBack) })
	}
	for _, c := range conns {
		select {
		case <-c.done:
		case <-ctx.Done():
			c.drop()
			<-c.done
		}
	}
}

// Run notes every quarter of the session grace which chatbot sessions have their
// socket here, until ctx ends: without it they would be taken for left.
func (s *Server) Run(ctx context.Context) {
	tick := time.NewTicker(s.opts.Chat.SessionGrace / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.seen(ctx)
		}
	}
}

// seen is one turn of Run.
func (s *Server) seen(ctx context.Context) {
	s.mu.Lock()
	seen := make(map[string]int64, len(s.visits))
	for id, c := range s.visits {
		seen[id] = c.visit.seen.Load()
	}
	s.mu.Unlock()
	if err := s.opts.Chat.SeenSessions(ctx, seen); err != nil && ctx.Err() == nil {
		s.opts.Log.Error("cannot note which sessions have a socket", "error", err)
	}
}

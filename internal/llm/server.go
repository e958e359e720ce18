package llm

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Bounds of the server: a request's body in bytes, and the exchanges that are
// remembered (the latest ones).
const (
	maxBody       = 8 << 20
	keepExchanges = 4096
)

// Server answers chat completions by scripts. It is an http.Handler; all of its
// methods may be called at once.
type Server struct {
	script func(Request) Script

	mu        sync.Mutex
	count     int
	exchanges []*Exchange

	http     *http.Server
	listener net.Listener
	served   chan struct{}
}

// New returns a handler for httptest.NewServer or an http.Server. The function
// chooses the answer to each request; it may be called at once for several.
func New(script func(Request) Script) *Server { return &Server{script: script} }

// Sequence returns New's function for a server that answers its requests with
// these scripts, one after the other, and then goes on with the last.
func Sequence(scripts ...Script) func(Request) Script {
	return func(r Request) Script { return scripts[min(r.Number, len(scripts))-1] }
}

// Listen starts a server on a TCP address such as "127.0.0.1:0".
func Listen(address string, script func(Request) Script) (*Server, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, err
	}
	return Serve(l, script), nil
}

// Serve starts a server on a listener, which it then owns. Close ends it.
func Serve(l net.Listener, script func(Request) Script) *Server {
	s := New(script)
	s.listener, s.served = l, make(chan struct{})
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(s.served)
		_ = s.http.Serve(l) // it ends by Close
	}()
	return s
}

// URL is the base of a server that listens: what PARLEY_ASSISTANT_URL takes.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() + "/v1" }

// Close ends a server that listens, with all of its connections.
func (s *Server) Close() error {
	err := s.http.Close()
	<-s.served
	return err
}

// Count is the number of requests so far.
func (s *Server) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// Exchanges returns the latest requests, at most 4096, oldest first.
func (s *Server) Exchanges() []*Exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*Exchange(nil), s.exchanges...)
}

// ServeHTTP implements http.Handler: POST to any path that ends in
// /chat/completions. Anything else is 404, as it is with a wrong base URL.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/chat/completions") {
		http.NotFound(w, r)
		return
	}
	req := Request{Path: r.URL.RequestURI(), Header: r.Header.Clone()}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil {
		err = json.Unmarshal(body, &req)
	}
	if err != nil {
		http.Error(w, `{"error":{"message":"the body is not a chat completion"}}`, http.StatusBadRequest)
		return
	}
	req.Body = body
	x := s.record(req)
	// net/http reads on behind the request, so its context ends as soon as the
	// client closes the connection, even while a step waits.
	stop := context.AfterFunc(r.Context(), func() { x.over(true) })
	defer stop()
	err = play(w, r, s.script(x.Request))
	broken := errors.Is(err, http.ErrAbortHandler)
	x.over(err != nil && !broken)
	if broken {
		panic(http.ErrAbortHandler) // net/http's way to break a connection
	}
}

func (s *Server) record(r Request) *Exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	r.Number = s.count
	x := newExchange(r)
	if len(s.exchanges) == keepExchanges {
		s.exchanges = append(s.exchanges[:0], s.exchanges[1:]...)
	}
	s.exchanges = append(s.exchanges, x)
	return x
}

// play writes the script's answer. It fails where a step does, mostly because
// the client has left.
func play(w http.ResponseWriter, r *http.Request, script Script) error {
	st := &Stream{
		ctx: r.Context(), w: w, flush: http.NewResponseController(w).Flush,
		newline: "\n", bytewise: script.Bytewise, every: script.Every,
	}
	if script.CRLF {
		st.newline = "\r\n"
	}
	if script.Before < 0 {
		<-st.ctx.Done()
		return st.ctx.Err()
	}
	if err := st.Wait(script.Before); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	for name, value := range script.Header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(max(script.Status, http.StatusOK))
	if err := st.flush(); err != nil {
		return err
	}
	for _, step := range script.Steps {
		if err := step(st); err != nil {
			return err
		}
	}
	return nil
}

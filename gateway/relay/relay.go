package relay

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options are what a Relay needs. All before Observe are required.
type Options struct {
	// Node names this node. Secret is the one that all nodes share.
	Node   string
	Secret []byte
	// Path is that of the one endpoint whose requests are passed on, without a base path.
	Path string
	// URL returns where a live node is reached. It waits for half a second at most.
	URL func(node string) (string, bool)
	// Release has a session of this node let go of the way by which its client reaches
	// it. It does not wait; the session need not exist.
	Release func(sid string)
	// Observe is told of each request that was to be passed on, and whether it was: once
	// its answer begins.
	Observe func(kind Kind, ok bool)
	// WriteTimeout is for one write to a client's WebSocket; 10 s if zero.
	WriteTimeout time.Duration
	Log          *slog.Logger
	Now          func() time.Time
}

// Kind is what sort of request is passed on.
type Kind string

// The kinds of requests.
const (
	Poll   Kind = "poll"
	Post   Kind = "post"
	Socket Kind = "websocket"
)

// Relay is one node's part. Its methods may be called at once.
type Relay struct {
	opts    Options
	seal    seal
	polls   *http.Transport
	sockets *http.Transport
	proxy   *httputil.ReverseProxy
	warned  atomic.Int64 // when the last warning was logged, in Unix seconds

	asking chan struct{} // one for each question that may be on its way at once

	mu       sync.Mutex
	open     map[*passage]struct{}
	draining bool
}

// New returns a relay. An error is one of the secret.
func New(o Options) (*Relay, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Observe == nil {
		o.Observe = func(Kind, bool) {}
	}
	if o.WriteTimeout == 0 {
		o.WriteTimeout = 10 * time.Second
	}
	s, err := newSeal(o.Secret, o.Now)
	if err != nil {
		return nil, err
	}
	r := &Relay{
		opts: o, seal: s, polls: pollTransport(), sockets: socketTransport(),
		asking: make(chan struct{}, asksAtOnce), open: map[*passage]struct{}{},
	}
	r.proxy = &httputil.ReverseProxy{
		Rewrite: r.rewrite, Transport: r, ModifyResponse: r.accept, ErrorHandler: r.failed,
		BufferPool: &buffers{}, ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
	}
	return r, nil
}

// Close lets go of what is kept open for later requests. Nothing may be under way.
func (r *Relay) Close() {
	r.polls.CloseIdleConnections()
	r.sockets.CloseIdleConnections()
}

// passage is one request on its way through this node.
type passage struct {
	node, sid string
	kind      Kind
	url       url.URL // of the other node's endpoint
	end       context.CancelFunc
	ctx       context.Context // ends with the passage
	passed    bool            // the other node has begun to answer
	failed    bool            // nothing could be made of it
}

type passageKey struct{}

func passageOf(ctx context.Context) *passage {
	p, _ := ctx.Value(passageKey{}).(*passage)
	return p
}

// Forward has a node answer a request with a session id, and reports whether it did;
// if not, nothing was written. It returns when the answer is whole, or the WebSocket
// has ended. A node that is gone is known within 3 s. What another node has
// passed on is not passed on again.
func (r *Relay) Forward(node string, w http.ResponseWriter, req *http.Request) bool {
	if Relayed(req.Context()) {
		return false
	}
	p := &passage{node: node, sid: req.URL.Query().Get("sid"), kind: kindOf(req)}
	if p.kind == "" {
		return false
	}
	if !r.find(p) || !r.begin(req.Context(), p) {
		r.opts.Observe(p.kind, false)
		return false
	}
	defer r.done(p)
	out := &answer{ResponseWriter: w, timeout: r.opts.WriteTimeout}
	r.proxy.ServeHTTP(out, req.WithContext(p.ctx))
	if !p.passed {
		r.opts.Observe(p.kind, false)
	}
	return !p.failed || out.hijacked
}

// kindOf returns "" for what is no request of a session.
func kindOf(req *http.Request) Kind {
	switch {
	case req.Method == http.MethodPost:
		return Post
	case req.Method != http.MethodGet:
		return ""
	case req.URL.Query().Get("transport") == "websocket":
		return Socket
	}
	return Poll
}

// find notes where the passage leads. The path is the endpoint's, whatever the
// request's.
func (r *Relay) find(p *passage) bool {
	if !plain(p.node) {
		return false
	}
	text, ok := r.opts.URL(p.node)
	if !ok {
		return false
	}
	base, err := url.Parse(text)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		r.opts.Log.Warn("a node says that it is reached where nobody can be", "node", p.node)
		return false
	}
	p.url = url.URL{Scheme: base.Scheme, Host: base.Host, Path: strings.TrimSuffix(base.Path, "/") + r.opts.Path}
	return true
}

// RoundTrip implements http.RoundTripper for the proxy.
func (r *Relay) RoundTrip(req *http.Request) (*http.Response, error) {
	if passageOf(req.Context()).kind == Socket {
		return r.sockets.RoundTrip(req)
	}
	return r.polls.RoundTrip(req)
}

// passed are the headers that the other node has a use for.
var passed = []string{
	"Connection", "Upgrade", "Content-Type", "Origin",
	"Sec-Websocket-Key", "Sec-Websocket-Version", "Sec-Websocket-Protocol", "Sec-Websocket-Extensions",
}

// rewrite makes the request to the other node.
func (r *Relay) rewrite(pr *httputil.ProxyRequest) {
	p, out := passageOf(pr.In.Context()), pr.Out
	u := p.url
	u.RawQuery = out.URL.RawQuery // the proxy has left out what is no query
	out.URL, out.Host = &u, ""
	h := http.Header{}
	for _, name := range passed {
		if v, ok := out.Header[name]; ok {
			h[name] = v
		}
	}
	h.Set(header, r.seal.stamp(p.node, out.Method, r.opts.Path, u.RawQuery))
	out.Header, out.Trailer = h, nil
	if out.Body == nil {
		// A body that cannot be had twice keeps the transport from repeating a poll: what the
		// lost answer held would be missing.
		out.Body = once{}
	}
}

// errRefused is another node that does not know this one's stamp.
var errRefused = errors.New("relay: the other node refuses this one's stamp")

// accept looks at the other node's answer. Origins were checked here already, so it
// is the stamp that is refused.
func (r *Relay) accept(res *http.Response) error {
	if res.StatusCode == http.StatusForbidden {
		return errRefused
	}
	p := passageOf(res.Request.Context())
	p.passed = true
	if res.Close && res.StatusCode >= http.StatusBadRequest && p.kind == Post {
		res.Header.Set("Connection", "close") // here too the rest of the body is not waited for
	}
	r.opts.Observe(p.kind, true)
	return nil
}

// warnEvery is how often, in seconds, the same warning is logged at most.
const warnEvery = 60

// failed takes note that the other node could not be asked.
func (r *Relay) failed(_ http.ResponseWriter, req *http.Request, err error) {
	p := passageOf(req.Context())
	p.failed = true
	now, last := r.opts.Now().Unix(), r.warned.Load()
	if errors.Is(err, errRefused) && now-last >= warnEvery && r.warned.CompareAndSwap(last, now) {
		r.opts.Log.Warn("another node refuses this one: their clocks or PARLEY_JWT_SECRET differ", "node", p.node)
		return
	}
	r.opts.Log.Debug("cannot pass a request on", "node", p.node, "error", err)
}

package relay

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"parley/gateway/engineio"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	// patience is how long a test waits for what must happen.
	patience = 20 * time.Second
	secret   = "a secret for tests alone, thirty-two bytes"
	path     = "/realtime/"
)

// registry is where nodes are reached.
type registry struct {
	mu   sync.Mutex
	urls map[string]string
}

func (r *registry) url(node string) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u, ok := r.urls[node]
	return u, ok
}

func (r *registry) set(node, url string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.urls[node] = url
}

// clock is a time that the test moves.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// node is one of several, whose connections answer every message with the same text.
type node struct {
	*httptest.Server
	t      testing.TB
	name   string
	engine *engineio.Server
	relay  *Relay
	clock  *clock
	others *registry
	client *http.Client

	mu      sync.Mutex
	heads   []http.Header // of requests at the endpoint
	paths   []string
	counted map[Kind][2]int // not passed on, passed on
}

// nodesOf starts nodes that know each other.
func nodesOf(t testing.TB, names ...string) []*node {
	t.Helper()
	others := &registry{urls: map[string]string{}}
	var all []*node
	for _, name := range names {
		all = append(all, startNode(t, name, others))
	}
	return all
}

func startNode(t testing.TB, name string, others *registry, change ...func(*http.Server)) *node {
	t.Helper()
	n := &node{t: t, name: name, clock: &clock{}, others: others, client: &http.Client{Transport: &http.Transport{}}, counted: map[Kind][2]int{}}
	log := slog.New(slog.DiscardHandler)
	var err error
	n.relay, err = New(Options{
		Node: name, Secret: []byte(secret), Path: path, URL: others.url, Log: log, Now: n.clock.now,
		Release: n.release, Observe: n.observe, WriteTimeout: 2 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	n.engine = engineio.NewServer(engineio.Options{
		Node: name, Forward: n.relay.Forward, Log: log, PingInterval: time.Minute,
		Open: func(c *engineio.Conn) engineio.Handler { return echo{c} },
	})
	endpoint := n.relay.Receive(http.HandlerFunc(n.endpoint))
	below := http.StripPrefix("/below", endpoint)
	n.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch { // whatever is below the path, as the API does it
		case strings.HasPrefix(r.URL.Path, path):
			endpoint.ServeHTTP(w, r)
		case strings.HasPrefix(r.URL.Path, "/below"+path):
			below.ServeHTTP(w, r)
		default:
			http.NotFound(w, r)
		}
	}))
	for _, c := range change {
		c(n.Config)
	}
	n.Start()
	others.set(name, n.URL)
	t.Cleanup(n.close)
	return n
}

func (n *node) close() {
	for _, c := range n.engine.Conns() {
		c.Drop()
	}
	n.client.CloseIdleConnections()
	n.CloseClientConnections()
	n.Server.Close()
	n.relay.Close()
}

func (n *node) endpoint(w http.ResponseWriter, r *http.Request) {
	if _, counts := n.t.(*testing.B); !counts {
		n.mu.Lock()
		n.heads, n.paths = append(n.heads, r.Header.Clone()), append(n.paths, r.URL.Path)
		n.mu.Unlock()
	}
	n.engine.ServeHTTP(w, r)
}

func (n *node) observe(kind Kind, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := n.counted[kind]
	if ok {
		c[1]++
	} else {
		c[0]++
	}
	n.counted[kind] = c
}

func (n *node) passedOn(kind Kind) (not, did int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.counted[kind][0], n.counted[kind][1]
}

// release is what the Socket.IO server does, without its goodbyes.
func (n *node) release(sid string) {
	c := n.engine.Conn(sid)
	switch {
	case c == nil:
	case c.Polling():
		c.AnswerPoll()
	default:
		c.Close()
	}
}

// open is how many requests pass through the node.
func (n *node) open() int {
	n.relay.mu.Lock()
	defer n.relay.mu.Unlock()
	return len(n.relay.open)
}

type echo struct{ conn *engineio.Conn }

func (e echo) Message(data []byte, _ bool) { e.conn.Send(engineio.Message(data)) }
func (e echo) Closed(string)               {}

// answer to a request.
type response struct {
	status int
	body   string
	header http.Header
	took   time.Duration
}

const polling = "EIO=4&transport=polling"

func (n *node) try(method, query string, body io.Reader, header ...string) (response, error) {
	r, err := http.NewRequest(method, n.URL+path+"?"+query, body)
	if err != nil {
		return response{}, err
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	begin := time.Now()
	res, err := n.client.Do(r)
	if err != nil {
		return response{}, err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	return response{res.StatusCode, string(b), res.Header, time.Since(begin)}, err
}

func (n *node) do(method, query, body string, header ...string) response {
	n.t.Helper()
	a, err := n.try(method, query, strings.NewReader(body), header...)
	if err != nil {
		n.t.Fatal(err)
	}
	return a
}

// later is do in the background.
func (n *node) later(method, query string) <-chan response {
	c := make(chan response, 1)
	go func() {
		a, _ := n.try(method, query, nil)
		c <- a
	}()
	return c
}

// connect makes a connection on the node by polling and returns what its requests ask.
func (n *node) connect() (query string) {
	n.t.Helper()
	a := n.do(http.MethodGet, polling, "")
	_, rest, _ := strings.Cut(a.body, `"sid":"`)
	sid, _, ok := strings.Cut(rest, `"`)
	if a.status != http.StatusOK || !ok {
		n.t.Fatalf("handshake: %d %s", a.status, a.body)
	}
	return polling + "&sid=" + sid
}

// upgrade has a connection's WebSocket pass through this node.
func (n *node) upgrade(query string) *websocket.Conn {
	n.t.Helper()
	return n.upgradeBy(&websocket.Dialer{}, query)
}

func (n *node) upgradeBy(dialer *websocket.Dialer, query string) *websocket.Conn {
	n.t.Helper()
	query = strings.Replace(query, "polling", "websocket", 1)
	ws, res, err := dialer.Dial("ws"+strings.TrimPrefix(n.URL, "http")+path+"?"+query, nil)
	if err != nil {
		n.t.Fatal(err, res)
	}
	n.t.Cleanup(func() { _ = ws.Close() })
	_ = ws.SetReadDeadline(time.Now().Add(patience))
	for _, step := range []string{"2probe", "5"} {
		if err := ws.WriteMessage(websocket.TextMessage, []byte(step)); err != nil {
			n.t.Fatal(err)
		}
		if step == "2probe" {
			if _, data, err := ws.ReadMessage(); err != nil || string(data) != "3probe" {
				n.t.Fatalf("probe: %q %v", data, err)
			}
		}
	}
	return ws
}

func recv[T any](t testing.TB, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("not in time: %s", what)
		panic("unreachable")
	}
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

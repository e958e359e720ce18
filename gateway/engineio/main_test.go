package engineio

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// node is an engine on loopback with the connections that it has opened.
type node struct {
	*httptest.Server
	engine *Server
	opened chan *peer
	client *http.Client
}

// peer is the server's side of one connection: it keeps what came in.
type peer struct {
	*Conn
	got    chan string
	closed chan string

	mu     sync.Mutex
	handle func(data string) // runs in Message, if set
}

func (p *peer) Message(data []byte, binary bool) {
	text := string(data)
	if binary {
		text = "binary:" + text
	}
	p.mu.Lock()
	handle := p.handle
	p.mu.Unlock()
	if handle != nil {
		handle(text)
	}
	p.got <- text
}

func (p *peer) Closed(reason string) { p.closed <- reason }

func (p *peer) on(handle func(data string)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.handle = handle
}

func serve(t testing.TB, o Options) *node {
	t.Helper()
	n := &node{opened: make(chan *peer, 64), client: &http.Client{Transport: &http.Transport{}}}
	o.Log = slog.New(slog.DiscardHandler)
	if o.Open == nil {
		o.Open = func(c *Conn) Handler {
			p := &peer{Conn: c, got: make(chan string, 200_000), closed: make(chan string, 8)}
			n.opened <- p
			return p
		}
	}
	n.engine = NewServer(o)
	n.Server = httptest.NewServer(n.engine)
	t.Cleanup(func() {
		for _, c := range n.engine.Conns() {
			c.Drop()
		}
		n.client.CloseIdleConnections()
		n.CloseClientConnections()
		n.Server.Close()
	})
	return n
}

// answer is an HTTP answer.
type answer struct {
	status int
	body   string
	header http.Header
}

func (n *node) do(t testing.TB, method, query, body string, header ...string) answer {
	t.Helper()
	a, err := n.try(method, query, strings.NewReader(body), header...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// try is do for other goroutines than the test's, and for bodies of unknown length.
func (n *node) try(method, query string, body io.Reader, header ...string) (answer, error) {
	r, err := http.NewRequest(method, n.URL+"/?"+query, body)
	if err != nil {
		return answer{}, err
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := n.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, string(b), res.Header}, err
}

// poller is a client that polls.
type poller struct {
	*node
	t   testing.TB
	sid string
}

const polling = "EIO=4&transport=polling"

// poll makes a connection by polling.
func (n *node) poll(t testing.TB) (*poller, *peer) {
	t.Helper()
	a := n.do(t, http.MethodGet, polling, "")
	if a.status != http.StatusOK {
		t.Fatalf("handshake: %d %s", a.status, a.body)
	}
	return &poller{n, t, sidOf(t, a.body)}, recv(t, n.opened, "the connection")
}

func (p *poller) query() string { return polling + "&sid=" + p.sid }

func (p *poller) get() answer {
	p.t.Helper()
	return p.do(p.t, http.MethodGet, p.query(), "")
}

func (p *poller) post(body string) answer {
	p.t.Helper()
	return p.do(p.t, http.MethodPost, p.query(), body, "Content-Type", "text/plain;charset=UTF-8")
}

// later polls in the background.
func (p *poller) later() <-chan answer {
	c := make(chan answer, 1)
	go func() {
		a, _ := p.try(http.MethodGet, p.query(), nil)
		c <- a
	}()
	return c
}

// pollWaits returns once a GET of the connection's waits.
func pollWaits(t testing.TB, p *peer) {
	t.Helper()
	eventually(t, "a poll to wait", func() bool {
		p.Conn.mu.Lock()
		defer p.Conn.mu.Unlock()
		return p.Conn.polling != nil
	})
}

// packets polls until something comes that is no noop, and takes it apart.
func (p *poller) packets() []string {
	p.t.Helper()
	for {
		a := p.get()
		if a.status != http.StatusOK {
			p.t.Fatalf("poll: %d %s", a.status, a.body)
		}
		if a.body != "6" {
			return strings.Split(a.body, "\x1e")
		}
	}
}

// dial opens a WebSocket; extra is the rest of the query.
func (n *node) dial(t testing.TB, extra string, header http.Header) *websocket.Conn {
	t.Helper()
	url := "ws" + strings.TrimPrefix(n.URL, "http") + "/?EIO=4&transport=websocket" + extra
	ws, res, err := websocket.DefaultDialer.Dial(url, header)
	if err != nil {
		t.Fatal(err, res)
	}
	_ = ws.SetReadDeadline(time.Now().Add(patience))
	t.Cleanup(func() { _ = ws.Close() })
	return ws
}

// connect makes a connection by WebSocket and reads its OPEN.
func (n *node) connect(t testing.TB) (*websocket.Conn, *peer) {
	t.Helper()
	ws := n.dial(t, "", nil)
	if open := read(t, ws); !strings.HasPrefix(open, "0{") {
		t.Fatalf("the first packet is %q", open)
	}
	return ws, recv(t, n.opened, "the connection")
}

func read(t testing.TB, ws *websocket.Conn) string {
	t.Helper()
	_, data, err := ws.ReadMessage()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t testing.TB, ws *websocket.Conn, packets ...string) {
	t.Helper()
	for _, p := range packets {
		if err := ws.WriteMessage(websocket.TextMessage, []byte(p)); err != nil {
			t.Fatal(err)
		}
	}
}

func sidOf(t testing.TB, open string) string {
	t.Helper()
	_, rest, ok := strings.Cut(open, `"sid":"`)
	sid, _, _ := strings.Cut(rest, `"`)
	if !ok || !strings.HasPrefix(open, "0") {
		t.Fatalf("no OPEN packet: %q", open)
	}
	return sid
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

// chunked hides a body's length.
func chunked(s string) io.Reader { return io.MultiReader(bytes.NewReader([]byte(s))) }

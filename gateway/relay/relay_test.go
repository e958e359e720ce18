package relay

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// lost is the answer by which a client begins anew.
const lost = `{"code":1,"message":"Session ID unknown"}`

func wantLost(t *testing.T, what string, a response) {
	t.Helper()
	if a.status != http.StatusBadRequest || strings.TrimSpace(a.body) != lost || a.took > 3*time.Second {
		t.Errorf("%s: %d %s after %v", what, a.status, a.body, a.took)
	}
}

func TestPollsThroughOthers(t *testing.T) {
	ns := nodesOf(t, "a", "b", "c")
	query := ns[0].connect()
	for i := range 30 {
		text := fmt.Sprintf("4%d %s", i, strings.Repeat("x", i*1000))
		if a := ns[i%3].do(http.MethodPost, query, text); a.status != 200 || a.body != "ok" {
			t.Fatalf("POST: %d %s", a.status, a.body)
		}
		if a := ns[(i+1)%3].do(http.MethodGet, query, ""); a.status != 200 || a.body != text {
			t.Fatalf("GET: %d %.100q", a.status, a.body)
		}
	}
	if not, did := ns[1].passedOn(Poll); not != 0 || did != 10 {
		t.Errorf("b passed on %d polls of 10, and not %d", did, not)
	}
	if not, did := ns[0].passedOn(Poll); not+did != 0 {
		t.Error("a passed on what was its own")
	}
}

// TestPollWaits: a poll waits as long as the other node lets it, and is answered
// once there is something.
func TestPollWaits(t *testing.T) {
	ns := nodesOf(t, "a", "b")
	query := ns[0].connect()
	waiting := ns[1].later(http.MethodGet, query)
	eventually(t, "the poll to pass", func() bool { return ns[1].open() == 1 })
	select {
	case a := <-waiting:
		t.Fatalf("it does not wait: %v", a)
	case <-time.After(100 * time.Millisecond):
	}
	ns[0].do(http.MethodPost, query, "4woken")
	if a := recv(t, waiting, "the poll"); a.body != "4woken" {
		t.Errorf("got %v", a)
	}
}

// TestAbandonedPoll: who goes away while polling through another node is gone.
func TestAbandonedPoll(t *testing.T) {
	ns := nodesOf(t, "a", "b")
	query := ns[0].connect()
	ctx, leave := context.WithCancel(t.Context())
	r, _ := http.NewRequestWithContext(ctx, http.MethodGet, ns[1].URL+path+"?"+query, nil)
	left := make(chan struct{})
	go func() {
		defer close(left)
		if res, err := ns[1].client.Do(r); err == nil {
			_ = res.Body.Close()
		}
	}()
	eventually(t, "the poll to pass", func() bool { return ns[1].open() == 1 })
	leave()
	<-left
	eventually(t, "the connection to end", func() bool { return len(ns[0].engine.Conns()) == 0 })
	wantLost(t, "a poll afterwards", ns[1].do(http.MethodGet, query, ""))
}

// TestHeaders: an answer has each header once, and only what it needs goes to the
// other node.
func TestHeaders(t *testing.T) {
	ns := nodesOf(t, "a", "b")
	query := ns[0].connect()
	ns[0].do(http.MethodPost, query, "4x")
	ns[0].heads, ns[0].paths = nil, nil
	a := ns[1].do(http.MethodGet, query, "", "Origin", "https://page.example", "Cookie", "c=1",
		"Authorization", "Bearer x", "X-Forwarded-For", "192.0.2.1", "X-Forwarded-Prefix", "/evil", "Te", "trailers", "Expect", "100-continue")
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "https://page.example", "Vary": "Origin", "X-Content-Type-Options": "nosniff",
		"Content-Type": "text/plain; charset=UTF-8", "Cache-Control": "no-store", "Content-Length": "2",
	} {
		if got := a.header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if a.body != "4x" || len(ns[0].heads) != 1 {
		t.Fatalf("%v; %d requests came", a, len(ns[0].heads))
	}
	h := ns[0].heads[0]
	h.Del("Origin")
	h.Del("Content-Type")
	if len(h) != 0 {
		t.Errorf("passed on was %v", h)
	}
}

// TestLostNodes: unknown, stopped, silent and restarted nodes, and such as are
// reached nowhere.
func TestLostNodes(t *testing.T) {
	t.Parallel()
	ns := nodesOf(t, "a", "b", "c")
	stopped := ns[2].connect()
	ns[2].do(http.MethodPost, stopped, "4x")
	if a := ns[1].do(http.MethodGet, stopped, ""); a.body != "4x" { // a connection is kept open
		t.Fatalf("got %v", a)
	}
	ns[2].close()
	// A listener that never accepts, its queue full: packets to it are dropped.
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	fill(t, silent.Addr().String())
	for name, url := range map[string]string{
		"silent": "http://" + silent.Addr().String(), "ftp": "ftp://127.0.0.1", "nowhere": "http://", "broken": "http://[::1",
		"before": ns[0].URL, // where another life of the process is
	} {
		ns[1].others.set(name, url)
	}
	for _, sid := range []string{"unknown.x", "silent.x", "ftp.x", "nowhere.x", "broken.x", "before.x", "a.x", ".x", "b.x", "x"} {
		wantLost(t, sid, ns[1].do(http.MethodGet, polling+"&sid="+sid, ""))
		wantLost(t, "POST "+sid, ns[1].do(http.MethodPost, polling+"&sid="+sid, "4x"))
		_, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(ns[1].URL, "http")+path+"?EIO=4&transport=websocket&sid="+sid, nil)
		if err == nil || res == nil || res.StatusCode != http.StatusBadRequest {
			t.Errorf("WebSocket %s: %v %v", sid, res, err)
		}
	}
	wantLost(t, "stopped", ns[1].do(http.MethodGet, stopped, ""))
	if ns[1].open() != 0 {
		t.Error("something is still on its way")
	}
}

// fill takes every place in a listener's queue.
func fill(t *testing.T, addr string) {
	t.Helper()
	var d net.Dialer
	for range 10_000 {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		conn, err := d.DialContext(ctx, "tcp", addr)
		cancel()
		if err != nil {
			return
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
	t.Fatal("the queue has no end")
}

// TestDiesInTheMiddle: a poll whose node dies is cut off, not answered as if there
// were nothing, and is not repeated.
func TestDiesInTheMiddle(t *testing.T) {
	ns := nodesOf(t, "a", "b")
	query := ns[0].connect()
	ns[0].do(http.MethodPost, query, "4x")
	ns[1].do(http.MethodGet, query, "") // leaves a connection for the next
	waiting := ns[1].later(http.MethodGet, query)
	eventually(t, "the poll to wait", func() bool { return len(ns[0].requests()) == 4 })
	ns[0].CloseClientConnections()
	a := recv(t, waiting, "the poll")
	if a.status == http.StatusOK {
		t.Errorf("answered was %v", a)
	}
	eventually(t, "the connection to end", func() bool { return len(ns[0].engine.Conns()) == 0 })
	if got := len(ns[0].requests()); got != 4 {
		t.Errorf("the poll was repeated: %d requests", got)
	}
}

func (n *node) requests() []http.Header {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.heads
}

// TestLargePost: what is too large is refused by the node whose it is, and
// what is not passes, in pieces and of unknown length too.
func TestLargePost(t *testing.T) {
	ns := nodesOf(t, "a", "b")
	for _, tt := range []struct {
		size, status int
		chunked      bool
	}{{1_000_000, 200, false}, {1_000_000, 200, true}, {1_000_001, 413, false}, {5_000_000, 413, true}} {
		query := ns[0].connect()
		body := "4" + strings.Repeat("x", tt.size-1)
		r, err := http.NewRequest(http.MethodPost, ns[1].URL+path+"?"+query, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if tt.chunked {
			r.ContentLength = -1
		}
		// A client that still sends may see the answer, or the connection's end.
		res, err := ns[1].client.Do(r)
		if err == nil {
			_ = res.Body.Close()
		}
		if err == nil && res.StatusCode != tt.status || err != nil && tt.status == 200 {
			t.Errorf("%+v: %v %v", tt, res, err)
		}
		if tt.status != 200 {
			eventually(t, "the connection to end", func() bool {
				a, err := ns[0].try(http.MethodGet, query, nil)
				return err == nil && strings.TrimSpace(a.body) == lost
			})
			continue
		}
		if a := ns[1].do(http.MethodGet, query, ""); a.body != body {
			t.Errorf("%+v: %d bytes came back", tt, len(a.body))
		}
	}
}

// TestRefusedBeforeItsBody: what is refused by its head is not waited for.
func TestRefusedBeforeItsBody(t *testing.T) {
	ns := nodesOf(t, "a", "b")
	conn, err := net.Dial("tcp", ns[1].Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(patience))
	_, _ = fmt.Fprintf(conn, "POST %s?%s HTTP/1.1\r\nHost: a\r\nContent-Length: 1000001\r\n\r\n4x", path, ns[0].connect())
	r := bufio.NewReader(conn)
	res, err := http.ReadResponse(r, nil)
	if err != nil || res.StatusCode != http.StatusRequestEntityTooLarge || !res.Close {
		t.Fatalf("%v %v", res, err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	if _, err := r.ReadByte(); err == nil {
		t.Error("more was said")
	}
	eventually(t, "nothing to be on its way", func() bool { return ns[1].open() == 0 })
}

// TestBelowABasePath: a node may be reached below a path, which does not count.
func TestBelowABasePath(t *testing.T) {
	ns := nodesOf(t, "a", "b")
	ns[1].others.set("a", ns[0].URL+"/below/")
	query := ns[0].connect()
	ns[1].do(http.MethodPost, query, "4x")
	if a := ns[1].do(http.MethodGet, query, ""); a.body != "4x" {
		t.Errorf("got %v", a)
	}
}

// TestOnePathAlone: whatever path a client asks for below the endpoint's, the
// endpoint's is what the other node is asked.
func TestOnePathAlone(t *testing.T) {
	ns := nodesOf(t, "a", "b")
	query := ns[0].connect()
	ns[0].do(http.MethodPost, query, "4x")
	for _, odd := range []string{"x", "../admin/chat", "%2e%2e/admin/chat", "..%2fadmin", "/evil.example/"} {
		conn, err := net.Dial("tcp", ns[1].Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = fmt.Fprintf(conn, "POST %s%s?%s HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 2\r\nConnection: close\r\n\r\n4x", path, odd, query)
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("%s: %v %v", odd, res, err)
		}
		_ = conn.Close()
	}
	ns[0].mu.Lock()
	defer ns[0].mu.Unlock()
	if want := slices.Repeat([]string{path}, 7); !slices.Equal(ns[0].paths, want) {
		t.Errorf("asked was %q", ns[0].paths)
	}
}

func TestTwoAtATime(t *testing.T) {
	ns := nodesOf(t, "a", "b")
	query := ns[0].connect()
	first := ns[1].later(http.MethodGet, query)
	eventually(t, "the poll to wait", func() bool { return len(ns[0].requests()) == 2 })
	second := ns[1].later(http.MethodGet, query)
	if a, b := recv(t, first, "the first poll"), recv(t, second, "the second poll"); a.status == 200 && b.status == 200 {
		t.Errorf("%v, %v", a, b)
	}
	eventually(t, "the connection to end", func() bool { return len(ns[0].engine.Conns()) == 0 })
}

package streams

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/internal/llm"
	"parley/test/harness"
)

// newNodes starts a house of several nodes on one PostgreSQL and one Redis, with one
// assistant behind them.
func newNodes(t *testing.T, n int, env ...string) []*house {
	t.Helper()
	up := newUpstream(t)
	settings := append([]string{"PARLEY_RECONNECT_SPREAD=100ms", "PARLEY_ASSISTANT_URL=" + up.URL()}, env...)
	nodes := make([]*house, n)
	for i, server := range harness.StartNodes(t, n, settings...).Servers {
		nodes[i] = &house{server, up, nodes}
	}
	return nodes
}

// addrs are the addresses of all nodes.
func (h *house) addrs() []string {
	if len(h.nodes) == 0 {
		return []string{h.Addr}
	}
	list := make([]string, len(h.nodes))
	for i, n := range h.nodes {
		list[i] = n.Addr
	}
	return list
}

// front is the address of a balancer that sends each request to the next node; of one
// that is alone its own.
func (h *house) front(t *testing.T) string {
	t.Helper()
	if len(h.nodes) == 0 {
		return h.URL
	}
	addrs := h.addrs()
	var turn atomic.Uint64
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: addrs[turn.Add(1)%uint64(len(addrs))]})
	}}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	return server.URL
}

// A node that is killed in the middle of replies leaves them to the others: who is
// connected there sees them interrupted, with what they had seen.
func TestWriterKilled(t *testing.T) {
	t.Parallel()
	nodes := newNodes(t, 3)
	h, all := nodes[0], nodes[1].witnesses(t, 1)
	all = append(all, &seenByPage{page: newPage(t, nodes[2].URL, "page-elsewhere")})
	for _, w := range all {
		question := w.name() + " and the end"
		h.up.answer(question, llm.Timed(2000, 20*time.Millisecond))
		h.post(t, w, question)
	}
	for _, w := range all {
		harness.Eventually(t, harness.Patience, func() (bool, string) {
			first, last := stamps(w.text())
			return last.Sub(first) >= 1500*time.Millisecond, fmt.Sprint(w.name(), " has ", last.Sub(first))
		})
	}
	h.Kill()
	killed := time.Now()
	for _, w := range all {
		harness.Eventually(t, judged(closedWithin)-time.Since(killed), func() (bool, string) {
			_, _, _, ok := w.ending()
			return ok, w.name() + " has no end: " + w.told()
		})
		id, status, text, _ := w.ending()
		stored := replyIn(t, nodes[1].history(t, w.name(), w.room()), id)
		if status != "interrupted" || stored.Status != status || stored.Message != text {
			t.Errorf("%s is shown %s, %d bytes; stored is %s, %d bytes", w.name(), status, len(text), stored.Status, len(stored.Message))
		}
	}
	t.Logf("closed within %v", time.Since(killed))
}

// post asks in a witness's name over HTTP, so that this node answers.
func (h *house) post(t *testing.T, w witness, question string) {
	t.Helper()
	room := w.room()
	if room == "" {
		room = "me"
	}
	status, answer := h.Call(t, http.MethodPost, "/chat/messages", harness.Token(t, w.name(), "user"),
		map[string]any{"roomId": room, "message": question})
	if status != http.StatusCreated {
		t.Fatalf("POST: %d %v", status, answer)
	}
	harness.Eventually(t, harness.Patience, func() (bool, string) {
		return w.watch(), w.name() + " is shown nothing: " + strings.TrimSpace(w.told())
	})
}

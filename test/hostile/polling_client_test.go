package hostile

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"parley/test/harness"
)

// poller is an Engine.IO session over polling, one request at a time.
type poller struct {
	url  string // with the session's id
	sid  string
	http *http.Client
}

// poller does the handshake.
func (h *house) poller(t *testing.T) *poller {
	t.Helper()
	p := &poller{url: h.URL + "/realtime/?EIO=4&transport=polling", http: &http.Client{Transport: &http.Transport{}, Timeout: patience}}
	t.Cleanup(p.http.CloseIdleConnections)
	status, body := p.get(t)
	var open struct{ Sid string }
	if status != http.StatusOK || json.Unmarshal([]byte(strings.TrimPrefix(body, "0")), &open) != nil || open.Sid == "" {
		t.Fatalf("no handshake: %d %s", status, body)
	}
	p.sid = open.Sid
	p.url += "&sid=" + open.Sid
	return p
}

func (p *poller) get(t *testing.T) (int, string) {
	t.Helper()
	return p.do(t, http.MethodGet, nil)
}

func (p *poller) post(t *testing.T, body string) (int, string) {
	t.Helper()
	return p.do(t, http.MethodPost, strings.NewReader(body))
}

func (p *poller) do(t *testing.T, method string, body io.Reader) (int, string) {
	t.Helper()
	status, answer, err := p.try(context.Background(), method, body)
	if err != nil {
		t.Fatalf("%s: %v", method, err)
	}
	return status, answer
}

func (p *poller) try(ctx context.Context, method string, body io.Reader) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, method, p.url, body)
	if err != nil {
		return 0, "", err
	}
	res, err := p.http.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, string(b), err
}

// join connects a user to /chat.
func (p *poller) join(t *testing.T, user string) {
	t.Helper()
	auth, _ := json.Marshal(map[string]string{"token": harness.Token(t, user, "user")})
	if status, body := p.post(t, "40/chat,"+string(auth)); status != http.StatusOK {
		t.Fatalf("CONNECT: %d %s", status, body)
	}
	p.until(t, "40/chat,")
}

// until polls up to a packet with a prefix and returns all that came.
func (p *poller) until(t *testing.T, prefix string) string {
	t.Helper()
	var all bytes.Buffer
	for {
		status, body := p.get(t)
		if status != http.StatusOK {
			t.Fatalf("poll: %d %s", status, body)
		}
		for packet := range strings.SplitSeq(body, "\x1e") {
			all.WriteString(packet + "\x1e")
			if packet == "2" {
				p.post(t, "3")
			}
			if strings.HasPrefix(packet, prefix) {
				return all.String()
			}
		}
	}
}

// stop says goodbye.
func (p *poller) stop() {
	_, _, _ = p.try(context.Background(), http.MethodPost, strings.NewReader("1"))
	p.http.CloseIdleConnections()
}

package webhooks_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/chat"
	"parley/internal/testenv"
	"parley/webhooks"
)

// quiet holds that the nodes have logged none of these, nor is any a problem's.
func (w *world) quiet(secrets ...string) {
	w.Helper()
	all := w.log.String() + fmt.Sprint(w.problems())
	for _, s := range secrets {
		if strings.Contains(all, s) {
			w.Errorf("%q is told:\n%s", s, all)
		}
	}
}

// problems are those of the dead deliveries, by id.
func (w *world) problems() map[string]string {
	w.Helper()
	all := map[string]string{}
	for _, d := range w.dead(0) {
		all[d.ID] = d.Problem
	}
	return all
}

// once gives up after the first attempt.
func once(o *webhooks.Options) { o.MaxAttempts = 1 }

// TestRequest: what a receiver gets, signed as https://www.standardwebhooks.com says.
func TestRequest(t *testing.T) {
	w := newWorld(t, testenv.SQLite(t))
	type request struct {
		method, uri string
		header      http.Header
		body        []byte
	}
	got := make(chan request, 1)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- request{r.Method, r.RequestURI, r.Header, body}
		rw.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(server.Close)
	w.hook("v", server.URL+"/hook?a=b")
	w.queue("v", "room", "delivery-1")
	w.dispatch(w.db)
	r := <-got
	if r.method != "POST" || r.uri != "/hook?a=b" || r.header.Get("Content-Type") != "application/json" ||
		r.header.Get("User-Agent") != "Parley" || string(r.body) != `{"room":"room","id":"delivery-1","text":"BODY"}` {
		t.Errorf("%+v %s", r, r.body)
	}
	at, err := strconv.ParseInt(r.header.Get("webhook-timestamp"), 10, 64)
	if age := time.Since(time.Unix(at, 0)); err != nil || age < 0 || age > time.Minute {
		t.Errorf("timestamp %d: %v", at, err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	w.ok(err)
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "delivery-1.%d.%s", at, r.body)
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); r.header.Get("webhook-signature") != want || r.header.Get("webhook-id") != "delivery-1" {
		t.Errorf("signed %v, want %s", r.header, want)
	}
	w.empty()
}

// TestForbiddenAddresses: whatever is not public is refused, by literal or by name,
// and nothing reaches it.
func TestForbiddenAddresses(t *testing.T) {
	w := newWorld(t, testenv.SQLite(t))
	v := w.receive(nil)
	port := v.URL[strings.LastIndex(v.URL, ":")+1:]
	hosts := []string{
		"127.0.0.1", "localhost", "127.1.2.3", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "10.0.0.1", "172.16.0.1",
		"192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "168.63.129.16", "224.0.0.1", "[fd00:ec2::254]",
		"[fe80::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::127.0.0.1]",
	}
	for i, host := range hosts {
		w.hook(fmt.Sprint("hook", i), "http://"+host+":"+port+"/")
		w.queue(fmt.Sprint("hook", i), "room", host)
	}
	w.dispatch(w.db, once, func(o *webhooks.Options) { o.Allowed = nil })
	w.dead(len(hosts))
	for host, problem := range w.problems() {
		if problem != "the address is not allowed" {
			t.Errorf("%s: %s", host, problem)
		}
	}
	if n := v.requests(); n != 0 {
		t.Errorf("%d requests came through", n)
	}
}

// TestFailures: everything but a 2xx of the address itself is a failure with a
// problem that quotes nothing.
func TestFailures(t *testing.T) {
	w := newWorld(t, testenv.SQLite(t))
	elsewhere := w.receive(nil)
	v := w.receive(func(rw http.ResponseWriter, r *http.Request, id string) int {
		switch id {
		case "redirect":
			rw.Header().Set("Location", elsewhere.URL)
			return http.StatusTemporaryRedirect
		case "error":
			return http.StatusInternalServerError
		case "timeout":
			<-r.Context().Done()
			return 0
		}
		conn, _, err := rw.(http.Hijacker).Hijack()
		if err == nil {
			_, _ = io.WriteString(conn, "ANSWER this is not HTTP\r\n\r\n")
			_ = conn.Close()
		}
		return 0
	})
	closed := httptest.NewServer(nil)
	closed.Close()
	want := map[string]string{
		"redirect": "answered with status 307", "error": "answered with status 500", "timeout": "no answer within 300ms",
		"garbage": "the request failed", "closed": "no connection", "plain": "the request failed",
		"unsealed": "the signing key cannot be opened", "name": "the name cannot be resolved",
	}
	for id := range want {
		switch id {
		case "closed":
			w.hook(id, closed.URL+"/?token=QUERY")
		case "plain":
			w.hook(id, strings.Replace(v.URL, "http:", "https:", 1)+"/?token=QUERY")
		case "name":
			w.hook(id, "http://nobody.invalid/?token=QUERY")
		case "unsealed":
			w.ok(w.db.CreateWebhook(w.Context(), chat.Webhook{ID: id, URL: v.URL, Events: chat.HookEvents, Secret: []byte("forged"), CreatedAt: time.Now()}))
		default:
			w.hook(id, v.URL+"/?token=QUERY")
		}
		w.queue(id, "room-"+id, id)
	}
	w.dispatch(w.db, once, func(o *webhooks.Options) { o.Timeout = 300 * time.Millisecond })
	w.dead(len(want))
	if got := w.problems(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("problems %v", got)
	}
	if n := elsewhere.requests(); n != 0 {
		t.Errorf("%d redirects were followed", n)
	}
	w.quiet("QUERY", "BODY", "ANSWER", secret)
}

// TestAnswersAreNotRead: neither an answer of 100 MB nor one without end is read, and
// both are a 2xx.
func TestAnswersAreNotRead(t *testing.T) {
	w := newWorld(t, testenv.SQLite(t))
	var written atomic.Int64
	v := w.receive(func(rw http.ResponseWriter, r *http.Request, id string) int {
		rw.WriteHeader(http.StatusOK)
		if id == "endless" {
			_ = http.NewResponseController(rw).Flush()
			<-r.Context().Done()
			return 0
		}
		block := make([]byte, 64<<10)
		for range 100 << 20 / len(block) {
			n, err := rw.Write(block)
			written.Add(int64(n))
			if err != nil {
				break
			}
		}
		return 0
	})
	w.hook("v", v.URL)
	w.queue("v", "room1", "large")
	w.queue("v", "room2", "endless")
	good := make(chan bool, 2)
	w.dispatch(w.db, once, func(o *webhooks.Options) { o.Observe = func(ok bool, _ time.Duration) { good <- ok } })
	for range 2 {
		if !<-good {
			t.Error("a 2xx is a failure")
		}
	}
	w.empty()
	// What was written without being read is in the sockets' buffers.
	if n := written.Load(); n > 16<<20 {
		t.Errorf("%d bytes of the answer went out", n)
	}
}

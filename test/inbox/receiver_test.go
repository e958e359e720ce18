package inbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// receiver is somebody else's server, which is told of conversations. It fails at
// random while it is told to.
type receiver struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	chance   *rand.Rand
	odds     float64 // of failing
	always   bool    // it fails whatever comes, however often
	secrets  map[string][]byte
	arrivals []arrival
	failed   map[string]bool // conversations that it has failed once
}

// arrival is one attempt of a delivery, in the order in which they came.
type arrival struct {
	Path, ID string
	Raw      string
	OK       bool // it was answered with a 2xx
	Type     string
	Room     string
	UUID     string
	Content  string
	Seq      int64
}

func newReceiver(t *testing.T, r *rand.Rand) *receiver {
	t.Helper()
	v := &receiver{t: t, chance: r, secrets: map[string][]byte{}, failed: map[string]bool{}}
	v.Server = httptest.NewServer(v)
	t.Cleanup(v.Close)
	return v
}

// hook registers one of its addresses, and returns the webhook's id.
func (v *receiver) hook(t *testing.T, h *house, path string, events ...string) string {
	t.Helper()
	body := map[string]any{"url": v.URL + path}
	if len(events) > 0 {
		body["events"] = events
	}
	a := h.call(t, http.MethodPost, webhooksPath, adminToken(t), body)
	secret, prefixed := strings.CutPrefix(a.Secret, "whsec_")
	key, err := base64.StdEncoding.DecodeString(secret)
	if !prefixed || err != nil || len(key) < 24 {
		t.Fatalf("the secret cannot be used: %s %v", a.Raw, err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.secrets[path] = key
	return a.ID
}

// fails sets how likely an attempt fails, once for a conversation.
func (v *receiver) fails(odds float64, always bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.odds, v.always = odds, always
}

// ServeHTTP implements http.Handler.
func (v *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return // the server was killed
	}
	var sent struct {
		Type         string
		Conversation struct{ UUID, Room string }
		Message      struct {
			ID      int64
			Content string
		}
	}
	if err := json.Unmarshal(b, &sent); err != nil {
		v.t.Errorf("no JSON was delivered: %v %.300s", err, b)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if problem := verify(v.secrets[r.URL.Path], r.Header, b); problem != "" {
		v.t.Errorf("a delivery's signature: %s", problem)
	}
	x := arrival{
		Path: r.URL.Path, ID: r.Header.Get("Webhook-Id"), Raw: string(b), Type: sent.Type, Room: sent.Conversation.Room,
		UUID: sent.Conversation.UUID, Content: sent.Message.Content, Seq: sent.Message.ID, OK: true,
	}
	key := x.Path + x.Room
	if v.always || !v.failed[key] && v.chance.Float64() < v.odds {
		x.OK, v.failed[key] = false, true
		w.WriteHeader([]int{http.StatusInternalServerError, http.StatusFound, http.StatusNotFound, http.StatusTooManyRequests}[v.chance.IntN(4)])
	}
	v.arrivals = append(v.arrivals, x)
}

// verify says what is wrong with a delivery's signature, as Standard Webhooks have it.
func verify(key []byte, h http.Header, body []byte) string {
	id, at := h.Get("Webhook-Id"), h.Get("Webhook-Timestamp")
	sent, err := strconv.ParseInt(at, 10, 64)
	if age := math.Abs(time.Since(time.Unix(sent, 0)).Seconds()); err != nil || id == "" || age > 300 {
		return fmt.Sprintf("id %q, timestamp %q", id, at)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + at + "."))
	mac.Write(body)
	want := mac.Sum(nil)
	for signature := range strings.FieldsSeq(h.Get("Webhook-Signature")) {
		version, text, _ := strings.Cut(signature, ",")
		got, err := base64.StdEncoding.DecodeString(text)
		if version == "v1" && err == nil && hmac.Equal(got, want) {
			return ""
		}
	}
	return fmt.Sprintf("%q is none of %d bytes", h.Get("Webhook-Signature"), len(body))
}

// at returns what came at an address, of one conversation or, for "", of all.
func (v *receiver) at(path, uuid string) []arrival {
	v.mu.Lock()
	defer v.mu.Unlock()
	var all []arrival
	for _, x := range v.arrivals {
		if x.Path == path && (uuid == "" || x.UUID == uuid) {
			all = append(all, x)
		}
	}
	return all
}

// taken returns the deliveries that were accepted, each once, in their order.
func (v *receiver) taken(path, uuid string) []arrival {
	seen := map[string]bool{}
	var all []arrival
	for _, x := range v.at(path, uuid) {
		if x.OK && !seen[x.ID] {
			seen[x.ID] = true
			all = append(all, x)
		}
	}
	return all
}

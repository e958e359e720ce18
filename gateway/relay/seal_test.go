package relay

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestStamps: only what a node has made for this request, just now, is believed.
func TestStamps(t *testing.T) {
	ns := nodesOf(t, "a", "b")
	query := ns[0].connect()
	stranger, err := newSeal([]byte("another secret for tests, thirty-two bytes"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	good := ns[1].relay.seal.stamp
	at := func(d time.Duration) string {
		ns[1].clock.ahead.Store(int64(d))
		defer ns[1].clock.ahead.Store(0)
		return good("a", "POST", path, query)
	}
	fresh := good("a", "POST", path, query)
	parts := strings.Split(fresh, ".")
	for _, tt := range []struct {
		name   string
		stamps []string
		status int
	}{
		{"good", []string{fresh}, 200},
		{"again, at once", []string{fresh}, 200},
		{"25 s old", []string{at(-25 * time.Second)}, 200},
		{"25 s ahead", []string{at(25 * time.Second)}, 200},
		{"31 s old", []string{at(-31 * time.Second)}, 403},
		{"31 s ahead", []string{at(31 * time.Second)}, 403},
		{"made younger", []string{parts[0] + ".1" + parts[1] + "." + parts[2]}, 403},
		{"for another node", []string{"b." + parts[1] + "." + parts[2]}, 403},
		{"for another method", []string{good("a", "GET", path, query)}, 403},
		{"for another path", []string{good("a", "POST", "/realtime/x", query)}, 403},
		{"for another query", []string{good("a", "POST", path, query+"&x=1")}, 403},
		{"another secret's", []string{stranger.stamp("a", "POST", path, query)}, 403},
		{"two", []string{fresh, fresh}, 403},
		{"empty", []string{""}, 403},
		{"without a MAC", []string{parts[0] + "." + parts[1]}, 403},
		{"an empty MAC", []string{parts[0] + "." + parts[1] + "."}, 403},
		{"half a MAC", []string{fresh[:len(fresh)-20]}, 403},
		{"padded", []string{fresh + "="}, 403},
		{"its last bits changed", []string{flipLast(fresh)}, 403},
		{"no time", []string{ns[1].relay.sealAt("a", "POST", query, "soon")}, 403},
		{"a time of other numbers", []string{ns[1].relay.sealAt("a", "POST", query, "99999999999999999999999")}, 403},
		{"odd characters", []string{"\u00e4\t{}." + parts[1] + "." + parts[2]}, 403},
		{"endless", []string{strings.Repeat("a.", 10_000)}, 403},
		{"for a node that was, by a node that is", []string{good("before", "POST", path, query)}, 200},
	} {
		var header []string
		for _, s := range tt.stamps {
			header = append(header, "X-Parley-Node", s)
		}
		a := ns[0].do(http.MethodPost, query, "4x", header...)
		if a.status != tt.status {
			t.Errorf("%s: %d %s", tt.name, a.status, a.body)
		}
		if a.status == http.StatusOK {
			ns[0].do(http.MethodGet, query, "")
		}
	}
	for _, h := range ns[0].requests() {
		if h.Get("X-Parley-Node") != "" {
			t.Error("a stamp came through to the endpoint")
		}
	}
}

// sealAt is a stamp with a good MAC for a time that may be none.
func (r *Relay) sealAt(node, method, query, at string) string {
	return node + "." + at + "." + base64.RawURLEncoding.EncodeToString(r.seal.mac(method, path, query, node, at))
}

// flipLast changes bits of the last character that stand for none of the bytes.
func flipLast(stamp string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, stamp[len(stamp)-1])
	return stamp[:len(stamp)-1] + string(alphabet[last^1])
}

// TestNoLoops: two nodes that each take the other for a third node pass a
// request on once.
func TestNoLoops(t *testing.T) {
	ns := nodesOf(t, "a", "b")
	ns[0].others.set("third", ns[1].URL)
	wantLost(t, "a", ns[0].do(http.MethodGet, polling+"&sid=third.x", ""))
	ns[0].others.set("third", ns[0].URL) // itself
	wantLost(t, "itself", ns[0].do(http.MethodGet, polling+"&sid=third.x", ""))
	if _, did := ns[1].passedOn(Poll); did != 0 || len(ns[1].requests()) != 1 {
		t.Errorf("b got %d requests and passed on %d", len(ns[1].requests()), did)
	}
	if got := len(ns[0].requests()); got != 3 {
		t.Errorf("a got %d requests", got)
	}
}

// TestForeignCluster: a node of another secret, or with another time, is as good as
// gone.
func TestForeignCluster(t *testing.T) {
	ns := nodesOf(t, "a", "b")
	query := ns[0].connect()
	ns[1].clock.ahead.Store(int64(-time.Minute))
	wantLost(t, "another time", ns[1].do(http.MethodGet, query, ""))
	if not, did := ns[1].passedOn(Poll); not != 1 || did != 0 {
		t.Errorf("%d were passed on, %d not", did, not)
	}
	ns[1].clock.ahead.Store(0)
	ns[0].do(http.MethodPost, query, "4x")
	if a := ns[1].do(http.MethodGet, query, ""); a.body != "4x" {
		t.Errorf("then: %v", a)
	}
}

// TestOwnHeader: a client cannot have a node pass a stamp on for it.
func TestOwnHeader(t *testing.T) {
	ns := nodesOf(t, "a", "b")
	query := ns[0].connect()
	if a := ns[1].do(http.MethodGet, query, "", "X-Parley-Node", "a.1.x"); a.status != http.StatusForbidden {
		t.Errorf("%d", a.status)
	}
	if got := len(ns[0].requests()); got != 1 {
		t.Errorf("%d requests came", got)
	}
}

// TestRelease: only a node may have a session let go.
func TestRelease(t *testing.T) {
	ns := nodesOf(t, "a", "b")
	query := ns[0].connect()
	waiting := ns[0].later(http.MethodGet, query)
	eventually(t, "the poll to wait", func() bool { return len(ns[0].requests()) == 2 })
	if a := ns[0].do(http.MethodDelete, query, ""); a.status != http.StatusBadRequest {
		t.Errorf("a client's: %d", a.status)
	}
	for _, tt := range []struct {
		node   string
		status int
	}{{"before", 204}, {"a", 204}} {
		select {
		case a := <-waiting:
			t.Fatalf("answered was %v", a)
		default:
		}
		if a := ns[0].do(http.MethodDelete, query, "", "X-Parley-Node", ns[1].relay.seal.stamp(tt.node, "DELETE", path, query)); a.status != tt.status {
			t.Errorf("%s: %d", tt.node, a.status)
		}
	}
	if a := recv(t, waiting, "the poll"); a.body != "6" {
		t.Errorf("answered was %v", a)
	}
}

package engineio

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
)

// lost is the answer by which a client begins anew.
const lost = `{"code":1,"message":"Session ID unknown"}`

// forwards notes for whom requests were forwarded.
type forwards struct {
	mu     sync.Mutex
	nodes  []string
	answer func(w http.ResponseWriter, r *http.Request) bool
}

func (f *forwards) forward(node string, w http.ResponseWriter, r *http.Request) bool {
	f.mu.Lock()
	f.nodes = append(f.nodes, node)
	answer := f.answer
	f.mu.Unlock()
	return answer != nil && answer(w, r)
}

func (f *forwards) seen() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	nodes := f.nodes
	f.nodes = nil
	return nodes
}

func TestSidNamesItsNode(t *testing.T) {
	f := &forwards{}
	n := serve(t, Options{Node: "this", Forward: f.forward})
	c, p := n.poll(t)
	_, w := n.connect(t)
	for _, sid := range []string{c.sid, w.ID()} {
		node, secret, ok := strings.Cut(sid, ".")
		if !ok || node != "this" || len(secret) != 20 || strings.Contains(secret, ".") {
			t.Errorf("a session id is %q", sid)
		}
	}
	p.Send(Message([]byte("own")))
	if a := c.get(); a.body != "4own" {
		t.Errorf("its own poll: %d %q", a.status, a.body)
	}
	if n.engine.Conn(c.sid) != p.Conn || n.engine.Conn("nobody") != nil {
		t.Error("a session id does not give its connection")
	}
	if seen := f.seen(); len(seen) != 0 {
		t.Errorf("forwarded to %q", seen)
	}
}

func TestForward(t *testing.T) {
	f := &forwards{}
	n := serve(t, Options{Node: "this", Forward: f.forward, AllowOrigin: func(o string) bool { return o == "https://ours.example" }})
	for _, tt := range []struct {
		name, method, query, origin string
		asked                       []string
		answered                    bool // by the other node
		status                      int
		body                        string
	}{
		{"a poll", "GET", polling + "&sid=other.secret", "https://ours.example", []string{"other"}, true, 202, "theirs"},
		{"a post", "POST", polling + "&sid=other.secret", "https://ours.example", []string{"other"}, true, 202, "theirs"},
		{"a dead node", "GET", polling + "&sid=other.secret", "https://ours.example", []string{"other"}, false, 400, lost},
		{"what is no node", "GET", polling + "&sid=http%3A%2F%2Fevil%2Fx.secret", "", []string{"http://evil/x"}, false, 400, lost},
		{"no name", "GET", polling + "&sid=.secret", "", []string{""}, false, 400, lost},
		{"nothing but a name", "GET", polling + "&sid=other.", "", []string{"other"}, false, 400, lost},
		{"its own, unknown", "GET", polling + "&sid=this.secret", "", nil, false, 400, lost},
		{"without a name", "GET", polling + "&sid=secret", "", nil, false, 400, lost},
		{"a foreign page's", "GET", polling + "&sid=other.secret", "https://theirs.example", nil, true, 403, `{"code":4,"message":"Forbidden"}`},
		{"of another transport", "GET", "transport=pigeon&sid=other.secret", "", nil, true, 400, `{"code":0,"message":"Transport unknown"}`},
	} {
		f.mu.Lock()
		f.answer = nil
		if tt.answered {
			f.answer = func(w http.ResponseWriter, r *http.Request) bool {
				w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
				w.Header().Set("X-Content-Type-Options", "nosniff")
				w.WriteHeader(202)
				_, _ = w.Write([]byte("theirs"))
				return true
			}
		}
		f.mu.Unlock()
		var header []string
		if tt.origin != "" {
			header = []string{"Origin", tt.origin}
		}
		a := n.do(t, tt.method, tt.query, "", header...)
		if a.status != tt.status || strings.TrimSpace(a.body) != tt.body {
			t.Errorf("%s: %d %s", tt.name, a.status, a.body)
		}
		if seen := f.seen(); !slices.Equal(seen, tt.asked) {
			t.Errorf("%s: asked %q, want %q", tt.name, seen, tt.asked)
		}
		allowed := a.header.Values("Access-Control-Allow-Origin")
		if tt.origin == "https://ours.example" && !reflect.DeepEqual(allowed, []string{tt.origin}) || len(a.header.Values("X-Content-Type-Options")) != 1 {
			t.Errorf("%s: %v", tt.name, a.header)
		}
	}
}

// TestForwardUpgrade: a WebSocket of another node's session is its to accept, and
// one whose node is gone is refused.
func TestForwardUpgrade(t *testing.T) {
	f := &forwards{}
	n := serve(t, Options{Node: "this", Forward: f.forward})
	_, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(n.URL, "http")+"/?EIO=4&transport=websocket&sid=other.secret", nil)
	if err == nil || res.StatusCode != http.StatusBadRequest || !slices.Equal(f.seen(), []string{"other"}) {
		t.Errorf("%v %v", res, err)
	}
}

// TestAloneForwardsNothing: a node without others takes a name for a part of the id.
func TestAloneForwardsNothing(t *testing.T) {
	n := serve(t, Options{})
	if a := n.do(t, http.MethodGet, polling+"&sid=other.secret", ""); a.status != http.StatusBadRequest || strings.TrimSpace(a.body) != lost {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// TestAnswerPoll: a poll that waits can be answered with nothing, and the next one waits again.
func TestAnswerPoll(t *testing.T) {
	n := serve(t, Options{})
	c, p := n.poll(t)
	p.AnswerPoll() // nobody waits
	for range 2 {
		waiting := c.later()
		pollWaits(t, p)
		p.AnswerPoll()
		if a := recv(t, waiting, "the poll"); a.status != http.StatusOK || a.body != "6" {
			t.Errorf("%d %q", a.status, a.body)
		}
	}
	p.Send(Message([]byte("after")))
	if a := c.get(); a.body != "4after" {
		t.Errorf("%d %q", a.status, a.body)
	}
	if p.Handler() != Handler(p) {
		t.Error("the handler is another's")
	}
}

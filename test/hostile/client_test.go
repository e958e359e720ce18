package hostile

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"parley/test/harness"
)

// client is a Socket.IO client over one WebSocket that keeps everything it gets.
// It answers pings and never reconnects.
type client struct {
	ws *websocket.Conn

	writing sync.Mutex

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced with everything that comes
	open     string        // the OPEN packet
	answers  []string      // to CONNECT: 0{...} or 4{...}, of any namespace
	events   []event
	acks     map[int]json.RawMessage
	lastID   int
	kicked   bool  // a DISCONNECT packet came
	err      error // why the connection ended
	received int   // frames
}

type event struct {
	name string
	body map[string]any
	args []json.RawMessage
}

// dial opens a WebSocket without CONNECT. It is closed with the test.
func dial(t *testing.T, addr string, header http.Header) *client {
	t.Helper()
	c, res, err := tryDial(addr, "/realtime/?EIO=4&transport=websocket", header)
	if err != nil {
		t.Fatalf("dial: %v %v", err, res)
	}
	t.Cleanup(c.close)
	return c
}

func tryDial(addr, path string, header http.Header) (*client, *http.Response, error) {
	d := websocket.Dialer{HandshakeTimeout: patience}
	ws, res, err := d.Dial("ws://"+addr+path, header)
	if err != nil {
		return nil, res, err
	}
	c := &client{ws: ws, changed: make(chan struct{}), acks: map[int]json.RawMessage{}}
	go c.read()
	return c, res, nil
}

func (c *client) close() { _ = c.ws.Close() }

func (c *client) read() {
	for {
		_, data, err := c.ws.ReadMessage()
		if err == nil && string(data) == "2" {
			_ = c.send("3")
		}
		c.mu.Lock()
		if err != nil {
			c.err = err
		} else {
			c.received++
			c.take(string(data))
		}
		close(c.changed)
		c.changed = make(chan struct{})
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// take sorts one frame. The lock is held.
func (c *client) take(frame string) {
	if frame == "" || frame[0] != '4' || len(frame) < 2 {
		if strings.HasPrefix(frame, "0") {
			c.open = frame
		}
		return
	}
	kind, rest := frame[1], frame[2:]
	if strings.HasPrefix(rest, "/") {
		_, rest, _ = strings.Cut(rest, ",")
	}
	switch kind {
	case '0', '4':
		c.answers = append(c.answers, string(kind)+rest)
	case '1':
		c.kicked = true
	case '2':
		var args []json.RawMessage
		_ = json.Unmarshal([]byte(rest), &args)
		e := event{args: args}
		_ = json.Unmarshal(args[0], &e.name)
		if len(args) > 1 {
			_ = json.Unmarshal(args[1], &e.body)
		}
		c.events = append(c.events, e)
	case '3':
		at := strings.IndexByte(rest, '[')
		id, _ := strconv.Atoi(rest[:at])
		c.acks[id] = json.RawMessage(rest[at:])
	}
}

// send writes one text frame.
func (c *client) send(frame string) error { return c.write(websocket.TextMessage, []byte(frame)) }

func (c *client) write(kind int, data []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	_ = c.ws.SetWriteDeadline(time.Now().Add(patience))
	return c.ws.WriteMessage(kind, data)
}

// until waits for something in what has come; it reports false if the
// connection ended or patience did.
func (c *client) until(is func() bool) bool {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		c.mu.Lock()
		ok, ended, changed := is(), c.err != nil, c.changed
		c.mu.Unlock()
		if ok || ended {
			return ok
		}
		select {
		case <-changed:
		case <-timeout.C:
			return false
		}
	}
}

// connect joins /chat with a token and returns the answer: 0{...} or 4{...}.
func (c *client) connect(t *testing.T, token string) string {
	t.Helper()
	return c.connectTo(t, "/chat", map[string]string{"token": token})
}

func (c *client) connectTo(t *testing.T, namespace string, auth any) string {
	t.Helper()
	payload, _ := json.Marshal(auth)
	c.mu.Lock()
	had := len(c.answers)
	c.mu.Unlock()
	if namespace == "/" {
		_ = c.send("40" + string(payload))
	} else {
		_ = c.send("40" + namespace + "," + string(payload))
	}
	if !c.until(func() bool { return len(c.answers) > had }) {
		t.Fatalf("no answer to CONNECT: %v", c.failure())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.answers[had]
}

func (c *client) failure() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// emit sends an event that asks for an ack and returns the ack's id.
func (c *client) emit(name string, args ...any) int {
	c.mu.Lock()
	c.lastID++
	id := c.lastID
	c.mu.Unlock()
	b, err := json.Marshal(append([]any{name}, args...))
	if err != nil {
		panic(err)
	}
	_ = c.send("42/chat," + strconv.Itoa(id) + string(b))
	return id
}

// answer waits for an ack and returns its first argument.
func (c *client) answer(t *testing.T, id int) map[string]any {
	t.Helper()
	if !c.until(func() bool { return c.acks[id] != nil }) {
		t.Fatalf("no ack %d: %v", id, c.failure())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var args []map[string]any
	if err := json.Unmarshal(c.acks[id], &args); err != nil || len(args) != 1 {
		t.Fatalf("not one object in an ack: %s", c.acks[id])
	}
	return args[0]
}

// call emits an event and waits for its ack.
func (c *client) call(t *testing.T, name string, args ...any) map[string]any {
	t.Helper()
	return c.answer(t, c.emit(name, args...))
}

// code is the error of an ack, "" for success.
func code(answer map[string]any) string {
	if answer["ok"] == true {
		return ""
	}
	e, _ := answer["error"].(map[string]any)
	s, _ := e["code"].(string)
	if s == "" {
		return "no code"
	}
	return s
}

// event waits for an event, among all that have ever come, and returns its body.
func (c *client) event(t *testing.T, name string) map[string]any {
	t.Helper()
	return c.eventWhere(t, name, func(map[string]any) bool { return true })
}

func (c *client) eventWhere(t *testing.T, name string, is func(map[string]any) bool) map[string]any {
	t.Helper()
	var found map[string]any
	seen := 0
	if !c.until(func() bool {
		for ; seen < len(c.events); seen++ {
			if e := c.events[seen]; e.name == name && is(e.body) {
				found = e.body
				return true
			}
		}
		return false
	}) {
		t.Fatalf("no event %s: %v", name, c.failure())
	}
	return found
}

// count is how many events of a name have come.
func (c *client) count(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, e := range c.events {
		if e.name == name {
			n++
		}
	}
	return n
}

// ended waits for the connection's end and returns the close code, 0 if there was none.
func (c *client) ended(t *testing.T) int {
	t.Helper()
	c.until(func() bool { return false })
	err := c.failure()
	if err == nil {
		t.Fatal("the connection has not ended")
	}
	var closed *websocket.CloseError
	if errors.As(err, &closed) {
		return closed.Code
	}
	return 0
}

// lives checks that the connection is still served.
func (c *client) lives(t *testing.T) {
	t.Helper()
	c.mu.Lock()
	in := len(c.answers) > 0 && c.answers[len(c.answers)-1][0] == '0'
	c.mu.Unlock()
	if in {
		if a := c.call(t, "ping"); a["ok"] != true {
			t.Errorf("ping is answered %v", a)
		}
		return
	}
	if reply := c.connect(t, harness.Token(t, "mallory", "user")); reply[0] != '0' {
		t.Errorf("CONNECT is answered %s", reply)
	}
}

// clientReport is what the official client says has happened to it.
type clientReport struct {
	Connects, Messages  int
	Reasons, Exceptions []string
	Errors              []struct{ Message, Code string }
}

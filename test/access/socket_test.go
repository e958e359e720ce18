package access_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"parley/test/harness"
)

// statuses are the codes of acks as HTTP shows them, by the contract's table.
var statuses = map[string]int{
	"invalid": 400, "unauthenticated": 401, "token_expired": 401, "forbidden": 403, "blocked": 403, "not_found": 404,
	"conflict": 409, "too_large": 413, "rate_limited": 429, "unavailable": 503, "internal": 500,
}

// socket is one WebSocket, on which a test says what it likes, packet by packet.
type socket struct {
	t     *testing.T
	ws    *websocket.Conn
	heard []string // events
}

// emit connects, sends an event and returns its ack, or how CONNECT was refused,
// behind which the event is sent all the same. Of CONNECT it returns `ready`.
func (s *site) emit(t *testing.T, r request) answer {
	t.Helper()
	c := s.dial(t)
	defer func() { _ = c.ws.Close() }()
	auth, _ := json.Marshal(map[string]string{"token": r.token})
	c.say("40/chat," + string(auth))
	event := eventPacket(r)
	if refusal, no := strings.CutPrefix(c.next("40/chat,", "44/chat,"), "44/chat,"); no {
		c.sayOutside(event)
		return refusedConnect(t, refusal)
	}
	ready := c.next(`42/chat,["ready"`)
	if event == "" {
		return answer{status: http.StatusOK, body: ready}
	}
	c.say(event)
	ack := strings.TrimSuffix(strings.TrimPrefix(c.next("43/chat,1["), "43/chat,1["), "]")
	c.say("41/chat,")
	return acked(t, ack, strings.Join(c.heard, "\n"))
}

// eventPacket is the event with an ack asked for, "" for CONNECT.
func eventPacket(r request) string {
	if r.call == connect {
		return ""
	}
	args := strings.TrimPrefix(r.send, "[")
	if args != "]" {
		args = "," + args
	}
	return `42/chat,1["` + r.call + `"` + args
}

func (s *site) dial(t *testing.T) *socket {
	t.Helper()
	d := websocket.Dialer{HandshakeTimeout: harness.Patience}
	ws, _, err := d.Dial("ws://"+s.Addr+"/realtime/?EIO=4&transport=websocket", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = ws.SetReadDeadline(time.Now().Add(harness.Patience))
	c := &socket{t: t, ws: ws}
	c.next("0{")
	return c
}

func (c *socket) say(packet string) {
	c.t.Helper()
	if err := c.ws.WriteMessage(websocket.TextMessage, []byte(packet)); err != nil {
		c.t.Fatal(err)
	}
}

// next waits for a packet that begins so, and keeps the events before it and it.
func (c *socket) next(begins ...string) string {
	c.t.Helper()
	for {
		packet, err := c.read()
		if err != nil {
			c.t.Fatalf("no %s: %v", begins, err)
		}
		for _, b := range begins {
			if strings.HasPrefix(packet, b) {
				return packet
			}
		}
	}
}

func (c *socket) read() (string, error) {
	_, b, err := c.ws.ReadMessage()
	packet := string(b)
	if packet == "2" {
		c.say("3")
	}
	if strings.HasPrefix(packet, "42") {
		c.heard = append(c.heard, packet)
	}
	return packet, err
}

// sayOutside sends an event from a socket that was not let in. By the end of the
// connection, or by the refusal of a second CONNECT behind it, nothing has come.
func (c *socket) sayOutside(event string) {
	c.t.Helper()
	if event == "" {
		return
	}
	c.say(event)
	_ = c.ws.WriteMessage(websocket.TextMessage, []byte("40/chat,{}")) // the server may have hung up
	for {
		packet, err := c.read()
		if err != nil || strings.HasPrefix(packet, "44/chat,") {
			break
		}
		if strings.HasPrefix(packet, "43") || strings.HasPrefix(packet, "40") {
			c.t.Errorf("%s was answered to who was not let in: %s", event, packet)
		}
	}
	if len(c.heard) > 0 {
		c.t.Errorf("who was not let in heard %q", c.heard)
	}
}

func refusedConnect(t *testing.T, payload string) answer {
	t.Helper()
	var refusal struct {
		Message string
		Data    struct{ Code string }
	}
	if err := json.Unmarshal([]byte(payload), &refusal); err != nil {
		t.Errorf("CONNECT was refused in another form: %s", payload)
	}
	return answer{status: statuses[refusal.Data.Code], text: refusal.Message, body: payload}
}

func acked(t *testing.T, payload, heard string) answer {
	t.Helper()
	var ack struct {
		Ok    bool
		Error struct{ Code, Message string }
	}
	if err := json.Unmarshal([]byte(payload), &ack); err != nil {
		t.Errorf("an ack of another form: %s", payload)
	}
	a := answer{status: http.StatusOK, body: payload, heard: heard}
	if !ack.Ok {
		a.status, a.text = statuses[ack.Error.Code], ack.Error.Message
	}
	return a
}

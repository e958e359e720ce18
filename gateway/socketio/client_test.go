package socketio

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// client is one WebSocket connection with any number of namespaces. It is for
// one goroutine.
type client struct {
	t      testing.TB
	ws     *websocket.Conn
	nsp    string
	sent   int
	events []frame // not looked at yet
}

// frame is what a client gets: an EVENT, ACK, CONNECT, DISCONNECT or CONNECT_ERROR.
type frame struct {
	kind byte
	nsp  string
	id   int // -1 for none
	data json.RawMessage
}

// name returns an event's name.
func (p frame) name() string {
	if args := p.args(); len(args) > 0 && p.kind == '2' {
		var s string
		_ = json.Unmarshal(args[0], &s)
		return s
	}
	return ""
}

func (p frame) args() []json.RawMessage {
	var args []json.RawMessage
	_ = json.Unmarshal(p.data, &args)
	return args
}

// offset returns what the official client would send back to be recovered.
func (p frame) offset() string {
	var s string
	if args := p.args(); len(args) > 2 {
		_ = json.Unmarshal(args[2], &s)
	}
	return s
}

// dial opens a connection without a namespace.
func (w *world) dial(nsp string) *client {
	w.t.Helper()
	ws, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(w.URL, "http")+"/realtime/?EIO=4&transport=websocket", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = ws.SetReadDeadline(time.Now().Add(patience))
	w.t.Cleanup(func() { _ = ws.Close() })
	c := &client{t: w.t, ws: ws, nsp: nsp}
	if _, open, err := ws.ReadMessage(); err != nil || open[0] != '0' {
		w.t.Fatalf("no OPEN: %q %v", open, err)
	}
	return c
}

// connect opens a connection to /chat and waits for `ready`.
func (w *world) connect(user string) *client {
	w.t.Helper()
	c := w.dial("/chat")
	c.join(map[string]string{"token": user})
	c.await("ready")
	return c
}

// join sends CONNECT and returns its answer.
func (c *client) join(auth any) frame {
	c.t.Helper()
	c.connecting(auth)
	p := c.next()
	for p.kind != '0' && p.kind != '4' {
		c.t.Fatalf("%c %s came before the answer to CONNECT", p.kind, p.data)
	}
	return p
}

func (c *client) connecting(auth any) {
	c.t.Helper()
	b := []byte{}
	if auth != nil {
		b, _ = json.Marshal(auth)
	}
	c.send("0" + c.prefix() + string(b))
}

func (c *client) prefix() string {
	if c.nsp == "/" {
		return ""
	}
	return c.nsp + ","
}

func (c *client) send(text string) {
	c.t.Helper()
	if err := c.ws.WriteMessage(websocket.TextMessage, []byte("4"+text)); err != nil {
		c.t.Fatal(err)
	}
}

// next reads the next packet and answers pings.
func (c *client) next() frame {
	c.t.Helper()
	p, err := c.read()
	if err != nil {
		c.t.Fatal(err)
	}
	return p
}

func (c *client) read() (frame, error) {
	for {
		_, data, err := c.ws.ReadMessage()
		if err != nil {
			return frame{}, err
		}
		switch data[0] {
		case '2':
			_ = c.ws.WriteMessage(websocket.TextMessage, []byte("3"))
		case '4':
			return parse(string(data[1:])), nil
		}
	}
}

func parse(s string) frame {
	p := frame{kind: s[0], nsp: "/", id: -1}
	s = s[1:]
	if strings.HasPrefix(s, "/") {
		p.nsp, s, _ = strings.Cut(s, ",")
	}
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n > 0 {
		p.id, _ = strconv.Atoi(s[:n])
	}
	p.data = json.RawMessage(s[n:])
	return p
}

// emit sends an event; args is JSON, without the brackets. It returns the id of
// the ack that it asks for.
func (c *client) emit(event, args string) int {
	c.t.Helper()
	c.sent++
	c.send(fmt.Sprintf("2%s%d%s", c.prefix(), c.sent, array(event, args)))
	return c.sent
}

// tell sends an event that asks for no ack.
func (c *client) tell(event, args string) {
	c.t.Helper()
	c.send("2" + c.prefix() + array(event, args))
}

func array(event, args string) string {
	if args != "" {
		args = "," + args
	}
	return fmt.Sprintf("[%q%s]", event, args)
}

// call sends an event and returns its ack. What comes before is kept in events.
func (c *client) call(event, args string) json.RawMessage {
	c.t.Helper()
	return c.ack(c.emit(event, args))
}

func (c *client) ack(id int) json.RawMessage {
	c.t.Helper()
	for {
		p := c.next()
		if p.kind == '3' && p.id == id {
			list := p.args()
			if len(list) != 1 {
				c.t.Fatalf("an ack of %d arguments: %s", len(list), p.data)
			}
			return list[0]
		}
		c.events = append(c.events, p)
	}
}

// await returns the first event of a name that has not been looked at, and
// forgets what came before.
func (c *client) await(name string) frame {
	c.t.Helper()
	for {
		for len(c.events) > 0 {
			p := c.events[0]
			c.events = c.events[1:]
			if p.name() == name {
				return p
			}
		}
		c.events = append(c.events, c.next())
	}
}

// settle returns all that has been queued for this client and not looked at.
func (c *client) settle() []frame {
	c.t.Helper()
	c.call("ping", "")
	all := c.events
	c.events = nil
	if n := len(all) - 1; n >= 0 && all[n].name() == "pong" {
		return all[:n]
	}
	c.t.Fatalf("ping was not answered by a pong: %v", all)
	return nil
}

// cut loses the connection, without a goodbye.
func (c *client) cut() { _ = c.ws.NetConn().Close() }

// code returns the code of an ack that is an error, "" of one that is none.
func code(ack json.RawMessage) string {
	var w struct {
		Ok    bool
		Error struct{ Code string }
	}
	_ = json.Unmarshal(ack, &w)
	if w.Ok {
		return ""
	}
	return w.Error.Code
}

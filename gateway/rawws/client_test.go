package rawws

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// client is one WebSocket. It is for one goroutine.
type client struct {
	t  testing.TB
	ws *websocket.Conn
}

// dial opens a connection to a path with a query.
func (w *world) dial(path string, header ...string) *client {
	w.t.Helper()
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ws, res, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(w.URL, "http")+path, &websocket.DialOptions{HTTPHeader: h})
	if err != nil {
		w.t.Fatal(err)
	}
	if res.Body != nil {
		_ = res.Body.Close()
	}
	ws.SetReadLimit(64 << 20)
	w.t.Cleanup(func() { _ = ws.CloseNow() })
	return &client{w.t, ws}
}

// connect opens the user's conversation and returns the connection with its first message.
func (w *world) connect(user string) (*client, json.RawMessage) {
	w.t.Helper()
	c := w.dial("/ws?token=" + user)
	return c, c.await("connection")
}

// visit opens a socket of a chatbot session and waits until it is in.
func (w *world) visit(user, session string) *client {
	w.t.Helper()
	c := w.dial("/ws/chat/" + session + "?token=" + user)
	c.await("session_info")
	return c
}

func (c *client) send(text string) {
	c.t.Helper()
	c.write(websocket.MessageText, text)
}

func (c *client) write(kind websocket.MessageType, text string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := c.ws.Write(ctx, kind, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) read() (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, data, err := c.ws.Read(ctx)
	return data, err
}

func (c *client) next() json.RawMessage {
	c.t.Helper()
	data, err := c.read()
	if err != nil {
		c.t.Fatal(err)
	}
	return data
}

// await returns the next message, which has to be of the type.
func (c *client) await(kind string) json.RawMessage {
	c.t.Helper()
	m := c.next()
	if field(m, "type") != kind {
		c.t.Fatalf("got %s, want %s", m, kind)
	}
	return m
}

// call sends a message and returns what comes next.
func (c *client) call(text string) json.RawMessage {
	c.t.Helper()
	c.send(text)
	return c.next()
}

// settle returns all that was queued for this client.
func (c *client) settle() []json.RawMessage {
	c.t.Helper()
	c.send(`{"type":"ping"}`)
	var all []json.RawMessage
	for {
		m := c.next()
		if field(m, "type") == "pong" {
			return all
		}
		all = append(all, m)
	}
}

// closed reads up to the end and returns the close code, and what came before.
func (c *client) closed() (websocket.StatusCode, []json.RawMessage) {
	c.t.Helper()
	var all []json.RawMessage
	for {
		m, err := c.read()
		if err != nil {
			return websocket.CloseStatus(err), all
		}
		all = append(all, m)
	}
}

// ends expects an error with the code as the last word, and then the close code.
func (c *client) ends(code string, status websocket.StatusCode) {
	c.t.Helper()
	got, all := c.closed()
	if len(all) == 0 || field(all[len(all)-1], "code") != code || got != status {
		c.t.Fatalf("closed with %d after %s, want %d after %s", got, all, status, code)
	}
}

// lose cuts the connection, without a goodbye.
func (c *client) lose() { _ = c.ws.CloseNow() }

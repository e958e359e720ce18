package scenarios

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"parley/chat"
)

// rawDoor is one of the two raw WebSocket doors. Each operation has a connection
// of its own.
type rawDoor struct {
	name, url string
	// hello is what a client is let in with, stored what a message is answered with.
	hello, stored string
	// path is where the connection is made, and message what is sent there, nil for
	// nothing; ok is false if the door has no form for the operation.
	form func(Op) (path string, message Args, ok bool)
}

func tokenDoor(server string) rawDoor {
	return rawDoor{"token", server, "connection", "chat-received", tokenForm}
}

func sessionDoor(server string) rawDoor {
	return rawDoor{"session", server, "session_info", "message_received", sessionForm}
}

// tokenForm is an operation in one's own conversation.
func tokenForm(op Op) (path string, message Args, ok bool) {
	message = Args{}
	for name, v := range op.Args {
		switch {
		case name == "roomId" && v == "me":
		case name == "rooms":
			rooms, _ := v.(Args)
			if message["cursor"], ok = rooms["me"]; !ok || len(rooms) != 1 {
				return "", nil, false
			}
		case name == "text":
			message["content"] = v
		case name == "nonce", name == "reason", name == "messageId":
			message[name] = v
		default:
			return "", nil, false
		}
	}
	message["type"], ok = map[Verb]string{Say: "chat", Escalate: "human-escalation", Stop: "stop", Sync: "sync"}[op.Verb]
	return "/ws", message, ok && (op.Verb != Sync || op.Args["rooms"] != nil)
}

// sessionForm is an operation in a session, whose room it does not name.
func sessionForm(op Op) (path string, message Args, ok bool) {
	session, ok := op.Args["sessionId"].(string)
	path = "/ws/chat/" + url.PathEscape(session)
	switch op.Verb {
	case Enter:
	case Say:
		message = Args{"message_type": "text", "message": op.Args["text"]}
		if nonce, ok := op.Args["nonce"]; ok {
			message["nonce"] = nonce
		}
	case Escalate:
		message = Args{"type": "human-escalation", "reason": op.Args["reason"]}
	default:
		return "", nil, false
	}
	return path, message, ok
}

func (d rawDoor) Name() string { return d.name }

func (d rawDoor) Do(t *testing.T, who Person, op Op) (Answer, bool) {
	t.Helper()
	path, message, ok := d.form(op)
	if !ok {
		return Answer{}, false
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	address := "ws" + strings.TrimPrefix(d.url, "http") + path + "?" + url.Values{"token": {who.Token}}.Encode()
	ws, res, err := websocket.DefaultDialer.DialContext(ctx, address, http.Header{})
	if err != nil {
		t.Fatal(err, res)
	}
	defer ws.Close()
	c := rawClient{t, ws}
	first := c.next()
	if first.Type == "error" {
		c.isShutOut(first)
		return first.answer(), true
	}
	if first.Type != d.hello {
		t.Fatalf("let in with %+v, want %s", first, d.hello)
	}
	if message == nil {
		return Answer{}, true
	}
	a, stored := c.ask(message, d.stored)
	if op.Verb == Say && stored != (len(a.Codes) == 0) {
		t.Errorf("answered %+v, with %s: %t", a, d.stored, stored)
	}
	return a, true
}

// rawClient is a client of a raw door.
type rawClient struct {
	t  *testing.T
	ws *websocket.Conn
}

// rawMessage has the fields of whatever a raw door says that matter here.
type rawMessage struct {
	Type         string
	Code         chat.Code
	Message      string
	RetryAfterMs int64
	Timestamp    string
}

func (m rawMessage) answer() Answer {
	return Answer{Codes: []chat.Code{m.Code}, Text: m.Message, Later: m.RetryAfterMs > 0}
}

// next is the next message; each is one JSON object in a text frame.
func (c rawClient) next() (m rawMessage) {
	c.t.Helper()
	kind, data, err := c.ws.ReadMessage()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := json.Unmarshal(data, &m); err != nil || kind != websocket.TextMessage {
		c.t.Fatalf("message %d %s: %v", kind, data, err)
	}
	return m
}

// ask sends a message and says how it was answered, once all its answers have
// come: a refusal leaves the connection as it was.
func (c rawClient) ask(message Args, stored string) (a Answer, isStored bool) {
	c.t.Helper()
	for _, text := range []string{encode(c.t, message), `{"type":"ping"}`} {
		if err := c.ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
			c.t.Fatal(err)
		}
	}
	for {
		switch m := c.next(); m.Type {
		case "pong":
			return a, isStored
		case stored:
			isStored = true
		case "error":
			if len(a.Codes) > 0 || m.Timestamp == "" {
				c.t.Errorf("error %+v after %+v", m, a)
			}
			a = m.answer()
		}
	}
}

// isShutOut expects the close frame of somebody who is not let in.
func (c rawClient) isShutOut(why rawMessage) {
	c.t.Helper()
	_, data, err := c.ws.ReadMessage()
	var closed *websocket.CloseError
	if !errors.As(err, &closed) {
		c.t.Fatalf("after %+v: %s %v", why, data, err)
	}
	want := contract[why.Code].ending
	if why.Message == chat.ErrSessionClosed.Message {
		want = 4408
	}
	if closed.Code != want || why.Timestamp == "" {
		c.t.Errorf("closed with %d after %+v, want %d", closed.Code, why, want)
	}
}

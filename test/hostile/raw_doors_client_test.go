package hostile

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/test/harness"
)

// caller is a client of a raw WebSocket door that places its frames by hand.
type caller struct {
	*raw
	t *testing.T
}

// newDoors is a house whose baseline knows the raw doors: what is made with their
// first connections, and kept, is part of it.
func newDoors(t *testing.T, env ...string) *house {
	t.Helper()
	h := newHouse(t, env...)
	for range 5 {
		c := h.call(t, "mallory")
		c.lives()
		c.hangUp()
		s := h.visit(t, "mallory", h.session(t, "mallory"))
		s.lives()
		s.hangUp()
	}
	h.closeSession(t, "mallory", h.session(t, "mallory"))
	http.DefaultClient.CloseIdleConnections()
	h.doorsEmpty(t)
	h.base = h.vitals(t)
	return h
}

// calm is unharmed, for the raw doors too.
func (h *house) calm(t *testing.T) {
	t.Helper()
	h.unharmed(t)
	h.doorsEmpty(t)
}

// doorsEmpty waits until nobody is at the raw doors.
func (h *house) doorsEmpty(t *testing.T) {
	t.Helper()
	left := ""
	if !soon(func() bool {
		left = ""
		for line := range strings.SplitSeq(h.operations(t, "/metrics"), "\n") {
			name, value, _ := strings.Cut(line, " ")
			if (name == "parley_token_stream_connections" || name == "parley_chatbot_session_connections") && value != "0" {
				left += line + "\n"
			}
		}
		return left == "" && h.vitals(t).sessions == 2
	}) {
		t.Errorf("left at the doors:\n%s%+v", left, h.vitals(t))
	}
}

// knock makes the WebSocket at a path, with lines for its head. It does not wait
// for what is said first.
func (h *house) knock(t *testing.T, path string, head ...string) *caller {
	t.Helper()
	return enterBy(t, dialRaw(t, h.Addr), path, head...)
}

// enterBy is knock on a connection that is there.
func enterBy(t *testing.T, r *raw, path string, head ...string) *caller {
	t.Helper()
	c := &caller{r, t}
	c.say("%s", upgrade(path, head...))
	res, err := http.ReadResponse(c.in, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("no WebSocket at %.80s: %v %v", path, res, err)
	}
	if got := res.Header.Get("Sec-WebSocket-Extensions"); got != "" {
		t.Errorf("the server takes the extensions %q", got)
	}
	return c
}

// upgrade is the request for a WebSocket.
func upgrade(path string, head ...string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + strings.Join(append(head, ""), "\r\n") + "\r\n"
}

func withToken(path, token string) string {
	return path + "?" + url.Values{"token": {token}}.Encode()
}

// call opens a user's own conversation.
func (h *house) call(t *testing.T, user string) *caller {
	t.Helper()
	c := h.knock(t, withToken("/ws", harness.Token(t, user, "user")))
	c.until("connection")
	return c
}

// callNarrow is call with little room for what is not read. The room is set
// before the connection is made, so that no window has to shrink.
func (h *house) callNarrow(t *testing.T, user string) *caller {
	t.Helper()
	d := net.Dialer{Timeout: patience, Control: func(_, _ string, c syscall.RawConn) (err error) {
		failed := c.Control(func(fd uintptr) {
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 64<<10)
		})
		return errors.Join(failed, err)
	}}
	conn, err := d.DialContext(t.Context(), "tcp", h.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(2 * patience))
	c := enterBy(t, &raw{conn, bufio.NewReader(conn)}, withToken("/ws", harness.Token(t, user, "user")))
	c.until("connection")
	return c
}

// session begins a session with the default chatbot.
func (h *house) session(t *testing.T, user string) string {
	t.Helper()
	status, answer := h.Call(t, http.MethodPost, "/chatbot/default/session", harness.Token(t, user, "user"), nil)
	id, _ := answer["session_id"].(string)
	if status != http.StatusOK || id == "" {
		t.Fatalf("no session: %d %v", status, answer)
	}
	return id
}

func (h *house) closeSession(t *testing.T, user, session string) {
	t.Helper()
	if status, answer := h.Call(t, http.MethodDelete, "/chatbot/session/"+session, harness.Token(t, user, "user"), nil); status != http.StatusOK {
		t.Fatalf("the session is not closed: %d %v", status, answer)
	}
}

// visit enters a session.
func (h *house) visit(t *testing.T, user, session string) *caller {
	t.Helper()
	c := h.knock(t, withToken("/ws/chat/"+session, harness.Token(t, user, "user")))
	c.until("session_info")
	return c
}

// word is what a raw door says.
type word struct {
	Type, Code, Message string
	MessageID           string `json:"messageId"`
	RetryAfterMs        int64
	Timestamp           string
}

// next is the next word, unless the connection has ended: then code is its close
// code, 0 if there was none.
func (c *caller) next() (w word, code int, err error) {
	for {
		op, payload, err := c.nextFrame()
		var late net.Error
		switch {
		case errors.As(err, &late) && late.Timeout():
			c.t.Fatal("nothing comes, and the connection does not end")
		case err != nil:
			return word{}, 0, err
		case op == opClose:
			if len(payload) >= 2 {
				code = int(binary.BigEndian.Uint16([]byte(payload)))
			}
			return word{}, code, errors.New("closed with " + strconv.Itoa(code))
		case op == opText:
			if err := json.Unmarshal([]byte(payload), &w); err != nil || w.Type == "" {
				c.t.Fatalf("the server says %.200q: %v", payload, err)
			}
			return w, 0, nil
		}
	}
}

// until reads up to a word of a type.
func (c *caller) until(kind string) word {
	c.t.Helper()
	for {
		w, _, err := c.next()
		if err != nil {
			c.t.Fatalf("no %s: %v", kind, err)
		}
		if w.Type == kind {
			return w
		}
	}
}

// tell sends a text.
func (c *caller) tell(payload string) { _, _ = c.Write([]byte(text(payload))) }

// ask sends a text and returns the code of the error that answers it, "" if none
// does: the answers come in the order of the questions.
func (c *caller) ask(frames string) string {
	c.t.Helper()
	_, _ = c.Write([]byte(frames + text(`{"type":"ping"}`)))
	code := ""
	for {
		w, closed, err := c.next()
		switch {
		case err != nil:
			return "closed " + strconv.Itoa(closed)
		case w.Type == "pong":
			return code
		case w.Type == "error":
			code = w.Code
			if w.Timestamp == "" || w.Message == "" {
				c.t.Errorf("an error is %+v", w)
			}
		}
	}
}

// lives checks that the connection is still served.
func (c *caller) lives() {
	c.t.Helper()
	if got := c.ask(""); got != "" {
		c.t.Errorf("ping is answered %s", got)
	}
}

// ends reads to the end, and expects the last error's code and the close code.
func (c *caller) ends(why string, status int) {
	c.t.Helper()
	last := ""
	for {
		w, code, err := c.next()
		if err != nil {
			if code != status || last != why {
				c.t.Errorf("ended with %d after %q, want %d after %q", code, last, status, why)
			}
			_, _ = c.Write([]byte(frame(fin|opClose, string(binary.BigEndian.AppendUint16(nil, uint16(max(code, 1000)))))))
			_ = c.Close()
			return
		}
		if w.Type == "error" {
			last = w.Code
		}
	}
}

// hangUp closes as a browser does.
func (c *caller) hangUp() {
	c.t.Helper()
	_, _ = c.Write([]byte(frame(fin|opClose, "\x03\xe8")))
	if code := c.closeCode(); code != 1000 {
		c.t.Errorf("a goodbye is answered with %d", code)
	}
	_ = c.Close()
}

// abroad reads a connection in the background, so that the server is never slow.
func (c *caller) abroad() (words chan word) {
	words = make(chan word, 100_000)
	_ = c.SetDeadline(time.Now().Add(4 * patience))
	go func() {
		defer close(words)
		in := &caller{&raw{c.Conn, bufio.NewReaderSize(c.in, 64<<10)}, c.t}
		for {
			w, _, err := in.next()
			if err != nil {
				return
			}
			words <- w
		}
	}()
	return words
}

package rawws

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// undisturbed checks that another user is served as if nothing happened.
func undisturbed(t testing.TB, other *client) {
	t.Helper()
	before := time.Now()
	if got := other.call(`{"type":"chat","content":"still here"}`); field(got, "type") != "chat-received" {
		t.Errorf("another user got %s", got)
	}
	if d := time.Since(before); d > patience/4 {
		t.Errorf("another user waited for %v", d)
	}
}

// TestOddMessages has messages that are wrong, or costly: an error, or none, and
// the connection stays.
func TestOddMessages(t *testing.T) {
	w := openWorld(t)
	other, _ := w.connect("bob")
	c, _ := w.connect("ann")
	c.write(websocket.MessageBinary, `{"type":"ping"}`)
	if m := c.next(); field(m, "code") != "invalid" {
		t.Errorf("a binary message got %s", m)
	}
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for text, want := range map[string]string{
		`{"type":"ping","x":` + deep(9_000) + `}`:   "",
		`{"type":"ping","x":` + deep(400_000) + `}`: "invalid",
		deep(400_000):                    "invalid",
		strings.Repeat(`{"a":`, 150_000): "invalid",
		`{` + strings.Repeat(`"type":"x",`, 80_000) + `"type":"ping"}`:                      "",
		`{"type":"ping","n":1e999999999,"m":` + strings.Repeat("9", 500_000) + `}`:          "",
		`{"type":"chat","content":"` + strings.Repeat("x", 70_000) + `"}`:                   "too_large",
		`{"type":"chat","content":"x","nonce":"` + strings.Repeat("n", 200) + `"}`:          "invalid",
		`{"type":"human-escalation","reason":"` + strings.Repeat("r", 2000) + `"}`:          "invalid",
		`{"type":"` + strings.Repeat("t", 900_000) + `"}`:                                   "invalid",
		`{"type":"sync","cursor":"e1:99999999999999999999999"}`:                             "invalid",
		`{"type":"auth","token":"panic"}`:                                                   "internal",
		`{"type":"auth","token":"` + strings.Repeat("t", 900_000) + `"}`:                    "unauthenticated",
		`{"type":"chat","content":"\ud800 is half of a character"}`:                         "",
		"\ufeff" + `{"type":"ping"}`:                                                        "invalid",
		`{"type":"stop","messageId":"` + strings.Repeat("m", 300) + `"}`:                    "invalid",
		`{"type":"chat","content":"x","nonce":null,"timestamp":{"deep":[1,{}]},"type2":[]}`: "",
	} {
		if m := c.call(text); field(m, "code") != want {
			t.Errorf("%.60s got %.200s, want %q", text, m, want)
		}
	}
	undisturbed(t, other)
}

// TestTooLarge closes behind an error, whether or not the rest still comes.
func TestTooLarge(t *testing.T) {
	w := openWorld(t)
	other, _ := w.connect("bob")
	c, _ := w.connect("ann")
	c.send(`{"type":"ping","x":"` + strings.Repeat("x", 1_000_000-22) + `"}`)
	c.await("pong") // one of exactly the limit
	c.send(strings.Repeat("x", 10<<20))
	c.ends("too_large", 1009)

	conn, r := w.mute("/ws?token=ann")
	head := binary.BigEndian.AppendUint64([]byte{0x81, 0xff}, 1<<40)
	_, _ = conn.Write(append(append(head, 1, 2, 3, 4), make([]byte, 1_100_000)...))
	if code := lastCode(r); code != 1009 {
		t.Errorf("closed with %d", code)
	}
	undisturbed(t, other)
}

// lastCode reads frames until the close frame.
func lastCode(r *bufio.Reader) int {
	for {
		op, payload, err := readFrame(r)
		if err != nil {
			return -1
		}
		if op == opClose {
			return int(binary.BigEndian.Uint16(payload))
		}
	}
}

func readFrame(r io.Reader) (op byte, payload []byte, err error) {
	var head [2]byte
	if _, err = io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	n := uint64(head[1] & 0x7f)
	if n >= 126 {
		size := make([]byte, map[bool]int{true: 2, false: 8}[n == 126])
		if _, err = io.ReadFull(r, size); err != nil {
			return 0, nil, err
		}
		n = binary.BigEndian.Uint64(append(make([]byte, 8-len(size)), size...))
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(r, payload)
	return head[0] & 0x0f, payload, err
}

// TestBrokenFrames has what is no WebSocket.
func TestBrokenFrames(t *testing.T) {
	w := openWorld(t)
	other, _ := w.connect("bob")
	for name, frame := range map[string][]byte{
		"unmasked":          {0x81, 0x02, '{', '}'},
		"reserved bits":     {0xf1, 0x80, 0, 0, 0, 0},
		"unknown opcode":    {0x83, 0x80, 0, 0, 0, 0},
		"continuation":      {0x80, 0x80, 0, 0, 0, 0},
		"long ping":         append([]byte{0x89, 0xfe, 0, 200}, make([]byte, 204)...),
		"ping in pieces":    {0x09, 0x80, 0, 0, 0, 0},
		"message in two":    {0x01, 0x80, 0, 0, 0, 0, 0x81, 0x80, 0, 0, 0, 0},
		"bad close":         {0x88, 0x81, 0, 0, 0, 0, 7},
		"no close code":     {0x88, 0x80, 0, 0, 0, 0},
		"reserved code":     {0x88, 0x82, 0, 0, 0, 0, 0x03, 0xed},
		"HTTP once more":    []byte("GET / HTTP/1.1\r\n\r\n"),
		"half a frame":      {0x81, 0xff},
		"nothing, then EOF": {},
	} {
		conn, r := w.mute("/ws?token=ann")
		_, _ = conn.Write(frame)
		_ = conn.CloseWrite()
		if _, err := io.Copy(io.Discard, r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	eventually(t, "all are gone", func() bool { n, _ := w.doors.Connections(); return n == 1 })
	conn, r := w.mute("/ws?token=ann")
	_, _ = conn.Write([]byte{0x81, 0x02, '{', '}'})
	if code := lastCode(r); code != 1002 {
		t.Errorf("an unmasked frame was closed with %d", code)
	}
	undisturbed(t, other)
}

// TestGonePeers has clients that vanish: silent ones, and those cut by a reset.
func TestGonePeers(t *testing.T) {
	w := openWorld(t, func(o *Options) { o.PingInterval, o.PingTimeout = 300*time.Millisecond, 200*time.Millisecond })
	alive, _ := w.connect("bob")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	read := alive.ws.CloseRead(ctx) // answers pings
	id := w.session("ann")
	for range 10 {
		w.mute("/ws?token=ann")
		w.mute("/ws/chat/" + id + "?token=ann")
		conn, _ := w.mute("/?token=cid")
		_ = conn.SetLinger(0)
		_ = conn.Close()
	}
	eventually(t, "only the living are left", func() bool { a, b := w.doors.Connections(); return a+b == 1 })
	if read.Err() != nil {
		t.Error("a client that answers pings was closed")
	}
}

// TestLostWhileBusy cuts clients while the store has not answered them.
func TestLostWhileBusy(t *testing.T) {
	w := openWorld(t)
	for i := range 20 {
		c, _ := w.connect("ann")
		for range 300 {
			c.send(fmt.Sprintf(`{"type":"chat","content":"%d"}`, i))
		}
		if i%2 == 0 {
			c.lose()
		} else {
			_ = c.ws.Close(websocket.StatusNormalClosure, "")
		}
	}
	eventually(t, "all are gone", func() bool { n, _ := w.doors.Connections(); return n == 0 })
	if n, _ := w.hub.Sessions(); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
}

// TestGoodbye answers the client's own with the same code.
func TestGoodbye(t *testing.T) {
	w := openWorld(t)
	c, _ := w.connect("ann")
	if err := c.ws.Close(websocket.StatusNormalClosure, "bye"); err != nil {
		t.Error(err)
	}
	conn, r := w.mute("/ws?token=ann")
	_, _ = conn.Write([]byte{0x88, 0x82, 0, 0, 0, 0, 0x0f, 0xa1}) // 4001
	if code := lastCode(r); code != 4001 {
		t.Errorf("answered with %d", code)
	}
	if _, err := r.ReadByte(); err != io.EOF && !isReset(err) {
		t.Errorf("the connection is open behind it: %v", err)
	}
}

func isReset(err error) bool {
	var network net.Error
	return errors.As(err, &network)
}

// TestUnprovenIsNotTaken has a client that claims to have seen what was not sent.
func TestUnprovenIsNotTaken(t *testing.T) {
	w := openWorld(t)
	id := w.session("ann")
	conn, r := w.mute("/ws/chat/" + id + "?token=ann")
	for _, claim := range []string{"v9", "v-1", "v", "", "x", "v99999999999999999999"} {
		_, _ = conn.Write(append([]byte{0x8a, 0x80 | byte(len(claim)), 0, 0, 0, 0}, claim...)) //nolint:gosec // short
	}
	_, _ = conn.Write(append([]byte{0x81, 0x80 | 15, 0, 0, 0, 0}, `{"type":"ping"}`...))
	for {
		_, payload, err := readFrame(r)
		if err != nil {
			t.Fatal(err)
		}
		if field(payload, "type") == "pong" {
			break
		}
	}
	_ = conn.Close()
	eventually(t, "it is gone", func() bool { _, n := w.doors.Connections(); return n == 0 })
	if seen := w.one(id).SeenVersion; seen != 0 {
		t.Errorf("seen up to %d", seen)
	}
}

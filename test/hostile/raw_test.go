package hostile

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// raw is a TCP connection on which a test says whatever it likes.
type raw struct {
	net.Conn
	in *bufio.Reader
}

func dialRaw(t *testing.T, addr string) *raw {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return &raw{conn, bufio.NewReader(conn)}
}

// say writes; an error is only that the server has hung up.
func (r *raw) say(format string, args ...any) { _, _ = fmt.Fprintf(r, format, args...) }

// response reads one HTTP answer with its body.
func (r *raw) response(t *testing.T) (*http.Response, string) {
	t.Helper()
	res, err := http.ReadResponse(r.in, nil)
	if err != nil {
		t.Fatalf("no HTTP answer: %v", err)
	}
	defer func() { _ = res.Body.Close() }()
	b, _ := io.ReadAll(res.Body)
	return res, string(b)
}

// hungUp waits until the server closes the connection, whatever it says before.
func (r *raw) hungUp(t *testing.T) {
	t.Helper()
	_, err := io.Copy(io.Discard, r.in)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		t.Error("the server did not hang up")
	}
}

// reset closes without a goodbye.
func (r *raw) reset() {
	_ = r.Conn.(*net.TCPConn).SetLinger(0)
	_ = r.Close()
}

// dialFrames completes a WebSocket handshake by hand.
func dialFrames(t *testing.T, addr string) *raw {
	t.Helper()
	r := dialRaw(t, addr)
	r.say("GET /realtime/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	if res, err := http.ReadResponse(r.in, nil); err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("no WebSocket: %v %v", res, err)
	}
	return r
}

// The parts of a WebSocket frame's first byte.
const (
	fin      = 0x80
	opMore   = 0x0
	opText   = 0x1
	opBinary = 0x2
	opClose  = 0x8
	opPing   = 0x9
	opPong   = 0xa
)

// frame is a masked frame, as clients send them; the mask is zeros.
func frame(first byte, payload string) string {
	return header(first, 0x80, uint64(len(payload))) + "\x00\x00\x00\x00" + payload
}

func header(first, mask byte, n uint64) string {
	switch {
	case n < 126:
		return string([]byte{first, mask | byte(n)})
	case n < 1<<16:
		return string(binary.BigEndian.AppendUint16([]byte{first, mask | 126}, uint16(n)))
	default:
		return string(binary.BigEndian.AppendUint64([]byte{first, mask | 127}, n))
	}
}

// text is a whole text message.
func text(payload string) string { return frame(fin|opText, payload) }

// nextFrame reads one of the server's frames.
func (r *raw) nextFrame() (op byte, payload string, err error) {
	head := make([]byte, 2)
	if _, err = io.ReadFull(r.in, head); err != nil {
		return 0, "", err
	}
	n := uint64(head[1])
	var size [8]byte
	switch n {
	case 126:
		_, err = io.ReadFull(r.in, size[6:])
		n = binary.BigEndian.Uint64(size[:])
	case 127:
		_, err = io.ReadFull(r.in, size[:])
		n = binary.BigEndian.Uint64(size[:])
	}
	if err != nil {
		return 0, "", err
	}
	b := make([]byte, n)
	_, err = io.ReadFull(r.in, b)
	return head[0] & 0xf, string(b), err
}

// closeCode reads to the end of a WebSocket and returns its close code: 0 if it
// ended without, and -1 if it did not end.
func (r *raw) closeCode() int {
	for {
		op, payload, err := r.nextFrame()
		var timeout net.Error
		switch {
		case errors.As(err, &timeout) && timeout.Timeout():
			return -1
		case err != nil:
			return 0
		case op == opClose && len(payload) >= 2:
			return int(binary.BigEndian.Uint16([]byte(payload)))
		}
	}
}

// message reads text messages up to one with a prefix.
func (r *raw) message(t *testing.T, prefix string) string {
	t.Helper()
	for {
		op, payload, err := r.nextFrame()
		if err != nil {
			t.Fatalf("no message %q: %v", prefix, err)
		}
		if op == opText && strings.HasPrefix(payload, prefix) {
			return payload
		}
	}
}

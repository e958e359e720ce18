package gateway

import "encoding/binary"

// Frame is one outgoing text message, framed once as an unmasked WebSocket
// frame (RFC 6455, section 5.2) and shared by every connection that gets it.
// Its bytes are never changed.
type Frame struct {
	bytes []byte
	head  int
}

const (
	opText     = 0x1
	finalFrame = 0x80
)

// maxHead is the longest header of an unmasked frame.
const maxHead = 10

// NewFrame frames the concatenation of parts as a text message.
func NewFrame(parts ...[]byte) Frame {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	b := appendHead(make([]byte, 0, maxHead+n), opText, n)
	head := len(b)
	for _, p := range parts {
		b = append(b, p...)
	}
	return Frame{bytes: b, head: head}
}

// RawFrame wraps bytes that already are a WebSocket frame, such as a control frame.
func RawFrame(b []byte) Frame { return Frame{bytes: b, head: len(b)} }

// Bytes returns the whole frame.
func (f Frame) Bytes() []byte { return f.bytes }

// Text returns the message without its WebSocket header; it is empty for a RawFrame.
func (f Frame) Text() []byte { return f.bytes[f.head:] }

// controlCost is about what a queued frame takes besides its bytes. Pongs are as
// short as clients ask for: counted by their bytes alone, a flood of pings would
// be held in twenty times what the bound says.
const controlCost = 64

// Len is the size that counts against a bound.
func (f Frame) Len() int {
	if f.head == len(f.bytes) {
		return len(f.bytes) + controlCost
	}
	return len(f.bytes)
}

func appendHead(b []byte, op byte, n int) []byte {
	b = append(b, finalFrame|op)
	switch {
	case n < 126:
		return append(b, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, 126), uint16(n)) //nolint:gosec // below 65536
	default:
		return binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
}

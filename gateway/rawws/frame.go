package rawws

import (
	"bytes"
	"encoding/binary"
	"encoding/json"

	"github.com/coder/websocket"

	"parley/gateway"
)

const (
	finalFrame = 0x80
	opClose    = 0x8
	opPing     = 0x9
)

// message is one or more JSON objects, each a WebSocket message of its own, as
// one frame of an outbox: nothing comes between them.
func message(bodies ...any) gateway.Frame {
	if len(bodies) == 1 {
		return gateway.NewFrame(encode(bodies[0]))
	}
	var b []byte
	for _, body := range bodies {
		b = append(b, text(body)...)
	}
	return gateway.RawFrame(b)
}

// text is one JSON object as a WebSocket message. Control frames are given as
// they are.
func text(body any) []byte {
	if control, ok := body.(controlFrame); ok {
		return control
	}
	return gateway.NewFrame(encode(body)).Bytes()
}

// controlFrame is a frame that stands among messages.
type controlFrame []byte

// pingFrame is a ping; its payload, of at most 125 bytes, comes back in the pong.
func pingFrame(payload string) controlFrame {
	return append([]byte{finalFrame | opPing, byte(len(payload))}, payload...) //nolint:gosec // at most 125
}

func closeFrame(code websocket.StatusCode) []byte {
	return binary.BigEndian.AppendUint16([]byte{finalFrame | opClose, 2}, uint16(code)) //nolint:gosec // of four digits
}

// encode writes JSON without escaping what only matters inside HTML.
func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // every value is one of our wire types
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

package rawws

import (
	"context"
	"io"

	"github.com/coder/websocket"
)

// read handles what comes in until the connection ends.
func (c *conn) read() {
	defer c.finish()
	for c.next() {
	}
	// What broke the protocol is told; whoever has said goodbye gets ours. Then the
	// client closes, or the timer does.
	c.leave(closeFrame(websocket.StatusProtocolError), goodbye{discard: true, within: c.server.linger})
	_, _ = io.Copy(io.Discard, c.raw)
}

// next handles one message and reports whether to go on. After goodbye was said,
// what comes is dropped, until the client's own.
func (c *conn) next() bool {
	kind, r, err := c.ws.Reader(context.Background())
	if err != nil {
		return false
	}
	if c.ended() {
		return drop(r)
	}
	limit := c.opts().MaxFrame
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return false
	}
	if int64(len(data)) > limit {
		c.goodbye(goodbye{
			code: websocket.StatusMessageTooBig, why: errTooLarge,
			within: c.opts().WriteTimeout, linger: c.opts().WriteTimeout, // it may still be sending
		})
		return drop(r)
	}
	c.receive(data, kind == websocket.MessageBinary)
	return true
}

func drop(r io.Reader) bool {
	_, err := io.Copy(io.Discard, r)
	return err == nil
}

package rawws

import (
	"sync"
	"time"
)

// writeBatch is how many bytes are joined into one write.
const writeBatch = 64 << 10

var writeBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

// write is the outbox's consumer: it joins what is queued into single writes, and
// says goodbye behind the last.
func (c *conn) write() {
	buf := writeBuffers.Get().(*[]byte)
	defer writeBuffers.Put(buf)
	for {
		frames, last := c.out.Next(writeBatch)
		if frames == nil {
			if last {
				c.sayGoodbye()
			}
			return
		}
		data := frames[0].Bytes()
		if len(frames) > 1 {
			*buf = (*buf)[:0]
			for _, f := range frames {
				*buf = append(*buf, f.Bytes()...)
			}
			data = *buf
		}
		if c.writeAll(data) != nil {
			c.cut()
			return
		}
	}
}

// writeAll writes in pieces, each with a deadline: a long answer to a slow line
// takes its time, as long as it moves.
func (c *conn) writeAll(data []byte) error {
	for len(data) > 0 {
		piece := data[:min(len(data), writeBatch)]
		c.extendDeadline()
		if _, err := c.raw.Conn.Write(piece); err != nil {
			return err
		}
		data = data[len(piece):]
	}
	return nil
}

// extendDeadline gives a write at least half of the write timeout. The deadline
// is moved in large steps, so that most small writes do not pay for it.
func (c *conn) extendDeadline() {
	timeout := c.opts().WriteTimeout
	if now := time.Now(); c.deadline.Sub(now) < timeout/2 {
		c.deadline = now.Add(timeout)
		_ = c.raw.SetWriteDeadline(c.deadline)
	}
}

// sayGoodbye writes the last frames and waits for the client's own: closing a
// socket that holds unread input has the kernel throw away what the client has
// not read yet. The reader, or the timer, then ends the connection.
func (c *conn) sayGoodbye() {
	c.mu.Lock()
	last, again := c.last, c.left
	c.left = true
	c.mu.Unlock()
	if again || c.writeAll(last) != nil {
		c.cut()
		return
	}
	if half, ok := c.raw.Conn.(interface{ CloseWrite() error }); !ok || half.CloseWrite() != nil {
		c.cut()
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closing.Reset(c.linger)
}

package rawws

// write is the outbox's consumer: it says goodbye behind the last frame.
func (c *conn) write() {
	last, err := c.writer.Drain(c.out)
	switch {
	case err != nil:
		c.cut()
	case last:
		c.sayGoodbye()
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
	if again {
		c.cut()
		return
	}
	if _, err := c.writer.Write(last); err != nil {
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

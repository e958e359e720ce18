package gateway

import (
	"net"
	"sync"
	"time"
)

// writeBatch is how many bytes are joined into one write, and how many a write has
// at most.
const writeBatch = 64 << 10

var writeBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

// Writer writes to a connection that has no other writer. It is used by one
// goroutine at a time, the consumer of the connection's Outbox.
type Writer struct {
	Conn    net.Conn
	Timeout time.Duration // at most, and half of it at least, for 64 KiB to be taken

	deadline time.Duration // since began; not a time.Time, for every idle connection keeps it
}

// began is what deadlines are counted from, on the clock that is never set.
var began = time.Now()

// Drain writes what is queued in the outbox, joined into single writes, until
// there is nothing left. last tells that nothing will ever come. After an error
// the connection is of no more use.
func (w *Writer) Drain(out *Outbox) (last bool, err error) {
	buf := writeBuffers.Get().(*[]byte)
	defer writeBuffers.Put(buf)
	for {
		frames, last := out.Next(writeBatch)
		if frames == nil {
			return last, nil
		}
		data := frames[0].Bytes()
		if len(frames) > 1 {
			*buf = (*buf)[:0]
			for _, f := range frames {
				*buf = append(*buf, f.Bytes()...)
			}
			data = *buf
		}
		if _, err := w.Write(data); err != nil {
			return false, err
		}
	}
}

// Write writes in pieces, each with a deadline: a long answer to a slow line
// takes its time, as long as it moves.
func (w *Writer) Write(data []byte) (int, error) {
	written := 0
	for written < len(data) {
		w.extendDeadline()
		n, err := w.Conn.Write(data[written:min(len(data), written+writeBatch)])
		written += n
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// extendDeadline gives a write at least half of the timeout. The deadline is
// moved in large steps, so that most small writes do not pay for it.
func (w *Writer) extendDeadline() {
	if now := time.Since(began); w.deadline-now < w.Timeout/2 {
		w.deadline = now + w.Timeout
		_ = w.Conn.SetWriteDeadline(began.Add(w.deadline))
	}
}

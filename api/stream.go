package api

import (
	"bufio"
	"maps"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// pieceSize is how many bytes of a stream are sent at once.
const pieceSize = 64 << 10

// stream is an answer that is written while it is made, in pieces, each of which
// the client has to take in within a time of its own. The server's time for a whole
// request does not count.
type stream struct {
	to        *echo.Response
	deadlines *http.ResponseController
	patience  time.Duration
	buffer    *bufio.Writer
	header    http.Header  // of the answer, once it begins
	begun     bool         // something was written
	sent      bool         // some of it is on its way
	may       func() error // asked before each piece: an answer may take hours
}

func newStream(c echo.Context, patience time.Duration) *stream {
	l := &stream{
		to: c.Response(), deadlines: http.NewResponseController(c.Response().Writer), patience: patience, header: http.Header{},
	}
	l.buffer = bufio.NewWriterSize(piece{l}, pieceSize)
	return l
}

// line writes v as a line of JSON.
func (l *stream) line(v any) error {
	text, err := marshal(v)
	if err != nil {
		return err
	}
	return l.text(string(text))
}

// text writes a text.
func (l *stream) text(s string) error {
	l.begun = true
	_, err := l.buffer.WriteString(s)
	return err
}

// flush sends what is left.
func (l *stream) flush() error { return l.buffer.Flush() }

// piece sends what is written to it.
type piece struct{ of *stream }

func (p piece) Write(text []byte) (int, error) {
	l := p.of
	if err := l.may(); err != nil {
		return 0, err
	}
	if !l.sent {
		l.sent = true
		maps.Copy(l.to.Header(), l.header)
	}
	// Not every ResponseWriter has deadlines; those of net/http do.
	_ = l.deadlines.SetWriteDeadline(time.Now().Add(l.patience))
	n, err := l.to.Write(text)
	if err != nil {
		return n, err
	}
	return n, l.deadlines.Flush()
}

package assistant

import (
	"bufio"
	"errors"
	"io"
	"iter"
	"strings"

	"github.com/tmaxmax/go-sse"
)

// events reads server-sent events. The sequence ends without an error where the
// body ends, and with the body's error where it breaks off: whether that was the
// end of the answer, the events have to say.
//
// A body may end without the last line's end; the parser would drop that line,
// which may be [DONE], so one is added. Where the body was cut off in the middle
// of a line, what is left of it is no JSON.
func events(body io.Reader) iter.Seq2[sse.Event, error] {
	return iter.Seq2[sse.Event, error](sse.Read(
		io.MultiReader(body, strings.NewReader("\n")),
		&sse.ReadConfig{MaxEventSize: maxEvent},
	))
}

// tooLong names the parser's error for what does not fit into its bound.
func tooLong(err error) error {
	if errors.Is(err, bufio.ErrTooLong) {
		return failf(ReasonFormat, "an event is longer than %d bytes", maxEvent)
	}
	return err
}

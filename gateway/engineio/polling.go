package engineio

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"parley/gateway"
)

// separator stands between the packets of one polling payload.
const separator = 0x1e

var (
	noop    = []byte{'6'}
	goodbye = []byte{'1'}
)

// poll answers one GET with what is queued, or waits until something is.
func (c *Conn) poll(w http.ResponseWriter, r *http.Request) {
	ready, work := make(chan struct{}), make(chan struct{}, 1)
	if !c.beginPoll(ready, work) {
		refuse(w, http.StatusBadRequest, errRequest)
		c.end(ReasonTransportError, true)
		return
	}
	defer c.endPoll(ready)
	select {
	case <-work:
	case <-ready: // an upgrade goes on
	case <-c.done:
		refuse(w, http.StatusBadRequest, errSession)
		return
	case <-r.Context().Done():
		c.end(ReasonTransportClose, true)
		return
	}
	frames, last := c.takePoll()
	body := noop
	if last {
		body = goodbye
	}
	for i, f := range frames {
		if i == 0 {
			body = nil
		} else {
			body = append(body, separator)
		}
		body = append(body, f.Text()...)
	}
	c.endPoll(ready)
	if c.answer(w, body) && last {
		c.drained()
	}
}

// beginPoll notes a GET. There is at most one, and it does not wait once an
// upgrade's probe has come through.
func (c *Conn) beginPoll(ready, work chan struct{}) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.polling != nil {
		return false
	}
	c.polling, c.freed = ready, false
	if c.probed || c.ws.Conn != nil {
		c.freePoll()
	} else {
		c.out.Consume(func() { work <- struct{}{} })
	}
	return true
}

// AnswerPoll has the GET that waits, if any, answered now, with nothing if need be.
func (c *Conn) AnswerPoll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.freePoll()
}

// freePoll has the GET that waits, if any, answered now. The caller holds the lock.
func (c *Conn) freePoll() {
	if c.polling != nil && !c.freed {
		c.freed = true
		close(c.polling)
	}
}

// takePoll takes what is queued, unless a WebSocket has become the transport. last
// tells that the connection is being closed and nothing is left: the official client
// drops the messages that a goodbye comes with.
func (c *Conn) takePoll() ([]gateway.Frame, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ws.Conn != nil {
		return nil, false
	}
	c.out.Consume(nil)
	frames, last := c.out.Next(int(c.server.opts.MaxPayload))
	return slices.Clone(frames), last // a WebSocket may take over while they are written
}

func (c *Conn) endPoll(ready chan struct{}) {
	c.mu.Lock()
	if c.polling == ready {
		c.polling = nil
	}
	c.mu.Unlock()
}

// answer writes a poll's answer and reports whether the kernel has it.
func (c *Conn) answer(w http.ResponseWriter, body []byte) bool {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(c.server.opts.WriteTimeout))
	_, err := w.Write(body)
	if err == nil {
		err = control.Flush()
	}
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		// What was taken is lost, so the connection is: the client resumes from its cursor.
		c.end(ReasonTransportError, true)
		return false
	}
	c.mu.Lock()
	if c.ws.Conn == nil {
		c.out.Written()
	}
	c.mu.Unlock()
	return true
}

// post takes one POST's packets. There is at most one at a time. Those of a
// connection that is being closed are dropped.
func (c *Conn) post(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	refused := c.posting
	c.posting = true
	c.mu.Unlock()
	if refused {
		refuse(w, http.StatusBadRequest, errRequest)
		c.end(ReasonTransportError, true)
		return
	}
	defer func() {
		c.mu.Lock()
		c.posting = false
		c.mu.Unlock()
	}()
	body, status := c.body(w, r)
	if status != 0 {
		w.Header().Set("Connection", "close") // the rest of the body is not waited for
		refuse(w, status, errRequest)
		reason := ReasonTransportError
		if status == http.StatusRequestEntityTooLarge {
			reason = ReasonTooLarge
		}
		c.end(reason, true)
		return
	}
	for part := range bytes.SplitSeq(body, []byte{separator}) {
		if !c.receive(part, false) {
			break
		}
	}
	h := w.Header()
	h.Set("Content-Type", "text/html")
	h.Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, "ok")
}

func (c *Conn) body(w http.ResponseWriter, r *http.Request) ([]byte, int) {
	if r.ContentLength > c.server.opts.MaxPayload {
		return nil, http.StatusRequestEntityTooLarge
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(c.server.opts.ReadTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, c.server.opts.MaxPayload))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, http.StatusRequestEntityTooLarge
	}
	if err != nil || r.Header.Get("Content-Type") == "application/octet-stream" {
		return nil, http.StatusBadRequest
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	return body, 0
}

func (c *Conn) base64(data []byte) bool {
	decoded := make([]byte, base64.StdEncoding.DecodedLen(len(data)))
	n, err := base64.StdEncoding.Decode(decoded, data)
	if err != nil {
		c.end(ReasonParseError, true)
		return false
	}
	return c.message(decoded[:n], true)
}

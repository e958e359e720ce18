package rawws

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/coder/websocket"

	"parley/chat"
	"parley/gateway"
)

// lingerTimeout is how long a client has to take its goodbye, once it is written,
// or at all if it was refused or is too slow.
const lingerTimeout = time.Second

// conn is one WebSocket. It is its session's gateway.Sink. A goroutine of its own
// reads it and, at the end, gives back all it held; another writes while there is
// something to write.
type conn struct {
	server  *Server
	door    *door
	ws      *websocket.Conn
	raw     *socket
	release func()
	out     *gateway.Outbox
	writer  gateway.Writer // of what is in out
	done    chan struct{}  // closed when nothing is left of it

	id      string           // the session's; messages carry it as their origin
	session *gateway.Session // nil until the client was let in
	room    string
	visit   *visit // at the door of chatbot sessions

	answers gateway.Answers
	events  Limiter // made with the first event

	mu      sync.Mutex
	beat    *time.Timer
	pinged  bool        // a sign of life is awaited
	left    bool        // the goodbye was written
	closing *time.Timer // set once the goodbye is said; cuts the connection
	last    []byte      // the goodbye
	linger  time.Duration
	cancel  func() // ends the use case that is waited for
}

func newConn(s *Server, d *door, release func()) *conn {
	return &conn{
		server: s, door: d, release: release, out: gateway.NewOutbox(s.opts.OutboxBytes),
		done: make(chan struct{}), id: newID(),
	}
}

func newID() string {
	var b [15]byte
	_, _ = rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func (c *conn) opts() *Options { return &c.server.opts }

// open lets the client in, or tells it why not. The token is not kept.
func (c *conn) open(r *http.Request, session string) {
	defer func() {
		if p := recover(); p != nil {
			c.opts().Log.Error("panic while letting a client in", "panic", p, "stack", string(debug.Stack()))
			c.refuse(chat.ErrorOf(errors.New("panic")))
		}
	}()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), connectTimeout)
	defer cancel()
	defer c.work(nil)
	if !c.work(cancel) {
		return
	}
	id, err := c.opts().Authenticate(ctx, r.Header.Get("Authorization"), r.URL.Query().Get("token"))
	if err == nil {
		err = c.door.enter(c, ctx, id, session)
	}
	if err != nil {
		e := chat.ErrorOf(err)
		if e.Code == chat.CodeInternal {
			c.opts().Log.Error("cannot let a client in", "error", err)
		}
		c.refuse(e)
	}
}

// work has cancel, if any, called when the connection ends; it reports false if
// that has ended.
func (c *conn) work(cancel func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancel = cancel
	return c.closing == nil
}

// refuse tells a client that it is not let in.
func (c *conn) refuse(why *chat.Error) {
	c.goodbye(goodbye{code: closeCode(why), why: why, within: c.server.linger})
}

// connect makes the hub's session of the connection.
func (c *conn) connect(ctx context.Context, s gateway.NewSession) (err error) {
	s.ID, s.Room, s.Silent, s.Sink = c.id, c.room, true, c
	c.session, err = c.opts().Hub.Connect(ctx, s)
	return err
}

// Send implements gateway.Sink. A client past its bound is closed.
func (c *conn) Send(f gateway.Frame) {
	if errors.Is(c.out.Push(f), gateway.ErrOutboxFull) {
		c.goodbye(goodbye{code: codeTryLater, why: errTooSlow, discard: true, within: c.server.linger})
	}
}

// Backlog implements gateway.Sink.
func (c *conn) Backlog() int { return c.out.Held() }

// End implements gateway.Sink.
func (c *conn) End(why *chat.Error) {
	c.goodbye(goodbye{code: closeCode(why), why: why, within: c.opts().WriteTimeout})
}

// goodbye is how a connection ends: what is queued goes out, then why, then a
// close frame with the code. Discard drops what is queued.
type goodbye struct {
	code    websocket.StatusCode
	why     *chat.Error // nil: only the code
	discard bool
	within  time.Duration // for all of it to be written
	linger  time.Duration // for the client's own behind it, lingerTimeout if that is longer
}

// goodbye ends the connection; only the first counts. It does not block and may
// be called from anywhere.
func (c *conn) goodbye(g goodbye) {
	var last []byte
	if g.why != nil {
		last = text(errorOf(g.why, c.now()))
	}
	c.leave(append(last, closeFrame(g.code)...), g)
}

// leave ends the connection behind its last frames.
func (c *conn) leave(last []byte, g goodbye) {
	c.mu.Lock()
	if c.closing != nil {
		c.mu.Unlock()
		return
	}
	c.last, c.linger = last, max(g.linger, c.server.linger)
	c.closing = time.AfterFunc(g.within, c.cut)
	c.beat.Stop()
	if c.cancel != nil {
		c.cancel()
	}
	c.mu.Unlock()
	go c.answers.Close() // an answer that is being given may have come here
	c.out.Close(g.discard)
}

// control queues a control frame of the library's.
func (c *conn) control(frame []byte) {
	if frame[0]&0x0f == opClose { // its answer to the client's own, or to a broken frame
		c.leave(frame, goodbye{discard: true, within: c.server.linger})
		return
	}
	c.Send(gateway.RawFrame(frame))
}

// ended reports whether goodbye was said: what still comes in is dropped.
func (c *conn) ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing != nil
}

// cut closes the socket, which ends the reader.
func (c *conn) cut() { _ = c.raw.Conn.Close() }

// drop ends the connection at once.
func (c *conn) drop() {
	c.leave(closeFrame(codeRestart), goodbye{discard: true})
	c.cut()
}

// drain answers what has come in, and ends the connection. What comes later is
// not taken: without an answer the client sends it again elsewhere.
func (c *conn) drain(comeBack time.Duration) {
	c.answers.Finish()
	why := *chat.ErrClosing
	why.RetryAfter = comeBack
	c.goodbye(goodbye{code: codeRestart, why: &why, within: c.opts().WriteTimeout})
}

// finish gives back what the connection held. The reader calls it, last.
func (c *conn) finish() {
	c.leave(nil, goodbye{discard: true})
	c.cut()
	c.mu.Lock()
	c.closing.Stop()
	c.mu.Unlock()
	_ = c.ws.CloseNow()
	if c.session != nil {
		c.session.Close()
	}
	c.leaveSession()
	c.server.forget(c)
	c.release()
	close(c.done)
}

// heartbeat sends a ping, or ends a connection that gave no sign of life since.
// While something is being written, the write's own deadline says whether the
// client is there; while something is being handled, nothing may be read.
func (c *conn) heartbeat() {
	o, busy := c.opts(), c.answers.Busy() || c.out.Held() > 0
	c.mu.Lock()
	if c.closing != nil {
		c.mu.Unlock()
		return
	}
	ping, dead := !c.pinged, false
	switch {
	case ping:
		c.pinged = true
		c.raw.heard.Store(false)
		c.beat.Reset(o.PingTimeout)
	case c.raw.heard.Load():
		c.pinged = false
		c.beat.Reset(max(o.PingInterval-o.PingTimeout, o.PingInterval/2))
	case busy:
		c.beat.Reset(o.PingTimeout)
	default:
		dead = true
	}
	c.mu.Unlock()
	switch {
	case dead:
		c.goodbye(goodbye{code: codeTimeout, discard: true, within: c.server.linger})
	case ping:
		c.Send(gateway.RawFrame(pingFrame("")))
	}
}

func (c *conn) now() time.Time { return c.opts().Chat.Now() }

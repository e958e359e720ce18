package socketio

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zishang520/socket.io/parsers/engine/v3/packet"
	"github.com/zishang520/socket.io/servers/engine/v3"
	"github.com/zishang520/socket.io/servers/engine/v3/transports"
	"github.com/zishang520/socket.io/v3/pkg/types"

	"parley/chat"
	"parley/gateway/engineio"
)

// maxInbox is how many events of one connection may wait to be handled; past it
// the connection is not read.
const maxInbox = 256

// link is one Engine.IO connection as the library sees it (engine.Socket), and
// the connection's handler. Besides passing packets on it keeps the library in
// step: no packet is handed over while a CONNECT is being answered.
type link struct {
	types.EventEmitter

	server *Server
	conn   *engineio.Conn
	state  atomic.Pointer[string]

	draining atomic.Bool

	inbox   chan struct{} // one per event that waits to be handled
	settled chan struct{} // a CONNECT was answered

	verdict  verdict // on the CONNECT being answered
	attached int     // bytes of attachments since the last text

	mu             sync.Mutex
	pending        *peer            // of the CONNECT being answered, until the library has taken it
	peers          map[string]*peer // by namespace
	events, typing Limiter          // made with the first event
}

var (
	stateOpen    = "open"
	stateClosing = "closing"
	stateClosed  = "closed"
)

func newLink(s *Server, c *engineio.Conn) *link {
	l := &link{
		EventEmitter: types.NewEventEmitter(), server: s, conn: c,
		inbox: make(chan struct{}, maxInbox), settled: make(chan struct{}, 1),
	}
	l.state.Store(&stateOpen)
	return l
}

// Message passes one incoming packet to the library.
func (l *link) Message(data []byte, binary bool) {
	if binary {
		if l.draining.Load() {
			return // with the event that it belongs to
		}
		if l.attached += len(data); l.attached > l.conn.MaxPayload() {
			l.conn.Drop() // the library would keep them all
			return
		}
		l.Emit("data", types.NewBytesBuffer(data))
		return
	}
	l.attached = 0
	if len(data) > 0 {
		switch data[0] {
		case '0':
			l.connect(data)
			return
		case '3': // nothing that is sent asks for an ack
			return
		case '6': // nor would it bring attachments
			l.conn.Drop()
			return
		case '1', '2', '5': // the library's queue has no bound of its own
			if l.draining.Load() {
				return
			}
			select {
			case l.inbox <- struct{}{}:
			case <-l.conn.Done():
				return
			}
			if l.draining.Load() { // what drain has not seen in the inbox is not taken
				l.handled()
				return
			}
		}
	}
	l.Emit("data", types.NewStringBuffer(data))
}

// handled makes room for another event.
func (l *link) handled() {
	select {
	case <-l.inbox:
	default:
	}
}

// emptyInbox makes room for as many as there can be: events of a socket that was
// closed are never handled.
func (l *link) emptyInbox() {
	for range maxInbox {
		l.handled()
	}
}

// allow takes from the connection's rates, whatever the namespace.
func (l *link) allow(event string) *chat.Error {
	o := &l.server.opts
	if o.EventRate == nil {
		return nil
	}
	l.mu.Lock()
	if l.events == nil {
		l.events = o.EventRate()
	}
	if l.typing == nil && event == "typing" && o.TypingRate != nil {
		l.typing = o.TypingRate()
	}
	events, typing := l.events, l.typing
	l.mu.Unlock()
	if ok, after := events.Allow(); !ok {
		return chat.RateLimited(after)
	}
	if event == "typing" && typing != nil {
		if ok, after := typing.Allow(); !ok {
			return chat.RateLimited(after)
		}
	}
	return nil
}

// settle notes that a CONNECT was answered.
func (l *link) settle() {
	select {
	case l.settled <- struct{}{}:
	default:
	}
}

// Closed tells the library that the connection has ended.
func (l *link) Closed(reason string) {
	l.state.Store(&stateClosed)
	l.server.forget(l)
	l.Emit("close", reason)
}

// Write queues one packet of the library's. It implements engine.Socket.
func (l *link) Write(data io.Reader, _ *packet.Options, _ engine.SendCallback) engine.Socket {
	buffer, ok := data.(*types.StringBuffer)
	if !ok {
		l.server.opts.Log.Error("binary packets are not sent")
		return l
	}
	text := buffer.Bytes()
	l.conn.Send(engineio.Message(text))
	if len(text) > 0 && text[0] == '4' {
		l.settle()
	}
	return l
}

// Send is Write.
func (l *link) Send(data io.Reader, o *packet.Options, done engine.SendCallback) engine.Socket {
	return l.Write(data, o, done)
}

// Close ends the connection, once everything queued is out unless discard is set.
func (l *link) Close(discard bool) {
	l.state.CompareAndSwap(&stateOpen, &stateClosing)
	if discard {
		l.conn.Drop()
	} else {
		l.conn.Close()
	}
}

// drain tells the sockets to come back after a while, answers what they have
// sent, and closes the connection behind that. Later events are not taken.
func (l *link) drain(comeBack time.Duration) {
	if l.draining.Swap(true) {
		return
	}
	l.mu.Lock()
	peers := make([]*peer, 0, len(l.peers))
	for _, p := range l.peers {
		peers = append(peers, p)
	}
	l.mu.Unlock()
	for _, p := range peers {
		p.emit("draining", drainingWire{comeBack.Milliseconds()})
	}
	go func() {
		l.fillInbox()
		for _, p := range peers {
			p.acks.Idle()
		}
		l.conn.Close()
	}()
}

// fillInbox takes every place of the inbox: when it has them all, no event is on
// its way to be handled. It waits no longer than an event may take.
func (l *link) fillInbox() {
	limit := time.NewTimer(requestTimeout)
	defer limit.Stop()
	for range maxInbox {
		select {
		case l.inbox <- struct{}{}:
		case <-l.conn.Done():
			return
		case <-limit.C:
			return
		}
	}
}

// The rest of engine.Socket.

// Id returns the Engine.IO session id.
func (l *link) Id() string { return l.conn.ID() } //nolint:revive // the library's name

// ReadyState returns open, closing or closed.
func (l *link) ReadyState() string { return *l.state.Load() }

// SetReadyState is the library engine's own business.
func (l *link) SetReadyState(string) {}

// Protocol returns the revision of Engine.IO.
func (l *link) Protocol() int { return 4 }

// Request returns an empty request: the real one is let go after the handshake.
func (l *link) Request() *types.HttpContext { return emptyRequest() }

// RemoteAddress returns the peer's address.
func (l *link) RemoteAddress() string { return l.conn.Request().RemoteAddr }

// Transport is never asked for: it matters to volatile packets alone.
func (l *link) Transport() transports.Transport { return nil }

// Upgraded is never asked for.
func (l *link) Upgraded() bool { return !l.conn.Polling() }

// Upgrading is never asked for.
func (l *link) Upgrading() bool { return false }

// Construct is the library engine's own business.
func (l *link) Construct(string, engine.BaseServer, transports.Transport, *types.HttpContext, int) {}

// MaybeUpgrade is the library engine's own business.
func (l *link) MaybeUpgrade(transports.Transport) {}

var emptyRequest = sync.OnceValue(func() *types.HttpContext {
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // lets the library's watcher go
	r := (&http.Request{Method: http.MethodGet, URL: &url.URL{}, Header: http.Header{}}).WithContext(ctx)
	return types.NewHttpContext(discardWriter{}, r)
})

type discardWriter struct{}

func (discardWriter) Header() http.Header         { return http.Header{} }
func (discardWriter) Write(p []byte) (int, error) { return len(p), nil }
func (discardWriter) WriteHeader(int)             {}

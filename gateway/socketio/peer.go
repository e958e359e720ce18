package socketio

import (
	"context"
	"encoding/json"
	"errors"
	"runtime/debug"
	"sync"
	"time"

	"github.com/zishang520/socket.io/servers/socket/v3"
	"github.com/zishang520/socket.io/v3/pkg/utils"

	"parley/chat"
	"parley/gateway"
)

// requestTimeout bounds one use case that is waited for.
const requestTimeout = 15 * time.Second

// peer is one Socket.IO socket: one user in one namespace of one connection.
type peer struct {
	link *link
	name string
	acks *acks
	// The socket's public name and its client's secret.
	sid, pid string

	// Set before any event is handled.
	socket  *socket.Socket
	session *gateway.Session

	events, typing Limiter // made with the first event

	once sync.Once
	gone chan struct{} // closed when the socket is
}

func newPeer(l *link, namespace string) *peer {
	return &peer{link: l, name: namespace, acks: newAcks(), gone: make(chan struct{})}
}

func (p *peer) opts() *Options { return &p.link.server.opts }

func (p *peer) format() *format { return p.link.server.formats[p.name] }

// restoration is the CONNECT that the library is given: with it the library
// takes the socket's ids from us, fresh ones or those of the session resumed.
func (p *peer) restoration() []byte {
	p.sid, p.pid = utils.Base64Id().GenerateId(), utils.Base64Id().GenerateId()
	if p.session != nil {
		p.sid, p.pid = p.session.ID, p.session.PID
	}
	ids, _ := json.Marshal(map[string]string{"pid": p.pid, "offset": p.sid})
	return append([]byte("0"+p.name+","), ids...)
}

// start makes the socket's session and announces it.
func (p *peer) start(id chat.Identity) error {
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	user := userWire{id.ID, id.Name, id.Role}
	session, err := p.opts().Hub.Connect(ctx, gateway.NewSession{
		ID: p.sid, PID: p.pid, Format: p.format(), Identity: id, Sink: p,
		Announce: func(cursors map[string]string, offset string) gateway.Frame {
			return p.format().event("ready", readyWire{user, cursors}, offset)
		},
	})
	p.session = session
	return err
}

// Send implements gateway.Sink.
func (p *peer) Send(frames ...gateway.Frame) { p.link.conn.Send(frames...) }

// End implements gateway.Sink: the official client stays away after a DISCONNECT.
func (p *peer) End(why *chat.Error) {
	p.tell(why)
	go func() { // the library calls back into places that hold locks
		p.socket.Disconnect(false)
		p.link.conn.Close()
	}()
}

// tell sends an error that answers no ack.
func (p *peer) tell(e *chat.Error) {
	exc, conduit := exception(e)
	p.link.conn.Send(p.format().event("exception", exc, ""), p.format().event("conduit_error", conduit, ""))
}

// emit sends an event to this socket alone.
func (p *peer) emit(name string, body any) {
	if p.session != nil {
		p.session.Send(p.format().event(name, body, ""))
	}
}

// disconnected is called by the library once the socket is closed. A lost
// connection may be resumed; a goodbye is final.
func (p *peer) disconnected(reason ...any) {
	p.once.Do(func() {
		p.link.dropPeer(p)
		close(p.gone)
		if p.session == nil {
			return
		}
		if why, _ := reason[0].(string); socket.RECOVERABLE_DISCONNECT_REASONS.Has(why) {
			p.session.Detach()
		} else {
			p.session.Close()
		}
	})
}

// receive handles one event: its name, its arguments and perhaps an ack. The
// library calls it in the order in which the events came.
func (p *peer) receive(args ...any) {
	defer p.link.handled()
	if p.session == nil || len(args) == 0 {
		return
	}
	var reply socket.Ack
	if fn, ok := args[len(args)-1].(socket.Ack); ok {
		reply, args = fn, args[:len(args)-1]
	}
	name, _ := args[0].(string)
	c := &call{peer: p, reply: reply, args: args[1:], ack: p.acks.next()}
	defer func() {
		if r := recover(); r != nil {
			p.opts().Log.Error("panic in an event's handler", "event", name, "panic", r, "stack", string(debug.Stack()))
			c.fail(errors.New("panic"))
		}
	}()
	if err := p.allow(name); err != nil {
		c.fail(err)
		return
	}
	handle, ok := handlers[name]
	if !ok {
		c.fail(chat.Errorf(chat.CodeInvalid, "Unknown event"))
		return
	}
	handle(c)
}

// allow takes from the connection's rates.
func (p *peer) allow(name string) error {
	if p.opts().EventRate == nil {
		return nil
	}
	if p.events == nil {
		p.events = p.opts().EventRate()
	}
	if ok, after := p.events.Allow(); !ok {
		return chat.RateLimited(after)
	}
	if name != "typing" || p.opts().TypingRate == nil {
		return nil
	}
	if p.typing == nil {
		p.typing = p.opts().TypingRate()
	}
	if ok, after := p.typing.Allow(); !ok {
		return chat.RateLimited(after)
	}
	return nil
}

// call is one event on its way to an answer.
type call struct {
	peer  *peer
	args  []any
	reply socket.Ack // nil if the client wants no ack
	ack   *ack
}

func (c *call) actor() chat.Actor { return c.peer.session.Actor() }

// ok answers with a body that has "ok": true.
func (c *call) ok(body any) {
	c.ack.done(func() {
		if c.reply != nil {
			c.reply([]any{body}, nil)
		}
	})
}

// fail answers with an error: in the ack, or as events where there is none.
func (c *call) fail(err error) {
	e := chat.ErrorOf(err)
	if e.Code == chat.CodeInternal {
		c.peer.opts().Log.Error("event failed", "error", err)
	}
	c.ack.done(func() {
		if c.reply != nil {
			c.reply([]any{ackError(e)}, nil)
		} else {
			c.peer.tell(e)
		}
	})
}

// do runs a use case that is waited for, after all earlier events have taken
// effect, and answers with what it returns.
func (c *call) do(run func(ctx context.Context) (any, error)) {
	c.ack.settled()
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	body, err := run(ctx)
	if err != nil {
		c.fail(err)
		return
	}
	c.ok(body)
}

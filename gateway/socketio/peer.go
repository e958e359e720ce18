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
const requestTimeout = 8 * time.Second

// peer is one Socket.IO socket: one user in one namespace of one connection.
type peer struct {
	link *link
	name string
	acks *gateway.Answers
	// The socket's public name and its client's secret.
	sid, pid string
	identity chat.Identity    // who connects
	session  *gateway.Session // set before CONNECT is answered
	resumed  bool             // and so is this

	mu     sync.Mutex
	socket *socket.Socket // set once CONNECT was answered
	lost   string         // why the socket is closed, once it is
	gone   chan struct{}  // closed then
}

func newPeer(l *link, namespace string) *peer {
	return &peer{
		link: l, name: namespace, acks: &gateway.Answers{}, gone: make(chan struct{}),
		sid: utils.Base64Id().GenerateId(), pid: utils.Base64Id().GenerateId(),
	}
}

func (p *peer) opts() *Options { return &p.link.server.opts }

func (p *peer) format() *format { return p.link.server.formats[p.name] }

// restoration is the CONNECT that the library is given: with it the library
// takes the socket's ids from us, fresh ones or those of the session resumed.
func (p *peer) restoration() []byte {
	ids, _ := json.Marshal(map[string]string{"pid": p.pid, "offset": p.sid})
	return append([]byte("0"+p.name+","), ids...)
}

// open gives the socket its session before its CONNECT is answered, so that
// nothing is missed from then on: the one that its client comes back to, or a new one.
func (p *peer) open(ctx context.Context, auth connectAuth) error {
	hub := p.opts().Hub
	if auth.Pid != "" {
		p.session = hub.Resume(string(auth.Pid), string(auth.Offset), p.identity, p.format(), p)
	}
	if p.resumed = p.session != nil; p.resumed {
		p.sid, p.pid = p.session.ID, p.session.PID
		return nil
	}
	var err error
	p.session, err = hub.Connect(ctx, gateway.NewSession{
		ID: p.sid, PID: p.pid, Format: p.format(), Identity: p.identity, Sink: p,
	})
	if err != nil {
		p.opts().Log.Warn("cannot connect a user to the rooms", "error", err)
	}
	return err
}

// begin lets the events of the socket's session flow. It reports false if that
// cannot be, and the client has to come back.
func (p *peer) begin() bool {
	ok := false
	if p.resumed {
		ok = p.session.Resumed()
	} else {
		id := p.session.Identity()
		user := userWire{id.ID, id.Name, id.Role}
		ok = p.session.Announce(func(cursors map[string]string, offset string) gateway.Frame {
			return p.format().event("ready", readyWire{user, cursors}, offset)
		})
	}
	if !ok {
		p.session.Close()
	}
	return ok
}

// setSocket notes the library's socket, whose CONNECT has been answered.
func (p *peer) setSocket(s *socket.Socket) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.socket = s
}

// Send implements gateway.Sink.
func (p *peer) Send(f gateway.Frame) { p.link.conn.Send(f) }

// Backlog implements gateway.Sink.
func (p *peer) Backlog() int { return p.link.conn.Backlog() }

// End implements gateway.Sink: the official client stays away after a DISCONNECT.
// Before its CONNECT was answered it can be told nothing.
func (p *peer) End(why *chat.Error) {
	p.mu.Lock()
	sock := p.socket
	p.mu.Unlock()
	if sock != nil {
		p.tell(why)
	}
	go func() { // the library calls back into places that hold locks
		if sock != nil {
			sock.Disconnect(false)
		}
		p.link.conn.Close()
	}()
}

// tell sends an error that answers no ack.
func (p *peer) tell(e *chat.Error) {
	exc, conduit := exception(e)
	p.link.conn.Send(p.format().event("exception", exc, ""))
	p.link.conn.Send(p.format().event("conduit_error", conduit, ""))
}

// emit sends an event to this socket alone.
func (p *peer) emit(name string, body any) {
	p.session.Send(p.format().event(name, body, ""))
}

// disconnected is called by the library once the socket is closed.
func (p *peer) disconnected(reason ...any) {
	why, _ := reason[0].(string)
	p.mu.Lock()
	again := p.lost != ""
	p.lost = why
	p.mu.Unlock()
	if again {
		return
	}
	p.link.dropPeer(p)
	p.acks.Close()
	p.link.emptyInbox()
	close(p.gone)
	release(p.session, why)
}

// release lets a session go whose socket is closed. A lost connection may be
// resumed; a goodbye is final.
func release(s *gateway.Session, why string) {
	if socket.RECOVERABLE_DISCONNECT_REASONS.Has(why) {
		s.Detach()
	} else {
		s.Close()
	}
}

// receive handles one event: its name, its arguments and perhaps an ack. The
// library calls it in the order in which the events came.
func (p *peer) receive(args ...any) {
	defer p.link.handled()
	if len(args) == 0 || p.session.Ended() {
		return
	}
	var reply socket.Ack
	if fn, ok := args[len(args)-1].(socket.Ack); ok {
		reply, args = fn, args[:len(args)-1]
	}
	name, _ := args[0].(string)
	place := p.acks.Next()
	if place == nil {
		return // the socket is closed
	}
	c := &call{peer: p, reply: reply, args: args[1:], ack: place}
	defer c.recovers(name)
	if err := p.link.allow(name); err != nil {
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

// call is one event on its way to an answer.
type call struct {
	peer  *peer
	args  []any
	reply socket.Ack // nil if the client wants no ack
	ack   *gateway.Answer
}

// recovers answers for a handler that has panicked; it is deferred.
func (c *call) recovers(event string) {
	if r := recover(); r != nil {
		c.peer.opts().Log.Error("panic in an event's handler", "event", event, "panic", r, "stack", string(debug.Stack()))
		c.fail(errors.New("panic"))
	}
}

func (c *call) actor() chat.Actor { return c.peer.session.Actor() }

// ok answers with a body that has "ok": true.
func (c *call) ok(body any) {
	c.ack.Done(func() {
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
	c.ack.Done(func() {
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
	if !c.ack.Settled() || c.peer.session.Ended() {
		return // nobody waits, and the user may have been shut out
	}
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	body, err := run(ctx)
	if err != nil {
		c.fail(err)
		return
	}
	c.ok(body)
}

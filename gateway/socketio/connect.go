package socketio

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/zishang520/socket.io/servers/socket/v3"
	"github.com/zishang520/socket.io/v3/pkg/types"

	"parley/chat"
)

// vacantTimeout is how long a CONNECT waits for the namespace's last socket to be gone.
const vacantTimeout = time.Second

// verdict is what a CONNECT's token said.
type verdict struct {
	identity chat.Identity
	err      error
}

// connectAuth is what a client may send along with CONNECT.
type connectAuth struct {
	Token         text `json:"token"`
	AccessToken   text `json:"accessToken"`
	Authorization text `json:"authorization"`
	Pid           text `json:"pid"`
	Offset        text `json:"offset"`
}

// text is a JSON string; any other value reads as empty.
type text string

// UnmarshalJSON never fails.
func (t *text) UnmarshalJSON(data []byte) error {
	var s string
	if json.Unmarshal(data, &s) == nil {
		*t = text(s)
	}
	return nil
}

// connect handles a CONNECT packet: it checks the token and whether the client
// may be recovered, lets the library answer, and returns once it has. Until then
// the connection is not read, so that nothing overtakes the answer.
func (l *link) connect(data []byte) {
	name, payload := splitConnect(data)
	if payload != nil && !json.Valid(payload) {
		l.Close(false)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
	defer cancel()
	if !slices.Contains(Namespaces, name) {
		l.handOver(ctx, data) // the library refuses it
		return
	}
	if !l.vacant(name) {
		l.Close(false)
		return
	}
	auth := connectAuth{}
	_ = json.Unmarshal(payload, &auth)
	l.verdict = l.judge(ctx, auth)
	p := newPeer(l, name)
	p.identity = l.verdict.identity
	if l.verdict.err == nil {
		l.verdict.err = p.open(ctx, auth)
	}
	l.setPending(p)
	l.handOver(ctx, p.restoration())
	if l.takePending() != nil && p.session != nil {
		p.session.Close() // the library did not take it
	}
}

// vacant waits for a socket that is being closed; one that is not leaves no room
// for a second in its namespace.
func (l *link) vacant(name string) bool {
	p := l.peer(name)
	if p == nil {
		return true
	}
	select {
	case <-p.gone:
		return true
	case <-l.conn.Done():
	case <-time.After(vacantTimeout):
	}
	return false
}

// judge says who connects, or why not. A CONNECT costs as much as an event.
func (l *link) judge(ctx context.Context, auth connectAuth) verdict {
	if err := l.allow("connect"); err != nil {
		return verdict{err: err}
	}
	if refusal, _ := l.conn.Tag().(*chat.Error); refusal != nil {
		return verdict{err: refusal}
	}
	if l.server.Draining() {
		return verdict{err: chat.ErrClosing}
	}
	id, err := l.server.opts.Authenticate(ctx,
		l.conn.Request().Authorization, string(auth.Token), string(auth.AccessToken), string(auth.Authorization))
	if err != nil && chat.CodeOf(err) == chat.CodeInternal {
		l.server.opts.Log.Error("cannot authenticate", "error", err)
	}
	return verdict{identity: id, err: err}
}

// handOver gives the library a CONNECT and waits for its answer.
func (l *link) handOver(ctx context.Context, data []byte) {
	select {
	case <-l.settled: // by an answer that came too late
	default:
	}
	l.Emit("data", types.NewStringBuffer(data))
	select {
	case <-l.settled:
	case <-l.conn.Done():
	case <-ctx.Done():
		l.conn.Drop()
	}
}

// splitConnect takes 0/chat,{...} apart. The payload is nil if there is none.
func splitConnect(data []byte) (string, []byte) {
	rest := data[1:]
	if len(rest) == 0 {
		return "/", nil
	}
	if rest[0] != '/' {
		return "/", rest
	}
	name, payload, _ := bytes.Cut(rest, []byte{','})
	if len(payload) == 0 {
		payload = nil
	}
	return string(name), payload
}

// connected is called by the library for a socket that was let in, in the
// socket's own order of things: its events wait until this returns.
func (s *Server) connected(args ...any) {
	sock, ok := args[0].(*socket.Socket)
	if !ok {
		return
	}
	l, ok := sock.Conn().(*link)
	if !ok {
		return
	}
	p := l.takePending()
	if p == nil {
		return // the connection has ended meanwhile
	}
	p.setSocket(sock)
	l.setPeer(p.name, p)
	sock.OnAny(p.receive)
	_ = sock.On("disconnect", p.disconnected)
	l.settle()
	if !p.begin() {
		l.Close(false)
	}
	// A connection that ended before the library had noted the socket has told it
	// nothing; one that ended since has.
	if l.ReadyState() == stateClosed {
		sock.Disconnect(false)
	}
	if !sock.Connected() {
		p.disconnected("transport close")
	}
}

func (l *link) setPending(p *peer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending = p
}

// takePending returns the peer of the CONNECT being answered, to one caller.
func (l *link) takePending() *peer {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.pending
	l.pending = nil
	return p
}

func (l *link) peer(name string) *peer {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.peers[name]
}

func (l *link) setPeer(name string, p *peer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.peers == nil {
		l.peers = map[string]*peer{}
	}
	l.peers[name] = p
}

// dropPeer forgets the peer, unless another has taken its place.
func (l *link) dropPeer(p *peer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.peers[p.name] == p {
		delete(l.peers, p.name)
	}
}

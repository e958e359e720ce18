package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/internal/sioclient"
)

// Patience is how long a test waits for something that must happen.
const Patience = 30 * time.Second

// Peer is one user's Socket.IO connection in Go, for tests that have to place
// every packet. It keeps everything that arrives, in order, and never reconnects.
type Peer struct {
	User string

	tb   testing.TB
	conn *sioclient.Conn

	mu       sync.Mutex
	arrivals []Arrival
	changed  chan struct{} // closed with each arrival
	sent     uint64
	answers  uint64
}

// Arrival is an event, or an ack, which has no name but the id of what it answers.
type Arrival struct {
	Name string
	Ack  uint64
	Raw  string // the first argument
	Body
}

// Body has the fields of all events and acks that tests look at.
type Body struct {
	ID        string            `json:"_id"`
	MessageID string            `json:"messageId"`
	Nonce     string            `json:"nonce"`
	Sender    string            `json:"sender"`
	Message   string            `json:"message"`
	Room      string            `json:"room"`
	RoomUser  any               `json:"user"` // an id, or an object in `ready`
	Seq       int64             `json:"seq"`
	Cursor    string            `json:"cursor"`
	Rooms     map[string]string `json:"rooms"` // of `ready`
	Ok        bool              `json:"ok"`
	Reconnect *int64            `json:"reconnectInMs"`
	Error     struct {
		Code string `json:"code"`
	} `json:"error"`
}

// Dial connects a user and waits for `ready`.
func (s *Server) Dial(tb testing.TB, user string) *Peer {
	tb.Helper()
	p := &Peer{User: user, tb: tb, changed: make(chan struct{})}
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	conn, err := sioclient.Dial(ctx, sioclient.Options{
		URL: s.URL, Handler: p, Auth: map[string]string{"token": Token(tb, user, "user")},
	})
	if err != nil {
		tb.Fatal(err)
	}
	p.conn = conn
	tb.Cleanup(conn.Close)
	p.Await("ready", func(a Arrival) bool { return a.Name == "ready" })
	return p
}

// Event implements sioclient.Handler.
func (p *Peer) Event(args []byte) {
	var parts []json.RawMessage
	a := Arrival{}
	if json.Unmarshal(args, &parts) == nil && len(parts) > 0 {
		_ = json.Unmarshal(parts[0], &a.Name)
		p.arrive(a, parts[1:])
	}
}

// Ack implements sioclient.Handler.
func (p *Peer) Ack(id uint64, args []byte) {
	var parts []json.RawMessage
	_ = json.Unmarshal(args, &parts)
	p.arrive(Arrival{Ack: id}, parts)
}

func (p *Peer) arrive(a Arrival, args []json.RawMessage) {
	if len(args) > 0 {
		a.Raw = string(bytes.Clone(args[0]))
		_ = json.Unmarshal(args[0], &a.Body)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.arrivals = append(p.arrivals, a)
	if a.Ack != 0 {
		p.answers++
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

// Emit sends an event that asks for an ack and returns the id that the ack will
// have. It reports an error once the connection has ended.
func (p *Peer) Emit(name string, args ...any) (uint64, error) {
	b, err := json.Marshal(append([]any{name}, args...))
	if err != nil {
		return 0, err
	}
	p.mu.Lock()
	p.sent++
	id := p.sent
	p.mu.Unlock()
	return id, p.conn.Emit(id, b)
}

// Call sends an event and waits for its ack.
func (p *Peer) Call(name string, args ...any) Arrival {
	p.tb.Helper()
	id, err := p.Emit(name, args...)
	if err != nil {
		p.tb.Fatalf("%s: %v", p.User, err)
	}
	return p.Answer(id)
}

// Answer waits for an ack.
func (p *Peer) Answer(id uint64) Arrival {
	p.tb.Helper()
	return p.Await(fmt.Sprintf("the ack of %d", id), func(a Arrival) bool { return a.Ack == id })
}

// Await waits for the first arrival that fits, which may have come before.
func (p *Peer) Await(what string, fits func(Arrival) bool) Arrival {
	p.tb.Helper()
	deadline := time.NewTimer(Patience)
	defer deadline.Stop()
	seen := 0
	for {
		p.mu.Lock()
		arrivals, changed := p.arrivals, p.changed
		p.mu.Unlock()
		if i := slices.IndexFunc(arrivals[seen:], fits); i >= 0 {
			return arrivals[seen+i]
		}
		seen = len(arrivals)
		select {
		case <-changed:
		case <-deadline.C:
			p.tb.Fatalf("%s did not get %s", p.User, what)
		}
	}
}

// Answers is how many acks have arrived.
func (p *Peer) Answers() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.answers
}

// Next waits for the next arrival and reports whether there can be more.
func (p *Peer) Next() bool {
	p.mu.Lock()
	changed := p.changed
	p.mu.Unlock()
	select {
	case <-changed:
		return true
	case <-p.conn.Done():
		return false
	}
}

// Settle waits until everything that the server had queued for this peer before
// the call is here: the answer to a ping comes behind it.
func (p *Peer) Settle() {
	p.tb.Helper()
	p.Call("ping")
}

// Arrivals returns everything that has arrived.
func (p *Peer) Arrivals() []Arrival {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.arrivals)
}

// Events returns the events of one name that have arrived.
func (p *Peer) Events(name string) []Arrival {
	return slices.DeleteFunc(p.Arrivals(), func(a Arrival) bool { return a.Name != name })
}

// Ended is closed when the connection has ended.
func (p *Peer) Ended() <-chan struct{} { return p.conn.Done() }

// Close ends the connection.
func (p *Peer) Close() { p.conn.Close() }

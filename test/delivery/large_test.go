package delivery

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"testing"
	"time"

	"parley/chat"
	"parley/internal/sioclient"
	"parley/test/harness"
)

// listener counts what one connection gets, by the events' names.
type listener struct {
	user string
	conn *sioclient.Conn
	acks chan string

	mu   sync.Mutex
	seen map[string]int
}

// Event implements sioclient.Handler.
func (l *listener) Event(args []byte) {
	name, _, _ := bytes.Cut(bytes.TrimPrefix(args, []byte(`["`)), []byte(`"`))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen[string(name)]++
}

// Ack implements sioclient.Handler.
func (l *listener) Ack(_ uint64, args []byte) { l.acks <- string(args) }

// call sends an event and waits for its ack, behind which is what came before.
func (l *listener) call(event string) error {
	if err := l.conn.Emit(1, []byte(event)); err != nil {
		return err
	}
	select {
	case ack := <-l.acks:
		if !bytes.Contains([]byte(ack), []byte(`"ok":true`)) {
			return fmt.Errorf("%s: %s", event, ack)
		}
		return nil
	case <-time.After(harness.Patience):
		return fmt.Errorf("%s is not answered", event)
	}
}

// take returns what has come since the last look.
func (l *listener) take() (map[string]int, error) {
	err := l.call(`["ping"]`)
	l.mu.Lock()
	defer l.mu.Unlock()
	seen := l.seen
	l.seen = map[string]int{}
	delete(seen, "pong")
	return seen, err
}

// audience is everybody who is connected to one server.
type audience struct {
	t         *testing.T
	server    *harness.Server
	listeners []*listener
}

// connect lets users in, many at once, and waits until each is ready.
func (a *audience) connect(users ...string) {
	a.t.Helper()
	first := len(a.listeners)
	a.listeners = append(a.listeners, make([]*listener, len(users))...)
	each(len(users), func(i int) {
		l := &listener{user: users[i], acks: make(chan string, 1), seen: map[string]int{}}
		ctx, cancel := context.WithTimeout(context.Background(), harness.Patience)
		defer cancel()
		var err error
		l.conn, err = sioclient.Dial(ctx, sioclient.Options{
			URL: a.server.URL, Handler: l, Auth: map[string]string{"token": harness.Token(a.t, l.user, "user")},
		})
		if err != nil {
			a.t.Errorf("%s: %v", l.user, err)
			return
		}
		a.t.Cleanup(l.conn.Close)
		if seen, err := l.take(); err != nil || seen["ready"] != 1 {
			a.t.Errorf("%s got %v, %v", l.user, seen, err)
		}
		a.listeners[first+i] = l
	})
	if a.t.Failed() {
		a.t.FailNow()
	}
}

// expect compares what each connection has got since the last look.
func (a *audience) expect(what string, err error, want func(user string) map[string]int) {
	a.t.Helper()
	if err != nil {
		a.t.Fatalf("%s: %v", what, err)
	}
	var mu sync.Mutex
	wrong := 0
	each(len(a.listeners), func(i int) {
		l := a.listeners[i]
		got, err := l.take()
		if err == nil && maps.Equal(got, want(l.user)) {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if wrong++; wrong < 5 {
			a.t.Errorf("%s: %s got %v, want %v (%v)", what, l.user, got, want(l.user), err)
		}
	})
	if wrong > 0 {
		a.t.Errorf("%s: %d connections got something else", what, wrong)
	}
}

// TestLargeRoomOverSockets: in a room of more than 200 members, each member gets
// each message, and nobody anything else but who it concerns.
func TestLargeRoomOverSockets(t *testing.T) {
	n := harness.Sized(chat.LargeRoom+1, 5000)
	raiseFiles(t, uint64(n)+1000) //nolint:gosec // small
	a := &audience{t: t, server: harness.Start(t, unlimited, fmt.Sprintf("PARLEY_LIMIT_USERS=%d", n))}
	users := make([]string, n)
	for i := range users {
		users[i] = fmt.Sprintf("user-%d", i)
	}
	room := a.server.Room(t, users[0], users[1:]...)
	status, answer := a.server.Call(t, http.MethodPatch, "/chat/rooms/"+room, harness.Token(t, users[0], "user"), map[string]any{"visibility": "public"})
	if status != http.StatusOK {
		t.Fatalf("cannot open the room: %d %v", status, answer)
	}
	nothing := func(string) map[string]int { return nil }
	began := time.Now()
	a.connect(users[:n-1]...)
	t.Logf("%d clients in %v", n-1, time.Since(began))
	a.connect(users[n-1], "visitor", "visitor")
	a.expect("presence", nil, nothing)

	message := func(user string) map[string]int {
		if user == "visitor" {
			return nil
		}
		return map[string]int{"message": 1}
	}
	ann, bob, visitor := a.listeners[0], a.listeners[1], a.listeners[n]
	began = time.Now()
	a.expect("message", ann.call(fmt.Sprintf(`["message",%q,"hello"]`, room)), message)
	t.Logf("everybody has the message, and has answered, after %v", time.Since(began))
	a.expect("read", bob.call(fmt.Sprintf(`["messagesRead",%q]`, room)), nothing)
	a.expect("typing", ann.call(fmt.Sprintf(`["typing",%q,true]`, room)), nothing)
	own := func(name string) func(string) map[string]int {
		return func(user string) map[string]int {
			if user == "visitor" {
				return map[string]int{name: 1}
			}
			return nil
		}
	}
	a.expect("join", visitor.call(fmt.Sprintf(`["join",%q]`, room)), own("room-joined"))
	a.expect("who is online", visitor.call(fmt.Sprintf(`["presence",%q]`, room)), nothing)
	a.expect("leave", visitor.call(fmt.Sprintf(`["leave",%q]`, room)), own("room-left"))
}

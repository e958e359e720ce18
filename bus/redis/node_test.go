package redis

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/chat"
	"parley/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// patience bounds every wait for what has to happen.
const patience = 20 * time.Second

// testNode is a bus that runs, and what it has told.
type testNode struct {
	*Bus

	mu     sync.Mutex
	events []chat.Event
	topics []chat.Topic // heard, in turn
	log    bytes.Buffer
	refuse error // of Heard
	end    func()
}

// open returns a bus that does not run yet; set may be nil.
func open(tb testing.TB, url, name string, set func(*Options)) *testNode {
	tb.Helper()
	n := &testNode{}
	o := Options{
		URL: url, Node: name, NodeURL: "http://" + name,
		Deliver: func(e chat.Event) {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.events = append(n.events, e)
		},
		Heard: func(_ context.Context, topics []chat.Topic) error {
			n.mu.Lock()
			defer n.mu.Unlock()
			if n.refuse == nil {
				n.topics = append(n.topics, topics...)
			}
			return n.refuse
		},
		Changed: func(context.Context, string, bool, int64) error { return nil },
		Log:     slog.New(slog.NewTextHandler(writer{n}, nil)),
	}
	if set != nil {
		set(&o)
	}
	bus, err := Open(o)
	if err != nil {
		tb.Fatal(err)
	}
	n.Bus = bus
	return n
}

// run runs the bus until the test ends, or end is called.
func (n *testNode) run(tb testing.TB) *testNode {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { n.Run(ctx) })
	n.end = sync.OnceFunc(func() {
		cancel()
		work.Wait()
		if err := n.Close(); err != nil {
			tb.Error(err)
		}
	})
	tb.Cleanup(func() {
		n.end()
		if tb.Failed() {
			tb.Logf("node %s: %+v\n%s", n.opts.Node, n.Stats(), n.log.String())
		}
	})
	return n
}

// start returns a bus that is connected.
func start(tb testing.TB, url, name string, listen ...chat.Topic) *testNode {
	tb.Helper()
	n := open(tb, url, name, nil).run(tb)
	for _, t := range listen {
		n.Listen(t)
	}
	n.awaitHeard(tb, append(listen, chat.TopicNodes, chat.NodeTopic(name))...)
	return n
}

// writer is a log that may be read meanwhile.
type writer struct{ n *testNode }

func (w writer) Write(b []byte) (int, error) {
	w.n.mu.Lock()
	defer w.n.mu.Unlock()
	return w.n.log.Write(b)
}

// told counts the lines of the log that have a text in them.
func (n *testNode) told(text string) (lines int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for line := range bytes.Lines(n.log.Bytes()) {
		if bytes.Contains(line, []byte(text)) {
			lines++
		}
	}
	return lines
}

// forget has awaitHeard wait for what is heard from here on.
func (n *testNode) forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.topics = nil
}

func (n *testNode) hasHeard(t chat.Topic) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Contains(n.topics, t)
}

func (n *testNode) awaitHeard(tb testing.TB, topics ...chat.Topic) {
	tb.Helper()
	for _, t := range topics {
		await(tb, "Heard of "+string(t), func() bool { return n.hasHeard(t) })
	}
}

// delivered returns the events of a room.
func (n *testNode) delivered(room string) (events []chat.Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, e := range n.events {
		if e.Room == room {
			events = append(events, e)
		}
	}
	return events
}

func (n *testNode) awaitDelivered(tb testing.TB, room string, count int) []chat.Event {
	tb.Helper()
	await(tb, "events of "+room, func() bool { return len(n.delivered(room)) >= count })
	return n.delivered(room)
}

func await(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			tb.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// message is a stored message's event.
func message(room string, version int64) chat.Event {
	return chat.Event{
		Kind: chat.EventMessage, Room: room, Version: version, Epoch: "e1", SenderName: "Ann",
		Message: &chat.Message{
			ID: "0197a5c2-5a0e-7c43-8f3a-5a1f1d0c9b7e", Room: room, Seq: version, Version: version, Sender: "ann",
			Text: "Hello, how are you today?", Type: "text", Status: "sent", Nonce: "n-1", CreatedAt: time.UnixMilli(1_700_000_000_000).UTC(),
		},
		Body: []byte(`42/chat,["message",{"_id":"0197a5c2-5a0e-7c43-8f3a-5a1f1d0c9b7e","message":"Hello, how are you today?"}]`),
	}
}

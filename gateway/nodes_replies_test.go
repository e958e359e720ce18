package gateway

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/chat"
)

// writing is a reply that a node writes.
type writing struct {
	*chat.Reply
	t       testing.TB
	one     sync.Mutex // writer
	stopped chan struct{}
	over    func() // closes it, once
	whole   chan struct{}
}

// asks posts a question, and returns it as the assistant is asked, to be answered
// though others before it were not.
func (n *node) asks(a chat.Actor, room, text string) chat.Question {
	n.of.t.Helper()
	n.post(a, room, text)
	q := n.desk.last()
	q.Overdue = true
	return q
}

func (d *desk) last() chat.Question {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asked[len(d.asked)-1]
}

// writes begins a reply, which ends as a runner ends one that is stopped.
func (n *node) writes(q chat.Question) *writing {
	n.of.t.Helper()
	w := &writing{t: n.of.t, stopped: make(chan struct{}), whole: make(chan struct{})}
	stop := sync.OnceFunc(func() { close(w.stopped) })
	var err error
	w.Reply, err = n.OpenReply(n.of.ctx(), q, stop)
	n.of.ok(err)
	status := chat.StatusCancelled
	w.over = sync.OnceFunc(func() { status = chat.StatusComplete; stop() })
	go func() {
		defer close(w.whole)
		<-w.stopped
		w.one.Lock()
		defer w.one.Unlock()
		if err := w.Close(context.Background(), status, 0, 0); err != nil && chat.CodeOf(err) != chat.CodeNotFound && chat.CodeOf(err) != chat.CodeConflict {
			w.t.Errorf("a reply was not closed: %v", err)
		}
		w.Done()
	}()
	n.of.t.Cleanup(func() { stop(); <-w.whole })
	return w
}

// Append adds a piece, unless the writing was ended.
func (w *writing) Append(token string) {
	w.one.Lock()
	defer w.one.Unlock()
	select {
	case <-w.stopped:
	default:
		w.Reply.Append(token)
	}
}

// complete closes the reply and waits for that.
func (w *writing) complete() {
	w.over()
	<-w.whole
}

// shown is what a client was shown of a reply.
func (c *client) shown(id string) seen {
	c.mu.Lock()
	defer c.mu.Unlock()
	if st := c.replies[id]; st != nil {
		return *st
	}
	return seen{}
}

// alike waits until the clients were shown a reply to its end, and holds that its text
// is what is stored.
func (ns *nodes) alike(id string, status chat.Status, clients ...*client) {
	ns.t.Helper()
	m, err := ns.all[0].Store.Message(ns.ctx(), id)
	ns.ok(err)
	if m.Status != status {
		ns.t.Errorf("stored as %s", m.Status)
	}
	for _, c := range clients {
		eventually(ns.t, c.name+" to be shown the end of it", func() bool { return c.shown(id).end })
		if got := c.shown(id).text; got != m.Text {
			ns.t.Errorf("%s was shown %.200q of %.200q", c.name, got, m.Text)
		}
	}
}

// TestNodesStream: a reply of one node on all others, for who was there, who comes in
// the middle, and who comes again: its tokens join, each once, whatever is lost,
// however late their node hears of it, and however long it is.
func TestNodesStream(t *testing.T) {
	ns := newNodes(t, 3)
	ns.lose = 10
	defer ns.runs()()
	me := chat.ConversationOf("ann")
	rng := rand.New(rand.NewPCG(9, 9))
	ns.all[0].post(annActor, me, "first")
	var there []*client
	for _, n := range ns.all {
		there = append(there, n.enter(annActor))
	}
	for round := range 12 {
		from := ns.all[round%3]
		w := from.writes(from.asks(annActor, me, fmt.Sprint("question ", round)))
		var late []*client
		if round == 5 {
			w.Append(strings.Repeat("é😀", 64<<10/6))
		}
		for range 60 {
			w.Append(randomToken(rng))
			if time.Sleep(time.Millisecond); rng.IntN(12) == 0 { // the pace of an upstream
				late = append(late, ns.all[rng.IntN(3)].enter(annActor))
			}
		}
		w.complete()
		ns.alike(w.ID(), chat.StatusComplete, append(there, late...)...)
		for i, c := range late {
			if i%2 == 0 {
				c.Close()
			}
		}
	}
	ns.sound()
}

// TestNodesLateAnswer: pieces of a reply that overtake the answer about its beginning
// are not lost, and not asked for again.
func TestNodesLateAnswer(t *testing.T) {
	ns := newNodes(t, 2)
	a, b := ns.all[0], ns.all[1]
	me := chat.ConversationOf("ann")
	w := a.writes(a.asks(annActor, me, "why?"))
	w.Append("one ")
	ns.settle(t) // a hears what is asked of it
	ann := b.enter(annActor)
	b.link.hold(chat.NodeTopic("b"), true)
	ns.settle(t) // b hears of the room from here on, and has asked
	for _, token := range []string{"two ", "three ", "four "} {
		w.Append(token)
	}
	ns.settle(t)
	if got := ann.shown(w.ID()); got.start {
		t.Errorf("shown %+v without its beginning", got)
	}
	b.link.hold(chat.NodeTopic("b"), false)
	ns.settle(t)
	if got := ann.shown(w.ID()); got.text != "one two three four " {
		t.Errorf("shown %+v", got)
	}
	w.Append("five")
	w.complete()
	ns.settle(t)
	ns.alike(w.ID(), chat.StatusComplete, ann)
	r := b.hub.lookup(me)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.early.pieces) != 0 || r.early.bytes != 0 {
		t.Errorf("%+v waits", r.early)
	}
	ns.sound()
}

// TestStreamOfAWatchedRoom: who comes in the middle of a reply into a room that their
// node hears of already, for a poll, is shown it though nothing more is written.
func TestStreamOfAWatchedRoom(t *testing.T) {
	ns := newNodes(t, 2)
	a, b := ns.all[0], ns.all[1]
	me := chat.ConversationOf("ann")
	w := a.writes(a.asks(annActor, me, "why?"))
	w.Append("one ")
	_, end := b.hub.Watch(me, 0)
	defer end()
	ns.settle(t)
	ann := b.enter(annActor)
	ns.flush() // there is nothing to hear of anew
	eventually(t, "the text so far", func() bool { return ann.shown(w.ID()).text == "one " })
	w.complete()
	ns.settle(t)
	ns.alike(w.ID(), chat.StatusComplete, ann)
	ns.sound()
}

// TestEarlyIsBounded: of how many pieces wait.
func TestEarlyIsBounded(t *testing.T) {
	var l early
	for range 10 * earlyPieces {
		l.keep(chat.Event{MessageID: "m", Token: strings.Repeat("x", 1000)})
		if len(l.pieces) > earlyPieces || l.bytes > earlyBytes || l.bytes != 1000*len(l.pieces) {
			t.Fatalf("%d pieces of %d bytes", len(l.pieces), l.bytes)
		}
	}
	l.keep(chat.Event{MessageID: "n", Token: strings.Repeat("x", 2*earlyBytes)})
	if l.drop("m"); len(l.pieces) != 0 || l.bytes != 0 {
		t.Errorf("%d pieces of %d bytes are left", len(l.pieces), l.bytes)
	}
}

// TestNodesStop: who stops a reply on another node than the one that writes it ends it
// there, with exactly what was seen; also by what leads to that: a cleared history, and
// a user who is blocked.
func TestNodesStop(t *testing.T) {
	for name, stop := range map[string]func(n *node, id string) error{
		"by its id":   func(n *node, id string) error { return n.StopReply(n.of.ctx(), annActor, id) },
		"in the room": func(n *node, _ string) error { return n.StopIn(n.of.ctx(), annActor, chat.Me) },
		"blocked": func(n *node, _ string) error {
			n.link.Publish(chat.Event{Kind: chat.EventUserRevoked, User: "ann", Blocked: true})
			return nil
		},
		"cleared": func(n *node, _ string) error { return n.ClearHistory(n.of.ctx(), annActor) },
	} {
		t.Run(name, func(t *testing.T) {
			ns := newNodes(t, 3)
			defer ns.carry(t)()
			a, b := ns.all[0], ns.all[1]
			w := a.writes(a.asks(annActor, chat.ConversationOf("ann"), "why?"))
			there := []*client{b.enter(annActor)}
			if name != "blocked" { // by which her connections to the others end
				there = append(there, a.enter(annActor), ns.all[2].enter(annActor))
			}
			begun := time.Now()
			for _, token := range []string{"one ", "two ", "😀"} {
				w.Append(token)
			}
			for _, c := range there {
				eventually(t, "the text", func() bool { return c.shown(w.ID()).text == "one two 😀" })
			}
			ns.ok(stop(b, w.ID()))
			<-w.whole
			if took := time.Since(begun); took > remoteLimit {
				t.Errorf("it took %v", took)
			}
			for _, c := range there {
				eventually(t, "the end", func() bool { return c.shown(w.ID()).end })
			}
			if name != "cleared" {
				ns.alike(w.ID(), chat.StatusCancelled, there...)
			}
			ns.sound()
		})
	}
}

// remoteLimit is what a stop on another node may take: less than it would be waited for
// a node that is gone.
const remoteLimit = time.Second

// TestWriterGone: a reply whose node is cut off is closed by another, with all that was
// seen of it there, though less was stored; and the node itself writes no more.
func TestWriterGone(t *testing.T) {
	ns := newNodes(t, 3)
	a, b := ns.all[0], ns.all[1]
	me := chat.ConversationOf("ann")
	q := a.asks(annActor, me, "why?")
	here, there := a.enter(annActor), b.enter(annActor)
	ns.settle(t)
	w := a.writes(q)
	w.Append("one ")
	ns.settle(t)
	ns.ok(w.Checkpoint(t.Context()))
	w.Append("two ")
	ns.settle(t)
	a.link.sever(true)
	w.Append("three")
	if n, err := ns.all[2].SweepReplies(t.Context(), 0); n != 0 || err != nil {
		t.Errorf("a node that knows less closed %d: %v", n, err)
	}
	n, err := b.SweepReplies(t.Context(), 0)
	ns.ok(err)
	if n != 1 {
		t.Errorf("%d replies were closed", n)
	}
	eventually(t, "the end", func() bool { return there.shown(w.ID()).end })
	m, err := b.Store.Message(t.Context(), w.ID())
	ns.ok(err)
	if m.Status != chat.StatusInterrupted || m.Text != "one two " || there.shown(w.ID()).text != m.Text {
		t.Errorf("%s %q is stored, %q was shown", m.Status, m.Text, there.shown(w.ID()).text)
	}
	a.link.sever(false)
	ns.settle(t)
	eventually(t, "the end on its own node", func() bool { return here.shown(w.ID()).end })
	w.Append("four")
	if err := w.Checkpoint(t.Context()); chat.CodeOf(err) != chat.CodeNotFound {
		t.Errorf("stored once more: %v", err)
	}
	ns.sound()
}

// TestClosedUnderItsWriter: a node that hears that its reply was closed by another
// stops to write it at once.
func TestClosedUnderItsWriter(t *testing.T) {
	ns := newNodes(t, 2)
	a, b := ns.all[0], ns.all[1]
	w := a.writes(a.asks(annActor, chat.ConversationOf("ann"), "why?"))
	ann := b.enter(annActor)
	ns.settle(t)
	w.Append("one ")
	eventually(t, "the text", func() bool { ns.settle(t); return ann.shown(w.ID()).text == "one " })
	n, err := b.SweepReplies(t.Context(), 0)
	ns.ok(err)
	if n != 1 {
		t.Errorf("%d replies were closed", n)
	}
	ns.settle(t)
	select {
	case <-w.stopped:
	case <-time.After(time.Second):
		t.Error("it goes on")
	}
}

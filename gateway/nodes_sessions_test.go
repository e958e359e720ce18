package gateway

import (
	"context"
	"testing"

	"parley/chat"
)

// sessionOf is a socket of a chatbot session.
func sessionOf(s chat.Session) func(*NewSession) {
	return func(n *NewSession) { n.Room, n.Chatbot, n.Entered = s.Room, s.ID, s.Entered }
}

// socket lets ann's socket into a session; until it is taken.
func (n *node) socket(id string) (*client, chat.Session) {
	n.of.t.Helper()
	one, _, err := n.EnterSession(n.of.ctx(), annActor, id)
	n.of.ok(err)
	return n.enter(annActor, sessionOf(one)), one
}

// TestNodesSessions: a chatbot session has one socket, the last, on whichever node it
// is; and one that is closed, or followed by another, has none.
func TestNodesSessions(t *testing.T) {
	ns := newNodes(t, 2)
	a, b := ns.all[0], ns.all[1]
	begin := func() chat.NewSession {
		s, err := a.OpenSession(t.Context(), annActor, chat.DefaultChatbot)
		ns.ok(err)
		return s
	}
	take := func(n *node, one chat.Session) {
		_, err := n.TakeSession(t.Context(), annActor, one)
		ns.ok(err)
	}
	ends := func(what string, c *client, want *chat.Error) {
		t.Helper()
		ns.settle(t)
		if c.why() != want {
			t.Errorf("%s: %v, want %v", what, c.why(), want)
		}
	}
	s := begin()
	first, one := a.socket(s.ID)
	take(a, one)
	second, two := b.socket(s.ID)
	take(b, two)
	ends("the first", first, chat.ErrSessionReplaced)
	ends("the second", second, nil)
	take(a, one) // late news of the first
	ends("the second", second, nil)
	// Who is overtaken before it is heard of is told when it comes.
	early, _, err := a.EnterSession(t.Context(), annActor, s.ID)
	ns.ok(err)
	faster, fast := b.socket(s.ID)
	take(b, fast)
	second.Close() // as its own node does with whom another follows there
	ns.settle(t)
	overtaken := a.enter(annActor, sessionOf(early))
	take(a, early)
	ends("the overtaken", overtaken, chat.ErrSessionReplaced)
	ends("the faster", faster, nil)
	second = faster
	next := begin()
	ends("the second, of the session before", second, chat.ErrSessionReplaced)
	third, three := b.socket(next.ID)
	take(b, three)
	ns.settle(t)
	ns.ok(a.CloseSession(t.Context(), annActor, next.ID))
	ends("the third", third, chat.ErrSessionClosed)
	// Of what is lost each node is told when it hears again.
	last := begin()
	x, ex := a.socket(last.ID)
	y, ey := b.socket(last.ID)
	take(a, ex)
	take(b, ey) // neither hears of ann yet
	ends("who came first", x, chat.ErrSessionReplaced)
	ends("who came last", y, nil)
	z, ez := a.socket(last.ID)
	b.link.sever(true)
	take(a, ez)
	ns.ok(a.CloseSession(context.Background(), annActor, last.ID))
	ends("who is cut off", y, nil)
	b.link.sever(false)
	ends("who was cut off", y, chat.ErrSessionClosed)
	ends("who closed it", z, chat.ErrSessionClosed)
}

// TestSocketsAtOnce: of two sockets of a session that come at the same moment one stays.
func TestSocketsAtOnce(t *testing.T) {
	ns := newNodes(t, 2)
	a, b := ns.all[0], ns.all[1]
	s, err := a.OpenSession(t.Context(), annActor, chat.DefaultChatbot)
	ns.ok(err)
	for range 20 {
		x, ex := a.socket(s.ID)
		y, ey := b.socket(s.ID)
		ns.settle(t) // each hears of ann
		_, err := a.TakeSession(t.Context(), annActor, ex)
		ns.ok(err)
		_, err = b.TakeSession(t.Context(), annActor, ey)
		ns.ok(err)
		ns.settle(t)
		if (x.why() == nil) == (y.why() == nil) {
			t.Fatalf("one ends by %v, the other by %v", x.why(), y.why())
		}
		if y.why() != nil {
			t.Error("who came last has ended")
		}
		y.Close()
	}
}

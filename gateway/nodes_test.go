package gateway

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/chat"
	"parley/internal/testenv"
	"parley/store"
)

// nodes are several of one process, over one real database, with a carrier between.
type nodes struct {
	*carrier
	t   *testing.T
	all []*node
	in  []*client // everybody who was let in
}

// node is one of them: its use cases and its connections.
type node struct {
	*chat.Service
	of   *nodes
	name string
	link *link
	hub  *Hub
	desk *desk
}

// desk is a node's assistant: it keeps what is asked.
type desk struct {
	mu        sync.Mutex
	asked     []chat.Question
	forgotten int
}

func (d *desk) Admit(string) error { return nil }

func (d *desk) Ask(q chat.Question) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, q)
}

func (d *desk) Forget(string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.forgotten++
}

// The people of all nodes. Eve and fay answer customers.
var (
	annActor = chat.Actor{ID: "ann", Name: "ann", Role: chat.RoleUser}
	bobActor = chat.Actor{ID: "bob", Name: "bob", Role: chat.RoleUser}
	cidActor = chat.Actor{ID: "cid", Name: "cid", Role: chat.RoleUser}
	eveActor = chat.Actor{ID: "eve", Name: "eve", Role: chat.RoleAgent}
	fayActor = chat.Actor{ID: "fay", Name: "fay", Role: chat.RoleAgent}
)

// newNodes starts n nodes, named a, b, c. Change is applied to each hub's options.
func newNodes(t *testing.T, n int, change ...func(*Options)) *nodes {
	t.Helper()
	ns := &nodes{carrier: newCarrier(1), t: t}
	url := testenv.SQLite(t)
	ns.ok(store.MigrateUp(t.Context(), url))
	for i := range n {
		ns.all = append(ns.all, ns.start(url, string(rune('a'+i)), change))
	}
	var users []chat.User
	for _, a := range []chat.Actor{annActor, bobActor, cidActor, eveActor, fayActor} {
		users = append(users, chat.User{ID: a.ID, Name: a.ID, Role: a.Role, CreatedAt: time.Now()})
	}
	ns.ok(ns.all[0].Store.EnsureUsers(t.Context(), users))
	ns.ok(ns.all[0].EnsureDefault(t.Context()))
	return ns
}

func (ns *nodes) start(url, name string, change []func(*Options)) *node {
	db, err := store.Open(ns.t.Context(), store.Options{URL: url, Logger: slog.New(slog.DiscardHandler)})
	ns.ok(err)
	ns.t.Cleanup(func() { _ = db.Close(context.Background()) })
	n := &node{of: ns, name: name, link: ns.join(name), desk: &desk{}}
	o := Options{
		Store: db, Epoch: db.Epoch, Log: slog.New(slog.DiscardHandler), GapDelay: 2 * time.Millisecond, CompareEvery: 20 * time.Millisecond,
		PresenceGrace: never, TypingTimeout: never,
		Replies: func(room string) []chat.OpenReply { return n.OpenReplies(room) },
		Among: Among{
			Elsewhere: n.link, Interest: n.link, Roster: n.link, AskReplies: func(room string) { n.AskReplies(room) },
			RetakeSession: func(ctx context.Context, id string, entered int64) error { return n.RetakeSession(ctx, id, entered) },
		},
	}
	for _, f := range change {
		f(&o)
	}
	n.hub = NewHub(o)
	n.Service = chat.NewService(chat.Options{
		Store: db, Bus: n, Here: n.hub, Elsewhere: n.link, Node: name, Presence: n.hub, Agents: n.hub.Agents, Watch: n.hub.Watch, Streamed: n.hub.Streamed,
		Listen: func(t chat.Topic) func() {
			n.link.Listen(t)
			return func() { n.link.Unlisten(t) }
		},
		AllowEdit: true, AllowDelete: true, Assistant: n.desk, CustomerBot: chat.DefaultChatbot,
		Now: time.Now, NewID: func() string { return uuid.Must(uuid.NewV7()).String() }, NewSecretID: uuid.NewString,
		Log: slog.New(slog.DiscardHandler),
	})
	n.link.heard = n.hub.Heard
	n.link.deliver = func(e chat.Event) {
		if n.Hear(e) {
			n.hub.Publish(e)
		}
	}
	return n
}

// Publish implements chat.Bus, for all nodes.
func (n *node) Publish(e chat.Event) {
	n.hub.Publish(e)
	n.link.Publish(e)
}

func (ns *nodes) ok(err error) {
	ns.t.Helper()
	if err != nil {
		ns.t.Fatal(err)
	}
}

func (ns *nodes) ctx() context.Context { return ns.t.Context() }

// room is a group of ann's with the others.
func (n *node) room(others ...string) string {
	n.of.t.Helper()
	id, err := n.CreateRoom(n.of.ctx(), annActor, chat.NewRoom{Name: "The room", Users: append([]string{"ann"}, others...)})
	n.of.ok(err)
	return id
}

func (n *node) post(a chat.Actor, room, text string) chat.Message {
	n.of.t.Helper()
	r, err := n.Post(n.of.ctx(), a, chat.Draft{Room: room, Text: text, Type: chat.ContentText})
	n.of.ok(err)
	return r.Message
}

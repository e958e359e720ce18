package gateway

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"

	"parley/chat"
)

// notice is what a client is shown of an event.
type notice struct {
	Kind          chat.EventKind
	Room, ID      string
	Version, Seq  int64
	Text, Token   string
	Offset        int
	Status        chat.Status
	State         chat.ConversationState
	Position      int
	User          string
	Bot, On, Gone bool
}

type nodeFormat struct{}

func (nodeFormat) Encode(e chat.Event, _ string) (Frame, bool) {
	x := notice{
		Kind: e.Kind, Room: e.Room, ID: e.MessageID, Version: e.Version, Token: e.Token, Offset: e.Offset, User: e.User,
		On: e.Online || e.Typing, Position: e.Position,
	}
	if m := e.Message; m != nil {
		x.ID, x.Text, x.Status, x.Seq, x.Bot, x.Gone = m.ID, m.Text, m.Status, m.Seq, m.Bot(), m.Deleted
	}
	if e.Conversation != nil {
		x.State = e.Conversation.State
	}
	b, _ := json.Marshal(x)
	return NewFrame(b), true
}

// client is one connection. It holds what comes against what is promised of every
// connection: a room's changes in their order, each reply once and whole, and nothing
// of a bot behind the news that it has no turn.
type client struct {
	*Session
	name string

	mu      sync.Mutex
	got     []notice
	last    map[string]int64 // versions, by room
	person  map[string]bool  // rooms whose bot has no turn
	replies map[string]*seen
	faults  []string
	ended   *chat.Error
}

// enter connects and announces a client.
func (n *node) enter(a chat.Actor, change ...func(*NewSession)) *client {
	n.of.t.Helper()
	c := n.approach(a, change...)
	if !c.Announce(func(map[string]string, string) Frame { return text(`{"Kind":"ready"}`) }) {
		n.of.t.Fatal("not announced")
	}
	return c
}

// approach connects a client who is not announced yet.
func (n *node) approach(a chat.Actor, change ...func(*NewSession)) *client {
	n.of.t.Helper()
	c := &client{last: map[string]int64{}, person: map[string]bool{}, replies: map[string]*seen{}}
	s := NewSession{ID: uuid.NewString(), Format: nodeFormat{}, Sink: c, Identity: chat.Identity{Actor: a}}
	for _, f := range change {
		f(&s)
	}
	c.name = fmt.Sprintf("%s on %s", a.ID, n.name)
	var err error
	c.Session, err = n.hub.Connect(n.of.ctx(), s)
	n.of.ok(err)
	n.of.in = append(n.of.in, c)
	n.of.t.Cleanup(c.Close)
	return c
}

func (c *client) Backlog() int { return 0 }

func (c *client) End(why *chat.Error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = why
}

func (c *client) why() *chat.Error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended
}

func (c *client) Send(f Frame) {
	var x notice
	_ = json.Unmarshal(f.Text(), &x)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended != nil {
		c.fault("behind the end", x)
	}
	if x.Version > 0 {
		if x.Version <= c.last[x.Room] {
			c.fault(fmt.Sprint("behind version ", c.last[x.Room]), x)
		}
		c.last[x.Room] = x.Version
	}
	c.got = append(c.got, x)
	if x.Kind == chat.EventConversationState {
		c.person[x.Room] = x.State != chat.WithBot
	}
	if x.Bot || x.Kind == chat.EventStreamToken {
		c.reply(x)
	}
}

// reply follows a streamed reply.
func (c *client) reply(x notice) {
	st := c.replies[x.ID]
	if st == nil {
		st = &seen{}
		c.replies[x.ID] = st
	}
	ok := !c.person[x.Room]
	switch x.Kind {
	case chat.EventStreamStart:
		ok = ok && !st.start && !st.message
		st.start = true
	case chat.EventStreamToken:
		ok = ok && st.start && !st.message && x.Offset == st.units && x.Token != ""
		st.text, st.units, st.tokens = st.text+x.Token, st.units+chat.UTF16Len(x.Token), st.tokens+1
	case chat.EventMessage:
		ok = ok && st.start && !st.message && (x.Text == st.text || x.Status == chat.StatusInterrupted)
		st.message = true
	case chat.EventStreamEnd:
		ok = ok && st.message && !st.end
		st.end = true
	}
	if !ok {
		c.fault(fmt.Sprintf("after %+v", *st), x)
	}
}

func (c *client) fault(what string, x notice) {
	c.faults = append(c.faults, fmt.Sprintf("%s: %s: %.300s", c.name, what, fmt.Sprintf("%+v", x)))
}

// list are the events of some kinds, of all if none is named.
func (c *client) list(kinds ...chat.EventKind) []notice {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.got), func(x notice) bool { return len(kinds) > 0 && !slices.Contains(kinds, x.Kind) })
}

// texts are the messages of a room as they came.
func (c *client) texts(room string) []string {
	var list []string
	for _, x := range c.list(chat.EventMessage) {
		if x.Room == room {
			list = append(list, x.Text)
		}
	}
	return list
}

// sound fails the test for whatever was wrong on any connection.
func (ns *nodes) sound() {
	ns.t.Helper()
	for _, c := range ns.in {
		c.mu.Lock()
		for _, f := range c.faults {
			ns.t.Error(f)
		}
		c.mu.Unlock()
	}
}

// same holds that a client was told of these kinds exactly this, as "kind user on".
func (ns *nodes) same(c *client, kinds []chat.EventKind, want ...string) {
	ns.t.Helper()
	var got []string
	for _, x := range c.list(kinds...) {
		on := ""
		if x.Kind == chat.EventPresence || x.Kind == chat.EventTyping {
			on = map[bool]string{true: "on", false: "off"}[x.On]
		}
		got = append(got, strings.TrimSpace(strings.Join([]string{string(x.Kind), cmp.Or(x.User, x.Text, string(x.State)), on}, " ")))
	}
	if !slices.Equal(got, want) {
		ns.t.Errorf("%s was told %q, want %q", c.name, got, want)
	}
}

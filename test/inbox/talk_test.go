package inbox

import (
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"parley/test/harness"
)

// talk is a conversation with all of its customer's connections.
type talk struct {
	t *testing.T
	h *house // where the customer writes
	// desk is where the agent works, far where the customer polls: other nodes, where
	// there are any.
	desk, far *house

	kind   string
	name   string
	token  string // the customer's
	agent  string // the agent's token
	key    string // "" while it is in no inbox
	room   string
	ears   []*ear
	voice  *ear // what a customer of a live door speaks with
	chance *rand.Rand
	sum    *outcomes
}

// newTalk begins a conversation of a kind and connects its customer everywhere.
func newTalk(t *testing.T, h *house, kind, name string) *talk {
	t.Helper()
	c := &talk{t: t, h: h, desk: h.next(1), far: h.next(2), kind: kind, name: name, agent: agentsToken(t, "agent-of-"+name)}
	room := func() string { return c.room }
	switch kind {
	case "customer":
		c.key, c.token = h.begin(t, name, "Hello")
		c.room = h.item(t, c.agent, c.key).Room
		c.ears = append(c.ears, c.far.polls(t, name, "", c.key, 0), c.far.polls(t, name, "", c.key, 2*time.Second))
		c.ears[0].await(0, "the bot's first answer", func(x heard) bool { return x.Bot })
	case "me":
		c.token = harness.Token(t, name, "user")
		c.voice = h.tokens(t, name, c.token)
		if err := c.voice.send(frame(map[string]any{"type": "chat", "content": "Hello"})); err != nil {
			t.Fatal(err)
		}
		c.voice.await(0, "the bot's first answer", func(x heard) bool { return x.Kind == ended })
		c.room = h.roomOf(t, name)
		c.ears = append(c.ears, c.voice)
	case "session":
		c.token = harness.Token(t, name, "user")
		c.voice, c.room = h.session(t, name, c.token)
		c.ears = append(c.ears, c.voice)
	}
	c.ears = append(c.ears, h.socketIO(t, name, c.token, room), c.far.socketIOPolling(t, name, c.token, room))
	return c
}

// says posts as the customer, at the conversation's own door, and waits until it is stored.
func (c *talk) says(text string) {
	c.t.Helper()
	switch c.kind {
	case "customer":
		c.h.post(c.t, "", c.key, text)
	case "me":
		c.voice.ask(frame(map[string]any{"type": "chat", "content": text}))
	case "session":
		c.voice.ask(frame(map[string]any{"message": text, "message_type": "text"}))
	}
}

// escalates asks for a person, at one of the customer's doors.
func (c *talk) escalates() {
	c.t.Helper()
	switch {
	case c.kind == "customer" && c.chance.IntN(2) == 0:
		a := c.far.call(c.t, http.MethodPost, messagesPath+c.key+"/escalate", "", map[string]any{"reason": "why not"})
		if a.State != "waiting" || a.Position == 0 {
			c.t.Errorf("an escalation is answered %s", a.Raw)
		}
	case c.kind != "customer" && c.chance.IntN(2) == 0:
		c.voice.ask(frame(map[string]any{"type": "human-escalation", "reason": "why not"}))
	default:
		live := c.ears[len(c.ears)-1-c.chance.IntN(2)]
		live.ask(event("human-escalation", map[string]any{"roomId": c.room, "reason": "why not"}))
	}
	if c.key == "" {
		c.key = c.h.inboxOf(c.t, c.agent, c.room).UUID
	}
}

// everywhere does something with each connection.
func (c *talk) everywhere(do func(i int, e *ear)) {
	for i, e := range c.ears {
		do(i, e)
	}
}

// polled tells the connections that poll from the live ones.
func (c *talk) polled(i int) bool { return c.kind == "customer" && i < 2 }

func (c *talk) marks() []int {
	marks := make([]int, len(c.ears))
	c.everywhere(func(i int, e *ear) { marks[i] = e.mark() })
	return marks
}

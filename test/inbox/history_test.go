package inbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/test/harness"
)

// line is a message as everybody has it.
type line struct {
	Seq  int64
	Text string
}

// A customer who polls, the same customer on Socket.IO, an agent on Socket.IO and
// one who polls have one history; notes are the agents' alone.
func TestOneHistory(t *testing.T) {
	t.Parallel()
	houses := onBoth(t, "PARLEY_CUSTOMER_BOT=default")
	atOnce(t, len(houses), func(t *testing.T, i int) {
		c := newTalk(t, houses[i], "customer", "cy")
		c.chance = chance(t)
		note := "Cy's shoe size is forty-two"
		watcher := c.h.socketIO(t, "another agent", agentsToken(t, "watcher"), anyRoom)
		c.notes(note + ", says the watcher")
		c.h.turn(t, c.agent, c.key, "claim")
		agent := c.h.socketIO(t, "the agent", c.agent, func() string { return c.room })
		polling := c.h.polls(t, "the agent", c.agent, c.key, 2*time.Second)
		c.talked(agent, note, harness.Sized(10, 100))
		c.h.post(t, c.agent, c.key, "the last")
		for _, e := range append(slices.Clone(c.ears), agent, polling) {
			e.awaitSaid(0, "the last")
		}
		want := lines(c.ears[0])
		for i, l := range want {
			if l.Seq != int64(i+1) {
				t.Errorf("message %d stands at place %d", l.Seq, i+1)
			}
		}
		same := func(name string, got []line) {
			if !slices.Equal(got, want) {
				t.Errorf("%s has %v, the customer who polls %v", name, got, want)
			}
		}
		for _, e := range append(slices.Clone(c.ears[1:]), polling) {
			if strings.Contains(e.name, "Socket.IO") { // what was said before it came
				same(e.name, completed(e, c.asked(e)))
			} else {
				same(e.name, lines(e))
			}
		}
		same(agent.name, completed(agent, c.asked(agent)))
		c.sameIDs(agent)
		watcher.await(0, "a note", func(x heard) bool { return x.Kind == noted })
		agent.await(0, "a note", func(x heard) bool { return x.Kind == noted })
		c.keptSecret(note, agent)
	})
}

// talked has everybody write at every door, and notes in between.
func (c *talk) talked(agent *ear, note string, n int) {
	c.t.Helper()
	customer := c.ears[2]
	for i := range n {
		switch i % 4 {
		case 0:
			c.says(fmt.Sprintf("polling %d", i))
		case 1:
			customer.ask(event("message", c.room, fmt.Sprintf("live %d", i)))
		case 2:
			c.h.post(c.t, c.agent, c.key, fmt.Sprintf("the agent polling %d", i))
		case 3:
			agent.ask(event("message", c.room, fmt.Sprintf("the agent live %d", i)))
		}
		if i%5 == 0 {
			c.notes(fmt.Sprintf("%s, once more: %d", note, i))
		}
	}
}

func (c *talk) notes(text string) {
	c.t.Helper()
	c.h.call(c.t, http.MethodPost, inboxPath+c.key+"/notes", c.agent, map[string]any{"content": text})
}

// lines are the messages that a connection had, in their order.
func lines(e *ear) []line {
	var all []line
	for _, x := range e.heard(0) {
		if x.Kind == said {
			all = append(all, line{x.Seq, x.Text})
		}
	}
	return all
}

// asked is what a connection gets for `history`.
func (c *talk) asked(e *ear) []stored {
	c.t.Helper()
	e.ask(event("history", map[string]any{"roomId": c.room, "limit": 200}))
	raw := e.await(0, "the history", func(x heard) bool { return x.Kind == answered && strings.Contains(x.Raw, `"messages"`) }).Raw
	var acks []struct {
		OK       bool     `json:"ok"`
		Messages []stored `json:"messages"`
	}
	if err := json.Unmarshal([]byte(raw[strings.IndexByte(raw, '['):]), &acks); err != nil || len(acks) != 1 || !acks[0].OK {
		c.t.Fatalf("%s: %v %.300s", e.name, err, raw)
	}
	return acks[0].Messages
}

// completed is what a live connection had, behind what was said before it came.
func completed(e *ear, history []stored) []line {
	live := lines(e)
	var all []line
	for _, m := range history {
		if len(live) == 0 || m.Seq < live[0].Seq {
			all = append(all, line{m.Seq, m.Message})
		}
	}
	return append(all, live...)
}

// sameIDs holds that `history` of the customer, of the agent, and both over HTTP
// name the same messages.
func (c *talk) sameIDs(agent *ear) {
	c.t.Helper()
	want := c.h.history(c.t, c.token, c.room)
	for name, got := range map[string][]stored{
		"the customer on Socket.IO": c.asked(c.ears[2]), "the agent on Socket.IO": c.asked(agent),
		"the agent over HTTP": c.h.history(c.t, c.agent, c.room),
	} {
		if !slices.Equal(got, want) {
			c.t.Errorf("%s has %v, the customer over HTTP %v", name, got, want)
		}
	}
}

// keptSecret searches everything that the customer ever got, and can ask for.
func (c *talk) keptSecret(note string, agent *ear) {
	c.t.Helper()
	if !strings.Contains(agent.recorded(), note) {
		c.t.Error("the agent was told of no note")
	}
	listed := c.h.call(c.t, http.MethodGet, inboxPath+c.key+"/notes", c.agent, nil)
	if !strings.Contains(listed.Raw, note) || len(listed.Notes) == 0 {
		c.t.Errorf("the notes are %s", listed.Raw)
	}
	for _, e := range c.ears {
		e.catchUp(c.room)
		if strings.Contains(e.recorded(), note) || strings.Contains(e.recorded(), "note") {
			c.t.Errorf("%s was told of a note", e.name)
		}
	}
	for _, path := range []string{
		inboxPath + c.key + "/notes", inboxPath + c.key + "/", inboxPath + c.key + "/transcript", inboxPath,
		"/chat/rooms", "/chat/rooms/" + c.room, "/chat/messages?roomId=" + c.room, messagesPath + c.key + "/",
	} {
		for _, token := range []string{"", c.token} {
			a, err := c.h.try(c.t.Context(), http.MethodGet, path, token, nil)
			if err != nil {
				c.t.Error(err)
			}
			if strings.Contains(a.Raw, note) || strings.HasPrefix(path, inboxPath) && a.Code < http.StatusBadRequest {
				c.t.Errorf("a customer gets %s: %d %.300s", path, a.Code, a.Raw)
			}
		}
	}
}

// catchUp asks a live connection for everything since the start.
func (e *ear) catchUp(room string) {
	if e.send != nil {
		e.ask(event("sync", map[string]any{"rooms": map[string]string{room: ""}}))
	}
}

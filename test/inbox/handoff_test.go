package inbox

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/llm"
	"parley/test/harness"
)

// The reply that is handed over, in its time.
const (
	pace   = 25 * time.Millisecond // from token to token
	tokens = 12
	dawdle = 60 * time.Millisecond // before the first
)

// outcomes counts what became of the replies that were being written.
type outcomes struct {
	mu                           sync.Mutex
	claims, posts, escalations   int
	unwritten, empty, cut, whole int
}

func (o *outcomes) add(n *int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	*n++
}

// A person who comes in the middle of a reply ends it: on no connection of the
// customer's does a bot's word follow the news, the store has none either, and the
// bot is back when it is asked back.
func TestHandOffs(t *testing.T) {
	t.Parallel()
	handOffs(t, onBoth(t, "PARLEY_CUSTOMER_BOT=default"), harness.Sized(100, 1000), 20)
}

// The same with the customer on one node, the agent on another, and what polls on the
// third.
func TestHandOffsAcrossNodes(t *testing.T) {
	t.Parallel()
	handOffs(t, newNodes(t, 3, "PARLEY_CUSTOMER_BOT=default"), harness.Sized(60, 1000), harness.Sized(12, 20))
}

// handOffs has so many in all, in so many conversations at the same time.
func handOffs(t *testing.T, houses []*house, total, together int) {
	t.Helper()
	const rounds = 5 // of a conversation
	r := chance(t)
	var sum outcomes
	for begun := 0; begun < total/rounds; begun += together {
		seeds := make([]uint64, together)
		for i := range seeds {
			seeds[i] = r.Uint64()
		}
		atOnce(t, together, func(t *testing.T, i int) {
			n := begun + i
			c := newTalk(t, houses[n%len(houses)], []string{"customer", "me", "session"}[n/len(houses)%3], fmt.Sprintf("cy-%d", n))
			c.chance, c.sum = rand.New(rand.NewPCG(seeds[i], 0)), &sum
			for round := range rounds {
				c.handOff(round)
			}
			for _, e := range c.ears {
				e.silent()
				e.end()
			}
		})
	}
	t.Logf("%d claims, %d posts of agents, %d escalations; replies: %d cut off, %d before a token, %d not begun, %d whole",
		sum.claims, sum.posts, sum.escalations, sum.cut, sum.empty, sum.unwritten, sum.whole)
	if got := sum.claims + sum.posts + sum.escalations; got != total || sum.cut == 0 {
		t.Errorf("%d hand-offs of %d, %d in the middle of a reply", got, total, sum.cut)
	}
}

// handOff has a question asked, the reply interrupted by a person at some moment,
// and then the conversation handed back.
func (c *talk) handOff(round int) {
	c.t.Helper()
	question := fmt.Sprintf("%s asks %d", c.name, round)
	script := llm.Reply(numbered(tokens)...)
	script.Every, script.Before = pace, time.Duration(c.chance.Int64N(int64(dawdle)))
	c.h.up.answer(question, script)
	marks := c.marks()
	if c.key != "" && c.chance.IntN(10) == 0 {
		c.comesWith(question)
	} else {
		c.says(question)
		soon(c.t, c.moment(script.Before))
		c.comes(round)
	}
	there := c.h.history(c.t, c.token, c.room)
	c.everywhere(func(i int, e *ear) {
		e.await(marks[i], "the news", func(x heard) bool { return x.Kind == newState && taken(x.State) })
	})
	c.same(there, question, marks)
	c.talksToPerson(round, marks, there)
	c.goesBack(round)
}

// moment is one from before the first token until behind the last; one in five is
// about at the end.
func (c *talk) moment(first time.Duration) time.Duration {
	whole := first + tokens*pace
	if c.chance.IntN(5) == 0 {
		return whole + time.Duration(c.chance.Int64N(int64(2*pace))) - pace
	}
	return time.Duration(c.chance.Int64N(int64(whole)))
}

// comesWith has a person claim the conversation in the moment of a question: it is
// the person's, or the bot's whose reply ends before it has begun.
func (c *talk) comesWith(question string) {
	c.t.Helper()
	c.sum.add(&c.sum.claims)
	var both sync.WaitGroup
	both.Go(func() { c.says(question) })
	c.desk.turn(c.t, c.agent, c.key, "claim")
	both.Wait()
}

// comes has a person take the conversation: by a claim, by writing to the customer,
// or because the customer asks for one.
func (c *talk) comes(round int) {
	c.t.Helper()
	choice := c.chance.IntN(10)
	if c.key == "" || choice >= 8 { // what is in no inbox nobody can claim
		c.sum.add(&c.sum.escalations)
		c.escalates()
		c.desk.turn(c.t, c.agent, c.key, "claim")
		return
	}
	if choice < 6 {
		c.sum.add(&c.sum.claims)
		c.desk.turn(c.t, c.agent, c.key, "claim")
		return
	}
	c.sum.add(&c.sum.posts)
	a := c.desk.post(c.t, c.agent, c.key, fmt.Sprintf("A person comes in %d", round))
	if a.State != "assigned" {
		c.t.Errorf("an agent's first message is answered %s", a.Raw)
	}
}

// bots returns what is a bot's.
func bots(messages []stored) []stored {
	return slices.DeleteFunc(slices.Clone(messages), func(m stored) bool { return !m.bot() })
}

// same holds that what is stored of the reply is what each connection had of it,
// and says honestly how it ended.
func (c *talk) same(there []stored, question string, marks []int) {
	c.t.Helper()
	var asked, reply stored
	for _, m := range there {
		switch {
		case m.Message == question:
			asked = m
		case m.bot() && m.ReplyTo == asked.ID && asked.ID != "":
			reply = m
		}
	}
	all := strings.Join(numbered(tokens), "")
	switch {
	case reply.ID == "":
		c.sum.add(&c.sum.unwritten)
	case reply.Status == "complete" && reply.Message == all:
		c.sum.add(&c.sum.whole)
	case reply.Status == "cancelled" && reply.Message == "":
		c.sum.add(&c.sum.empty)
	case reply.Status == "cancelled" && strings.HasPrefix(all, reply.Message):
		c.sum.add(&c.sum.cut)
	default:
		c.t.Errorf("%s: stored as %s %q", question, reply.Status, reply.Message)
	}
	c.everywhere(func(i int, e *ear) {
		text, status, whole := e.reply(marks[i])
		switch {
		case c.polled(i): // a poll tells of whole messages
		case text != reply.Message || status != reply.Status || whole != (reply.ID != ""):
			c.t.Errorf("%s has %q, %s of what is stored as %q, %s; it has%s",
				e.name, text, status, reply.Message, reply.Status, tail(e.heard(marks[i])))
		}
	})
}

// talksToPerson has both of them write; the bot has no part in it.
func (c *talk) talksToPerson(round int, marks []int, there []stored) {
	c.t.Helper()
	for i := range 2 {
		text := fmt.Sprintf("A person writes %d.%d", round, i)
		c.desk.post(c.t, c.agent, c.key, text)
		c.everywhere(func(i int, e *ear) { e.awaitSaid(marks[i], text) })
		if i == 0 {
			c.says(fmt.Sprintf("%s asks a person %d", c.name, round))
		}
	}
	if c.h.up.wasAsked(fmt.Sprintf("%s asks a person %d", c.name, round)) {
		c.t.Errorf("%s: the bot was asked what a person was asked", c.name)
	}
	if before, after := bots(there), bots(c.h.history(c.t, c.token, c.room)); !slices.Equal(before, after) {
		c.t.Errorf("%s: %v was stored of the bot's when a person had come, %v later", c.name, before, after)
	}
	if item := c.h.item(c.t, c.agent, c.key); item.State != "assigned" || item.agent() != "agent-of-"+c.name {
		c.t.Errorf("%s is %s, with %s", c.name, item.State, item.agent())
	}
	if round == 0 {
		c.comesLate()
	}
}

// comesLate connects anew while a person has the conversation: nothing is open there.
func (c *talk) comesLate() {
	c.t.Helper()
	late := c.far.socketIO(c.t, c.name+", late,", c.token, func() string { return c.room })
	late.ask(event("ping"))
	for _, x := range late.heard(0) {
		if x.Bot {
			c.t.Errorf("%s: a connection that comes late gets %s", c.name, x.Raw)
		}
	}
	late.end()
}

// goesBack gives the conversation back to the bot, who answers again.
func (c *talk) goesBack(round int) {
	c.t.Helper()
	marks := c.marks()
	c.desk.turn(c.t, c.agent, c.key, "handback")
	question, reply := fmt.Sprintf("%s comes back %d", c.name, round), fmt.Sprintf("Welcome back %d.", round)
	c.h.up.answer(question, llm.Reply("Welcome ", fmt.Sprintf("back %d.", round)))
	c.everywhere(func(i int, e *ear) {
		if !c.polled(i) { // a poll that waits may be told with the next message
			e.awaitState(marks[i], "bot")
		}
	})
	c.says(question)
	c.everywhere(func(i int, e *ear) {
		whole := ended // on a live connection the end is the last of a reply
		if c.polled(i) {
			whole = said
		}
		e.await(marks[i], "the bot's answer", func(x heard) bool { return x.Kind == whole && x.Bot && x.Text == reply })
	})
}

package inbox

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/test/harness"
)

// grace is how long an agent may be gone.
const grace = 3 * time.Second

// An agent whose process dies loses their conversations to the queue, each in its
// old place, and their customers are told at every door. Who is back in time keeps
// theirs, and so does who only polls.
func TestAgentKilled(t *testing.T) {
	t.Parallel()
	houses := onBoth(t, "PARLEY_AGENT_GRACE="+grace.String())
	atOnce(t, len(houses), func(t *testing.T, i int) { newDesk(t, houses[i]).run() })
}

// desk is a conversation of each kind, three agents on Socket.IO and one who polls.
type desk struct {
	t     *testing.T
	h     *house
	boss  string // a token that claims nothing
	first []held // kim's, in the order of the queue
	lou   held   // who comes back in time
	pat   held   // who only polls
	ned   held   // who is killed later
	last  string // nobody's: the room of what waits behind them all
	since map[string]time.Time
}

// held is a conversation that an agent has.
type held struct {
	key, room, customer string // customer: their token
	ears                []*ear
}

func newDesk(t *testing.T, h *house) *desk {
	t.Helper()
	d := &desk{t: t, h: h, boss: agentsToken(t, "boss"), since: map[string]time.Time{}}
	cy := d.waits("Cy", true)
	me := d.escalated("dee", func(token string) (*ear, string) {
		e := h.tokens(t, "dee", token)
		e.ask(frame(map[string]any{"type": "chat", "content": "Hello"}))
		return e, h.roomOf(t, "dee")
	})
	visit := d.escalated("fay", func(token string) (*ear, string) { return h.session(t, "fay", token) })
	d.first = []held{cy, me, visit}
	d.lou, d.pat, d.ned = d.waits("Gus", false), d.waits("Hal", false), d.waits("Ida", false)
	d.last = d.waits("Jo", false).room
	return d
}

// waits is a customer's conversation in the queue.
func (d *desk) waits(name string, connected bool) held {
	d.t.Helper()
	key, token := d.h.begin(d.t, name, "Hello, I am "+name)
	c := held{key: key, room: d.h.item(d.t, d.boss, key).Room, customer: token}
	if connected {
		room := func() string { return c.room }
		c.ears = []*ear{
			d.h.polls(d.t, name, "", key, 0), d.h.polls(d.t, name, "", key, 2*time.Second),
			d.h.socketIO(d.t, name, token, room), d.h.socketIOPolling(d.t, name, token, room),
		}
	}
	return c
}

// escalated is a user's conversation at a raw door, in the queue.
func (d *desk) escalated(user string, connect func(token string) (*ear, string)) held {
	d.t.Helper()
	token := harness.Token(d.t, user, "user")
	e, room := connect(token)
	e.ask(frame(map[string]any{"type": "human-escalation", "reason": "why not"}))
	c := held{key: d.h.inboxOf(d.t, d.boss, room).UUID, room: room, customer: token}
	c.ears = []*ear{e, d.h.socketIO(d.t, user, token, func() string { return room })}
	return c
}

func (d *desk) run() {
	t := d.t
	kim, lou, ned := d.agent("kim"), d.agent("lou"), d.agent("ned")
	marks := map[*ear]int{}
	for _, c := range d.first {
		d.h.turn(t, agentsToken(t, "kim"), c.key, "claim")
	}
	for agent, c := range map[string]held{"lou": d.lou, "pat": d.pat, "ned": d.ned} {
		d.h.turn(t, agentsToken(t, agent), c.key, "claim")
	}
	stop := d.patPolls()
	defer stop()
	for _, c := range d.first {
		for _, e := range c.ears {
			e.awaitState(0, "assigned")
			marks[e] = e.mark()
		}
	}
	before := time.Now() // whoever is gone is so only from now on
	kim.kill()
	lou.kill()
	d.agent("lou")
	d.lost(before, d.first...)
	for i, c := range d.first {
		for _, e := range c.ears {
			e.await(marks[e], "the news that it waits, with its place", func(x heard) bool {
				return x.Kind == newState && x.State == "waiting" && x.Position == i+1
			})
		}
	}
	d.places(d.first[0].room, d.first[1].room, d.first[2].room, d.last)
	before = time.Now()
	ned.kill()
	d.lost(before, d.ned) // by now lou's and pat's grace would have run out as well
	d.keeps("lou", d.lou)
	d.keeps("pat", d.pat)
	d.places(d.first[0].room, d.first[1].room, d.first[2].room, d.ned.room, d.last)
	d.another()
	d.restart()
}

func (d *desk) agent(name string) *process {
	d.t.Helper()
	return d.h.startAgent(d.t, agentsToken(d.t, name))
}

// patPolls keeps an agent without a connection alive.
func (d *desk) patPolls() (stop func()) {
	token := agentsToken(d.t, "pat")
	ctx, cancel := context.WithCancel(d.t.Context())
	var polling sync.WaitGroup
	polling.Go(func() {
		for ctx.Err() == nil {
			_, _ = d.h.try(ctx, http.MethodGet, messagesPath+d.pat.key+"/", token, nil)
			select {
			case <-time.After(200 * time.Millisecond):
			case <-ctx.Done():
			}
		}
	})
	stop = sync.OnceFunc(func() {
		cancel()
		polling.Wait()
	})
	d.t.Cleanup(stop)
	return stop
}

// lost waits until conversations are back in the queue, and holds that they were
// not so before the grace had passed since a moment.
func (d *desk) lost(since time.Time, all ...held) {
	d.t.Helper()
	for _, c := range all {
		harness.Eventually(d.t, harness.Patience, func() (bool, string) {
			item := d.h.item(d.t, d.boss, c.key)
			return item.State == "waiting", "it is " + item.State
		})
	}
	took := time.Since(since)
	d.t.Logf("back in the queue %v after the agent was gone, with a grace of %v", took, grace)
	least := grace
	if !harness.Long() { // on a busy machine the signs of life are noted late
		least = grace / 2
	}
	if took < least {
		d.t.Errorf("back in the queue %v after the agent was gone, and the grace is %v", took, grace)
	}
}

// places holds the order of the queue.
func (d *desk) places(rooms ...string) {
	d.t.Helper()
	var listed []string
	for i, e := range d.h.queue(d.t, d.boss) {
		if listed = append(listed, e.Room); e.Position != i+1 {
			d.t.Errorf("position %d stands at place %d", e.Position, i+1)
		}
	}
	if !slices.Equal(listed, rooms) {
		d.t.Errorf("%v wait, want %v", listed, rooms)
	}
}

// keeps holds that an agent still has a conversation.
func (d *desk) keeps(agent string, c held) {
	d.t.Helper()
	if item := d.h.item(d.t, d.boss, c.key); item.State != "assigned" || item.agent() != agent {
		d.t.Errorf("%s should have kept a conversation that is %s, with %s", agent, item.State, item.agent())
	}
}

// another agent takes what was lost, and reads all of it.
func (d *desk) another() {
	d.t.Helper()
	token := agentsToken(d.t, "max")
	for _, c := range d.first {
		d.h.post(d.t, token, c.key, "I am Max")
		read := d.h.history(d.t, token, c.room)
		if theirs := d.h.history(d.t, c.customer, c.room); !slices.Equal(read, theirs) {
			d.t.Errorf("the agent reads %v, the customer %v", read, theirs)
		}
		for _, e := range c.ears {
			e.awaitSaid(0, "I am Max")
		}
	}
	if polled := d.h.call(d.t, http.MethodGet, messagesPath+d.first[0].key+"/", token, nil).Items; len(polled) < 2 || polled[0].Content != "Hello, I am Cy" {
		d.t.Errorf("the agent reads %v", polled)
	}
}

// restart is away for longer than the grace: agents have all of it to come back.
func (d *desk) restart() {
	d.t.Helper()
	for _, c := range d.first {
		for _, e := range c.ears {
			e.end()
		}
	}
	d.h.Kill()
	soon(d.t, grace+time.Second)
	up := time.Now()
	d.h.Run()
	d.agent("lou")
	d.lost(up, d.first...) // max's, who is not back
	d.keeps("lou", d.lou)
	d.keeps("pat", d.pat)
}

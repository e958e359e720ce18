package streams

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"parley/test/harness"
)

// round is a question, how far its reply is read before the connection is cut, and
// for how long.
type round struct {
	Question string `json:"question"`
	At       int    `json:"at"`   // code units of UTF-16
	Away     int    `json:"away"` // milliseconds
	whole    string // what the upstream says
}

// pace is the time from token to token.
const pace = 40 * time.Millisecond

// planned are the rounds of the clients of one door: cuts in all, shared among
// them. Of three replies one goes on behind the absence, one ends during it, and
// one as chance has it.
func planned(h *house, r *rand.Rand, door string, cuts int) map[string][]round {
	clients := harness.Sized(5, 20)
	plan := map[string][]round{}
	for i := range cuts {
		user := fmt.Sprintf("%s-%d", door, i%clients)
		away := time.Duration(1000+r.IntN(2000)) * time.Millisecond
		rest := []time.Duration{away + time.Second, away / 2, time.Duration(r.Int64N(int64(2 * away)))}[i%3]
		before, behind := tokensOf(r, 1+r.IntN(40)), tokensOf(r, 1+int(rest/pace))
		one := round{
			Question: fmt.Sprintf("%s asks %d", user, i), At: units(joined(before)),
			Away: int(away.Milliseconds()), whole: joined(before) + joined(behind),
		}
		h.up.answer(one.Question, paced(pace, append(before, behind...)...))
		plan[user] = append(plan[user], one)
	}
	return plan
}

// tally is what came of the cuts at one door.
type tally struct {
	mu                      sync.Mutex
	cuts, goneOn, endedAway int
}

func (c *tally) add(goneOn bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cuts++
	if goneOn {
		c.goneOn++
	} else {
		c.endedAway++
	}
}

// holds fails the test unless all cuts were made, and of both kinds.
func (c *tally) holds(t *testing.T, cuts int) {
	t.Helper()
	t.Logf("%d cuts, %d replies went on, %d had ended", c.cuts, c.goneOn, c.endedAway)
	if c.cuts != cuts || c.goneOn == 0 || c.endedAway == 0 {
		t.Errorf("%d cuts of %d, or one kind is missing", c.cuts, cuts)
	}
}

// A client that is cut off at any token, and is back after 1 to 3 seconds, ends
// with the text that is stored, once: at each door, whether the reply goes on or
// has ended meanwhile.
func TestCutInTheMiddleOfAReply(t *testing.T) {
	t.Parallel()
	harness.OnEachDatabase(t, func(t *testing.T, env string) {
		h := newHouse(t, env)
		r := chance(t)
		cuts := harness.Sized(10, 200)
		recovering, forgetting := planned(h, r, "recovering", cuts), planned(h, r, "forgetting", cuts)
		pages, visits := planned(h, r, "page", cuts), planned(h, r, "visit", cuts)
		atOnce(t, map[string]func(*testing.T){
			"Socket.IO": func(t *testing.T) { h.cutAskers(t, recovering, forgetting, cuts) },
			"tokens":    func(t *testing.T) { h.cutEach(t, pages, cuts, h.cutPage) },
			"sessions":  func(t *testing.T) { h.cutEach(t, visits, cuts, h.cutVisit) },
		})
	})
}

// The same where each connection comes to another of three nodes than the one before,
// and so to another than the one that writes; Socket.IO by way of a balancer that sends
// each request to the next.
func TestCutAcrossNodes(t *testing.T) {
	t.Parallel()
	nodes := newNodes(t, 3)
	h := nodes[0]
	r := chance(t)
	cuts := harness.Sized(6, 200)
	forgetting, pages, visits := planned(h, r, "forgetting", cuts), planned(h, r, "page", cuts), planned(h, r, "visit", cuts)
	atOnce(t, map[string]func(*testing.T){
		"Socket.IO": func(t *testing.T) { h.cutAskers(t, nil, forgetting, cuts) },
		"tokens":    func(t *testing.T) { h.cutEach(t, pages, cuts, h.cutPage) },
		"sessions":  func(t *testing.T) { h.cutEach(t, visits, cuts, h.cutVisit) },
	})
}

// cutEach runs the clients of a raw door.
func (h *house) cutEach(t *testing.T, plan map[string][]round, cuts int, run func(*testing.T, string, []round, *tally)) {
	t.Helper()
	var c tally
	var all sync.WaitGroup
	for user, rounds := range plan {
		all.Go(func() { run(t, user, rounds, &c) })
	}
	all.Wait()
	c.holds(t, cuts)
}

// away cuts a connection, and lets it through again after a round's time.
func (n *network) away(s *socket, one round) {
	n.cut()
	<-s.ended
	<-time.After(time.Duration(one.Away) * time.Millisecond)
	n.restore()
}

func (h *house) cutPage(t *testing.T, user string, rounds []round, c *tally) {
	n := newNetwork(t, t.Name()+user, h.addrs()...)
	p := newPage(t, n.url(), user)
	var ids []string
	for _, one := range rounds {
		before := p.latest
		p.ask(one.Question)
		p.until("some tokens", func() bool { return p.latest != before && units(p.shown[p.latest].text) >= one.At })
		id, r := p.latest, p.shown[p.latest]
		n.away(p.socket, one)
		r.seen = r.text
		p.comeBack()
		p.until("the end of "+one.Question, func() bool { return p.closed(id) })
		p.rest()
		c.add(r.ended)
		ids = append(ids, id)
	}
	if len(p.shown) != len(rounds) || len(p.errors) > 0 {
		t.Errorf("%s shows %d replies to %d questions, and errors %v", user, len(p.shown), len(rounds), p.errors)
	}
	stored := h.history(t, user, "")
	for i, id := range ids {
		same(t, replyIn(t, stored, id), rounds[i], p.shown[id].text, p.shown[id].status)
	}
	asAsked(t, user, stored, rounds)
}

func (h *house) cutVisit(t *testing.T, user string, rounds []round, c *tally) {
	n := newNetwork(t, t.Name()+user, h.addrs()...)
	v := h.newVisit(t, n.url(), user)
	for i, one := range rounds {
		begun := v.begun
		v.ask(one.Question)
		v.until("some chunks", func() bool { return v.begun > begun && units(v.text) >= one.At })
		v.seen = v.text
		n.away(v.socket, one)
		before := v.begun
		v.connect()
		v.until("the end of "+one.Question, func() bool { return len(v.complete) > i })
		c.add(v.begun > before)
	}
	v.socket.close()
	if v.repeated > 0 || len(v.errors) > 0 || v.received != len(rounds) {
		t.Errorf("%s got %d ends twice, %d receipts, and errors %v", user, v.repeated, v.received, v.errors)
	}
	stored := h.history(t, user, v.room)
	for i, f := range v.complete {
		same(t, replyIn(t, stored, f.SessionReply), rounds[i], f.FullResponse, f.Status)
	}
	asAsked(t, user, stored, rounds)
}

// same holds a reply as a client has it against what is stored and what was said.
func same(t *testing.T, stored said, one round, text, status string) {
	t.Helper()
	if stored.Message != text || stored.Message != one.whole || stored.Status != status || status != "complete" {
		t.Errorf("%s: %s, %q is shown; %s, %q is stored; %q was said",
			one.Question, status, text, stored.Status, stored.Message, one.whole)
	}
}

// asAsked holds that each question stands there once, in front of its one reply.
func asAsked(t *testing.T, user string, stored []said, rounds []round) {
	t.Helper()
	if len(stored) != 2*len(rounds) {
		t.Fatalf("%s: %d messages are stored of %d questions and replies", user, len(stored), len(rounds))
	}
	for i, one := range rounds {
		question, reply := stored[2*i], stored[2*i+1]
		if question.Message != one.Question || !reply.reply() || reply.Message != one.whole || question.Seq != int64(2*i+1) || reply.Seq != int64(2*i+2) {
			t.Errorf("%s: %+v, %+v are stored for %+v", user, question, reply, one)
		}
	}
}

// askers are the official client's users: see test/js/streams.js.
type askers struct {
	Users []struct {
		User                                                 string
		Cuts, Recovered, Anew, GoneOn, ClosedAway, Leftovers int
		Errors                                               []string
		Messages                                             []said
	}
}

// transports are what the official client connects over, in turn.
var transports = [][]string{{"websocket"}, {"polling"}, {"polling", "websocket"}}

// cutAskers runs the official client, with the recovery of its sessions and without.
func (h *house) cutAskers(t *testing.T, recovering, forgetting map[string][]round, cuts int) {
	t.Helper()
	var users []map[string]any
	rounds := map[string][]round{}
	for i, plan := range []map[string][]round{recovering, forgetting} {
		for user, list := range plan {
			rounds[user] = list
			users = append(users, map[string]any{
				"id": user, "token": harness.Token(t, user, "user"), "forget": i == 1, "rounds": list,
				"transports": transports[len(users)%len(transports)],
			})
		}
	}
	var result askers
	harness.Node(t, 5*time.Minute, "streams.js", map[string]any{"url": h.front(t), "users": users}, &result)
	var c tally
	recovered, anew, leftovers := 0, 0, 0
	for _, u := range result.Users {
		for _, e := range u.Errors {
			t.Error(e)
		}
		c.cuts, c.goneOn, c.endedAway = c.cuts+u.Cuts, c.goneOn+u.GoneOn, c.endedAway+u.ClosedAway
		recovered, anew, leftovers = recovered+u.Recovered, anew+u.Anew, leftovers+u.Leftovers
		stored := h.history(t, u.User, "")
		asAsked(t, u.User, stored, rounds[u.User])
		if len(u.Messages) != len(stored) {
			t.Errorf("%s has %d messages of %d", u.User, len(u.Messages), len(stored))
			continue
		}
		for i, m := range u.Messages {
			if m.ID != stored[i].ID || m.Message != stored[i].Message || m.Status != stored[i].Status {
				t.Errorf("%s has %+v where %+v is stored", u.User, m, stored[i])
			}
		}
	}
	t.Logf("the official client handed over %d events of a lost connection at the next", leftovers)
	want := []int{0, cuts}
	if recovering != nil {
		want[0] = cuts
	}
	c.holds(t, want[0]+want[1])
	if recovered != want[0] || anew != want[1] {
		t.Errorf("%d came back recovered and %d anew, of %v", recovered, anew, want)
	}
}

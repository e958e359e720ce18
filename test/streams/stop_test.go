package streams

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/test/harness"
)

// stopLimit is how soon after a `stop` its upstream's request is to be closed, at
// the median. What a ping takes at the time, to and fro, is added: that much the
// machine itself is late.
const stopLimit = 100 * time.Millisecond

// stopper is one door at which replies are stopped.
type stopper interface {
	begin(question string)                // asks, and waits for some of the reply
	ping()                                // waits for a pong
	stop()                                // does not wait
	stopped() (id, text string)           // waits for the end, which is `cancelled`, on the wire
	next(question string) (status string) // asks again and waits for the whole reply
}

// `stop` closes the upstream's request at once; what there is of the reply stays,
// as cancelled, and the next question is answered.
func TestStopClosesTheUpstream(t *testing.T) {
	harness.OnEachDatabase(t, func(t *testing.T, env string) {
		h := newHouse(t, env)
		for name, open := range map[string]func(t *testing.T, user string) (s stopper, room string){
			"Socket.IO": func(t *testing.T, user string) (stopper, string) {
				return &stopPeer{t: t, p: h.Dial(t, user), room: "me"}, ""
			},
			"tokens": func(t *testing.T, user string) (stopper, string) {
				return &stopPage{page: newPage(t, h.URL, user)}, ""
			},
			"sessions": func(t *testing.T, user string) (stopper, string) {
				v := h.newVisit(t, h.URL, user)
				return &stopVisit{visit: v}, v.room
			},
			"a session's reply over Socket.IO": func(t *testing.T, user string) (stopper, string) {
				v := h.newVisit(t, h.URL, user)
				return &stopVisit{visit: v, over: h.Dial(t, user)}, v.room
			},
		} {
			t.Run(name, func(t *testing.T) {
				user := strings.ReplaceAll(name, " ", "-")
				s, room := open(t, user)
				h.stops(t, user, room, s)
			})
		}
	})
}

// stops stops replies at one door and measures.
func (h *house) stops(t *testing.T, user, room string, s stopper) {
	t.Helper()
	var took, pings []time.Duration
	for i := range harness.Sized(5, 30) {
		question, next := fmt.Sprintf("%s stops %d", user, i), fmt.Sprintf("%s goes on %d", user, i)
		h.up.answer(question, paced(10*time.Millisecond, numbered(2000)...))
		h.up.answer(next, paced(0, "after ", "all"))
		s.begin(question)
		x := h.up.asking(t, question)
		begun := time.Now()
		s.ping()
		pings = append(pings, time.Since(begun))
		sent := time.Now()
		s.stop()
		select {
		case <-x.Done():
		case <-time.After(harness.Patience):
			t.Fatal("the upstream's request was not closed")
		}
		at, gone := x.End()
		if !gone {
			t.Error("the upstream had come to its own end")
		}
		took = append(took, at.Sub(sent))
		id, text := s.stopped()
		if status := s.next(next); status != "complete" {
			t.Errorf("the next question's reply is %s", status)
		}
		stored := replyIn(t, h.history(t, user, room), id)
		if stored.Status != "cancelled" || stored.Message != text || text == "" || !strings.HasPrefix(joined(numbered(2000)), text) {
			t.Errorf("%q was streamed, and is stored as %s, %q", text, stored.Status, stored.Message)
		}
	}
	mid, worst := median(took)
	ping, _ := median(pings)
	t.Logf("the upstream was closed after %v, at worst %v; a ping took %v", mid, worst, ping)
	if mid > judged(stopLimit)+ping {
		t.Errorf("the upstream was closed after %v, want at most %v and a ping's %v", mid, judged(stopLimit), ping)
	}
}

// stopPeer stops over Socket.IO.
type stopPeer struct {
	t        *testing.T
	p        *harness.Peer
	room     string
	question string
	reply    string
	ack      uint64
}

func (s *stopPeer) begin(text string) {
	before := len(events(s.p))
	s.question = question(s.t, s.p, s.room, text)
	s.p.Await("some tokens", func(harness.Arrival) bool {
		tokens := 0
		for _, e := range events(s.p)[before:] {
			if e.Name == "stream-token" {
				s.reply = e.MessageID
				tokens++
			}
		}
		return tokens >= 3
	})
}

func (s *stopPeer) ping() { s.p.Settle() }

func (s *stopPeer) stop() {
	var err error
	if s.ack, err = s.p.Emit("stop", s.reply); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stopPeer) stopped() (id, text string) {
	if a := s.p.Answer(s.ack); !a.Ok {
		s.t.Errorf("stop: %s", a.Raw)
	}
	r := answerTo(s.t, s.p, s.question)
	if r.closed.ID != s.reply || r.end.Status != "cancelled" {
		s.t.Errorf("a stopped reply ended %+v", r.end)
	}
	return s.reply, r.text
}

func (s *stopPeer) next(text string) string {
	return answerTo(s.t, s.p, question(s.t, s.p, s.room, text)).end.Status
}

// stopPage stops over the token-stream protocol.
type stopPage struct{ *page }

func (s *stopPage) begin(question string) {
	before := s.latest
	s.ask(question)
	s.until("some tokens", func() bool { return s.latest != before && len(s.shown[s.latest].text) >= 6 })
}

func (s *stopPage) ping() { s.rest() }
func (s *stopPage) stop() { s.send(map[string]any{"type": "stop", "messageId": s.latest}) }

func (s *stopPage) stopped() (id, text string) {
	s.until("its end", func() bool { return s.closed(s.latest) })
	if r := s.shown[s.latest]; r.status != "cancelled" || len(s.errors) > 0 {
		s.wrong("a stopped reply ended %s, errors %v", r.status, s.errors)
	}
	return s.latest, s.shown[s.latest].text
}

func (s *stopPage) next(question string) string {
	_, r := s.reply(question)
	return r.status
}

// stopVisit stops a session's reply, at its own door or over Socket.IO.
type stopVisit struct {
	*visit
	over *harness.Peer
}

func (s *stopVisit) begin(question string) {
	before := s.begun
	s.ask(question)
	s.until("some chunks", func() bool { return s.begun > before && len(s.text) >= 6 })
}

func (s *stopVisit) ping() {
	if s.over != nil {
		s.over.Settle()
		return
	}
	s.socket.settle(s.t)
}

func (s *stopVisit) stop() {
	if s.over == nil {
		if err := s.socket.send(map[string]any{"type": "stop"}); err != nil {
			s.t.Fatal(err)
		}
		return
	}
	all := events(s.over)
	if _, err := s.over.Emit("stop", all[len(all)-1].MessageID); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stopVisit) stopped() (id, text string) {
	n := len(s.complete)
	s.until("its end", func() bool { return len(s.complete) > n })
	f := s.complete[n]
	if f.Status != "cancelled" || len(s.errors) > 0 {
		s.wrong("a stopped reply ended %s, errors %v", f.Status, s.errors)
	}
	return f.SessionReply, f.FullResponse
}

func (s *stopVisit) next(question string) string { return s.visit.reply(question).Status }

package streams

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"parley/internal/llm"
	"parley/test/harness"
)

// Many replies at once end complete and whole for everybody, at every door. How
// soon their tokens come is measured by parley-bench.
func TestManyReplies(t *testing.T) {
	harness.OnEachDatabase(t, func(t *testing.T, env string) {
		h := newHouse(t, env)
		r := chance(t)
		const length, every = 100, 20 * time.Millisecond
		n := harness.Sized(40, 200)
		gate := make(chan struct{})
		rounds := make([]round, n)
		for i := range rounds {
			tokens := tokensOf(r, length)
			rounds[i] = round{Question: fmt.Sprint("many ", i), whole: joined(tokens)}
			s := paced(every, tokens...)
			s.Steps = append([]llm.Step{llm.Role(), llm.Until(gate)}, s.Steps[1:]...)
			h.up.answer(rounds[i].Question, s)
		}
		var asked, done sync.WaitGroup
		for i, one := range rounds {
			asked.Add(1)
			done.Go(func() { h.one(t, i, one, asked.Done) })
		}
		asked.Wait()
		harness.Eventually(t, harness.Patience, func() (bool, string) {
			return h.up.Count() >= n, fmt.Sprintf("%d replies of %d have begun", h.up.Count(), n)
		})
		close(gate)
		done.Wait()
	})
}

// one asks at a door of its own, and every fourth user has a second client there.
func (h *house) one(t *testing.T, i int, one round, asked func()) {
	user, room, text, status, id := fmt.Sprint("user-", i), "", "", "", ""
	once := sync.OnceFunc(asked)
	defer once() // however it ends, the others go on
	switch i % 3 {
	case 0:
		p := h.Dial(t, user)
		others := []*harness.Peer{p}
		if i%4 == 0 {
			others = append(others, h.Dial(t, user))
		}
		q := question(t, p, "me", one.Question)
		once()
		for _, p := range others {
			r := answerTo(t, p, q)
			id, text, status = r.closed.ID, r.text, r.end.Status
			if text != one.whole {
				t.Errorf("%s got %q of %q", user, text, one.whole)
			}
		}
	case 1:
		p := newPage(t, h.URL, user)
		p.ask(one.Question)
		once()
		p.until("the reply", func() bool { return p.closed(p.latest) })
		id, text, status = p.latest, p.shown[p.latest].text, p.shown[p.latest].status
	case 2:
		v := h.newVisit(t, h.URL, user)
		v.ask(one.Question)
		v.until("the receipt", func() bool { return v.received == 1 })
		once()
		v.until("the reply", func() bool { return len(v.complete) == 1 })
		id, text, status, room = v.complete[0].SessionReply, v.text, v.complete[0].Status, v.room
	}
	stored := h.history(t, user, room)
	same(t, replyIn(t, stored, id), one, text, status)
	asAsked(t, user, stored, []round{one})
}

package cluster

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"parley/test/harness"
)

// settleWithin is how long everything may take to be everywhere once nothing is
// posted any more.
const settleWithin = 60 * time.Second

// rest ends the posting and waits until all that was posted is acknowledged.
func (w *world) rest() {
	w.t.Helper()
	w.phase("rest")
	w.stop()
	w.posts.Wait()
	w.restOfficial()
	w.rested = time.Now()
	harness.Eventually(w.t, settleWithin, func() (bool, string) {
		served, state := w.served()
		waiting := 0
		for _, c := range w.clients {
			c.mu.Lock()
			waiting += len(c.outbox)
			c.mu.Unlock()
		}
		return served && waiting == 0, fmt.Sprintf("%s, %d posts wait", state, waiting)
	})
}

// check holds what every client has seen of every room against what HTTP lists, on
// any node: all that was acknowledged, once, in one order, and live on the
// connections as they are.
func (w *world) check() {
	w.t.Helper()
	total, found := 0, map[string]bool{}
	histories := map[string][]harness.Stored{}
	for i, r := range w.rooms {
		s := w.nodes.Servers[i%len(w.nodes.Servers)]
		history := s.History(w.t, r.id, harness.Token(w.t, r.users[0], "user"))
		harness.Contiguous(w.t, history)
		total += len(history)
		w.allAcknowledged(history, found)
		for _, c := range r.clients {
			w.sees(c, r.id, history)
		}
		histories[r.id] = history
	}
	w.officialSees(histories)
	w.checkAskers(found)
	w.mu.Lock()
	defer w.mu.Unlock()
	for nonce, a := range w.stored {
		if !found[a.id] {
			w.t.Errorf("%s was acknowledged as %+v and is not stored", nonce, a)
		}
	}
	w.t.Logf("%d clients, %d messages in %d rooms, %d acknowledged, questions included", people, total, len(w.rooms), len(w.stored))
}

// allAcknowledged holds a room's messages against the acks: each has one, and says the same.
func (w *world) allAcknowledged(history []harness.Stored, found map[string]bool) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range history {
		a, ok := w.stored[m.Nonce]
		if !ok {
			a = w.stored[m.ID]
		}
		if a != (stored{m.ID, m.Seq}) {
			w.t.Errorf("%+v is stored, acknowledged was %+v", m, a)
		}
		found[m.ID] = true
	}
}

// sees waits until a client has seen all of a room, by what it did and by what its
// connection was shown.
func (w *world) sees(c *client, room string, history []harness.Stored) {
	w.t.Helper()
	harness.Eventually(w.t, harness.Patience, func() (bool, string) {
		c.mu.Lock()
		defer c.mu.Unlock()
		v := c.views[room]
		if v == nil || c.line == nil {
			return false, c.user + " has no room or no connection"
		}
		if wrong := v.equals(history); wrong != "" {
			return false, fmt.Sprintf("%s %s of room %s", c.user, wrong, room)
		}
		if len(history) == 0 {
			return true, ""
		}
		last, head := max(c.line.last[room], c.line.heads[room]), version(history[len(history)-1].Cursor)
		return last == head, fmt.Sprintf("%s was shown %d live of room %s, its head is %d", c.user, last, room, head)
	})
}

// checkAskers holds that each question has its reply, but for those that died with
// their node, that it ended honestly, and is seen as it is stored.
func (w *world) checkAskers(found map[string]bool) {
	w.t.Helper()
	questions, statuses := 0, map[string]int{}
	for _, c := range w.clients[:askers] {
		var history []harness.Stored
		harness.Eventually(w.t, harness.Patience, func() (bool, string) { // the last may be under way
			history = w.nodes.Servers[0].History(w.t, c.asker.room, c.token)
			replies := 0
			for _, m := range history {
				if m.SenderUser != c.user {
					replies++
				}
			}
			died := w.kills && time.Since(w.rested) > giveUp
			return replies == len(history)-replies || died,
				fmt.Sprintf("%s has %d replies to %d questions", c.user, replies, len(history)-replies)
		})
		harness.Contiguous(w.t, history)
		w.sees(c, c.asker.room, history)
		for _, m := range history {
			found[m.ID] = true
			if m.SenderUser == c.user {
				questions++
			} else if statuses[m.Status]++; !w.honest(m.Status) {
				w.t.Errorf("a reply to %s ended %s", c.user, m.Status)
			}
		}
	}
	w.t.Logf("%d questions, replies: %v", questions, statuses)
}

// memory watches how much of it nodes take.
type memory struct {
	mu   sync.Mutex
	most []int64 // of each node
}

// watchMemory looks every second until the test ends.
func watchMemory(t *testing.T, nodes *harness.Nodes) *memory {
	m := &memory{most: make([]int64, len(nodes.Servers))}
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			for i, s := range nodes.Servers {
				m.mu.Lock()
				m.most[i] = max(m.most[i], s.Resident())
				m.mu.Unlock()
			}
		}
	}()
	t.Cleanup(func() {
		close(stop)
		<-ended
	})
	return m
}

// within holds that no node has taken more than so many MiB.
func (m *memory) within(t *testing.T, mib int64) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, most := range m.most {
		t.Logf("node %d: at most %d MiB", i, most>>20)
		if most>>20 > mib {
			t.Errorf("node %d has taken %d MiB, more than %d", i, most>>20, mib)
		}
	}
}

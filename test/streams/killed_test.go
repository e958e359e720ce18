package streams

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/internal/llm"
	"parley/test/harness"
)

// mostLost is how much of a reply may be lost with its server, in time. What it took
// to store a message just before is added: a checkpoint takes that long, too.
const mostLost = time.Second

// closedWithin is how soon after the restart every reply is closed: the lease of
// 5 s, and what finding out takes.
const closedWithin = 8 * time.Second

// witness is a client of one door that sees a reply before and after a restart.
type witness interface {
	name() string
	ask(question string)
	watch() bool                                // takes the latest reply for the one it is about, once there is one
	text() string                               // of the reply, as far as it has come
	lost()                                      // waits for the end of its connection
	back()                                      // connects again, and catches up as its protocol says
	ending() (id, status, text string, ok bool) // of the reply, once it is shown
	room() string                               // as history takes it
	told() string                               // kinds of what came last over the connection
}

// witnesses are some at each door.
func (h *house) witnesses(t *testing.T, each int) []witness {
	t.Helper()
	var all []witness
	for i := range each {
		user := func(door string) string { return fmt.Sprintf("%s-%d", door, i) }
		all = append(
			all, &seenByPeer{t: t, h: h, p: h.Dial(t, user("peer"))},
			&seenByPage{page: newPage(t, h.URL, user("page"))}, &seenByVisit{visit: h.newVisit(t, h.URL, user("visit"))},
		)
	}
	return all
}

// A server that is killed in the middle of replies leaves them interrupted, with
// all but the last second of their text, and whoever comes back is told so.
func TestKilledInTheMiddle(t *testing.T) {
	t.Parallel()
	harness.OnEachDatabase(t, func(t *testing.T, env string) {
		h := newHouse(t, env)
		r := chance(t)
		room := h.Room(t, "bystander")
		all := h.witnesses(t, harness.Sized(2, 5))
		for n := range harness.Sized(1, 5) {
			span := 1500*time.Millisecond + time.Duration(r.IntN(1500))*time.Millisecond
			for _, w := range all {
				question := fmt.Sprint(w.name(), " and the end ", n)
				h.up.answer(question, llm.Timed(2000, 20*time.Millisecond))
				w.ask(question)
			}
			for _, w := range all {
				harness.Eventually(t, harness.Patience, func() (bool, string) {
					first, last := stamps(w.text())
					return last.Sub(first) >= span, fmt.Sprint(w.name(), " has ", last.Sub(first))
				})
			}
			stored := h.storing(t, room)
			h.Kill()
			for _, w := range all {
				w.lost()
			}
			h.Run()
			h.allInterrupted(t, all, judged(mostLost)+stored)
		}
	})
}

// storing is how long a message takes to be stored now.
func (h *house) storing(t *testing.T, room string) time.Duration {
	t.Helper()
	begun := time.Now()
	status, answer := h.Call(t, http.MethodPost, "/chat/messages", harness.Token(t, "bystander", "user"),
		map[string]any{"roomId": room, "message": "now"})
	if status != http.StatusCreated {
		t.Fatalf("POST: %d %v", status, answer)
	}
	return time.Since(begun)
}

// allInterrupted has everybody come back and holds what they are told.
func (h *house) allInterrupted(t *testing.T, all []witness, most time.Duration) {
	t.Helper()
	restarted := time.Now()
	seen := make([]string, len(all))
	for i, w := range all {
		seen[i] = w.text()
		w.back()
	}
	for i, w := range all {
		harness.Eventually(t, judged(closedWithin)-time.Since(restarted), func() (bool, string) {
			_, _, _, ok := w.ending()
			return ok, w.name() + " has no end: " + w.told()
		})
		id, status, text, _ := w.ending()
		stored := replyIn(t, h.history(t, w.name(), w.room()), id)
		if status != "interrupted" || stored.Status != status || stored.Message != text {
			t.Errorf("%s is shown %s, %d bytes; stored is %s, %d bytes", w.name(), status, len(text), stored.Status, len(stored.Message))
		}
		_, was := stamps(seen[i])
		_, is := stamps(stored.Message)
		if !strings.HasPrefix(seen[i], stored.Message) || was.Sub(is) > most {
			t.Errorf("%s has lost %v of a reply of which it had seen %d bytes and %d are stored", w.name(), was.Sub(is), len(seen[i]), len(stored.Message))
		}
		t.Logf("%s has lost %v, at most %v may be", w.name(), was.Sub(is), most)
	}
}

// stamps are the times of the first and the last whole token of what llm.Timed says.
func stamps(text string) (first, last time.Time) {
	all := strings.Fields(text)
	if len(all) == 0 {
		return
	}
	at := func(s string) time.Time {
		ns, _ := strconv.ParseInt(s, 10, 64)
		return time.Unix(0, ns)
	}
	return at(all[0]), at(all[len(all)-1])
}

// A server that is told to end lets replies end by themselves for a while, and
// closes the others as interrupted; every client is told before its connection ends.
func TestDrainInTheMiddle(t *testing.T) {
	t.Parallel()
	harness.OnEachDatabase(t, func(t *testing.T, env string) {
		h := newHouse(t, env, "PARLEY_DRAIN_TIMEOUT=8s") // of which replies get a quarter
		all := h.witnesses(t, 2)
		gate := make(chan struct{})
		for i, w := range all {
			question := fmt.Sprint(w.name(), " and the drain")
			h.up.answer(question, gated(gate, numbered(20), numbered(20)))
			if i%2 == 0 {
				h.up.answer(question, paced(20*time.Millisecond, numbered(2000)...))
			}
			w.ask(question)
		}
		for _, w := range all {
			harness.Eventually(t, harness.Patience, func() (bool, string) {
				return len(w.text()) >= len(joined(numbered(20))), w.name() + " waits for tokens"
			})
		}
		h.Signal(syscall.SIGTERM)
		harness.Eventually(t, harness.Patience, func() (bool, string) {
			return strings.Contains(h.Log(), "draining"), "the drain has not begun"
		})
		close(gate)
		for _, w := range all {
			w.lost()
		}
		if code := h.Wait(harness.Patience); code != 0 {
			t.Errorf("the drain ended with status %d:\n%s", code, h.Log())
		}
		h.Run()
		for i, w := range all {
			h.drained(t, w, []string{"interrupted", "complete"}[i%2])
		}
	})
}

// drained holds what a client was told before its connection ended.
func (h *house) drained(t *testing.T, w witness, want string) {
	t.Helper()
	id, status, text, ok := w.ending()
	if !ok {
		t.Errorf("%s was not told: %s", w.name(), w.told())
		return
	}
	stored := replyIn(t, h.history(t, w.name(), w.room()), id)
	if status != want || stored.Status != want || stored.Message != text {
		t.Errorf("%s was told %s, want %s; %s is stored: %s", w.name(), status, want, stored.Status, w.told())
	}
	if whole := joined(numbered(20)) + joined(numbered(20)); want == "complete" && text != whole {
		t.Errorf("%s has %q", w.name(), text)
	}
}

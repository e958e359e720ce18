package crash

import (
	"fmt"
	"sync"
	"testing"

	"parley/test/harness"
)

// sent is one message as its sender sees it.
func sent(nonce string) map[string]any {
	return map[string]any{"contentType": "text", "content": "once", "nonce": nonce}
}

// shown returns the `message` events of a nonce that a connection got.
func shown(p *harness.Peer, nonce string) []string {
	p.Settle()
	var bodies []string
	for _, a := range p.Events("message") {
		if a.Nonce == nonce {
			bodies = append(bodies, a.Raw)
		}
	}
	return bodies
}

// alike fails the test unless there are n texts, all the same.
func alike(t *testing.T, what string, texts []string, n int) {
	t.Helper()
	if len(texts) != n {
		t.Errorf("%s: %d, want %d", what, len(texts), n)
	}
	for _, text := range texts {
		if text != texts[0] {
			t.Errorf("%s differs: %s, %s", what, texts[0], text)
		}
	}
}

func storedOnce(t *testing.T, s *harness.Server, room string, messages int) {
	t.Helper()
	history := s.History(t, room, harness.Token(t, "alice", "user"))
	harness.Contiguous(t, history)
	if len(history) != messages {
		t.Errorf("%d messages are stored, want %d", len(history), messages)
	}
}

// A retry is acknowledged like the first attempt, and only the socket that
// retries is shown the message again; a restart of either kind changes nothing.
func TestRetryAfterRestart(t *testing.T) {
	harness.OnEachDatabase(t, func(t *testing.T, env string) {
		s := harness.Start(t, env, "PARLEY_RATE_LIMITS=off")
		room := s.Room(t, "alice", "bob")
		alice := s.Dial(t, "alice")
		first := alice.Call("message", room, sent("n"))
		if !first.Ok {
			t.Fatal(first.Raw)
		}
		event := shown(alice, "n")
		alike(t, "events of the first attempt", event, 1)
		for _, restart := range []func(){func() {}, s.Kill, s.Stop} {
			restart()
			if !s.Alive() {
				s.Run()
			}
			alice, tablet, bob := s.Dial(t, "alice"), s.Dial(t, "alice"), s.Dial(t, "bob")
			for range 2 {
				alike(t, "acks", []string{first.Raw, alice.Call("message", room, sent("n")).Raw}, 2)
			}
			alike(t, "events", append(shown(alice, "n"), event...), 3)
			alike(t, "events of another device", shown(tablet, "n"), 0)
			alike(t, "events of another user", shown(bob, "n"), 0)
			for _, p := range []*harness.Peer{alice, tablet, bob} {
				p.Close()
			}
		}
		storedOnce(t, s, room, 1)
	})
}

// Attempts at the same moment, on two devices and several within one batch, are
// one message: one attempt is the first, each other one a retry.
func TestAttemptsAtOnce(t *testing.T) {
	const attempts = 5 // of each device
	harness.OnEachDatabase(t, func(t *testing.T, env string) {
		s := harness.Start(t, env, "PARLEY_RATE_LIMITS=off")
		room := s.Room(t, "alice", "bob")
		phone, tablet, bob := s.Dial(t, "alice"), s.Dial(t, "alice"), s.Dial(t, "bob")
		rounds := harness.Sized(30, 300)
		for round := range rounds {
			nonce := fmt.Sprint("n", round)
			acks := make([][]string, 2)
			var both sync.WaitGroup
			for device, p := range []*harness.Peer{phone, tablet} {
				both.Go(func() {
					var ids []uint64
					for range attempts {
						id, err := p.Emit("message", room, sent(nonce))
						if err != nil {
							t.Error(err)
							return
						}
						ids = append(ids, id)
					}
					for _, id := range ids {
						acks[device] = append(acks[device], p.Answer(id).Raw)
					}
				})
			}
			both.Wait()
			alike(t, "acks", append(acks[0], acks[1]...), 2*attempts)
			// Each device is shown the message itself and its own retries.
			alike(t, "events", append(shown(phone, nonce), shown(tablet, nonce)...), 2+2*attempts-1)
			alike(t, "events of another user", shown(bob, nonce), 1)
		}
		storedOnce(t, s, room, rounds)
	})
}

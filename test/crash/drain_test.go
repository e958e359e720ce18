package crash

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"parley/test/harness"
)

// flood is connections that post without a pause until they are cut off.
type flood struct {
	peers  []*harness.Peer
	emits  sync.WaitGroup
	acked  atomic.Int64
	room   string
	server *harness.Server
}

func startFlood(t *testing.T, s *harness.Server, n int) *flood {
	const underWay = 200
	users := make([]string, n)
	for i := range users {
		users[i] = fmt.Sprintf("user-%d", i)
	}
	f := &flood{room: s.Room(t, users[0], users...), server: s}
	for _, user := range users {
		p := s.Dial(t, user)
		f.peers = append(f.peers, p)
		f.emits.Go(func() {
			for i := 0; ; i++ {
				id, err := p.Emit("message", f.room, fmt.Sprintf("%s %d", user, i))
				if err != nil {
					return
				}
				for id > p.Answers()+underWay {
					if !p.Next() {
						return
					}
				}
				f.acked.Add(1)
			}
		})
	}
	return f
}

// acks waits for the end of all connections and returns the ids of the messages
// that were acknowledged.
func (f *flood) acks(t *testing.T) map[string]int64 {
	t.Helper()
	acks := map[string]int64{}
	for _, p := range f.peers {
		select {
		case <-p.Ended():
		case <-time.After(harness.Patience):
			t.Fatalf("%s is still connected", p.User)
		}
		for _, a := range p.Arrivals() {
			if a.Ack != 0 && a.Ok {
				acks[a.MessageID] = a.Seq
			}
		}
	}
	f.emits.Wait()
	return acks
}

// A drain under load: everybody is told, everything that was stored was
// acknowledged, everything acknowledged is stored.
func TestDrainAnswersWhatItStores(t *testing.T) {
	harness.OnEachDatabase(t, func(t *testing.T, env string) {
		// Nobody is to be too slow, however busy the machine: that is another ending.
		s := harness.Start(t, env, "PARLEY_RATE_LIMITS=off", "PARLEY_DRAIN_TIMEOUT=60s", "PARLEY_LIMIT_OUTBOX=67108864")
		for range harness.Sized(2, 10) {
			f := startFlood(t, s, 6)
			harness.Eventually(t, harness.Patience, func() (bool, string) {
				n := f.acked.Load()
				return n > 500, fmt.Sprintf("%d messages", n)
			})
			s.Signal(syscall.SIGTERM)
			acks := f.acks(t)
			if code := s.Wait(harness.Patience); code != 0 {
				t.Errorf("the drain ended with status %d:\n%s", code, s.Log())
			}
			for _, p := range f.peers {
				told := p.Events("draining")
				if len(told) != 1 || told[0].Reconnect == nil {
					t.Errorf("%s was told of the drain %d times", p.User, len(told))
				}
			}
			s.Run()
			history := s.History(t, f.room, harness.Token(t, "user-0", "user"))
			harness.Contiguous(t, history)
			for _, m := range history {
				if seq, ok := acks[m.ID]; !ok || seq != m.Seq {
					t.Errorf("message %d is stored and was not acknowledged: %s", m.Seq, m.Message)
				}
			}
			if len(history) != len(acks) {
				t.Errorf("%d messages are stored, %d were acknowledged", len(history), len(acks))
			}
			t.Logf("%d messages", len(history))
		}
	})
}

// status asks for a path; 0 is no answer.
func status(s *harness.Server, path string) int {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+path, nil)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// stuck opens a polling session that is never polled again: its goodbye cannot be
// delivered, which holds a drain up for as long as it may take.
func stuck(t *testing.T, s *harness.Server) {
	t.Helper()
	if code := status(s, "/realtime/?EIO=4&transport=polling"); code != http.StatusOK {
		t.Fatalf("cannot open a polling session: %d", code)
	}
}

func TestDrainIsNotReadyAndEndsInTime(t *testing.T) {
	s := harness.Start(t, "PARLEY_DRAIN_TIMEOUT=3s")
	stuck(t, s)
	p := s.Dial(t, "alice")
	began := time.Now()
	s.Signal(syscall.SIGTERM)
	p.Await("draining", func(a harness.Arrival) bool { return a.Name == "draining" })
	for path, want := range map[string]int{
		"/readyz": http.StatusServiceUnavailable, "/healthz": http.StatusOK,
		"/realtime/?EIO=4&transport=polling": http.StatusServiceUnavailable,
	} {
		if code := status(s, path); code != want {
			t.Errorf("%s answers %d during a drain, want %d", path, code, want)
		}
	}
	<-p.Ended()
	if code := s.Wait(10 * time.Second); code != 0 {
		t.Errorf("status %d:\n%s", code, s.Log())
	}
	if took := time.Since(began); took > 6*time.Second {
		t.Errorf("a drain that may take 3 s took %v", took)
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	s := harness.Start(t, "PARLEY_DRAIN_TIMEOUT=60s")
	stuck(t, s)
	s.Signal(syscall.SIGTERM)
	harness.Eventually(t, 5*time.Second, func() (bool, string) {
		return strings.Contains(s.Log(), "draining"), "the drain has not begun"
	})
	s.Signal(syscall.SIGTERM)
	if code := s.Wait(2 * time.Second); code == 0 {
		t.Error("an interrupted drain ended as if it had been complete")
	}
}

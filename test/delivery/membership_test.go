package delivery

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/test/harness"
)

func TestMembershipWorksWithoutReconnecting(t *testing.T) {
	s := harness.Start(t, unlimited)
	who := func(id string) map[string]string {
		return map[string]string{"id": id, "token": harness.Token(t, id, "user")}
	}
	var seen struct{ Errors []string }
	harness.Node(t, 2*time.Minute, "membership.js", map[string]any{
		"url": s.URL, "creator": who("alice"), "user": who("bob"), "rounds": harness.Sized(20, 200),
	}, &seen)
	for _, e := range seen.Errors {
		t.Error(e)
	}
}

// writer posts without a pause until it is told to stop. At most some posts are
// under way at once.
type writer struct {
	*harness.Peer
	stop   atomic.Bool
	posted sync.WaitGroup
	ids    []uint64
}

func startWriter(p *harness.Peer, room string) *writer {
	const underWay = 20
	w := &writer{Peer: p}
	w.posted.Go(func() {
		for !w.stop.Load() {
			id, err := p.Emit("message", room, "still here")
			if err != nil {
				return
			}
			if w.ids = append(w.ids, id); len(w.ids) > underWay {
				p.Answer(w.ids[len(w.ids)-underWay])
			}
		}
	})
	return w
}

// end stops the posting and returns the acks of all posts and of one more.
func (w *writer) end(room string) []harness.Arrival {
	w.stop.Store(true)
	w.posted.Wait()
	id, _ := w.Emit("message", room, "too late")
	w.ids = append(w.ids, id)
	acks := make([]harness.Arrival, len(w.ids))
	for i, id := range w.ids {
		acks[i] = w.Answer(id)
	}
	return acks
}

// Whoever is out posts nothing more and hears nothing more, however the end of
// the membership races with what they send.
func TestNobodyPostsOnceOut(t *testing.T) {
	s := harness.Start(t, unlimited)
	token := harness.Token(t, "alice", "user")
	alice, bob, bobsPhone := s.Dial(t, "alice"), s.Dial(t, "bob"), s.Dial(t, "bob")
	ends := []struct {
		name string
		end  func(t *testing.T, room string)
	}{
		{"removed", func(t *testing.T, room string) {
			mustCall(t, s, http.MethodPut, "/chat/rooms/"+room+"/removeUsers", token, map[string]any{"users": []string{"bob"}})
		}},
		{"left over HTTP", func(t *testing.T, room string) {
			mustCall(t, s, http.MethodPut, "/chat/leave/"+room, harness.Token(t, "bob", "user"), nil)
		}},
		{"left on the other device", func(t *testing.T, room string) {
			if a := bobsPhone.Call("leave", room); !a.Ok {
				t.Errorf("leave: %s", a.Raw)
			}
		}},
		{"deleted", func(t *testing.T, room string) {
			mustCall(t, s, http.MethodDelete, "/chat/rooms/"+room, token, nil)
		}},
	}
	for round := range harness.Sized(5, 50) {
		for _, way := range ends {
			t.Run(fmt.Sprintf("%s/%d", way.name, round), func(t *testing.T) {
				room := s.Room(t, "alice", "bob")
				w := startWriter(bob, room)
				alice.Await("a message", func(a harness.Arrival) bool { return a.Name == "message" && a.Room == room })
				way.end(t, room)
				last := stored(t, s, room, token, way.name == "deleted")
				acks := w.end(room)
				if n := stored(t, s, room, token, way.name == "deleted"); n != last {
					t.Errorf("%d messages were stored after the end", n-last)
				}
				checkAcks(t, acks, last)
				for _, p := range []*harness.Peer{alice, bob, bobsPhone} {
					p.Settle()
				}
				checkHeard(t, alice, room, "bob", "participant-left", "room-deleted")
				checkHeard(t, bob, room, "bob", "room-left", "room-deleted")
				checkHeard(t, bobsPhone, room, "bob", "room-left", "room-deleted")
			})
		}
	}
}

// stored is how many messages the room has; of a deleted one nobody can know.
func stored(t *testing.T, s *harness.Server, room, token string, deleted bool) int {
	if deleted {
		return -1
	}
	return len(s.History(t, room, token))
}

// checkAcks holds that posts succeed up to some point and never after it.
func checkAcks(t *testing.T, acks []harness.Arrival, last int) {
	t.Helper()
	out, ok := false, 0
	for _, a := range acks {
		switch {
		case a.Ok && out:
			t.Errorf("a post was taken after one was refused: %s", a.Raw)
		case a.Ok:
			ok++
		case a.Error.Code != "not_found":
			t.Errorf("refused for another reason: %s", a.Raw)
		default:
			out = true
		}
	}
	if len(acks) == 0 || acks[len(acks)-1].Ok {
		t.Error("the post after the end was taken")
	}
	if last >= 0 && ok != last {
		t.Errorf("%d posts were acknowledged, %d are stored", ok, last)
	}
}

// checkHeard holds that a connection hears of the end once, and of no message of
// that sender after it.
func checkHeard(t *testing.T, p *harness.Peer, room, sender string, ends ...string) {
	t.Helper()
	ended := 0
	for _, a := range p.Arrivals() {
		if a.Room != room {
			continue
		}
		for _, end := range ends {
			if a.Name == end {
				ended++
			}
		}
		if a.Name == "message" && a.Sender == sender && ended > 0 {
			t.Errorf("%s: message %d came after the end", p.User, a.Seq)
		}
	}
	if ended != 1 {
		t.Errorf("%s heard of %d ends", p.User, ended)
	}
}

func mustCall(t *testing.T, s *harness.Server, method, path, token string, body any) {
	t.Helper()
	if status, answer := s.Call(t, method, path, token, body); status >= 300 {
		t.Fatalf("%s %s: %d %v", method, path, status, answer)
	}
}

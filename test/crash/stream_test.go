package crash

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"parley/test/harness"
)

// stream is test/js/crash.js at work: clients that send without a pause and a
// watcher that goes away and comes back.
type stream struct {
	server  *harness.Server
	program *harness.Program
	room    string
	token   string // of one who may read everything
	acked   int
}

// account is what the program has seen in the end.
type account struct {
	Acked, Online, Retried, Draining int
	Acks                             []struct {
		User, Text, MessageID, Cursor string
		Seq                           int64
	}
	Views []struct {
		User     string
		Messages []harness.Stored
	}
}

type user struct {
	ID         string   `json:"id"`
	Token      string   `json:"token"`
	Transports []string `json:"transports"`
}

// transports are what the users connect over, in turn.
var transports = [][]string{{"websocket"}, {"polling"}, {"polling", "websocket"}}

const senders, window = 4, 25

func startStream(t *testing.T, env string) *stream {
	s := harness.Start(t, env, "PARLEY_RATE_LIMITS=off", "PARLEY_RECONNECT_SPREAD=100ms")
	users := make([]user, senders+1)
	ids := make([]string, len(users))
	for i := range users {
		ids[i] = fmt.Sprintf("user-%d", i)
		users[i] = user{ids[i], harness.Token(t, ids[i], "user"), transports[i%len(transports)]}
	}
	st := &stream{server: s, room: s.Room(t, ids[0], ids...), token: users[0].Token}
	st.program = harness.StartNode(t, "crash.js", map[string]any{
		"url": s.URL, "room": st.room, "senders": users[1:], "watcher": users[0], "window": window,
	})
	return st
}

// flow waits until some more messages have been acknowledged and all senders are
// connected.
func (s *stream) flow(more int) {
	var line account
	for want := s.acked + more; line.Acked < want || line.Online < senders; {
		s.program.Next(harness.Patience, &line)
	}
	s.acked = line.Acked
}

// finish ends the sending and returns what the clients have seen when all of them
// have everything.
func (s *stream) finish() account {
	s.program.Tell("finish")
	for {
		var a account
		s.program.Next(2*time.Minute, &a)
		if a.Views != nil {
			return a
		}
	}
}

// whole fails the test unless the store, the acks and every client's view agree.
func (s *stream) whole(t *testing.T, a account) {
	t.Helper()
	history := s.server.History(t, s.room, s.token)
	harness.Contiguous(t, history)
	if len(history) != len(a.Acks) {
		t.Errorf("%d messages are stored, %d were acknowledged", len(history), len(a.Acks))
	}
	bySeq := make(map[int64]harness.Stored, len(history))
	for _, m := range history {
		bySeq[m.Seq] = m
	}
	for _, ack := range a.Acks {
		if m := bySeq[ack.Seq]; m.ID != ack.MessageID || m.Message != ack.Text || m.SenderUser != ack.User || m.Cursor != ack.Cursor {
			t.Errorf("%+v was acknowledged, %+v is stored", ack, m)
		}
	}
	for _, view := range a.Views {
		if len(view.Messages) != len(history) {
			t.Errorf("%s has %d messages of %d", view.User, len(view.Messages), len(history))
			continue
		}
		for i, m := range view.Messages {
			if m.ID != history[i].ID || m.Seq != history[i].Seq {
				t.Errorf("%s has %v where %v is stored", view.User, m, history[i])
				break
			}
		}
	}
}

func TestAcknowledgedMessagesSurviveSIGKILL(t *testing.T) {
	harness.OnEachDatabase(t, func(t *testing.T, env string) {
		s := startStream(t, env)
		for range harness.Sized(2, 20) {
			s.flow(50 + rand.IntN(250)) //nolint:gosec // any moment will do
			s.server.Kill()
			s.server.Run()
		}
		s.flow(50)
		a := s.finish()
		s.whole(t, a)
		if a.Retried == 0 {
			t.Error("no message was under way when the server was killed")
		}
		t.Logf("%d messages, %d were under way at an end", len(a.Acks), a.Retried)
	})
}

func TestAcknowledgedMessagesSurviveSIGTERM(t *testing.T) {
	harness.OnEachDatabase(t, func(t *testing.T, env string) {
		s := startStream(t, env)
		for range harness.Sized(2, 20) {
			s.flow(50 + rand.IntN(250)) //nolint:gosec // any moment will do
			s.server.Signal(syscall.SIGTERM)
			if code := s.server.Wait(15 * time.Second); code != 0 {
				t.Errorf("a drain under load ended with status %d:\n%s", code, s.server.Log())
			}
			s.server.Run()
		}
		s.flow(50)
		a := s.finish()
		s.whole(t, a)
		if want := harness.Sized(2, 20) * senders; a.Draining < want {
			t.Errorf("`draining` came %d times, want at least %d", a.Draining, want)
		}
		t.Logf("%d messages, %d were under way at an end", len(a.Acks), a.Retried)
	})
}

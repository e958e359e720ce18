package streams

import (
	"encoding/json"
	"strings"
	"testing"

	"parley/test/harness"
)

// event is what Socket.IO tells of messages and replies.
type event struct {
	Name      string `json:"-"`
	ID        string `json:"_id"`
	MessageID string `json:"messageId"`
	Room      string `json:"room"`
	Sender    string `json:"sender"`
	Message   string `json:"message"`
	ReplyTo   string `json:"replyTo"`
	Status    string `json:"status"`
	Token     string `json:"token"`
	Offset    int    `json:"offset"`
	Seq       int64  `json:"seq"`
	Cursor    string `json:"cursor"`
}

func eventOf(a harness.Arrival) event {
	e := event{Name: a.Name}
	_ = json.Unmarshal([]byte(a.Raw), &e)
	return e
}

// events returns what a peer was told so far, of messages and replies, or of one
// of them.
func events(p *harness.Peer, id ...string) []event {
	var all []event
	for _, a := range p.Arrivals() {
		if len(id) > 0 && a.ID != id[0] && a.MessageID != id[0] {
			continue
		}
		if a.Name == "message" || strings.HasPrefix(a.Name, "stream-") {
			all = append(all, eventOf(a))
		}
	}
	return all
}

// awaitEvent waits for an event of a peer.
func awaitEvent(p *harness.Peer, what string, fits func(event) bool) event {
	return eventOf(p.Await(what, func(a harness.Arrival) bool { return a.Name != "" && fits(eventOf(a)) }))
}

// streamed is all that a peer was told of one reply.
type streamed struct {
	text   string
	tokens int
	closed *event // its `message`
	end    *event
}

// replyAt puts together what a peer has of a reply, and holds the events' order.
func replyAt(t *testing.T, p *harness.Peer, id string) streamed {
	t.Helper()
	var s streamed
	begun := false
	for _, e := range events(p, id) {
		switch {
		case s.end != nil:
			t.Errorf("%s: %s of %s after its end", p.User, e.Name, id)
		case e.Name == "stream-start" && begun:
			t.Errorf("%s: %s began twice", p.User, id)
		case e.Name != "stream-start" && !begun:
			t.Errorf("%s: %s of %s before its start", p.User, e.Name, id)
		case e.Name == "stream-token" && (e.Offset != units(s.text) || s.closed != nil):
			t.Errorf("%s: a token of %s at %d, where %d are known", p.User, id, e.Offset, units(s.text))
		case e.Name == "stream-end" && s.closed == nil:
			t.Errorf("%s: the end of %s before its message", p.User, id)
		}
		switch e.Name {
		case "stream-start":
			begun = true
		case "stream-token":
			s.text += e.Token
			s.tokens++
		case "message":
			s.closed = &e
		case "stream-end":
			s.end = &e
		}
	}
	if s.closed != nil && (s.closed.Message != s.text || s.end != nil && (s.end.Message != s.text || s.end.Status != s.closed.Status)) {
		t.Errorf("%s: %q was streamed, and closed as %+v, %+v", p.User, s.text, s.closed, s.end)
	}
	return s
}

// question posts over Socket.IO and returns the message's id.
func question(t *testing.T, p *harness.Peer, room, text string) string {
	t.Helper()
	a := p.Call("message", room, text)
	if !a.Ok {
		t.Fatalf("%s cannot ask: %s", p.User, a.Raw)
	}
	return a.MessageID
}

// answerTo waits for the end of the reply to a question.
func answerTo(t *testing.T, p *harness.Peer, id string) streamed {
	t.Helper()
	m := p.Await("the reply to "+id, func(a harness.Arrival) bool {
		return a.Name == "message" && strings.Contains(a.Raw, `"replyTo":"`+id+`"`)
	})
	p.Await("its end", func(a harness.Arrival) bool { return a.Name == "stream-end" && a.MessageID == m.ID })
	return replyAt(t, p, m.ID)
}

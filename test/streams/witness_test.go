package streams

import (
	"encoding/json"
	"testing"
	"time"

	"parley/test/harness"
)

// seenByPeer is a witness over Socket.IO.
type seenByPeer struct {
	t        *testing.T
	h        *house
	p        *harness.Peer
	question string
	reply    string
	cursor   string
	realRoom string
	caught   *said // what `sync` had of the reply
}

func (w *seenByPeer) name() string { return w.p.User }
func (w *seenByPeer) room() string { return "" }

func (w *seenByPeer) ask(text string) {
	w.caught, w.reply = nil, ""
	w.question = question(w.t, w.p, "me", text)
	m := awaitEvent(w.p, "the question", func(e event) bool { return e.Name == "message" && e.ID == w.question })
	w.realRoom, w.cursor = m.Room, m.Cursor
	w.reply = awaitEvent(w.p, "a start", func(e event) bool {
		return e.Name == "stream-start" && !w.earlier(e.MessageID)
	}).MessageID
}

// earlier tells a reply that was closed over this connection before the question.
func (w *seenByPeer) earlier(id string) bool {
	for _, e := range events(w.p) {
		if e.ID == id && e.Name == "message" {
			return true
		}
	}
	return false
}

func (w *seenByPeer) watch() bool {
	for _, e := range events(w.p) {
		if e.Name == "stream-start" {
			w.reply = e.MessageID
		}
	}
	return w.reply != ""
}

func (w *seenByPeer) text() string {
	if w.reply == "" {
		return ""
	}
	return replyAt(w.t, w.p, w.reply).text
}

func (w *seenByPeer) lost() {
	w.t.Helper()
	select {
	case <-w.p.Ended():
	case <-time.After(harness.Patience):
		w.t.Fatalf("%s is still connected", w.name())
	}
}

// back connects anew and asks what has changed since the question.
func (w *seenByPeer) back() {
	w.t.Helper()
	w.p = w.h.Dial(w.t, w.p.User)
	a := w.p.Call("sync", map[string]any{"rooms": map[string]string{w.realRoom: w.cursor}})
	var ack struct {
		Rooms map[string]struct{ Messages []said }
	}
	if err := json.Unmarshal([]byte(a.Raw), &ack); err != nil || !a.Ok {
		w.t.Fatalf("sync: %s", a.Raw)
	}
	for _, m := range ack.Rooms[w.realRoom].Messages {
		if m.ID == w.reply {
			w.caught = &m
		}
	}
}

func (w *seenByPeer) ending() (id, status, text string, ok bool) {
	r := replyAt(w.t, w.p, w.reply)
	switch {
	case r.end != nil:
		return w.reply, r.end.Status, r.text, true
	case w.caught != nil:
		return w.reply, w.caught.Status, w.caught.Message, true
	}
	return "", "", "", false
}

func (w *seenByPeer) told() string {
	all := ""
	for _, a := range w.p.Arrivals() {
		all += a.Name + " "
	}
	return all
}

// seenByPage is a witness of the token-stream protocol.
type seenByPage struct {
	*page
	before string // the latest reply when the question was asked
}

func (w *seenByPage) name() string { return w.user }
func (w *seenByPage) room() string { return "" }
func (w *seenByPage) told() string { return kinds(w.socket.all()) }

func (w *seenByPage) ask(question string) {
	w.before = w.latest
	w.page.ask(question)
	w.until("a start", func() bool { return w.latest != w.before })
}

// takeIn looks at what has come, without waiting.
func (w *seenByPage) takeIn() *shown {
	for _, f := range w.socket.all()[w.taken:] {
		w.taken++
		w.apply(f)
	}
	return w.shown[w.latest]
}

func (w *seenByPage) watch() bool  { return w.takeIn() != nil }
func (w *seenByPage) text() string { return w.takeIn().text }
func (w *seenByPage) lost()        { w.t.Helper(); ended(w.t, w.socket, w.user) }
func (w *seenByPage) back()        { w.t.Helper(); w.takeIn(); w.comeBack() }

func (w *seenByPage) ending() (id, status, text string, ok bool) {
	r := w.takeIn()
	return w.latest, r.status, r.text, r.status != ""
}

// seenByVisit is a witness in a chatbot session.
type seenByVisit struct {
	*visit
	before int // replies that had ended when the question was asked
}

func (w *seenByVisit) name() string { return w.user }
func (w *seenByVisit) room() string { return w.visit.room }
func (w *seenByVisit) told() string { return kinds(w.socket.all()) }

func (w *seenByVisit) ask(question string) {
	w.before = len(w.complete)
	begun := w.begun
	w.visit.ask(question)
	w.until("a start", func() bool { return w.begun > begun })
}

func (w *seenByVisit) takeIn() {
	for _, f := range w.socket.all()[w.taken:] {
		w.taken++
		w.apply(f)
	}
}

func (w *seenByVisit) watch() bool  { w.takeIn(); return w.begun > 0 }
func (w *seenByVisit) text() string { w.takeIn(); return w.visit.text }
func (w *seenByVisit) lost()        { w.t.Helper(); ended(w.t, w.socket, w.user) }
func (w *seenByVisit) back()        { w.t.Helper(); w.takeIn(); w.connect() }

func (w *seenByVisit) ending() (id, status, text string, ok bool) {
	w.takeIn()
	if len(w.complete) == w.before {
		return "", "", "", false
	}
	f := w.complete[w.before]
	return f.SessionReply, f.Status, f.FullResponse, true
}

// ended waits for the end of a connection.
func ended(t *testing.T, s *socket, user string) {
	t.Helper()
	select {
	case <-s.ended:
	case <-time.After(harness.Patience):
		t.Fatalf("%s is still connected", user)
	}
}

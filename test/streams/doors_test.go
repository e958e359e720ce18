package streams

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"parley/test/harness"
)

// crowd is alice at every door, and mallory, who is to see nothing.
type crowd struct {
	*house
	t       *testing.T
	peer    *harness.Peer
	page    *page
	visit   *visit
	mallory *harness.Peer
	spy     *page
	spying  *visit
}

func (h *house) crowd(t *testing.T) *crowd {
	t.Helper()
	return &crowd{
		h, t, h.Dial(t, "alice"), newPage(t, h.URL, "alice"), h.newVisit(t, h.URL, "alice"),
		h.Dial(t, "mallory"), newPage(t, h.URL, "mallory"), h.newVisit(t, h.URL, "mallory"),
	}
}

// One user's conversation is one, whatever door they speak at; nobody else sees
// any of it.
func TestTwoDoorsOneConversation(t *testing.T) {
	t.Parallel()
	harness.OnEachDatabase(t, func(t *testing.T, env string) {
		c := newHouse(t, env).crowd(t)
		for _, tokens := range []string{"tokens", "socketio", "http"} {
			c.up.answer("over "+tokens, paced(0, "I ", "heard ", "👋🏽 ", tokens))
		}
		c.overTokens()
		c.overSocketIO()
		c.overHTTP()
		c.inTheSession()
		c.atOnce()
		c.unseen()
	})
}

// heard waits until Socket.IO has a question and the whole reply to it.
func (c *crowd) heard(question, room, answer string) event {
	c.t.Helper()
	q := awaitEvent(c.peer, question, func(e event) bool { return e.Name == "message" && e.Message == question })
	r := answerTo(c.t, c.peer, q.ID)
	if q.Sender != "alice" || q.Room != room || r.text != answer || r.end.Status != "complete" || r.closed.Room != room {
		c.t.Errorf("%+v was answered %+v", q, r)
	}
	return q
}

// shownOnPage waits until the page has a reply with the text.
func (c *crowd) shownOnPage(answer string) {
	c.t.Helper()
	c.page.until(answer, func() bool {
		for _, r := range c.page.shown {
			if r.ended && r.text == answer {
				return true
			}
		}
		return false
	})
}

// told are the texts of the user's own words that the page was told of.
func (c *crowd) told() (texts []string) {
	for _, f := range c.page.socket.of("message") {
		if f.Role != "user" || f.Name != "alice" {
			c.t.Errorf("%s", f.Raw)
		}
		texts = append(texts, f.Content)
	}
	return texts
}

func (c *crowd) overTokens() {
	c.t.Helper()
	id, r := c.page.reply("over tokens")
	q := c.heard("over tokens", c.conversation(), "I heard 👋🏽 tokens")
	if id == "" || r.text != "I heard 👋🏽 tokens" || q.ID != c.page.answers["over tokens"] {
		c.t.Errorf("the page shows %+v", r)
	}
	c.page.rest()
	if texts := c.told(); len(texts) != 0 {
		c.t.Errorf("the page was told of its own words: %q", texts)
	}
}

func (c *crowd) overSocketIO() {
	c.t.Helper()
	question(c.t, c.peer, "me", "over socketio")
	c.heard("over socketio", c.conversation(), "I heard 👋🏽 socketio")
	c.shownOnPage("I heard 👋🏽 socketio")
	if texts := c.told(); !slices.Equal(texts, []string{"over socketio"}) {
		c.t.Errorf("the page was told of %q", texts)
	}
}

func (c *crowd) overHTTP() {
	c.t.Helper()
	c.post("over http")
	c.heard("over http", c.conversation(), "I heard 👋🏽 http")
	c.shownOnPage("I heard 👋🏽 http")
	if texts := c.told(); !slices.Equal(texts, []string{"over socketio", "over http"}) {
		c.t.Errorf("the page was told of %q", texts)
	}
}

// post says something over HTTP.
func (c *crowd) post(text string) {
	c.t.Helper()
	status, answer := c.Call(c.t, http.MethodPost, "/chat/messages", harness.Token(c.t, "alice", "user"),
		map[string]any{"roomId": "me", "message": text})
	if status != http.StatusCreated {
		c.t.Errorf("POST: %d %v", status, answer)
	}
}

// conversation is alice's own room, as the page was told.
func (c *crowd) conversation() string { return c.page.socket.all()[0].Conversation }

// inTheSession: its room is seen on Socket.IO, and answers what is said there.
func (c *crowd) inTheSession() {
	c.t.Helper()
	before := len(c.page.socket.all())
	c.up.answer("in the session", paced(0, "A ", "session"))
	c.up.answer("into the session", paced(0, "Another ", "session"))
	if f := c.visit.reply("in the session"); f.FullResponse != "A session" {
		c.t.Errorf("%s", f.Raw)
	}
	c.heard("in the session", c.visit.room, "A session")
	question(c.t, c.peer, c.visit.room, "into the session")
	c.visit.until("the reply", func() bool { return len(c.visit.complete) == 2 })
	if f := c.visit.complete[1]; f.FullResponse != "Another session" {
		c.t.Errorf("%s", f.Raw)
	}
	c.heard("into the session", c.visit.room, "Another session")
	c.page.rest()
	if more := c.page.socket.all()[before:]; strings.TrimSpace(kinds(more)) != "pong" {
		c.t.Errorf("the page was told of the session: %s", c.page.socket.tail())
	}
}

// atOnce asks at three doors at the same moment: one reply at a time, in the order
// in which the questions are stored.
func (c *crowd) atOnce() {
	c.t.Helper()
	const each = 4
	before := len(c.history(c.t, "alice", ""))
	var doors sync.WaitGroup
	for door, ask := range map[string]func(string){
		"tokens":   func(q string) { c.page.ask(q) },
		"socketio": func(q string) { question(c.t, c.peer, "me", q) },
		"http":     c.post,
	} {
		doors.Go(func() {
			for i := range each {
				q := fmt.Sprintf("%s at once %d", door, i)
				c.up.answer(q, paced(0, "To ", q))
				ask(q)
			}
		})
	}
	doors.Wait()
	var stored []said
	harness.Eventually(c.t, harness.Patience, func() (bool, string) {
		stored = c.history(c.t, "alice", "")[before:]
		return len(stored) == 2*3*each, fmt.Sprintf("%d messages", len(stored))
	})
	var questions, replies []said
	for _, m := range stored {
		if m.reply() {
			replies = append(replies, m)
		} else {
			questions = append(questions, m)
		}
	}
	for i, q := range questions {
		if r := replies[i]; r.ReplyTo != q.ID || r.Message != "To "+q.Message || r.Status != "complete" {
			c.t.Errorf("question %d, %q, was answered %q, %s", i, q.Message, r.Message, r.Status)
		}
	}
	c.oneByOne()
}

// oneByOne holds that on Socket.IO no reply began before another's end.
func (c *crowd) oneByOne() {
	c.t.Helper()
	c.peer.Settle()
	open := ""
	for _, e := range events(c.peer) {
		switch {
		case e.Room != c.conversation():
		case e.Name == "stream-start" && open != "":
			c.t.Errorf("%s began before the end of %s", e.MessageID, open)
		case e.Name == "stream-start":
			open = e.MessageID
		case e.Name == "stream-end":
			open = ""
		}
	}
}

// unseen holds that mallory was told nothing, at no door.
func (c *crowd) unseen() {
	c.t.Helper()
	c.mallory.Settle()
	c.spy.rest()
	c.spying.socket.settle(c.t)
	for _, a := range c.mallory.Arrivals() {
		if strings.Contains(a.Raw, "alice") || strings.HasPrefix(a.Name, "stream-") || a.Name == "message" {
			c.t.Errorf("mallory was told %s %s", a.Name, a.Raw)
		}
	}
	for _, f := range append(c.spy.socket.all(), c.spying.socket.all()...) {
		if !slices.Contains([]string{"connection", "session_info", "pong"}, f.Type) {
			c.t.Errorf("mallory was told %s", f.Raw)
		}
	}
	token := harness.Token(c.t, "mallory", "user")
	for _, room := range []string{c.conversation(), c.visit.room} {
		if status, answer := c.Call(c.t, http.MethodGet, "/chat/messages?roomId="+room, token, nil); status != http.StatusNotFound {
			c.t.Errorf("mallory reads: %d %v", status, answer)
		}
	}
}

package socketio

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf16"

	"parley/chat"
)

// told is what a client has got of a stream.
type told struct {
	names []string
	text  string
	units int
}

// add takes in an event and fails where it does not follow what came before.
func (s *told) add(t testing.TB, p frame) {
	t.Helper()
	s.names = append(s.names, p.name())
	if p.name() != "stream-token" {
		return
	}
	var token tokenWire
	decode(p.args()[1], &token)
	if token.Offset != s.units {
		t.Fatalf("a token at %d comes after %d code units", token.Offset, s.units)
	}
	s.text += token.Token
	s.units += len(utf16.Encode([]rune(token.Token)))
}

// until reads events up to one of a name.
func (c *client) until(name string) *told {
	c.t.Helper()
	s := &told{}
	for len(s.names) == 0 || s.names[len(s.names)-1] != name {
		for len(c.events) == 0 {
			c.events = append(c.events, c.next())
		}
		s.add(c.t, c.events[0])
		c.events = c.events[1:]
	}
	return s
}

// TestReplyForALateSocket: a socket that comes into a room with an open reply gets
// its start and the text so far at offset 0, whether by connecting or by
// listening; then the rest.
func TestReplyForALateSocket(t *testing.T) {
	w := open(t)
	w.post("ann", chat.Me, "what?")
	r := w.reply()
	r.Append("so ")
	r.Append("far 😀 ")
	late := map[string]*client{"connects": w.connect("ann"), "listens": w.connect("ann")}
	for _, c := range late {
		if s := c.until("stream-token"); fmt.Sprint(s.names) != "[stream-start stream-token]" || s.text != "so far 😀 " {
			t.Errorf("got %+v", s)
		}
	}
	late["listens"].call("disconnectFromRoom", `"me"`)
	r.Append("and ")
	if p := late["connects"].await("stream-token"); string(field(p, "token")) != `"and "` {
		t.Errorf("got %s", p.data)
	}
	late["listens"].call("connectToRoom", `"me"`)
	if s := late["listens"].until("stream-token"); s.text != "so far 😀 and " {
		t.Errorf("got %+v", s)
	}
	stranger := w.connect("bob")
	if ack := stranger.call("connectToRoom", fmt.Sprintf("%q", chat.ConversationOf("ann"))); code(ack) != "not_found" {
		t.Errorf("%s", ack)
	}
	r.Append("on")
	w.finish(r)
	for name, c := range late {
		var names []string
		for _, p := range c.settle() {
			names = append(names, p.name())
		}
		if fmt.Sprint(names) != "[stream-token message stream-end]" {
			t.Errorf("who %s got %v", name, names)
		}
	}
	if got := stranger.settle(); len(got) != 0 {
		t.Errorf("a stranger got %s", got[0].data)
	}
}

// TestReplyWhileAway: who comes back into an open reply gets it from the beginning;
// one that was closed meanwhile comes as its message and its end. Both are
// recovered from, the pieces are not.
func TestReplyWhileAway(t *testing.T) {
	w := open(t)
	w.post("ann", chat.Me, "what?")
	c, e := w.settled("ann")
	r := w.reply()
	r.Append("one ")
	for _, p := range c.settle() {
		if p.offset() != "" {
			t.Errorf("%s can be recovered from", p.data)
		}
	}
	c.cut()
	w.detached()
	r.Append("two ")
	c, ok := w.back("/chat", e)
	if !ok {
		t.Fatal("not recovered")
	}
	if s := c.until("stream-token"); fmt.Sprint(s.names) != "[stream-start stream-token]" || s.text != "one two " {
		t.Errorf("got %+v", s)
	}
	c.cut()
	w.detached()
	w.finish(r)
	if c, ok = w.back("/chat", e); !ok {
		t.Fatal("not recovered")
	}
	s := told{}
	for _, p := range c.settle() {
		if s.add(t, p); p.offset() == "" {
			t.Errorf("%s cannot be recovered from", p.data)
		}
		e.Offset = p.offset()
	}
	if fmt.Sprint(s.names) != "[message stream-end]" {
		t.Errorf("got %v", s.names)
	}
	c.cut()
	w.detached()
	if c, ok = w.back("/chat", e); !ok || len(c.settle()) != 0 {
		t.Error("something comes twice, or was missed")
	}
}

// TestReplyToASlowReader: over polling, what is not fetched gathers, and comes as
// few tokens that join.
func TestReplyToASlowReader(t *testing.T) {
	w := open(t)
	w.post("ann", chat.Me, "what?")
	url := w.URL + "/realtime/?EIO=4&transport=polling"
	fetch := func(method, body string) []string {
		req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		res, err := w.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		all, _ := io.ReadAll(res.Body)
		return strings.Split(string(all), "\x1e")
	}
	var opened struct{ Sid string }
	decode(json.RawMessage(fetch("GET", "")[0][1:]), &opened)
	url += "&sid=" + opened.Sid
	fetch("POST", `40/chat,{"token":"ann"}`)
	for joined := false; !joined; {
		for _, p := range fetch("GET", "") {
			joined = joined || strings.Contains(p, `"ready"`)
		}
	}
	r := w.reply()
	want := ""
	const tokens = 2000
	for i := range tokens {
		token := fmt.Sprintf("token %d é😀 ", i)
		want += token
		r.Append(token)
	}
	s, end := told{}, false
	for s.text != want {
		for _, p := range fetch("GET", "") {
			if p[0] == '4' {
				s.add(t, parse(p[1:]))
			}
		}
	}
	if n := len(s.names); n > tokens/4 {
		t.Errorf("%d of %d tokens came one by one", n, tokens)
	}
	w.finish(r)
	for !end {
		for _, p := range fetch("GET", "") {
			if p[0] == '4' {
				s.add(t, parse(p[1:]))
			}
		}
		end = s.names[len(s.names)-1] == "stream-end"
	}
	if n := len(s.names); s.names[0] != "stream-start" || s.names[n-2] != "message" || s.text != want {
		t.Errorf("got %v", s.names)
	}
}

// TestStopDoesNotHoldUp: while a reply is being closed, what its user posts behind
// the stop is stored; the acks keep their order.
func TestStopDoesNotHoldUp(t *testing.T) {
	w := open(t)
	ann := w.connect("ann")
	room := w.room("ann")
	ann.call("message", `"what?"`)
	stopped := make(chan struct{})
	r := w.replyStopped(func() { close(stopped) })
	r.Append("never en")
	first, second := ann.emit("stop", fmt.Sprintf("%q", r.ID())), ann.emit("message", fmt.Sprintf(`%q,"meanwhile"`, room))
	<-stopped
	for {
		p := ann.next()
		if p.kind == '3' {
			t.Fatalf("%s was answered before the reply was closed", p.data)
		}
		if p.name() == "message" && string(field(p, "message")) == `"meanwhile"` {
			break
		}
	}
	if err := r.Close(t.Context(), chat.StatusCancelled, 0, 0); err != nil {
		t.Fatal(err)
	}
	r.Done()
	for _, id := range []int{first, second} {
		p := ann.next()
		for p.kind != '3' {
			p = ann.next()
		}
		if p.id != id || code(p.args()[0]) != "" {
			t.Errorf("ack %d: %s", p.id, p.data)
		}
	}
}

// TestStopIsForTheirOwn: nobody stops a reply of a room that is not theirs.
func TestStopIsForTheirOwn(t *testing.T) {
	w := open(t)
	w.post("ann", chat.Me, "what?")
	r := w.replyStopped(func() { t.Error("stopped") })
	bob := w.connect("bob")
	if ack := bob.call("stop", fmt.Sprintf("%q", r.ID())); code(ack) != "not_found" {
		t.Errorf("%s", ack)
	}
	w.finish(r)
}

// TestLoneTexts: texts alone keep their pace and order, with rooms' ids among them
// that are refused in their turn: of rooms that this socket does not listen to as
// well, but no stranger's, which is a text like any other.
func TestLoneTexts(t *testing.T) {
	w := open(t)
	mine, foreign := w.room("ann"), w.room("bob")
	ann := w.connect("ann")
	ann.call("disconnectFromRoom", fmt.Sprintf("%q", mine))
	ids, want := map[int]string{}, int64(0)
	var order []int
	for i := range 60 {
		text := fmt.Sprint("text ", i)
		if i%3 == 1 {
			text = mine
		} else if i%10 == 0 {
			text = foreign
		}
		id := ann.emit("message", fmt.Sprintf("%q", text))
		order, ids[id] = append(order, id), text
	}
	for _, id := range order {
		ack := ann.ack(id)
		if ids[id] == mine {
			if code(ack) != "invalid" {
				t.Errorf("%s", ack)
			}
			continue
		}
		var got struct{ Seq int64 }
		decode(ack, &got)
		if want++; got.Seq != want {
			t.Fatalf("%s, want seq %d", ack, want)
		}
	}
}

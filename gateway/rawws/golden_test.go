package rawws

import (
	"encoding/json"
	"testing"

	"parley/chat"
)

// script plays what happens and writes down what each client gets.
type script struct {
	t       testing.TB
	w       *world
	clients map[string]*client
	order   []string
	lines   []line
}

// line is what somebody does or gets.
type line [2]any

func (s *script) join(name string, c *client) *client {
	s.clients[name] = c
	s.order = append(s.order, name)
	return c
}

func (s *script) write(what string, v any) { s.lines = append(s.lines, line{what, v}) }

// sends plays one message.
func (s *script) sends(name, text string) {
	s.t.Helper()
	if json.Valid([]byte(text)) {
		s.write(name+" sends", json.RawMessage(text))
	} else {
		s.write(name+" sends", text)
	}
	s.clients[name].send(text)
	s.look(name) // what it did is done once it is answered
	for _, other := range s.order {
		if other != name {
			s.look(other)
		}
	}
}

// happens plays what comes from elsewhere.
func (s *script) happens(what string, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	s.write(what, nil)
	s.settle()
}

func (s *script) settle() {
	s.t.Helper()
	for _, name := range s.order {
		s.look(name)
	}
}

// look writes down what a client has got.
func (s *script) look(name string) {
	s.t.Helper()
	for _, m := range s.clients[name].settle() {
		s.write(name+" gets", m)
	}
}

// gets waits for so many messages, of what comes a moment later.
func (s *script) gets(name string, n int) {
	s.t.Helper()
	for range n {
		s.write(name+" gets", s.clients[name].next())
	}
}

func newScript(t testing.TB) *script {
	return &script{t: t, w: openWorld(t), clients: map[string]*client{}}
}

// TestTokenShapes pins every message of the token-stream protocol.
func TestTokenShapes(t *testing.T) {
	s := newScript(t)
	ctx := t.Context()
	first := s.join("ann", s.w.dial("/?token=ann")).next()
	s.write("ann gets first", first)
	s.write("ann's other window gets first", s.join("ann's other window", s.w.dial("/ws/", "Authorization", "Bearer ann")).next())
	room := field(first, "conversation")

	s.sends("ann", `{"type":"chat","content":"Hello <b> & \"you\" €","timestamp":"2026-01-01T00:00:00.000Z"}`)
	r := s.w.reply()
	s.happens("the reply begins", nil)
	r.say("Hello", " 👋", " there")
	s.happens("it goes on", nil)
	s.write("ann's third window gets first", s.join("ann's third window", s.w.dial("/ws?token=ann")).next())
	s.gets("ann's third window", 2)
	r.say(" again").Ground([]chat.Source{{Document: "a.md", Passage: "1"}})
	r.end(chat.StatusComplete)
	s.happens("it is complete", nil)
	s.clients["ann's third window"].lose()
	s.order = s.order[:2]

	s.sends("ann", `{"type":"chat","content":"with a nonce","nonce":"n1"}`)
	s.w.reply().say("Half an ans").end(chat.StatusInterrupted)
	s.happens("the reply is interrupted", nil)
	s.sends("ann", `{"type":"chat","content":"with a nonce","nonce":"n1"}`)
	s.sends("ann's other window", `{"type":"chat","content":"break"}`)
	s.w.reply().end(chat.StatusFailed)
	s.happens("the reply fails", nil)

	_, err := s.w.chat.Edit(ctx, actor("ann"), "id1", "edited")
	s.happens("ann edits", err)
	_, err = s.w.chat.Delete(ctx, actor("ann"), "id3")
	s.happens("ann deletes", err)
	err = s.w.personPosts(room)
	s.happens("a person writes", err)

	s.sends("ann", `{"type":"sync","cursor":""}`)
	s.sends("ann", `{"type":"sync","cursor":"e1:7"}`)
	s.sends("ann", `{"type":"sync","cursor":"e1:99"}`)
	s.sends("ann", `{"type":"sync","cursor":"e0:1"}`)
	s.sends("ann", `{"type":"human-escalation","reason":"Need human assistance","timestamp":"2026-01-01T00:00:00.000Z"}`)
	s.sends("ann", `{"type":"human-escalation"}`)
	s.sends("ann", `{"type":"auth","token":"ann"}`)
	s.sends("ann", `{"type":"auth","token":"Bearer ann"}`)
	s.write("ann sends", json.RawMessage(`{"type":"ping","timestamp":"x"}`))
	s.write("ann gets", s.clients["ann"].call(`{"type":"ping","timestamp":"x"}`))
	s.happens("ann clears the history", s.w.chat.ClearHistory(ctx, actor("ann")))
	s.sends("ann", `{"type":"sync","cursor":"e1:3"}`)
	golden(t, "tokens", s.lines)
}

// TestTokenErrors pins what is said to messages that are wrong.
func TestTokenErrors(t *testing.T) {
	s := newScript(t)
	s.join("ann", s.w.dial("/ws?token=ann")).await("connection")
	for _, text := range []string{
		`{`, ``, `null`, `7`, `[]`, `"chat"`, `{"type":"chat","content":"a"} {}`,
		"{\"type\":\"chat\",\"content\":\"\xff\"}",
		`{}`, `{"type":null}`, `{"type":7}`, `{"type":"poem"}`, `{"type":""}`, `{"Type":"chat","content":"x"}`,
		`{"type":"chat"}`, `{"type":"chat","content":7}`, `{"type":"chat","content":null}`, `{"type":"chat","content":""}`,
		`{"type":"chat","content":"a\u0000b"}`, `{"type":"chat","content":"x","nonce":7}`, `{"type":"chat","content":"x","nonce":""}`,
		`{"type":"stop"}`, `{"type":"stop","messageId":[]}`, `{"type":"stop","messageId":"nothing"}`,
		`{"type":"sync"}`, `{"type":"sync","cursor":3}`, `{"type":"sync","cursor":"x"}`,
		`{"type":"human-escalation","reason":{}}`,
		`{"type":"auth"}`, `{"type":"auth","token":"old"}`, `{"type":"auth","token":"bob"}`, `{"type":"auth","token":"broken"}`,
	} {
		s.sends("ann", text)
	}
	golden(t, "errors", s.lines)
}

// TestSessionShapes pins every message of the protocol of chatbot sessions.
func TestSessionShapes(t *testing.T) {
	s := newScript(t)
	ctx := t.Context()
	id := s.w.session("ann")
	s.write("ann gets first", s.join("ann", s.w.dial("/ws/chat/"+id+"/?token=ann")).next())
	s.sends("ann", `{"message":"Hello, can you help me?","message_type":"text"}`)
	r := s.w.reply().say("Hello! ", "I'd be happy to help")
	s.happens("the reply goes on", nil)
	r.Ground([]chat.Source{{Document: "a.md", Passage: "1"}})
	r.end(chat.StatusComplete)
	s.happens("it is complete", nil)
	s.sends("ann", `{"message":"without a type","nonce":"n1"}`)
	s.w.reply().say("Half").end(chat.StatusInterrupted)
	s.happens("the reply is interrupted", nil)
	s.sends("ann", `{"message":"without a type","nonce":"n1"}`)

	one, err := s.w.store.Session(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	err = s.w.personPosts(one.Room)
	s.happens("a person writes", err)
	s.w.post("ann", one.Room, "said elsewhere")
	s.happens("ann writes at another door", nil)
	r = s.w.reply().say("Seen there, ")
	s.happens("and is answered", nil)
	s.clients["ann"].lose()
	s.order = nil
	eventually(t, "the lost socket is given up", func() bool { _, n := s.w.doors.Connections(); return n == 0 })
	s.write("ann comes back in the middle and gets first", s.join("ann again", s.w.dial("/ws/chat/"+id+"?token=ann")).next())
	s.gets("ann again", 2)
	r.say("and here").end(chat.StatusComplete)
	s.happens("it is complete", nil)

	for _, text := range []string{
		`{"message":"x","message_type":"image"}`, `{"message":"x","message_type":7}`, `{"message_type":"text"}`, `{"message":7}`,
		`{"message":""}`, `{"type":"poem"}`, `{"type":"chat","content":"x"}`, `{`, `[]`,
		`{"type":"human-escalation","reason":"x"}`, `{"type":"auth","token":"ann"}`, `{"type":"auth","token":"old"}`, `{"type":"stop"}`,
	} {
		s.sends("ann again", text)
	}
	golden(t, "sessions", s.lines)
}

package socketio

import (
	"fmt"
	"testing"
	"time"

	"parley/gateway"
)

// gets awaits an event and writes it down.
func (s *script) gets(user, event string) {
	s.t.Helper()
	s.write(user+" gets", plain(s.clients[user].await(event).data))
}

// comes connects a user, of which the others are told.
func (s *script) comes(user string) {
	s.t.Helper()
	s.connect(user)
	s.write(user+" connects", nil)
	for _, u := range s.order {
		s.gets(u, "presence")
	}
	s.order = append(s.order, user)
}

// TestPresenceShapes pins who is online, and how changes are told: to the others
// in the room, once for all of a user's connections.
func TestPresenceShapes(t *testing.T) {
	s := &script{t: t, order: []string{"ann"}, clients: map[string]*client{}}
	s.w = openHub(t, gateway.Options{PresenceGrace: time.Millisecond})
	r := s.w.room("ann", "bob", "cid")
	s.connect("ann")
	room := fmt.Sprintf("%q", r)
	s.on("ann", "presence", room)
	s.comes("bob")
	second := s.w.connect("bob")
	s.does("bob connects a second time", nil)
	s.on("ann", "presence", `{"roomId":`+room+`}`)
	_, err := s.w.chat.AddUsers(t.Context(), actor("ann"), r, []string{"dan"})
	s.does("dan is added", err)
	s.comes("dan")
	s.on("dan", "leave", room)
	s.on("dan", "presence", room)
	s.on("dan", "join", room)
	second.cut()
	s.does("one of bob's connections is lost", nil)
	s.clients["bob"].cut()
	s.order = []string{"ann", "dan"}
	s.write("bob's last connection is lost", nil)
	s.gets("ann", "presence")
	s.gets("dan", "presence")
	s.on("ann", "presence", room)
	s.mute("ann", "presence", `"no such room"`)
	s.on("ann", "presence", `7`)
	golden(t, "presence", s.lines)
}

// TestTypingEndsWithTheMessage of the same connection, behind it, and not with
// one that was refused or came from elsewhere.
func TestTypingEndsWithTheMessage(t *testing.T) {
	w := open(t)
	r := w.room("ann", "bob")
	one, two, bob := w.connect("ann"), w.connect("ann"), w.connect("bob")
	room := fmt.Sprintf("%q", r)
	names := func() (list []string) {
		for _, p := range bob.settle() {
			list = append(list, p.name()+string(field(p, "typing")))
		}
		return list
	}
	bob.settle()
	for _, c := range []*client{one, two} {
		if ack := c.call("typing", room); code(ack) != "" {
			t.Fatalf("%s", ack)
		}
	}
	one.call("message", room+`,""`) // refused
	one.call("message", room+`,"from the first"`)
	w.post("ann", r, "from nowhere")
	two.call("message", room+`,"from the second"`)
	one.call("message", room+`,"and again"`)
	if got := fmt.Sprint(names()); got != "[typingtrue typingtrue message message message typingfalse message]" {
		t.Errorf("got %s", got)
	}
	one.call("typing", room)
	one.cut()
	if got := string(field(bob.await("typing"), "typing")) + string(field(bob.await("typing"), "typing")); got != "truefalse" {
		t.Errorf("with the connection's end came %s", got)
	}
}

// TestTypingIsForgotten by the server where the client does.
func TestTypingIsForgotten(t *testing.T) {
	w := openHub(t, gateway.Options{TypingTimeout: time.Millisecond})
	r := w.room("ann", "bob")
	ann, bob := w.connect("ann"), w.connect("bob")
	ann.call("typing", fmt.Sprintf("%q,true", r))
	for _, want := range []string{"true", "false"} {
		if got := string(field(bob.await("typing"), "typing")); got != want {
			t.Errorf("typing is %s, want %s", got, want)
		}
	}
}

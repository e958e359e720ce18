package gateway

import (
	"testing"

	"parley/chat"
)

func typing(room, user string, s *Session, on bool) chat.Event {
	return chat.Event{Kind: chat.EventTyping, Room: room, User: user, Origin: s.ID, Typing: on}
}

// typingRoom has bob, who listens, and two devices of ann's.
func typingRoom(t *testing.T) (h *Hub, one, two *Session, bob *fakeSink) {
	t.Helper()
	h, f := presenceHub(never)
	f.members["ann"], f.members["bob"] = []string{"r"}, []string{"r"}
	s, bob := connect(t, h, "bob", "")
	one, _ = connect(t, h, "ann", "1")
	two, _ = connect(t, h, "ann", "2")
	t.Cleanup(func() { s.Close(); one.Close(); two.Close() })
	return h, one, two, bob
}

// TestTypingEnds in every way there is, and once.
func TestTypingEnds(t *testing.T) {
	for name, end := range map[string]func(h *Hub, s *Session){
		"said":           func(h *Hub, s *Session) { h.Publish(typing("r", "ann", s, false)) },
		"posted":         func(_ *Hub, s *Session) { s.StopTyping("r") },
		"lost":           func(_ *Hub, s *Session) { s.Detach() },
		"closed":         func(_ *Hub, s *Session) { s.Close() },
		"ended":          func(_ *Hub, s *Session) { s.End(chat.ErrTokenExpired) },
		"left":           func(h *Hub, _ *Session) { h.Publish(left("r", 0, "ann")) },
		"not listening":  func(h *Hub, s *Session) { h.Unlisten(s, "r"); s.Close() },
		"left, and lost": func(h *Hub, s *Session) { h.Publish(left("r", 0, "ann")); s.Detach() },
		"twice":          func(_ *Hub, s *Session) { s.StopTyping("r"); s.StopTyping("r"); s.Detach() },
	} {
		t.Run(name, func(t *testing.T) {
			h, one, _, bob := typingRoom(t)
			h.Publish(typing("r", "ann", one, true))
			bob.told(t, chat.EventTyping, "r ann on")
			end(h, one)
			bob.told(t, chat.EventTyping, "r ann on", "r ann off")
			if r := h.lookup("r"); len(r.typists) != 0 {
				t.Errorf("left are %v", r.typists)
			}
		})
	}
}

func TestTypingExpires(t *testing.T) {
	f := newFakeStore()
	h := NewHub(Options{Store: f, Epoch: func() string { return "e" }, TypingTimeout: atOnce})
	f.members["ann"], f.members["bob"] = []string{"r"}, []string{"r"}
	bob, sink := connect(t, h, "bob", "")
	defer bob.Close()
	ann, own := connect(t, h, "ann", "")
	defer ann.Close()
	h.Publish(typing("r", "ann", ann, true))
	eventually(t, "the end", func() bool { return len(sink.events(chat.EventTyping)) == 2 })
	sink.told(t, chat.EventTyping, "r ann on", "r ann off")
	own.told(t, chat.EventTyping)
	ann.StopTyping("r") // it has ended
	sink.told(t, chat.EventTyping, "r ann on", "r ann off")
}

// TestTypingRepeated: what was repeated does not end with its first time.
func TestTypingRepeated(t *testing.T) {
	h, one, _, bob := typingRoom(t)
	e := typing("r", "ann", one, true)
	h.Publish(e)
	r := h.lookup("r")
	first := r.typists["ann"][one.ID]
	h.Publish(e)
	if first.Stop() {
		t.Error("the first timer still runs")
	}
	r.tire(e, &first) // as if it had fired a moment before
	bob.told(t, chat.EventTyping, "r ann on", "r ann on")
	second := r.typists["ann"][one.ID]
	r.tire(e, &second)
	bob.told(t, chat.EventTyping, "r ann on", "r ann on", "r ann off")
}

// TestTypingOnTwoDevices goes on until the last has stopped.
func TestTypingOnTwoDevices(t *testing.T) {
	h, one, two, bob := typingRoom(t)
	h.Publish(typing("r", "ann", one, true))
	h.Publish(typing("r", "ann", two, true))
	h.Publish(typing("r", "ann", one, false))
	h.Publish(typing("r", "ann", one, false))
	bob.told(t, chat.EventTyping, "r ann on", "r ann on")
	two.Detach()
	bob.told(t, chat.EventTyping, "r ann on", "r ann on", "r ann off")
}

// TestTypingOfWhoIsOut: whoever left while their typing was let in is not heard,
// and a deleted room is silent.
func TestTypingOfWhoIsOut(t *testing.T) {
	h, one, _, bob := typingRoom(t)
	h.Publish(typing("r", "ann", one, true))
	h.Publish(left("r", 0, "ann"))
	h.Publish(typing("r", "ann", one, true))
	bob.told(t, chat.EventTyping, "r ann on", "r ann off")
	h.Publish(joined("r", 0, "ann"))
	h.Publish(typing("r", "ann", one, true))
	bob.told(t, chat.EventTyping, "r ann on", "r ann off", "r ann on")
	r := h.lookup("r")
	h.Publish(chat.Event{Kind: chat.EventRoomDeleted, Room: "r"})
	one.Close()
	bob.told(t, chat.EventTyping, "r ann on", "r ann off", "r ann on")
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.typists) != 0 {
		t.Errorf("left are %v", r.typists)
	}
}

// TestTypingKeepsNothing: a room that nobody here listens to keeps no timer.
func TestTypingKeepsNothing(t *testing.T) {
	h, f := presenceHub(never)
	f.members["ann"] = []string{"r"}
	ann, _ := connect(t, h, "ann", "")
	r := h.lookup("r")
	h.Publish(typing("r", "ann", ann, true))
	timer := r.typists["ann"][ann.ID]
	h.Unlisten(ann, "r")
	if len(r.typists) != 0 || timer.Stop() {
		t.Error("a timer is left")
	}
	h.Publish(typing("r", "ann", ann, true))
	ann.Close()
	if h.lookup("r") != nil {
		t.Error("the room is left")
	}
}

package gateway

import (
	"slices"
	"testing"

	"parley/chat"
)

// TestSessionOfOneRoom gets that room's events alone, whatever its user comes into
// or leaves, and its cursor; its user is there in all of their rooms.
func TestSessionOfOneRoom(t *testing.T) {
	h, f := presenceHub(never)
	f.members["ann"], f.members["bob"] = []string{"q", "r"}, []string{"q", "r"}
	f.post("r")
	bob, told := connect(t, h, "bob", "")
	defer bob.Close()
	sink, cursors := &fakeSink{}, map[string]string{}
	ann, err := enter(h, NewSession{
		ID: "a", Format: testFormat, Sink: sink, Room: "r", Identity: chat.Identity{Actor: chat.Actor{ID: "ann"}},
	}, func(all map[string]string, _ string) Frame { cursors = all; return text("{}") })
	if err != nil {
		t.Fatal(err)
	}
	if len(cursors) != 1 || cursors["r"] != "e:1" {
		t.Errorf("cursors %v", cursors)
	}
	got := told.changes(chat.EventPresence)
	slices.Sort(got)
	if !slices.Equal(got, []string{"q ann on", "r ann on"}) {
		t.Errorf("told %q", got)
	}
	h.Publish(f.post("r"))
	h.Publish(f.post("q"))
	h.Publish(joined("s", 0, "ann"))           // here are no others
	h.Publish(joined("q", 1, "ann"))           // here are
	f.members["ann"] = []string{"q", "r", "s"} // as a second connection reads them
	h.Publish(f.post("s"))
	h.Publish(left("s", 1, "ann"))
	h.Publish(left("q", 1, "ann"))
	h.Publish(f.post("r"))
	for _, e := range sink.got {
		if e.Room != "r" && e.Kind != "" {
			t.Errorf("got %+v", e)
		}
	}
	if got := versions(sink); !slices.Equal(got, []int64{2, 3}) {
		t.Errorf("got the messages %v", got)
	}
	// Of q, which they have left, bob hears no more of them.
	told.mu.Lock()
	told.got = nil
	told.mu.Unlock()
	ann.Close()
	h.depose("ann")
	told.told(t, chat.EventPresence, "r ann off")
	if connected, waiting := h.Sessions(); connected+waiting != 1 || h.lookup("s") != nil {
		t.Error("something is left")
	}
}

// TestSilentSession is not told what it has said itself, nor recovers it; the
// user's other connections are.
func TestSilentSession(t *testing.T) {
	h, f := presenceHub(never)
	f.members["ann"] = []string{"r"}
	offset := ""
	sink, back := &fakeSink{}, &fakeSink{}
	id := chat.Identity{Actor: chat.Actor{ID: "ann"}}
	ann, err := enter(h, NewSession{ID: "a", PID: "p", Format: testFormat, Sink: sink, Silent: true, Identity: id},
		func(_ map[string]string, o string) Frame { offset = o; return text("{}") })
	if err != nil {
		t.Fatal(err)
	}
	defer ann.Close()
	other, all := connect(t, h, "ann", "")
	defer other.Close()
	say := func(origin string) {
		e := f.post("r")
		e.Origin = origin
		h.Publish(e)
	}
	say("a")
	say(other.ID)
	say("")
	ann.Detach()
	if h.Resume("p", offset, id, testFormat, back) != ann || !ann.Resumed() {
		t.Fatal("not resumed")
	}
	for name, got := range map[string][]int64{"live": versions(sink), "recovered": versions(back)} {
		if !slices.Equal(got, []int64{2, 3}) {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := versions(all); !slices.Equal(got, []int64{1, 2, 3}) {
		t.Errorf("the other got %v", got)
	}
}

// TestChatbotSessionCloses ends its sockets alone, and says why.
func TestChatbotSessionCloses(t *testing.T) {
	h, f := presenceHub(never)
	f.members["ann"] = []string{"r"}
	join := func(id, session string) *fakeSink {
		sink := &fakeSink{}
		s, err := enter(h, NewSession{
			ID: id, Format: testFormat, Sink: sink, Chatbot: session, Identity: chat.Identity{Actor: chat.Actor{ID: "ann"}},
		}, func(map[string]string, string) Frame { return text("{}") })
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		return sink
	}
	one, two, none := join("a", "one"), join("b", "two"), join("c", "")
	h.Publish(chat.Event{Kind: chat.EventSessionClosed, User: "ann", Origin: "one", Replaced: true})
	h.Publish(chat.Event{Kind: chat.EventSessionClosed, User: "bob", Origin: "two"})
	h.Publish(chat.Event{Kind: chat.EventSessionClosed, User: "ann", Origin: ""})
	if one.ended != chat.ErrSessionReplaced || two.ended != nil || none.ended != nil {
		t.Errorf("ended: %v, %v, %v", one.ended, two.ended, none.ended)
	}
	h.Publish(chat.Event{Kind: chat.EventSessionClosed, User: "ann", Origin: "two"})
	if two.ended != chat.ErrSessionClosed || none.ended != nil {
		t.Errorf("ended: %v, %v", two.ended, none.ended)
	}
}

// TestListenToAStrangersRoom: whoever may not listen gets nothing, not even what
// happens while it is checked, nor a reply that is being written.
func TestListenToAStrangersRoom(t *testing.T) {
	h, f, w := streamHub()
	f.members["ann"], f.members["eve"] = []string{"r"}, nil
	ann, _ := w.attend(t, NewSession{ID: "a"})
	defer ann.Close()
	w.told("r", "secret")
	eve, sink := w.attend(t, NewSession{ID: "e", Identity: chat.Identity{Actor: chat.Actor{ID: "eve"}}})
	defer eve.Close()
	err := h.Listen(eve, "r", func() (chat.RoomHead, error) {
		h.Publish(f.post("r"))
		h.Publish(w.say("r", "more"))
		return chat.RoomHead{}, chat.ErrRoomNotFound
	})
	if err == nil || len(sink.list()) != 1 {
		t.Errorf("%v, got %+v", err, sink.list())
	}
}

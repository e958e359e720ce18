package gateway

import (
	"testing"

	"parley/chat"
)

// TestStreamAndRecovery: a client that comes back gets what is open from its
// beginning, and what ended meanwhile as a message with its end.
func TestStreamAndRecovery(t *testing.T) {
	h, f, w := streamHub()
	f.members["ann"] = []string{"r"}
	ann, sink := w.attend(t, NewSession{ID: "a", PID: "p"})
	defer ann.Close()
	first := w.told("r", "one ")
	ann.Detach()
	h.Publish(w.say("r", "two"))
	w.finish("r")
	second := w.told("r", "three ")
	back := newReader()
	back.back = true
	if h.Resume("p", sink.last, ann.Identity(), streamFormat{}, back) != ann {
		t.Fatal("not resumed")
	}
	h.Publish(w.say("r", "four "))
	if !ann.Resumed() {
		t.Fatal("not resumed")
	}
	eventually(t, "the open one", func() bool { return back.stream(second).text == "three four " })
	if st := back.stream(first); !st.end || st.start {
		t.Errorf("%+v", st)
	}
	// Nothing has happened between.
	ann.Detach()
	again := newReader()
	again.back = true
	if h.Resume("p", back.last, ann.Identity(), streamFormat{}, again) != ann || !ann.Resumed() {
		t.Fatal("not resumed")
	}
	eventually(t, "the open one again", func() bool { return again.stream(second).text == "three four " })
	// It ends while the session is held back.
	ann.Detach()
	last := newReader()
	last.back = true
	if h.Resume("p", back.last, ann.Identity(), streamFormat{}, last) != ann {
		t.Fatal("not resumed")
	}
	w.finish("r")
	if !ann.Resumed() {
		t.Fatal("not resumed")
	}
	if st := last.stream(second); !st.start || !st.end || st.tokens != 1 {
		t.Errorf("%+v", st)
	}
	last.sound(t, "the last")
}

// TestStreamWhileComingBack: nothing of a stream that its client cannot read goes
// out between the moment at which a session has its new connection and that at
// which its rooms know.
func TestStreamWhileComingBack(t *testing.T) {
	for name, meanwhile := range map[string]func(w *writer){
		"a token": func(w *writer) { w.hub.Publish(w.say("r", "two")) },
		"the end": func(w *writer) { w.finish("r") },
	} {
		t.Run(name, func(t *testing.T) {
			h, f, w := streamHub()
			f.members["ann"] = []string{"r"}
			ann, sink := w.attend(t, NewSession{ID: "a", PID: "p"})
			defer ann.Close()
			id := w.told("r", "one ")
			ann.Detach()
			back := newReader()
			back.back = true
			if h.resume("p", sink.last, ann.Identity(), streamFormat{}, back) != ann {
				t.Fatal("not resumed")
			}
			meanwhile(w)
			h.restart(ann)
			if !ann.Resumed() {
				t.Fatal("not resumed")
			}
			eventually(t, "the text", func() bool { st := back.stream(id); return st.start && st.tokens == 1 })
			if w.replies("r") != nil {
				w.finish("r")
			}
			if st := back.stream(id); !st.end {
				t.Errorf("%+v", st)
			}
			back.sound(t, "ann")
		})
	}
}

// TestStreamOfWhoLeft: who is behind in a stream and leaves the room gets no more
// of it.
func TestStreamOfWhoLeft(t *testing.T) {
	h, f, w := streamHub()
	f.members["ann"], f.members["bob"] = []string{"r"}, []string{"r"}
	bob, all := w.attend(t, NewSession{ID: "b", Identity: chat.Identity{Actor: chat.Actor{ID: "bob"}}})
	defer bob.Close()
	for name, leave := range map[string]func(s *Session){
		"unlistens":  func(s *Session) { h.Unlisten(s, "r") },
		"is removed": func(*Session) { h.Publish(left("r", w.head("r"), "ann")) },
	} {
		t.Run(name, func(t *testing.T) {
			ann, sink := w.attend(t, NewSession{ID: "a"})
			defer ann.Close()
			id := w.told("r", "one ")
			sink.slow(true)
			h.Publish(w.say("r", "two "))
			leave(ann)
			sink.slow(false)
			h.Publish(w.say("r", "three"))
			w.finish("r")
			if st := sink.stream(id); st.text != "one " || st.message {
				t.Errorf("%+v", st)
			}
			if st := all.stream(id); st.text != "one two three" || !st.end {
				t.Errorf("who stayed got %+v", st)
			}
		})
	}
}

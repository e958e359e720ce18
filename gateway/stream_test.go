package gateway

import (
	"fmt"
	"testing"

	"parley/chat"
)

// told publishes the start of a reply in a room and some tokens.
func (w *writer) told(room string, tokens ...string) (id string) {
	e := w.begin(room)
	w.hub.Publish(e)
	for _, token := range tokens {
		w.hub.Publish(w.say(room, token))
	}
	return e.Message.ID
}

// TestStream: start, every token as it comes, the message and the end.
func TestStream(t *testing.T) {
	h, f, w := streamHub()
	f.members["ann"] = []string{"r"}
	ann, sink := w.attend(t, NewSession{ID: "a", PID: "p"})
	defer ann.Close()
	for range 3 { // one after the other
		h.Publish(f.post("r"))
		id := w.told("r", "Hé", "llo ", "😀", "!")
		w.finish("r")
		if st := sink.stream(id); !st.end || st.tokens != 4 || st.text != "Héllo 😀!" {
			t.Errorf("%+v", st)
		}
	}
	sink.sound(t, "ann")
	if n := h.streams.Load(); n != 0 {
		t.Errorf("%d streams are left", n)
	}
}

// TestStreamOfALateJoiner: who comes into a room with an open reply gets its start
// and all its text so far as one token.
func TestStreamOfALateJoiner(t *testing.T) {
	h, f, w := streamHub()
	f.members["ann"], f.members["bob"] = []string{"r"}, []string{"r"}
	for name, known := range map[string]bool{"who is not alone": true, "the first": false} {
		t.Run(name, func(t *testing.T) {
			if known {
				bob, sink := w.attend(t, NewSession{ID: "b", Identity: chat.Identity{Actor: chat.Actor{ID: "bob"}}})
				defer bob.Close()
				defer sink.sound(t, "bob")
			}
			id := w.told("r", "one ", "two ")
			ann, sink := w.enter(t, NewSession{ID: "a"})
			defer ann.Close()
			h.Publish(w.say("r", "three "))
			if sink.stream(id).start {
				t.Error("something came before it was announced")
			}
			ann.Announce(func(map[string]string, string) Frame { return announced("") })
			eventually(t, "the text so far", func() bool { return sink.stream(id).tokens == 1 })
			h.Publish(w.say("r", "four"))
			w.finish("r")
			if st := sink.stream(id); st.tokens != 2 || st.text != "one two three four" || !st.end {
				t.Errorf("%+v", st)
			}
			sink.sound(t, "ann")
		})
	}
	if h.lookup("r") != nil || h.streams.Load() != 0 {
		t.Error("something is left")
	}
}

// TestStreamOfASlowClient: pieces gather for a client that is behind, and come as
// one when it is not, or with the end.
func TestStreamOfASlowClient(t *testing.T) {
	h, f, w := streamHub()
	f.members["ann"] = []string{"r"}
	ann, sink := w.attend(t, NewSession{ID: "a"})
	defer ann.Close()
	id := w.told("r", "a", "b")
	sink.slow(true)
	for range 100 {
		h.Publish(w.say("r", "é😀"))
	}
	if st := sink.stream(id); st.tokens != 2 {
		t.Errorf("%d tokens came", st.tokens)
	}
	sink.slow(false)
	eventually(t, "the gathered token", func() bool { return sink.stream(id).tokens == 3 })
	eventually(t, "nobody to look who is behind", func() bool {
		r := h.lookup("r")
		r.mu.Lock()
		defer r.mu.Unlock()
		return !r.pacing
	})
	h.Publish(w.say("r", "c"))
	sink.slow(true)
	h.Publish(w.say("r", "d"))
	h.Publish(w.say("r", "e"))
	w.finish("r")
	if st := sink.stream(id); st.tokens != 5 || !st.end {
		t.Errorf("%+v", st)
	}
	slow := w.told("r", "x", "y")
	w.finish("r")
	if st := sink.stream(slow); st.tokens != 1 || !st.end {
		t.Errorf("%+v", st)
	}
	sink.sound(t, "ann")
}

// TestStreamEnds has every way in which a final text is not what the tokens made,
// or its event is not heard.
func TestStreamEnds(t *testing.T) {
	for name, c := range map[string]struct {
		final     string // of "one two"
		status    chat.Status
		lost      bool // the event
		unheard   bool // all but the end
		late      int  // what comes of the token behind
		assembled string
	}{
		"as told":          {"one two", chat.StatusComplete, false, false, 2, "one two"},
		"lost":             {"one two", chat.StatusComplete, true, false, 2, "one two"},
		"cancelled":        {"one two", chat.StatusCancelled, false, false, 2, "one two"},
		"longer":           {"one two three", chat.StatusComplete, false, false, 3, "one two three"},
		"a checkpoint":     {"one", chat.StatusInterrupted, false, false, 2, "one two"},
		"another text":     {"uno", chat.StatusInterrupted, false, false, 2, "one two"},
		"nothing":          {"", chat.StatusInterrupted, false, false, 2, "one two"},
		"unheard":          {"one two", chat.StatusComplete, false, true, 1, "one two"},
		"unheard and lost": {"one two", chat.StatusComplete, true, true, 1, "one two"},
	} {
		t.Run(name, func(t *testing.T) {
			h, f, w := streamHub()
			f.members["ann"] = []string{"r"}
			ann, sink := w.attend(t, NewSession{ID: "a"})
			defer ann.Close()
			id := ""
			if c.unheard {
				id = w.begin("r").Message.ID
			} else {
				id = w.told("r", "one ", "two")
			}
			late := w.say("r", "lost")
			e, done := w.end("r", c.final, c.status)
			if !c.lost {
				h.Publish(e)
			}
			if c.lost {
				h.compare(t.Context())
			}
			eventually(t, "the end", func() bool { return sink.whole(id) })
			h.Publish(late) // it does not come back to life
			bob, other := w.attend(t, NewSession{ID: "b"})
			defer bob.Close()
			done()
			if st := sink.stream(id); st.text != c.assembled || st.tokens != c.late {
				t.Errorf("%+v", st)
			}
			if got := other.stream(id); got.start || h.streams.Load() != 0 {
				t.Error("a closed reply is open")
			}
			sink.sound(t, "ann")
		})
	}
}

// TestStreamNobodyHeardEnd: a reply that ended while nobody was here does not come
// to life when somebody enters before its writer is done.
func TestStreamNobodyHeardEnd(t *testing.T) {
	h, f, w := streamHub()
	f.members["ann"] = []string{"r"}
	id := w.told("r", "one")
	e, done := w.end("r", "one", chat.StatusComplete)
	h.Publish(e)
	ann, sink := w.attend(t, NewSession{ID: "a"})
	defer ann.Close()
	if n := h.streams.Load(); n != 0 {
		t.Errorf("%d streams came to life", n)
	}
	done()
	next := w.told("r", "two")
	w.finish("r")
	if sink.stream(id).start || !sink.whole(next) {
		t.Error("the first came to life, or the second did not come")
	}
	sink.sound(t, "ann")
}

// TestStreamOfLostEvents: what the bus loses, doubles or delays of a stream is
// neither missing nor twice.
func TestStreamOfLostEvents(t *testing.T) {
	h, f, w := streamHub()
	f.members["ann"] = []string{"r"}
	ann, sink := w.attend(t, NewSession{ID: "a"})
	defer ann.Close()
	start := w.begin("r") // lost
	one, two := w.say("r", "one "), w.say("r", "two ")
	h.Publish(two)
	h.Publish(start) // late
	h.Publish(one)
	h.Publish(two)
	eventually(t, "both", func() bool { return sink.stream(start.Message.ID).text == "one two " })
	w.say("r", "three ") // lost
	h.Publish(w.say("r", "four"))
	overlap := chat.Event{Kind: chat.EventStreamToken, Room: "r", MessageID: start.Message.ID, Token: "r and 😀😀 more", Offset: 17}
	if st := sink.stream(start.Message.ID); st.text != "one two three four" || st.tokens != 2 {
		t.Errorf("%+v", st)
	}
	h.Publish(overlap)
	if st := sink.stream(start.Message.ID); st.text != "one two three four and 😀😀 more" {
		t.Errorf("%+v", st)
	}
	e, done := w.end("r", "one two three four and 😀😀 more", chat.StatusComplete)
	h.Publish(e)
	done()
	sink.sound(t, "ann")
}

// TestStreamWaitsForItsTurn: it does not overtake the question.
func TestStreamWaitsForItsTurn(t *testing.T) {
	h, f, w := streamHub()
	f.members["ann"] = []string{"r"}
	ann, sink := w.attend(t, NewSession{ID: "a"})
	defer ann.Close()
	question := f.post("r")
	start := w.begin("r")
	h.Publish(start)
	h.Publish(w.say("r", "no"))
	if sink.stream(start.Message.ID).start {
		t.Error("it overtook its question")
	}
	h.Publish(question)
	if st := sink.stream(start.Message.ID); !st.start || st.text != "no" {
		t.Errorf("%+v", st)
	}
	w.finish("r")
	sink.sound(t, "ann")
}

// TestStreamDeleted: a message that was deleted before its end was heard of ends
// its stream too.
func TestStreamDeleted(t *testing.T) {
	h, f, w := streamHub()
	f.members["ann"] = []string{"r"}
	ann, sink := w.attend(t, NewSession{ID: "a"})
	defer ann.Close()
	id := w.told("r", "one")
	e, done := w.end("r", "", chat.StatusComplete)
	e.Kind, e.Message.Deleted = chat.EventMessageDeleted, true
	h.Publish(e)
	done()
	var kinds []chat.EventKind
	for _, p := range sink.pieces {
		if p.ID == id {
			kinds = append(kinds, p.Kind)
		}
	}
	if fmt.Sprint(kinds) != "[stream-start stream-token message-deleted stream-end]" || h.streams.Load() != 0 {
		t.Errorf("got %v", kinds)
	}
}

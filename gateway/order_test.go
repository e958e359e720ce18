package gateway

import (
	"context"
	"slices"
	"sync"
	"testing"

	"parley/chat"
)

// hookedStore runs something once, between the reading of heads and its answer.
type hookedStore struct {
	*fakeStore
	mu    sync.Mutex
	heads func()
}

func (s *hookedStore) Heads(ctx context.Context, rooms []string) (map[string]int64, error) {
	heads, err := s.fakeStore.Heads(ctx, rooms)
	s.mu.Lock()
	hook := s.heads
	s.heads = nil
	s.mu.Unlock()
	if hook != nil {
		hook()
	}
	return heads, err
}

func hookedHub() (*Hub, *hookedStore) {
	f := &hookedStore{fakeStore: newFakeStore()}
	return NewHub(Options{Store: f, Epoch: func() string { return "e" }}), f
}

func versions(sink *fakeSink) []int64 {
	var list []int64
	for _, e := range sink.events(chat.EventMessage) {
		list = append(list, e.Version)
	}
	return list
}

func joined(room string, at int64, users ...string) chat.Event {
	return chat.Event{Kind: chat.EventRoomJoined, Room: room, At: at, Users: users}
}

func left(room string, at int64, users ...string) chat.Event {
	return chat.Event{Kind: chat.EventRoomLeft, Room: room, At: at, Users: users}
}

// TestTwoConnectToASilentRoom: a room without sessions learns its head from the
// first that connects. Another that connects at the same time, and has read an
// older head, must not be told of that one: what lies between would never come.
func TestTwoConnectToASilentRoom(t *testing.T) {
	h, f := hookedHub()
	f.members["ann"], f.members["bob"] = []string{"r"}, []string{"r"}
	var bob *Session
	f.heads = func() {
		h.Publish(f.post("r"))
		bob, _ = connect(t, h, "bob", "")
	}
	sink, cursor := &fakeSink{}, ""
	ann, err := enter(h, NewSession{
		ID: "a", Format: testFormat, Sink: sink, Identity: chat.Identity{Actor: chat.Actor{ID: "ann"}},
	}, func(cursors map[string]string, _ string) Frame { cursor = cursors["r"]; return text("{}") })
	if err != nil {
		t.Fatal(err)
	}
	defer ann.Close()
	defer bob.Close()
	h.Publish(f.post("r"))
	if got := versions(sink); cursor == "e:0" && !slices.Equal(got, []int64{1, 2}) {
		t.Errorf("after cursor %s came %v", cursor, got)
	} else if cursor != "e:0" && !slices.Contains(got, 2) {
		t.Errorf("after cursor %s came %v", cursor, got)
	}
}

// TestListenToASilentRoom is the same for one that listens to a room.
func TestListenToASilentRoom(t *testing.T) {
	h, f := hookedHub()
	f.members["bob"] = []string{"r"}
	ann, sink := connect(t, h, "ann", "")
	defer ann.Close()
	var bob *Session
	told, checks := int64(0), 0
	err := h.Listen(ann, "r", func() (chat.RoomHead, error) {
		heads, err := f.fakeStore.Heads(t.Context(), []string{"r"})
		if told = heads["r"]; checks == 1 { // the subscription stands
			h.Publish(f.post("r"))
			bob, _ = connect(t, h, "bob", "")
		}
		checks++
		return chat.RoomHead{Room: "r", Version: told}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer bob.Close()
	h.Publish(f.post("r"))
	got := versions(sink)
	for v := told + 1; v <= 2; v++ {
		if !slices.Contains(got, v) {
			t.Errorf("told to stand at %d, then came %v", told, got)
		}
	}
}

// TestBackBehindAGap: who left and came back while an earlier event was late
// gets the room's events once that is in.
func TestBackBehindAGap(t *testing.T) {
	h, f := hookedHub()
	f.members["ann"] = []string{"r"}
	ann, sink := connect(t, h, "ann", "")
	defer ann.Close()
	first := f.post("r")
	h.Publish(left("r", 1, "ann"))
	h.Publish(joined("r", 1, "ann"))
	h.Publish(first)
	h.Publish(f.post("r"))
	if got := versions(sink); !slices.Equal(got, []int64{1, 2}) {
		t.Errorf("got the messages %v", got)
	}
	if len(sink.events(chat.EventRoomJoined)) != 1 || len(sink.events(chat.EventRoomLeft)) != 1 {
		t.Error("left and joined are not told once each")
	}
}

// TestRemovedBesideASubscription: a removal that finds no room here takes out a
// session that has come into it meanwhile.
func TestRemovedBesideASubscription(t *testing.T) {
	h, f := hookedHub()
	f.members["ann"] = []string{"r"}
	ann, sink := connect(t, h, "ann", "")
	defer ann.Close()
	h.direct(left("r", 0, "ann")) // as if the room had not been there a moment ago
	h.Publish(f.post("r"))
	if got := versions(sink); len(got) != 0 {
		t.Errorf("a removed user got the messages %v", got)
	}
	if h.lookup("r") != nil {
		t.Error("an empty room stays")
	}
}

// TestMembershipUnderRace keeps a session's membership of a room in step with
// the events, whatever happens to the room meanwhile.
func TestMembershipUnderRace(t *testing.T) {
	h, f := hookedHub()
	f.members["ann"] = []string{"r"}
	ann, sink := connect(t, h, "ann", "")
	defer ann.Close()
	var wg sync.WaitGroup
	wg.Go(func() {
		for range 500 {
			h.Publish(left("r", 0, "ann"))
			h.Publish(joined("r", 0, "ann"))
		}
	})
	wg.Go(func() {
		for range 500 { // the room comes and goes under it
			f := &fakeSink{}
			s, err := enter(h, NewSession{
				ID: "b", Format: testFormat, Sink: f, Identity: chat.Identity{Actor: chat.Actor{ID: "bob"}},
			}, func(map[string]string, string) Frame { return text("{}") })
			if err != nil {
				t.Error(err)
				return
			}
			_ = h.Listen(s, "r", func() (chat.RoomHead, error) { return chat.RoomHead{}, nil })
			s.Close()
		}
	})
	wg.Wait()
	h.Publish(f.post("r"))
	if got := versions(sink); !slices.Equal(got, []int64{1}) {
		t.Errorf("who came back at last got the messages %v", got)
	}
}

// TestRefreshWhileClosing is for the race detector.
func TestRefreshWhileClosing(t *testing.T) {
	h, _ := hookedHub()
	for range 200 {
		s, _ := connect(t, h, "ann", "p")
		var wg sync.WaitGroup
		wg.Go(s.Close)
		wg.Go(func() { _ = s.Refresh(chat.Identity{Actor: chat.Actor{ID: "ann", Name: "Ann"}}) })
		wg.Wait()
	}
	if connected, waiting := h.Sessions(); connected+waiting != 0 {
		t.Errorf("%d sessions are left", connected+waiting)
	}
}

// largeFormat shows every event in a quarter of what may be held back.
type largeFormat struct{}

func (largeFormat) Encode(chat.Event, string) (Frame, bool) {
	return NewFrame(make([]byte, ringDetached/4)), true
}

// TestResumeOverrun: when more comes than may be held back while a session is
// being resumed, it is not resumed: nothing may be missing.
func TestResumeOverrun(t *testing.T) {
	ann := chat.Identity{Actor: chat.Actor{ID: "ann"}}
	for _, events := range []int{2, 8} {
		h, f := hookedHub()
		f.members["ann"] = []string{"r"}
		offset, format := "", largeFormat{}
		s, err := enter(h, NewSession{
			ID: "a", PID: "secret", Format: format, Sink: &fakeSink{}, Identity: ann,
		}, func(_ map[string]string, o string) Frame { offset = o; return text("{}") })
		if err != nil {
			t.Fatal(err)
		}
		for range 10 { // what was held back before has no part in it
			s.Detach()
			if h.Resume("secret", offset, ann, testFormat, &fakeSink{}) != nil {
				t.Fatal("resumed by another protocol")
			}
			if h.Resume("secret", offset, ann, format, &fakeSink{}) != s || !s.Resumed() {
				t.Fatal("not resumed")
			}
		}
		s.Detach()
		back := &fakeSink{}
		if h.Resume("secret", offset, ann, format, back) != s {
			t.Fatal("not resumed")
		}
		for range events {
			h.Publish(f.post("r"))
		}
		if ok := s.Resumed(); ok != (events == 2) {
			t.Errorf("%d events: resumed %v", events, ok)
		} else if ok && len(back.got) != events {
			t.Errorf("%d of %d events came", len(back.got), events)
		}
		s.Close()
	}
}

// TestFilledBehindAnEvent: a message whose creation came while the store was read
// is not created twice by a change that the reading found.
func TestFilledBehindAnEvent(t *testing.T) {
	h, f := hookedHub()
	f.members["ann"] = []string{"r"}
	ann, sink := connect(t, h, "ann", "")
	defer ann.Close()
	e := f.post("r")
	h.Publish(e)
	edited := *e.Message
	edited.Version = 2
	h.lookup("r").filled(reading{changes: []chat.Message{edited}, upTo: 2, all: true, stored: 2})
	if got := versions(sink); !slices.Equal(got, []int64{1}) || len(sink.events(chat.EventMessageEdited)) != 1 {
		t.Errorf("created as %v", got)
	}
}

// TestLostClearing: a clearing whose event was lost is told, as the last change
// and in front of what was said since.
func TestLostClearing(t *testing.T) {
	for name, after := range map[string]int{"the last": 0, "followed": 2} {
		t.Run(name, func(t *testing.T) {
			f := newFakeStore()
			f.members["ann"] = []string{"r"}
			h := testHub(f)
			h.Publish(f.post("r"))
			ann, sink := connect(t, h, "ann", "")
			defer ann.Close()
			f.post("r") // lost, too
			f.clear("r")
			want := []int64{3}
			for i := range after {
				h.Publish(f.post("r"))
				want = append(want, int64(4+i))
			}
			h.compare(t.Context())
			eventually(t, "everything", func() bool {
				return len(sink.events(chat.EventMessage)) == after && len(sink.events(chat.EventHistoryCleared)) == 1
			})
			sink.mu.Lock()
			defer sink.mu.Unlock()
			var got []int64
			for _, e := range sink.got {
				if e.Version > 0 {
					got = append(got, e.Version)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("told %v, want %v", got, want)
			}
		})
	}
}

package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/chat"
)

// fakeStore is a room's stored changes, for a hub that loses events.
type fakeStore struct {
	mu      sync.Mutex
	changes map[string][]chat.Message // a clearing has an empty one
	cleared map[string]int64
	members map[string][]string      // user -> rooms
	sizes   map[string]int           // of rooms
	talks   map[string]chat.RoomHead // how conversations stand, by room
	// after runs once RoomHeads has been read, for what happens in between.
	after func()
}

func newFakeStore() *fakeStore {
	return &fakeStore{changes: map[string][]chat.Message{}, cleared: map[string]int64{}, members: map[string][]string{}, sizes: map[string]int{}, talks: map[string]chat.RoomHead{}}
}

// post stores a message and returns its event.
func (f *fakeStore) post(room string) chat.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := int64(len(f.changes[room]) + 1)
	m := chat.Message{ID: fmt.Sprintf("%s-%d", room, n), Room: room, Seq: n, Version: n, BornVersion: n}
	f.changes[room] = append(f.changes[room], m)
	return chat.Event{Kind: chat.EventMessage, Room: room, Version: n, Epoch: "e", Message: &m}
}

func (f *fakeStore) Room(_ context.Context, room string) (chat.Room, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return chat.Room{ID: room, Version: int64(len(f.changes[room])), ClearedVersion: f.cleared[room]}, nil
}

// clear is a change without a message.
func (f *fakeStore) clear(room string) chat.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := int64(len(f.changes[room]) + 1)
	f.changes[room] = append(f.changes[room], chat.Message{})
	f.cleared[room] = n
	return chat.Event{Kind: chat.EventHistoryCleared, Room: room, Version: n, Epoch: "e"}
}

func (f *fakeStore) Heads(_ context.Context, rooms []string) (map[string]int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	heads := map[string]int64{}
	for _, r := range rooms {
		heads[r] = int64(len(f.changes[r]))
	}
	return heads, nil
}

func (f *fakeStore) Stands(ctx context.Context, rooms []string) (map[string]chat.RoomHead, error) {
	heads, _ := f.Heads(ctx, rooms)
	f.mu.Lock()
	defer f.mu.Unlock()
	stands := map[string]chat.RoomHead{}
	for _, r := range rooms {
		stands[r] = chat.RoomHead{
			Room: r, Version: heads[r], Members: f.sizes[r], OwnerEpoch: f.talks[r].OwnerEpoch, Conversation: f.talks[r].Conversation,
		}
	}
	return stands, nil
}

func (f *fakeStore) Active(_ context.Context, room string, users []string) ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(users), func(u string) bool { return !slices.Contains(f.members[u], room) }), nil
}

func (f *fakeStore) RoomHeads(_ context.Context, user string) ([]chat.RoomHead, error) {
	f.mu.Lock()
	var heads []chat.RoomHead
	for _, r := range f.members[user] {
		talk := f.talks[r]
		heads = append(heads, chat.RoomHead{
			Room: r, Version: int64(len(f.changes[r])), Members: f.sizes[r], OwnerEpoch: talk.OwnerEpoch, Conversation: talk.Conversation,
		})
	}
	after := f.after
	f.mu.Unlock()
	if after != nil {
		after()
	}
	return heads, nil
}

func (f *fakeStore) Changes(_ context.Context, room string, after int64, limit int) ([]chat.Message, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := slices.Clone(f.changes[room][min(int(after), len(f.changes[room])):])
	all = slices.DeleteFunc(all, func(m chat.Message) bool { return m.Version <= f.cleared[room] })
	return all[:min(limit, len(all))], nil
}

// fakeFormat writes what matters of an event as JSON.
type fakeFormat struct{}

type shown struct {
	Kind    chat.EventKind
	Room    string
	Version int64
	Offset  string
	User    string
	On      bool // Online or Typing
}

func (fakeFormat) Encode(e chat.Event, offset string) (Frame, bool) {
	b, _ := json.Marshal(shown{e.Kind, e.Room, e.Version, offset, e.User, e.Online || e.Typing})
	return NewFrame(b), true
}

var testFormat = fakeFormat{}

// fakeSink records what a client gets.
type fakeSink struct {
	mu    sync.Mutex
	got   []shown
	ended *chat.Error
}

func (s *fakeSink) Send(f Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var e shown
	_ = json.Unmarshal(f.Text(), &e)
	s.got = append(s.got, e)
}

func (*fakeSink) Backlog() int { return 0 }

func (s *fakeSink) End(why *chat.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = why
}

func (s *fakeSink) events(kind chat.EventKind) []shown {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []shown
	for _, e := range s.got {
		if e.Kind == kind {
			list = append(list, e)
		}
	}
	return list
}

func (s *fakeSink) last() shown {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got[len(s.got)-1]
}

func testHub(f *fakeStore) *Hub {
	return NewHub(Options{
		Store: f, Epoch: func() string { return "e" }, GapDelay: 5 * time.Millisecond, CompareEvery: 20 * time.Millisecond,
	})
}

// enter connects a session and announces it.
func enter(h *Hub, n NewSession, frame func(cursors map[string]string, offset string) Frame) (*Session, error) {
	s, err := h.Connect(context.Background(), n)
	if err == nil && !s.Announce(frame) {
		s.Close()
		return nil, chat.ErrBusy
	}
	return s, err
}

func connect(t *testing.T, h *Hub, user, pid string) (*Session, *fakeSink) {
	t.Helper()
	sink := &fakeSink{}
	s, err := enter(h, NewSession{
		ID: user + "/" + pid, PID: pid, Format: testFormat, Sink: sink,
		Identity: chat.Identity{Actor: chat.Actor{ID: user, Role: chat.RoleUser}},
	}, func(cursors map[string]string, offset string) Frame {
		b, _ := json.Marshal(shown{Kind: "ready", Offset: offset})
		return NewFrame(b)
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, sink
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// TestDeliveryIsContiguous holds the promise that a room's events come in the
// order of their versions without a gap, whatever the bus does to them.
func TestDeliveryIsContiguous(t *testing.T) {
	f := newFakeStore()
	f.members["ann"] = []string{"r"}
	h := testHub(f)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { h.Run(ctx); close(done) }()
	defer func() { stop(); <-done }()
	s, sink := connect(t, h, "ann", "")
	defer s.Close()

	const n = 2000
	rng := rand.New(rand.NewPCG(1, 2))
	var window []chat.Event
	for range n {
		window = append(window, f.post("r"))
		if len(window) < 8 {
			continue
		}
		rng.Shuffle(len(window), func(i, j int) { window[i], window[j] = window[j], window[i] })
		for _, e := range window {
			switch rng.IntN(10) {
			case 0: // lost
			case 1:
				h.Publish(e)
				h.Publish(e) // twice
			default:
				h.Publish(e)
			}
		}
		window = window[:0]
	}
	eventually(t, "every message", func() bool { return len(sink.events(chat.EventMessage)) >= n })
	for i, e := range sink.events(chat.EventMessage) {
		if e.Version != int64(i+1) {
			t.Fatalf("the %dth message has version %d", i+1, e.Version)
		}
	}
}

// TestLastLostEventIsFound: nothing comes after it that would betray it.
func TestLastLostEventIsFound(t *testing.T) {
	f := newFakeStore()
	f.members["ann"] = []string{"r"}
	h := testHub(f)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { h.Run(ctx); close(done) }()
	defer func() { stop(); <-done }()
	s, sink := connect(t, h, "ann", "")
	defer s.Close()
	f.post("r") // and never published
	eventually(t, "the lost message", func() bool { return len(sink.events(chat.EventMessage)) == 1 })
}

// TestUnversionedEventsDoNotOvertake: a removal takes effect behind the messages
// that were stored before it.
func TestUnversionedEventsDoNotOvertake(t *testing.T) {
	f := newFakeStore()
	f.members["ann"] = []string{"r"}
	h := testHub(f)
	s, sink := connect(t, h, "ann", "")
	defer s.Close()
	one, two, three := f.post("r"), f.post("r"), f.post("r")
	h.Publish(chat.Event{Kind: chat.EventRoomLeft, Room: "r", At: 2, Users: []string{"ann"}})
	h.Publish(two)
	h.Publish(three)
	h.Publish(one)
	eventually(t, "the removal", func() bool { return sink.last().Kind == chat.EventRoomLeft })
	if got := sink.events(chat.EventMessage); len(got) != 2 {
		t.Errorf("got %d messages, want the two before the removal", len(got))
	}
	if h.lookup("r") != nil {
		eventually(t, "the empty room to go", func() bool { return h.lookup("r") == nil })
	}
}

// TestLeftWhileConnecting: who is removed between the reading of their rooms and
// the subscription gets nothing.
func TestLeftWhileConnecting(t *testing.T) {
	f := newFakeStore()
	f.members["ann"] = []string{"r"}
	h := testHub(f)
	f.after = func() {
		h.Publish(chat.Event{Kind: chat.EventRoomLeft, Room: "r", Users: []string{"ann"}})
	}
	s, sink := connect(t, h, "ann", "")
	defer s.Close()
	h.Publish(f.post("r"))
	if got := sink.events(chat.EventMessage); len(got) != 0 {
		t.Errorf("a removed user got %v", got)
	}
	if h.lookup("r") != nil {
		t.Error("an empty room stays")
	}
}

// TestPostedWhileConnecting: what is stored between the reading and the
// subscription comes live, or is below the announced cursor.
func TestPostedWhileConnecting(t *testing.T) {
	f := newFakeStore()
	f.members["ann"], f.members["bob"] = []string{"r"}, []string{"r"}
	h := testHub(f)
	other, _ := connect(t, h, "bob", "") // the room is known already
	defer other.Close()
	f.after = func() { h.Publish(f.post("r")) }
	sink := &fakeSink{}
	cursor := ""
	s, err := enter(h, NewSession{
		ID: "a", Format: testFormat, Sink: sink, Identity: chat.Identity{Actor: chat.Actor{ID: "ann"}},
	}, func(cursors map[string]string, _ string) Frame { cursor = cursors["r"]; return text("{}") })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	f.after = nil
	h.Publish(f.post("r"))
	got := sink.events(chat.EventMessage)
	if cursor != "e:1" || len(got) == 0 || got[len(got)-1].Version != 2 || got[0].Version > 2 {
		t.Errorf("cursor %s, then %v", cursor, got)
	}
}

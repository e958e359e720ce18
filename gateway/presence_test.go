package gateway

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/chat"
)

// Graces for a hub whose users never lapse, or do so at once.
const (
	never  = time.Hour
	atOnce = time.Nanosecond
)

func presenceHub(grace time.Duration) (*Hub, *fakeStore) {
	f := newFakeStore()
	return NewHub(Options{Store: f, Epoch: func() string { return "e" }, PresenceGrace: grace, TypingTimeout: never}), f
}

// changes are what a client was told of one kind, as "room user on".
func (s *fakeSink) changes(kind chat.EventKind) []string {
	var list []string
	for _, e := range s.events(kind) {
		list = append(list, strings.Join([]string{e.Room, e.User, map[bool]string{true: "on", false: "off"}[e.On]}, " "))
	}
	return list
}

func (s *fakeSink) told(t *testing.T, kind chat.EventKind, want ...string) {
	t.Helper()
	if got := s.changes(kind); !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", kind, got, want)
	}
}

// gone waits until nothing is left of a user: they are offline and all were told.
func gone(t *testing.T, h *Hub, id string) {
	t.Helper()
	eventually(t, id+" to be gone", func() bool {
		h.usersMu.RLock()
		defer h.usersMu.RUnlock()
		return h.users[id] == nil
	})
}

// offline waits until a user whose session waits is offline and all were told.
func offline(t *testing.T, h *Hub, id string) {
	t.Helper()
	eventually(t, id+" to be offline", func() bool {
		h.usersMu.RLock()
		defer h.usersMu.RUnlock()
		u := h.users[id]
		return u == nil || (!u.online && !u.told && !u.telling)
	})
}

// TestPresenceOfDevices: a user is online from their first connection to the end
// of their last, and the others alone are told.
func TestPresenceOfDevices(t *testing.T) {
	h, f := presenceHub(atOnce)
	f.members["ann"], f.members["bob"] = []string{"r"}, []string{"r"}
	bob, sink := connect(t, h, "bob", "")
	defer bob.Close()
	one, own := connect(t, h, "ann", "1")
	two, _ := connect(t, h, "ann", "2")
	one.Close()
	h.usersMu.RLock()
	grace := h.users["ann"].grace
	h.usersMu.RUnlock()
	if grace != nil {
		t.Error("a grace runs beside a connection")
	}
	sink.told(t, chat.EventPresence, "r ann on")
	if got := h.Online([]string{"cid", "bob", "ann"}); !slices.Equal(got, []string{"bob", "ann"}) || h.OnlineUsers() != 2 {
		t.Errorf("online are %v, %d", got, h.OnlineUsers())
	}
	two.Close()
	gone(t, h, "ann")
	sink.told(t, chat.EventPresence, "r ann on", "r ann off")
	own.told(t, chat.EventPresence)
	if got := h.Online([]string{"ann", "bob"}); !slices.Equal(got, []string{"bob"}) || h.OnlineUsers() != 1 {
		t.Errorf("online are %v, %d", got, h.OnlineUsers())
	}
}

// TestPresenceGrace: who comes back within the grace was never away.
func TestPresenceGrace(t *testing.T) {
	h, f := presenceHub(never)
	f.members["ann"], f.members["bob"] = []string{"r"}, []string{"r"}
	bob, sink := connect(t, h, "bob", "")
	defer bob.Close()
	for range 3 {
		s, _ := connect(t, h, "ann", "")
		s.Close()
		if len(h.Online([]string{"ann"})) != 1 {
			t.Error("offline within the grace")
		}
	}
	u := h.users["ann"]
	before := u.grace
	s, _ := connect(t, h, "ann", "")
	h.lapse(u, &before) // as if it had ended a moment before
	s.Close()
	h.lapse(u, &before)
	sink.told(t, chat.EventPresence, "r ann on")
	h.lapse(u, &u.grace)
	sink.told(t, chat.EventPresence, "r ann on", "r ann off")
}

// TestWaitingIsNotOnline: a session that waits for its client makes nobody online
// past the grace; the client that comes back does.
func TestWaitingIsNotOnline(t *testing.T) {
	h, f := presenceHub(atOnce)
	f.members["ann"], f.members["bob"] = []string{"r"}, []string{"r"}
	bob, sink := connect(t, h, "bob", "")
	defer bob.Close()
	ann, own := connect(t, h, "ann", "secret")
	h.Unlisten(ann, "r") // it is still a room of ann's
	ann.Detach()
	offline(t, h, "ann")
	back := h.Resume("secret", own.last().Offset, ann.Identity(), testFormat, &fakeSink{})
	if back == nil || !back.Resumed() {
		t.Fatal("not resumed")
	}
	sink.told(t, chat.EventPresence, "r ann on", "r ann off", "r ann on")
	back.Close()
	gone(t, h, "ann")
	sink.told(t, chat.EventPresence, "r ann on", "r ann off", "r ann on", "r ann off")
}

// TestPresenceInOrder: however connections come and go, what a room is told
// alternates, and ends in the truth.
func TestPresenceInOrder(t *testing.T) {
	h, f := presenceHub(atOnce)
	f.members["ann"], f.members["bob"] = []string{"r", "q"}, []string{"r", "q"}
	bob, sink := connect(t, h, "bob", "")
	defer bob.Close()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 250 {
				s, _ := connect(t, h, "ann", "")
				s.Close()
			}
		})
	}
	wg.Wait()
	gone(t, h, "ann")
	for _, room := range []string{"r", "q"} {
		told := slices.DeleteFunc(sink.events(chat.EventPresence), func(e shown) bool { return e.Room != room })
		if len(told) == 0 || len(told)%2 != 0 {
			t.Errorf("%s was told %d changes", room, len(told))
		}
		for i, e := range told {
			if e.On != (i%2 == 0) {
				t.Fatalf("%s: change %d is %v", room, i, e.On)
			}
		}
	}
}

// hookFormat shows nothing, and runs something first.
type hookFormat struct{ hook func() }

func (f *hookFormat) Encode(chat.Event, string) (Frame, bool) {
	f.hook()
	return Frame{}, false
}

// TestPresenceHasOneTeller: what changes while the rooms are being told is told
// behind it, by the same goroutine, and does not wait.
func TestPresenceHasOneTeller(t *testing.T) {
	h, f := presenceHub(never)
	f.members["ann"], f.members["bob"], f.members["cid"] = []string{"r", "q"}, []string{"r", "q"}, []string{"r"}
	bob, sink := connect(t, h, "bob", "")
	defer bob.Close()
	ann, own := connect(t, h, "ann", "secret")
	defer ann.Close()
	ann.Detach()
	var once sync.Once
	resume := func() {
		back := make(chan struct{})
		go func() {
			h.Resume("secret", own.last().Offset, ann.Identity(), testFormat, &fakeSink{}).Resumed()
			close(back)
		}()
		select {
		case <-back:
		case <-time.After(10 * time.Second):
			t.Error("a connection waits for others to be told")
		}
	}
	cid, err := enter(h, NewSession{
		ID: "c", Sink: &fakeSink{}, Identity: chat.Identity{Actor: chat.Actor{ID: "cid"}},
		Format: &hookFormat{func() { once.Do(resume) }}, // as r is told
	}, func(map[string]string, string) Frame { return text("{}") })
	if err != nil {
		t.Fatal(err)
	}
	defer cid.Close()
	h.depose("ann")
	got := slices.DeleteFunc(sink.changes(chat.EventPresence), func(c string) bool { return strings.Contains(c, "cid") })
	slices.Sort(got[2:4])
	slices.Sort(got[4:])
	if !slices.Equal(got[2:], []string{"q ann off", "r ann off", "q ann on", "r ann on"}) {
		t.Errorf("told %q", got)
	}
}

// TestPresenceFollowsMembership: who comes into a room is told to be there; of
// who is out, the room hears no more.
func TestPresenceFollowsMembership(t *testing.T) {
	h, f := presenceHub(never)
	f.members["bob"] = []string{"r", "q"}
	bob, sink := connect(t, h, "bob", "")
	defer bob.Close()
	ann, own := connect(t, h, "ann", "")
	join := func(room string, quiet bool) {
		h.Publish(joined(room, 0, "ann"))
		h.Publish(chat.Event{Kind: chat.EventParticipantJoined, Room: room, User: "ann", Quiet: quiet})
	}
	join("r", false)
	join("q", false)
	own.told(t, chat.EventPresence)
	sink.told(t, chat.EventPresence, "r ann on", "q ann on")

	ann.Close()
	h.Publish(left("q", 0, "ann")) // while only the grace keeps ann online
	h.depose("ann")
	sink.told(t, chat.EventPresence, "r ann on", "q ann on", "r ann off")
	join("q", false) // added while offline
	sink.told(t, chat.EventPresence, "r ann on", "q ann on", "r ann off")

	f.members["ann"] = []string{"r", "q"}
	ann, _ = connect(t, h, "ann", "")
	h.Publish(chat.Event{Kind: chat.EventRoomDeleted, Room: "r"})
	ann.Close()
	h.depose("ann")
	if got := sink.changes(chat.EventPresence)[3:]; len(got) != 3 || got[2] != "q ann off" {
		t.Errorf("after the deletion of r: %q", got)
	}
	gone(t, h, "ann")
}

// TestRoomsOfAUser are known whether or not somebody listens, and anew with each
// connection; nothing is kept of a room that is not theirs any more.
func TestRoomsOfAUser(t *testing.T) {
	h, f := presenceHub(never)
	f.members["ann"] = []string{"deleted", "left", "kept"}
	ann, _ := connect(t, h, "ann", "")
	defer ann.Close()
	h.Unlisten(ann, "left")
	h.Unlisten(ann, "kept")
	h.Publish(chat.Event{Kind: chat.EventRoomDeleted, Room: "deleted"})
	h.Publish(left("left", 0, "ann"))
	rooms := func(want ...string) {
		t.Helper()
		got := slices.Sorted(maps.Keys(h.users["ann"].rooms))
		if !slices.Equal(got, want) {
			t.Errorf("ann takes part in %q, want %q", got, want)
		}
	}
	rooms("kept")
	f.members["ann"] = []string{"new"} // and the events were lost
	two, _ := connect(t, h, "ann", "")
	defer two.Close()
	rooms("new")
}

// TestPresenceAgainstALeaving: a change that is on its way when its user leaves
// stays out of the room.
func TestPresenceAgainstALeaving(t *testing.T) {
	h, f := presenceHub(never)
	f.members["ann"], f.members["bob"] = []string{"r"}, []string{"r"}
	bob, sink := connect(t, h, "bob", "")
	defer bob.Close()
	ann, _ := connect(t, h, "ann", "")
	defer ann.Close()
	h.Publish(left("r", 0, "ann"))
	e := presenceEvent("ann", false, "e")
	e.Room = "r"
	h.Publish(e)
	sink.told(t, chat.EventPresence, "r ann on")
}

// TestBlockedIsOffline at once: they cannot come back.
func TestBlockedIsOffline(t *testing.T) {
	h, f := presenceHub(never)
	f.members["ann"], f.members["bob"] = []string{"r"}, []string{"r"}
	bob, sink := connect(t, h, "bob", "")
	defer bob.Close()
	connect(t, h, "ann", "1")
	two, _ := connect(t, h, "ann", "2")
	two.Detach()
	h.Publish(chat.Event{Kind: chat.EventUserRevoked, User: "ann", TokenVersion: 9})
	sink.told(t, chat.EventPresence, "r ann on") // their tokens are another's
	h.Publish(chat.Event{Kind: chat.EventUserRevoked, User: "ann", Blocked: true})
	sink.told(t, chat.EventPresence, "r ann on", "r ann off")
	gone(t, h, "ann")
}

// TestEndedWhileConnecting: a session that was ended before it was announced
// leaves nobody online.
func TestEndedWhileConnecting(t *testing.T) {
	h, f := presenceHub(never)
	f.members["ann"] = []string{"r"}
	f.after = func() { h.Publish(chat.Event{Kind: chat.EventUserRevoked, User: "ann", Blocked: true}) }
	_, err := enter(h, NewSession{
		ID: "a", Format: testFormat, Sink: &fakeSink{}, Identity: chat.Identity{Actor: chat.Actor{ID: "ann"}},
	}, func(map[string]string, string) Frame { return text("{}") })
	if err == nil {
		t.Error("connected")
	}
	gone(t, h, "ann")
}

// TestRecoveredPresence: of what a client has missed, the last of each user is
// all it learns, behind what it missed before.
func TestRecoveredPresence(t *testing.T) {
	h, f := presenceHub(atOnce)
	f.members["ann"], f.members["bob"], f.members["cid"] = []string{"r"}, []string{"r"}, []string{"r"}
	bob, sink := connect(t, h, "bob", "secret")
	seen := sink.last().Offset
	bob.Detach()
	for range 3 {
		ann, _ := connect(t, h, "ann", "")
		ann.Close()
		gone(t, h, "ann")
	}
	h.Publish(f.post("r"))
	cid, _ := connect(t, h, "cid", "")
	defer cid.Close()
	back := &fakeSink{}
	if s := h.Resume("secret", seen, bob.Identity(), testFormat, back); s == nil || !s.Resumed() {
		t.Fatal("not resumed")
	}
	defer bob.Close()
	var got []string
	for _, e := range back.got {
		got = append(got, fmt.Sprint(e.Kind, " ", e.User, " ", e.On))
	}
	if want := []string{"presence ann false", "message  false", "presence cid true"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

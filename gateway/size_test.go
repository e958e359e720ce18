package gateway

import (
	"slices"
	"testing"

	"parley/chat"
)

// TestPresenceOfLargeRooms is told up to 200 members, whether the size was read
// or came with an event.
func TestPresenceOfLargeRooms(t *testing.T) {
	h, f := presenceHub(never)
	for _, u := range []string{"ann", "bob"} {
		f.members[u] = []string{"small", "large", "grows", "shrinks"}
	}
	f.sizes = map[string]int{"small": chat.LargeRoom, "large": chat.LargeRoom + 1, "grows": chat.LargeRoom, "shrinks": chat.LargeRoom + 1}
	bob, sink := connect(t, h, "bob", "")
	defer bob.Close()
	h.Publish(chat.Event{Kind: chat.EventParticipantJoined, Room: "grows", User: "x", Quiet: true})
	h.Publish(chat.Event{Kind: chat.EventParticipantLeft, Room: "shrinks", User: "x"})
	f.sizes["grows"], f.sizes["shrinks"] = chat.LargeRoom+1, chat.LargeRoom
	ann, _ := connect(t, h, "ann", "")
	defer ann.Close()
	got := sink.changes(chat.EventPresence)
	slices.Sort(got)
	if !slices.Equal(got, []string{"shrinks ann on", "small ann on"}) {
		t.Errorf("told %q", got)
	}
}

// TestOldSize: a size that was read before an event told a later one is not taken.
func TestOldSize(t *testing.T) {
	h, f := presenceHub(never)
	f.members["ann"], f.members["bob"] = []string{"r"}, []string{"r"}
	f.sizes["r"] = chat.LargeRoom
	bob, sink := connect(t, h, "bob", "")
	defer bob.Close()
	f.after = func() {
		h.Publish(chat.Event{Kind: chat.EventParticipantJoined, Room: "r", User: "x", Quiet: true})
	}
	ann, _ := connect(t, h, "ann", "")
	defer ann.Close()
	sink.told(t, chat.EventPresence)
}

// TestSilentUntilSized: while it is not known how many take part, nothing is told.
func TestSilentUntilSized(t *testing.T) {
	h, f := presenceHub(never)
	bob, sink := connect(t, h, "bob", "")
	defer bob.Close()
	f.members["ann"], f.members["bob"] = []string{"r"}, []string{"r"}
	err := h.Listen(bob, "r", func() (chat.RoomHead, error) {
		e := presenceEvent("ann", true, "e")
		e.Room = "r"
		h.prime("r", 0)
		h.Publish(e)
		return chat.RoomHead{Room: "r", Members: chat.LargeRoom}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	sink.told(t, chat.EventPresence)
	ann, _ := connect(t, h, "ann", "")
	defer ann.Close()
	sink.told(t, chat.EventPresence, "r ann on")
}

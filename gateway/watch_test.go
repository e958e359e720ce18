package gateway

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"parley/chat"
)

// has takes a value out of a watch, if there is one.
func has(news <-chan struct{}) bool {
	select {
	case <-news:
		return true
	default:
		return false
	}
}

// TestWatchWakes after what changes what a poll reads, in rooms with sessions and
// without, and after nothing else.
func TestWatchWakes(t *testing.T) {
	f := newFakeStore()
	f.members["ann"] = []string{"live"}
	h := testHub(f)
	ann, _ := connect(t, h, "ann", "")
	defer ann.Close()
	for _, room := range []string{"live", "silent"} {
		news, end := h.Watch(room, 0)
		other, endOther := h.Watch("other", 0)
		bot := chat.Message{ID: room + "bot", Room: room, Sender: chat.BotSender("default"), Version: 9}
		for _, c := range []struct {
			event chat.Event
			wakes bool
		}{
			{chat.Event{Kind: chat.EventMessage, Version: 1, Message: &chat.Message{ID: "m"}}, true},
			{chat.Event{Kind: chat.EventMessage, Version: 9, Message: &bot}, true}, // in front of others that miss
			{chat.Event{Kind: chat.EventMessageEdited, Version: 2, Message: &chat.Message{ID: "m"}}, true},
			{chat.Event{Kind: chat.EventMessageDeleted, Version: 3, Message: &chat.Message{ID: "m"}}, true},
			{chat.Event{Kind: chat.EventHistoryCleared, Version: 4}, true},
			{chat.Event{Kind: chat.EventConversationState, Conversation: &chat.Conversation{State: chat.Waiting}}, true},
			{chat.Event{Kind: chat.EventTyping, User: "bob", Typing: true}, false},
			{chat.Event{Kind: chat.EventPresence, User: "bob"}, false},
			{chat.Event{Kind: chat.EventMessagesRead, User: "bob", Seq: 1}, false},
			{chat.Event{Kind: chat.EventStreamStart, Message: &chat.Message{ID: "s"}}, false},
			{chat.Event{Kind: chat.EventStreamToken, MessageID: "s", Token: "x"}, false},
			{chat.Event{Kind: chat.EventConversationUpdated, Conversation: &chat.Conversation{}}, false},
			{chat.Event{Kind: chat.EventRoomDeleted}, true},
		} {
			c.event.Room = room
			h.Publish(c.event)
			if has(news) != c.wakes || has(other) {
				t.Errorf("%s in %s", c.event.Kind, room)
			}
		}
		h.Publish(chat.Event{Kind: chat.EventRoomDeleted, Room: room})
		h.Publish(chat.Event{Kind: chat.EventRoomDeleted, Room: room})
		if !has(news) || has(news) {
			t.Error("several were not one")
		}
		end()
		end()
		endOther()
		h.Publish(chat.Event{Kind: chat.EventRoomDeleted, Room: room})
		if has(news) {
			t.Error("it was told behind its end")
		}
	}
}

// TestWatchFindsLostEvents: the last event of a room, with sessions or without, is
// lost, and a room's deletion; each is found by a comparison with the store.
func TestWatchFindsLostEvents(t *testing.T) {
	f := newFakeStore()
	f.members["ann"] = []string{"live"}
	h := testHub(f)
	ann, _ := connect(t, h, "ann", "")
	defer ann.Close()
	for _, room := range []string{"live", "silent"} {
		news, end := h.Watch(room, 0)
		f.post(room) // before anybody has looked
		h.compare(t.Context())
		if !has(news) {
			t.Errorf("%s: the first lost event was not found", room)
		}
		h.compare(t.Context())
		if has(news) {
			t.Errorf("%s: woken for nothing", room)
		}
		h.Publish(f.post(room))
		has(news)
		h.compare(t.Context())
		if has(news) {
			t.Errorf("%s: woken twice for one", room)
		}
		f.post(room)
		again, endAgain := h.Watch(room, 0) // this one too
		h.compare(t.Context())
		if !has(news) || !has(again) {
			t.Errorf("%s: a lost event was not found", room)
		}
		end()
		endAgain()
	}
}

// TestWatchInTime: with Run, a lost event is found without anybody's help.
func TestWatchInTime(t *testing.T) {
	f := newFakeStore()
	h := testHub(f)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { h.Run(ctx); close(done) }()
	defer func() { stop(); <-done }()
	news, end := h.Watch("r", 0)
	defer end()
	f.post("r")
	eventually(t, "the lost event", func() bool { return has(news) })
}

// TestWatchLeavesNothing: a room is kept for one comparison behind its last watch,
// so that who polls again is not woken for nothing, and then forgotten.
func TestWatchLeavesNothing(t *testing.T) {
	h := testHub(newFakeStore())
	for range 3 { // polls one after another
		_, end := h.Watch("r", 0)
		h.compare(t.Context())
		end()
		h.compare(t.Context())
		news, end := h.Watch("r", 0)
		h.compare(t.Context())
		if end(); has(news) {
			t.Error("woken for nothing")
		}
	}
	h.compare(t.Context())
	h.compare(t.Context())
	if len(h.watches.rooms) != 0 || h.watches.open.Load() != 0 || len(h.rooms) != 0 {
		t.Error("something is left")
	}
}

// TestWatchesUnderRace has thousands of watches on one room and on many while
// messages come: none misses the last.
func TestWatchesUnderRace(t *testing.T) {
	const watchers, rooms, posts = 2000, 50, 40
	f := newFakeStore()
	h := testHub(f)
	var ready, writers, polls sync.WaitGroup
	seen := func(room string) int64 { heads, _ := f.Heads(t.Context(), []string{room}); return heads[room] }
	name := func(i int) string { return fmt.Sprint("r", max(0, i-watchers/2)%rooms) } // half of them in r0
	for i := range watchers {
		ready.Add(1)
		polls.Go(func() {
			news, end := h.Watch(name(i), 0)
			defer end()
			ready.Done()
			for seen(name(i)) < posts {
				<-news
			}
		})
	}
	ready.Wait()
	for i := range rooms {
		writers.Go(func() {
			for range posts {
				h.Publish(f.post(fmt.Sprint("r", i)))
			}
		})
	}
	writers.Wait()
	polls.Wait()
}

// BenchmarkWatch is what an event costs its room's watches, one and a thousand, and
// what it costs while another room is watched.
//
//	go test ./gateway -run - -bench Watch
func BenchmarkWatch(b *testing.B) {
	for _, c := range []struct {
		name, room string
		watches    int
	}{{"none", "r", 0}, {"another", "other", 1}, {"one", "r", 1}, {"thousand", "r", 1000}} {
		b.Run(c.name, func(b *testing.B) {
			h := testHub(newFakeStore())
			for range c.watches {
				_, end := h.Watch(c.room, 0)
				defer end()
			}
			e := chat.Event{Kind: chat.EventMessage, Room: "r", Message: &chat.Message{ID: "m"}}
			b.ReportAllocs()
			for i := range b.N {
				e.Version = int64(i + 1)
				h.Publish(e)
			}
		})
	}
}

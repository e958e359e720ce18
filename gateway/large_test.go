package gateway

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"parley/chat"
)

// told is how many of each kind somebody's connection is to get.
type told map[string]int

// expect does something and compares what each connection got, how often that
// was encoded, and how many rows of members were read at most.
func (c *crowd) expect(what string, do func() error, want func(user string) told, rows int64) {
	c.t.Helper()
	c.settle()
	c.ok(do())
	kinds := map[string]bool{}
	wrong := 0
	for i, d := range c.devices {
		got, want := d.tally.take(), want(d.user)
		for kind := range want {
			kinds[kind] = true
		}
		if !maps.Equal(got, map[string]int(want)) {
			if wrong++; wrong < 5 {
				c.t.Errorf("%s: connection %d, of %s, got %v, want %v", what, i, d.user, got, want)
			}
		}
	}
	if wrong > 0 {
		c.t.Errorf("%s: %d connections got something else", what, wrong)
	}
	for _, f := range c.formats {
		if n := f.encoded.Load(); n > int64(len(kinds)) {
			c.t.Errorf("%s: %d events were encoded %d times for one format", what, len(kinds), n)
		}
	}
	if n := c.store.members.Load(); n > rows {
		c.t.Errorf("%s: %d rows of members were read, at most %d were to be", what, n, rows)
	}
}

// all gets everybody the same, and nobody anything if it is not loud.
func all(kind string, loud bool) func(string) told {
	return func(string) told {
		if !loud {
			return told{}
		}
		return told{kind: 1}
	}
}

// but is all without one user.
func but(one, kind string, loud bool) func(string) told {
	return func(user string) told {
		if !loud || user == one {
			return told{}
		}
		return told{kind: 1}
	}
}

// TestRulesOfLargeRooms counts who is told what in rooms around the border and in
// a large one: every member gets a message, once; past 200 members nothing else
// goes to anybody but to those whom it concerns. A room's size costs no reading.
func TestRulesOfLargeRooms(t *testing.T) {
	large := 5000
	if testing.Short() {
		large = 1000
	}
	for _, n := range []int{chat.LargeRoom, chat.LargeRoom + 1, large} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			began := time.Now()
			c := newCrowd(t, n)
			t.Logf("%d members connected in %v", n, time.Since(began))
			c.speak(n)
			c.comeAndGo(n)
			c.join(n)
		})
	}
}

// speak has what a member does in the room.
func (c *crowd) speak(n int) {
	ctx, room, ann := c.t.Context(), c.room, member(c.devices[0].user)
	small := n <= chat.LargeRoom
	var m chat.Receipt
	c.expect("message", func() (err error) {
		m, err = c.chat.Post(ctx, ann, chat.Draft{Room: room, Text: "hi", Type: chat.ContentText})
		return err
	}, all("message", true), 0)
	c.expect("edit", func() error {
		_, err := c.chat.Edit(ctx, ann, m.Message.ID, "ho")
		return err
	}, all("message-edited", true), 0)
	bob := c.devices[1]
	c.expect("read", func() error {
		_, err := c.chat.MarkRead(ctx, member(bob.user), room, nil)
		return err
	}, all("messagesRead", small), 0)
	types := func(on bool) func() error {
		return func() error { return c.chat.Typing(ctx, ann, room, on, c.devices[0].session.ID) }
	}
	c.expect("typing", types(true), but(ann.ID, "typing", small), 0)
	c.expect("typing no more", types(false), but(ann.ID, "typing", small), 0)
}

// comeAndGo has a member with one connection who loses it, for good and not.
func (c *crowd) comeAndGo(n int) {
	small, at := n <= chat.LargeRoom, 2
	cid := c.devices[at]
	c.expect("loss", func() error { cid.session.Close(); return nil }, all("", false), 0)
	gone := func() error { c.hub.depose(cid.user); return nil }
	c.expect("offline", gone, but(cid.user, "presence", small), 0)
	c.expect("online", func() error {
		c.devices[at] = c.connect(cid.user, at)
		if n := c.store.calls.Load(); n != 1 {
			c.t.Errorf("a connection asked %d times for its rooms", n)
		}
		c.devices[at].tally.take() // ready
		return nil
	}, but(cid.user, "presence", small), 0)
	last := c.devices[len(c.devices)-1]
	c.expect("a second connection", func() error {
		c.connect(last.user, len(c.devices)).session.Close()
		return nil
	}, all("", false), 0)
	c.expect("who is online", func() error {
		online, err := c.chat.Presence(c.t.Context(), member(cid.user), c.room)
		if len(online) != chat.ListedParticipants {
			c.t.Errorf("%d are online", len(online))
		}
		return err
	}, all("", false), chat.ListedParticipants)
}

// join has the last member leave and join again, on both of their connections.
func (c *crowd) join(n int) {
	ctx, dan := c.t.Context(), member(c.devices[n-1].user)
	small := n-1 <= chat.LargeRoom
	c.expect("leave", func() error { return c.chat.LeaveRoom(ctx, dan, c.room) }, func(user string) told {
		if user == dan.ID {
			return told{"room-left": 1}
		}
		return all("participant-left", small)(user)
	}, 0)
	small = n <= chat.LargeRoom
	// The answer shows the room, with those that it lists.
	c.expect("join", func() error { _, err := c.chat.JoinRoom(ctx, dan, c.room); return err }, func(user string) told {
		switch {
		case user == dan.ID && small:
			return told{"room-joined": 1, "participant-joined": 1}
		case user == dan.ID:
			return told{"room-joined": 1}
		case small:
			return told{"participant-joined": 1, "presence": 1}
		}
		return told{}
	}, chat.ListedParticipants)
}

package chat_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/chat"
)

// told is an event as one line: what it is, where it stands, and whom it is about.
func told(e chat.Event) string {
	parts := []string{string(e.Kind)}
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if e.Version > 0 {
		add("version=%d", e.Version)
	} else {
		add("at=%d", e.At)
	}
	if e.RoomName != "" {
		add("name=%s", e.RoomName)
	}
	if e.Message != nil {
		add("message=%d:%s", e.Message.Seq, e.Message.Text)
	}
	if e.User != "" {
		add("user=%s", e.User)
	}
	if len(e.Users) > 0 {
		add("users=%s", strings.Join(e.Users, ","))
	}
	if e.Seq > 0 {
		add("seq=%d", e.Seq)
	}
	if e.Kind == chat.EventTyping {
		add("typing=%t origin=%s", e.Typing, e.Origin)
	}
	if e.Quiet {
		add("quiet")
	}
	return strings.Join(parts, " ")
}

// TestEvents holds what each act in a room of ann, bob and cid tells, in which
// order. The room stands at version 2, with a message of ann's and one of bob's.
func TestEvents(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(w *world, room string, ms []chat.Message) error
		want []string
	}{
		{"post", func(w *world, room string, _ []chat.Message) error {
			_, err := w.Post(w.ctx(), ann, says(room, "hi"))
			return err
		}, []string{"message version=3 message=3:hi"}},
		{"edit", func(w *world, _ string, ms []chat.Message) error {
			_, err := w.Edit(w.ctx(), ann, ms[0].ID, "new")
			return err
		}, []string{"message-edited version=3 message=1:new"}},
		{"delete", func(w *world, _ string, ms []chat.Message) error {
			_, err := w.Delete(w.ctx(), ann, ms[0].ID)
			return err
		}, []string{"message-deleted version=3 message=1:"}},
		{"add", func(w *world, room string, _ []chat.Message) error {
			return w.AddUsers(w.ctx(), ann, room, []string{"dan", "root", "dan"})
		}, []string{
			"room-joined at=2 name=The room users=dan,root",
			"participant-joined at=2 user=dan", "participant-joined at=2 user=root",
		}},
		{"join", func(w *world, room string, _ []chat.Message) error {
			_, err := w.JoinRoom(w.ctx(), dan, room)
			return err
		}, []string{"room-joined at=2 name=The room users=dan", "participant-joined at=2 user=dan"}},
		{"join as a member", func(w *world, room string, _ []chat.Message) error {
			_, err := w.JoinRoom(w.ctx(), bob, room)
			return err
		}, nil},
		{"leave", func(w *world, room string, _ []chat.Message) error {
			return w.LeaveRoom(w.ctx(), bob, room)
		}, []string{"room-left at=2 name=The room users=bob", "participant-left at=2 user=bob"}},
		{"leave by the live event", func(w *world, room string, _ []chat.Message) error {
			return w.LeaveRoomLive(w.ctx(), bob, room)
		}, []string{"room-left at=2 name=The room users=bob", "participant-left at=2 user=bob"}},
		{"remove", func(w *world, room string, _ []chat.Message) error {
			return w.RemoveUsers(w.ctx(), ann, room, []string{"cid", "dan", "bob"}) // dan is a stranger
		}, []string{
			"room-left at=2 name=The room users=cid,bob",
			"participant-left at=2 user=cid", "participant-left at=2 user=bob",
		}},
		{"remove nobody who is in", func(w *world, room string, _ []chat.Message) error {
			return w.RemoveUsers(w.ctx(), ann, room, []string{"dan"})
		}, nil},
		{"delete the room", func(w *world, room string, _ []chat.Message) error {
			return w.DeleteRoom(w.ctx(), ann, room)
		}, []string{"room-deleted at=2 name=The room"}},
		{"rename", func(w *world, room string, _ []chat.Message) error {
			_, err := w.UpdateRoom(w.ctx(), ann, room, chat.RoomChange{Name: new("New")})
			return err
		}, nil},
		{"read", func(w *world, room string, _ []chat.Message) error {
			_, err := w.MarkRead(w.ctx(), ann, room, nil)
			return err
		}, []string{"messagesRead at=2 user=ann seq=2"}},
		{"read again", func(w *world, room string, _ []chat.Message) error {
			_, err := w.MarkRead(w.ctx(), bob, room, nil) // who wrote the last one
			return err
		}, nil},
		{"typing", func(w *world, room string, _ []chat.Message) error {
			return w.Typing(w.ctx(), ann, room, true, "tab")
		}, []string{"typing at=0 user=ann typing=true origin=tab"}},
		{"typing no more", func(w *world, room string, _ []chat.Message) error {
			return w.Typing(w.ctx(), ann, room, false, "")
		}, []string{"typing at=0 user=ann typing=false origin="}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			room := w.group(chat.Public, "bob", "cid")
			ms := []chat.Message{w.post(ann, room, "one"), w.post(bob, room, "two")}
			w.bus.take()
			w.ok(c.do(w, room, ms))
			events := w.bus.take()
			same(t, "events", column(events, told), c.want)
			for _, e := range events {
				equal(t, "room", e.Room, room)
				equal(t, "epoch", e.Epoch, w.db.Epoch())
				equal(t, "moves the cursor", e.Cursor() != "", e.Version > 0)
			}
		})
	}
}

func TestEventsOfANewRoom(t *testing.T) {
	w := newWorld(t)
	_, err := w.CreateRoom(w.ctx(), ann, chat.NewRoom{Name: "x", Users: []string{"bob", "ann", "cid"}})
	w.ok(err)
	same(t, "events", column(w.bus.take(), told), []string{"room-joined at=0 name=x users=ann,bob,cid"})
}

func TestEventsOfTheLastOneOut(t *testing.T) {
	w := newWorld(t, func(o *chat.Options) { o.DeleteEmptyRooms = true })
	room := w.room()
	w.ok(w.LeaveRoom(w.ctx(), ann, room))
	same(t, "events", column(w.bus.take(), told), []string{
		"room-left at=0 name=The room users=ann", "participant-left at=0 user=ann", "room-deleted at=0 name=The room",
	})
}

// TestLargeRoomsAreQuiet holds that past 200 members comings and goings move
// subscriptions without being told, and reading and typing are not told at all.
func TestLargeRoomsAreQuiet(t *testing.T) {
	w := newWorld(t)
	users := w.users(chat.LargeRoom)
	room := w.room(users[:chat.LargeRoom-1]...) // 200 with ann
	events := func(do func() error) []string {
		w.ok(do())
		return column(w.bus.take(), told)
	}
	last := users[chat.LargeRoom-1]
	w.post(ann, room, "hi")
	w.bus.take()
	read := func(user string) func() error {
		return func() error {
			_, err := w.MarkRead(w.ctx(), actor(user), room, nil)
			return err
		}
	}
	typing := func() error { return w.Typing(w.ctx(), ann, room, true, "") }
	same(t, "read by one of 200", events(read(users[0])), []string{"messagesRead at=1 user=user-0000 seq=1"})
	same(t, "typing to 200", events(typing), []string{"typing at=0 user=ann typing=true origin="})
	same(t, "the 201st comes", events(func() error { return w.AddUsers(w.ctx(), ann, room, []string{last}) }), []string{
		"room-joined at=1 name=The room users=" + last + " quiet", "participant-joined at=1 user=" + last + " quiet",
	})
	same(t, "read by one of 201", events(read(users[1])), nil)
	same(t, "typing to 201", events(typing), nil)
	check(t, w.Typing(w.ctx(), dan, room, true, ""), chat.CodeNotFound, noRoom)
	same(t, "messages are told", events(func() error { w.post(ann, room, "ho"); return nil }), []string{"message version=2 message=2:ho"})
	w.ok(w.AddUsers(w.ctx(), ann, room, []string{"bob"}))
	w.bus.take()
	same(t, "the 202nd goes", events(func() error { return w.LeaveRoom(w.ctx(), bob, room) }), []string{
		"room-left at=2 name=The room users=bob", "participant-left at=2 user=bob quiet",
	})
	same(t, "the 201st goes", events(func() error { return w.RemoveUsers(w.ctx(), ann, room, []string{last}) }), []string{
		"room-left at=2 name=The room users=" + last, "participant-left at=2 user=" + last,
	})
}

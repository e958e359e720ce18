package chat_test

import (
	"context"
	"testing"

	"parley/chat"
)

// TestMembership is the state machine of a membership: what each act does to who
// stands how to a room of ann's.
func TestMembership(t *testing.T) {
	const stranger, active, left, removed = chat.MemberState(""), chat.MemberActive, chat.MemberLeft, chat.MemberRemoved
	in := func(w *world, room string) error {
		_, err := w.JoinRoom(w.ctx(), bob, room)
		return err
	}
	add := func(w *world, room string) error { return w.AddUsers(w.ctx(), ann, room, []string{"bob"}) }
	remove := func(w *world, room string) error { return w.RemoveUsers(w.ctx(), ann, room, []string{"bob"}) }
	leave := func(w *world, room string) error { return w.LeaveRoom(w.ctx(), bob, room) }
	post := func(w *world, room string) error {
		_, err := w.Post(w.ctx(), bob, says(room, "hi"))
		return err
	}
	read := func(w *world, room string) error {
		_, err := w.Room(w.ctx(), bob, room)
		return err
	}
	invalid := "users array contains existing member ids"
	for _, c := range []struct {
		name       string
		from       chat.MemberState
		visibility chat.Visibility
		act        func(*world, string) error
		code       chat.Code
		text       string
		to         chat.MemberState
	}{
		{"a stranger joins", stranger, chat.Private, in, chat.CodeNotFound, noRoom, stranger},
		{"a stranger joins what is public", stranger, chat.Public, in, "", "", active},
		{"a stranger is added", stranger, chat.Private, add, "", "", active},
		{"a stranger is removed", stranger, chat.Private, remove, "", "", stranger},
		{"a stranger leaves", stranger, chat.Public, leave, chat.CodeNotFound, noRoom, stranger},
		{"a stranger posts", stranger, chat.Public, post, chat.CodeNotFound, noRoom, stranger},
		{"a stranger reads", stranger, chat.Public, read, chat.CodeNotFound, noRoom, stranger},
		{"a member joins", active, chat.Private, in, "", "", active},
		{"a member is added", active, chat.Private, add, chat.CodeInvalid, invalid, active},
		{"a member is removed", active, chat.Private, remove, "", "", removed},
		{"a member leaves", active, chat.Private, leave, "", "", left},
		{"a member posts", active, chat.Private, post, "", "", active},
		{"a member reads", active, chat.Private, read, "", "", active},
		{"who left joins", left, chat.Private, in, "", "", active},
		{"who left is added", left, chat.Private, add, "", "", active},
		{"who left is removed", left, chat.Private, remove, "", "", removed},
		{"who left leaves", left, chat.Private, leave, chat.CodeNotFound, noRoom, left},
		{"who left posts", left, chat.Public, post, chat.CodeNotFound, noRoom, left},
		{"who left reads", left, chat.Public, read, chat.CodeNotFound, noRoom, left},
		{"who was removed joins", removed, chat.Private, in, chat.CodeNotFound, noRoom, removed},
		{"who was removed joins what is public", removed, chat.Public, in, chat.CodeNotFound, noRoom, removed},
		{"who was removed is added", removed, chat.Private, add, "", "", active},
		{"who was removed is removed", removed, chat.Private, remove, "", "", removed},
		{"who was removed leaves", removed, chat.Private, leave, chat.CodeNotFound, noRoom, removed},
		{"who was removed posts", removed, chat.Public, post, chat.CodeNotFound, noRoom, removed},
		{"who was removed reads", removed, chat.Public, read, chat.CodeNotFound, noRoom, removed},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			room := w.group(c.visibility)
			if c.from != stranger {
				w.ok(add(w, room))
			}
			switch c.from {
			case left:
				w.ok(leave(w, room))
			case removed:
				w.ok(remove(w, room))
			}
			equal(t, "before", w.member(room, "bob").State, c.from)
			check(t, c.act(w, room), c.code, c.text)
			equal(t, "after", w.member(room, "bob").State, c.to)
			want := 1
			if c.to == active {
				want = 2
			}
			equal(t, "count", w.state(room).ParticipantCount, want)
		})
	}
}

func TestJoinShowsTheRoom(t *testing.T) {
	w := newWorld(t)
	room := w.group(chat.Public, "bob")
	w.post(ann, room, "hi")
	v, err := w.JoinRoom(w.ctx(), cid, room)
	w.ok(err)
	same(t, "participants", v.Participants, []string{"ann", "bob", "cid"})
	equal(t, "cursor", v.Cursor(), w.cursor(1))
	equal(t, "unread", v.Unread, 1)
	// A new member may read the whole history.
	ms, _, err := w.History(w.ctx(), cid, room, 0, 0, 0)
	w.ok(err)
	same(t, "history", texts(ms), []string{"hi"})
}

func TestReturnKeepsTheReadPosition(t *testing.T) {
	w := newWorld(t)
	room := w.room("bob")
	w.post(ann, room, "one")
	_, err := w.MarkRead(w.ctx(), bob, room, nil)
	w.ok(err)
	w.ok(w.LeaveRoom(w.ctx(), bob, room))
	w.post(ann, room, "two")
	v, err := w.JoinRoom(w.ctx(), bob, room)
	w.ok(err)
	equal(t, "unread", v.Unread, 1)
}

func TestMembersRefused(t *testing.T) {
	h := newHouse(t)
	add := func(a chat.Actor, room func(*house) string, users ...string) func(context.Context, *house) error {
		return func(ctx context.Context, h *house) error { return h.AddUsers(ctx, a, room(h), users) }
	}
	remove := func(a chat.Actor, room func(*house) string, users ...string) func(context.Context, *house) error {
		return func(ctx context.Context, h *house) error { return h.RemoveUsers(ctx, a, room(h), users) }
	}
	join := func(a chat.Actor, room func(*house) string) func(context.Context, *house) error {
		return func(ctx context.Context, h *house) error {
			_, err := h.JoinRoom(ctx, a, room(h))
			return err
		}
	}
	leave := func(a chat.Actor, room func(*house) string) func(context.Context, *house) error {
		return func(ctx context.Context, h *house) error { return h.LeaveRoom(ctx, a, room(h)) }
	}
	the := func(h *house) string { return h.room }
	public := func(h *house) string { return h.public }
	talk := func(h *house) string { return h.talk }
	none := func(*house) string { return "none" }
	unnamed := func(*house) string { return "" }
	needUsers := "users is required and must be a non-empty array"
	refused(t, h, []refusal{
		{"add nobody", add(ann, the), chat.CodeInvalid, needUsers},
		{"add to no room", add(ann, unnamed, "cid"), chat.CodeInvalid, "roomId is required"},
		{"add a member", add(bob, the, "cid", "ann"), chat.CodeInvalid, "users array contains existing member ids"},
		{"add oneself", add(ann, the, "ann"), chat.CodeInvalid, "users array contains existing member ids"},
		{"add the unknown", add(ann, the, "x", "cid", "y"), chat.CodeInvalid, "users [x,y] do not exist"},
		{"add a guest", add(ann, the, "gil", "cid"), chat.CodeForbidden, "users [gil] are guests and may not take part in group rooms"},
		{"add as a stranger", add(cid, the, "cid"), chat.CodeNotFound, noRoom},
		{"a stranger learns no users", add(cid, the, "x"), chat.CodeNotFound, noRoom},
		{"add after removal", add(dan, the, "dan"), chat.CodeNotFound, noRoom},
		{"add as an administrator", add(root, the, "cid"), chat.CodeNotFound, noRoom},
		{"add to a conversation", add(ann, talk, "bob"), chat.CodeForbidden, noGroup},
		{"remove nobody", remove(ann, the), chat.CodeInvalid, needUsers},
		{"remove from no room", remove(ann, unnamed, "bob"), chat.CodeInvalid, "roomId is required"},
		{"remove as a member", remove(bob, the, "ann"), chat.CodeForbidden, onlyCreator},
		{"remove oneself as a member", remove(bob, the, "bob"), chat.CodeForbidden, onlyCreator},
		{"remove as a stranger", remove(cid, the, "bob"), chat.CodeNotFound, noRoom},
		{"remove from the unknown", remove(root, none, "bob"), chat.CodeNotFound, noRoom},
		{"remove from a conversation", remove(ann, talk, "gil"), chat.CodeForbidden, noGroup},
		{"join the unknown", join(ann, none), chat.CodeNotFound, noRoom},
		{"join nothing", join(ann, unnamed), chat.CodeInvalid, "roomId is required"},
		{"join as an administrator", join(root, the), chat.CodeNotFound, noRoom},
		{"join as a guest", join(gil, public), chat.CodeForbidden, noGuests},
		{"join what is private as a guest", join(gil, the), chat.CodeNotFound, noRoom},
		{"join a conversation", join(ann, talk), chat.CodeForbidden, noGroup},
		{"join another's conversation", join(bob, talk), chat.CodeNotFound, noRoom},
		{"leave the unknown", leave(ann, none), chat.CodeNotFound, noRoom},
		{"leave nothing", leave(ann, unnamed), chat.CodeInvalid, "roomId is required"},
		{"leave a conversation", leave(gil, talk), chat.CodeForbidden, noGroup},
	})
}

// TestAdministratorRemoves holds that an administrator needs no membership, and
// that creators are no exception.
func TestAdministratorRemoves(t *testing.T) {
	w := newWorld(t)
	room := w.room("bob", "cid")
	w.ok(w.RemoveUsers(w.ctx(), root, room, []string{"ann", "cid", "nobody"}))
	equal(t, "ann", w.member(room, "ann").State, chat.MemberRemoved)
	equal(t, "cid", w.member(room, "cid").State, chat.MemberRemoved)
	equal(t, "nobody", w.member(room, "nobody").State, "")
	check(t, w.DeleteRoom(w.ctx(), ann, room), chat.CodeNotFound, noRoom)
}

// TestGuestsTalkElsewhere holds that a guest has all rights of a member in a
// room that is no group.
func TestGuestsTalkElsewhere(t *testing.T) {
	w := newWorld(t)
	talk := w.kind(chat.KindCustomer, "ann", "gil")
	m := w.post(gil, talk, "hi")
	_, err := w.Edit(w.ctx(), gil, m.ID, "ho")
	w.ok(err)
	_, err = w.MarkRead(w.ctx(), gil, talk, nil)
	w.ok(err)
	ms, _, err := w.History(w.ctx(), gil, talk, 0, 0, 0)
	w.ok(err)
	same(t, "history", texts(ms), []string{"ho"})
	_, err = w.Delete(w.ctx(), gil, m.ID)
	w.ok(err)
}

func TestDeleteEmptyRooms(t *testing.T) {
	for _, c := range []struct {
		name    string
		setting bool
		leave   func(*world, chat.Actor, string) error
		deleted bool
	}{
		{"off", false, func(w *world, a chat.Actor, room string) error { return w.LeaveRoom(w.ctx(), a, room) }, false},
		{"on", true, func(w *world, a chat.Actor, room string) error { return w.LeaveRoom(w.ctx(), a, room) }, true},
		{"on, by the live event", true, func(w *world, a chat.Actor, room string) error { return w.LeaveRoomLive(w.ctx(), a, room) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, func(o *chat.Options) { o.DeleteEmptyRooms = c.setting })
			room := w.room("bob")
			w.ok(c.leave(w, ann, room))
			equal(t, "deleted with one left", w.state(room).Deleted, false)
			w.ok(c.leave(w, bob, room))
			equal(t, "deleted", w.state(room).Deleted, c.deleted)
			_, err := w.JoinRoom(w.ctx(), bob, room)
			want := chat.Code("")
			if c.deleted {
				want = chat.CodeNotFound
			}
			check(t, err, want, "")
		})
	}
}

func TestOpenUsers(t *testing.T) {
	w := newWorld(t, func(o *chat.Options) { o.OpenUsers = true })
	room, err := w.CreateRoom(w.ctx(), ann, chat.NewRoom{Name: "x", Users: []string{"new", "bob"}})
	w.ok(err)
	w.ok(w.AddUsers(w.ctx(), ann, room, []string{"newer", "cid"}))
	for _, id := range []string{"new", "newer"} {
		u, err := w.db.User(w.ctx(), id)
		w.ok(err)
		equal(t, "user", [3]string{u.ID, u.Name, string(u.Role)}, [3]string{id, id, "user"})
		equal(t, "state", w.member(room, id).State, chat.MemberActive)
	}
	// The door is open for the unknown, not for guests, and not for strangers' wishes.
	check(t, w.AddUsers(w.ctx(), ann, room, []string{"gil"}), chat.CodeForbidden, "users [gil] are guests and may not take part in group rooms")
	check(t, w.AddUsers(w.ctx(), dan, room, []string{"another"}), chat.CodeNotFound, noRoom)
	missing, err := w.db.MissingUsers(w.ctx(), []string{"another"})
	w.ok(err)
	same(t, "made by a stranger", missing, []string{"another"})
}

package chat_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/chat"
)

func TestCreateRoom(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		name  string
		users []string
		want  []string
	}{
		{"the caller listed", []string{"ann", "bob"}, []string{"ann", "bob"}},
		{"the caller not listed", []string{"bob"}, []string{"ann", "bob"}},
		{"the caller alone", []string{"ann"}, []string{"ann"}},
		{"twice the same", []string{"bob", "cid", "bob"}, []string{"ann", "bob", "cid"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			id, err := w.CreateRoom(w.ctx(), ann, chat.NewRoom{Name: "Ünï", Users: c.users})
			w.ok(err)
			r, err := w.Room(w.ctx(), ann, id)
			w.ok(err)
			same(t, "participants", r.Participants, c.want)
			equal(t, "count", r.ParticipantCount, len(c.want))
			equal(t, "name", r.Name, "Ünï")
			equal(t, "kind", r.Kind, chat.KindGroup)
			equal(t, "creator", r.Creator, "ann")
			equal(t, "visibility", r.Visibility, chat.Private)
			equal(t, "cursor", r.Cursor(), w.cursor(0))
			equal(t, "unread", r.Unread, 0)
			if r.LastMessage != nil || r.Deleted || r.CreatedAt.Before(begin) || r.CreatedAt != r.ActiveAt {
				t.Errorf("room %+v", r)
			}
		})
	}
}

func TestCreateRoomRefused(t *testing.T) {
	h := newHouse(t)
	create := func(a chat.Actor, n chat.NewRoom) func(context.Context, *house) error {
		return func(ctx context.Context, h *house) error {
			_, err := h.CreateRoom(ctx, a, n)
			return err
		}
	}
	many := make([]string, chat.MaxUsers+1)
	for i := range many {
		many[i] = "bob" // counted before repetitions are dropped
	}
	some := []string{"bob"}
	refused(t, h, []refusal{
		{"no name", create(ann, chat.NewRoom{Users: some}), chat.CodeInvalid, "roomName is required"},
		{"blank name", create(ann, chat.NewRoom{Name: " \n", Users: some}), chat.CodeInvalid, "roomName is required"},
		{"long name", create(ann, chat.NewRoom{Name: strings.Repeat("ü", 256), Users: some}), chat.CodeInvalid, "roomName must be at most 255 characters"},
		{"NUL in the name", create(ann, chat.NewRoom{Name: "a\x00", Users: some}), chat.CodeInvalid, "roomName must be UTF-8 text without NUL"},
		{"broken name", create(ann, chat.NewRoom{Name: "a\xff", Users: some}), chat.CodeInvalid, "roomName must be UTF-8 text without NUL"},
		{"no users", create(ann, chat.NewRoom{Name: "x"}), chat.CodeInvalid, "users is required and must be a non-empty array"},
		{"empty users", create(ann, chat.NewRoom{Name: "x", Users: []string{}}), chat.CodeInvalid, "users is required and must be a non-empty array"},
		{"empty id", create(ann, chat.NewRoom{Name: "x", Users: []string{""}}), chat.CodeInvalid, "users is required"},
		{"long id", create(ann, chat.NewRoom{Name: "x", Users: []string{strings.Repeat("a", 256)}}), chat.CodeInvalid, "users must be at most 255 bytes"},
		{"too many users", create(ann, chat.NewRoom{Name: "x", Users: many}), chat.CodeInvalid, "users must have at most 1000 ids"},
		{"unknown users", create(ann, chat.NewRoom{Name: "x", Users: []string{"a", "bob", "b"}}), chat.CodeInvalid, "users [a,b] do not exist"},
		{"guests in it", create(ann, chat.NewRoom{Name: "x", Users: []string{"bob", "gil"}}), chat.CodeForbidden, "users [gil] are guests and may not take part in group rooms"},
		{"wrong visibility", create(ann, chat.NewRoom{Name: "x", Users: some, Visibility: "open"}), chat.CodeInvalid, "visibility must be private or public"},
		{"a guest", create(gil, chat.NewRoom{Name: "x", Users: some}), chat.CodeForbidden, noGuests},
	})
}

func TestRoomBounds(t *testing.T) {
	w := newWorld(t)
	users := w.users(chat.MaxUsers)
	id, err := w.CreateRoom(w.ctx(), ann, chat.NewRoom{Name: strings.Repeat("ü", chat.MaxRoomName), Users: users})
	w.ok(err)
	r, err := w.Room(w.ctx(), ann, id)
	w.ok(err)
	equal(t, "count", r.ParticipantCount, chat.MaxUsers+1)
	equal(t, "listed", len(r.Participants), chat.ListedParticipants)
}

func TestRoomHidden(t *testing.T) {
	h := newHouse(t)
	get := func(a chat.Actor, room func(*house) string) func(context.Context, *house) error {
		return func(ctx context.Context, h *house) error {
			_, err := h.Room(ctx, a, room(h))
			return err
		}
	}
	the := func(h *house) string { return h.room }
	named := func(id string) func(*house) string { return func(*house) string { return id } }
	refused(t, h, []refusal{
		{"a stranger", get(cid, the), chat.CodeNotFound, noRoom},
		{"removed", get(dan, the), chat.CodeNotFound, noRoom},
		{"left", get(actor("eve"), the), chat.CodeNotFound, noRoom},
		{"an administrator", get(root, the), chat.CodeNotFound, noRoom},
		{"public, a stranger", get(cid, func(h *house) string { return h.public }), chat.CodeNotFound, noRoom},
		{"unknown", get(ann, named("none")), chat.CodeNotFound, noRoom},
		{"no id", get(ann, named("")), chat.CodeInvalid, "roomId is required"},
		{"long id", get(ann, named(strings.Repeat("a", 256))), chat.CodeInvalid, "roomId must be at most 255 bytes"},
		{"NUL", get(ann, named("a\x00")), chat.CodeInvalid, "roomId must be UTF-8 text without NUL"},
	})
}

func TestRoomsList(t *testing.T) {
	w := newWorld(t)
	first, second, third := w.room("bob"), w.room("cid"), w.room("bob")
	w.post(bob, first, "hi")
	list := func(a chat.Actor, p chat.Page) []string {
		views, _, err := w.Rooms(w.ctx(), a, p)
		w.ok(err)
		return column(views, func(r chat.RoomView) string { return r.ID })
	}
	same(t, "last activity first", list(ann, chat.Page{}), []string{first, third, second})
	same(t, "only one's own", list(bob, chat.Page{}), []string{first, third})
	same(t, "a page", list(ann, chat.Page{Skip: 1, Limit: 1}), []string{third})
	same(t, "of a stranger", list(dan, chat.Page{}), nil)
	w.ok(w.DeleteRoom(w.ctx(), ann, third))
	w.ok(w.LeaveRoom(w.ctx(), bob, first))
	same(t, "a deleted one", list(ann, chat.Page{}), []string{first, second})
	same(t, "a left one", list(bob, chat.Page{}), nil)
	_, err := w.UpdateRoom(w.ctx(), ann, second, chat.RoomChange{Name: new("Grün 100%")})
	w.ok(err)
	same(t, "search", list(ann, chat.Page{Search: "GRÜN 100%"}), []string{second})
	same(t, "search for a wildcard", list(ann, chat.Page{Search: "_"}), nil)
	views, count, err := w.Rooms(w.ctx(), ann, chat.Page{Limit: 1})
	w.ok(err)
	equal(t, "count", count, 2)
	equal(t, "unread", views[0].Unread, 1)
	equal(t, "last", views[0].LastMessage.Text, "hi")
	equal(t, "cursor", views[0].Cursor(), w.cursor(1))
	for _, p := range []chat.Page{{Skip: -1}, {Limit: -1}} {
		_, _, err := w.Rooms(w.ctx(), ann, p)
		check(t, err, chat.CodeInvalid, "skip and limit must not be negative")
	}
	_, _, err = w.Rooms(w.ctx(), ann, chat.Page{Search: "\x00"})
	check(t, err, chat.CodeInvalid, "search must be UTF-8 text without NUL")
}

func TestLastMessageIsNoTombstone(t *testing.T) {
	w := newWorld(t)
	room := w.room("bob")
	w.post(ann, room, "stays")
	gone := w.post(ann, room, "goes")
	_, err := w.Delete(w.ctx(), ann, gone.ID)
	w.ok(err)
	r, err := w.Room(w.ctx(), bob, room)
	w.ok(err)
	equal(t, "last", r.LastMessage.Text, "stays")
	equal(t, "seq", r.Seq, 2)
}

func TestUpdateRoom(t *testing.T) {
	open := chat.Public
	for _, c := range []struct {
		name   string
		by     chat.Actor
		change chat.RoomChange
		want   chat.Room
	}{
		{"nothing", ann, chat.RoomChange{}, chat.Room{Name: "The room", Visibility: chat.Private, Creator: "ann"}},
		{"the name", ann, chat.RoomChange{Name: new("New")}, chat.Room{Name: "New", Visibility: chat.Private, Creator: "ann"}},
		{"all", ann, chat.RoomChange{Name: new("New"), Visibility: &open, Creator: new("bob")}, chat.Room{Name: "New", Visibility: chat.Public, Creator: "bob"}},
		{"by an administrator", root, chat.RoomChange{Name: new("New")}, chat.Room{Name: "New", Visibility: chat.Private, Creator: "ann"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			room := w.room("bob")
			w.post(bob, room, "hi")
			before := w.state(room)
			v, err := w.UpdateRoom(w.ctx(), c.by, room, c.change)
			w.ok(err)
			want := before
			want.Name, want.Visibility, want.Creator, want.UpdatedAt = c.want.Name, c.want.Visibility, c.want.Creator, v.UpdatedAt
			equal(t, "answer", v.Room, want)
			equal(t, "stored", w.state(room), want)
			if !v.UpdatedAt.After(before.UpdatedAt) {
				t.Error("updatedAt stays")
			}
		})
	}
}

func TestHandedOverRoom(t *testing.T) {
	w := newWorld(t)
	room := w.room("bob")
	_, err := w.UpdateRoom(w.ctx(), ann, room, chat.RoomChange{Creator: new("bob")})
	w.ok(err)
	check(t, w.DeleteRoom(w.ctx(), ann, room), chat.CodeForbidden, onlyCreator)
	check(t, w.RemoveUsers(w.ctx(), bob, room, []string{"ann"}), "", "")
	check(t, w.DeleteRoom(w.ctx(), bob, room), "", "")
}

func TestUpdateRoomRefused(t *testing.T) {
	h := newHouse(t)
	update := func(a chat.Actor, room func(*house) string, c chat.RoomChange) func(context.Context, *house) error {
		return func(ctx context.Context, h *house) error {
			_, err := h.UpdateRoom(ctx, a, room(h), c)
			return err
		}
	}
	the := func(h *house) string { return h.room }
	none := func(*house) string { return "none" }
	rename := chat.RoomChange{Name: new("New")}
	wrong := chat.Visibility("open")
	refused(t, h, []refusal{
		{"a member", update(bob, the, rename), chat.CodeForbidden, onlyCreator},
		{"a stranger", update(cid, the, rename), chat.CodeNotFound, noRoom},
		{"removed", update(dan, the, rename), chat.CodeNotFound, noRoom},
		{"unknown", update(root, none, rename), chat.CodeNotFound, noRoom},
		{"no group", update(ann, func(h *house) string { return h.talk }, rename), chat.CodeForbidden, noGroup},
		{"no id", update(ann, func(*house) string { return "" }, rename), chat.CodeInvalid, "roomId is required"},
		{"blank name", update(ann, the, chat.RoomChange{Name: new("")}), chat.CodeInvalid, "roomName is required"},
		{"wrong visibility", update(ann, the, chat.RoomChange{Visibility: &wrong}), chat.CodeInvalid, "visibility must be private or public"},
		{"creator unnamed", update(ann, the, chat.RoomChange{Creator: new("")}), chat.CodeInvalid, "creator is required"},
		{"creator a stranger", update(ann, the, chat.RoomChange{Creator: new("cid")}), chat.CodeInvalid, "creator must be a participant of the room"},
		{"creator removed", update(ann, the, chat.RoomChange{Creator: new("dan")}), chat.CodeInvalid, "creator must be a participant of the room"},
	})
}

func TestDeleteRoom(t *testing.T) {
	for _, by := range []chat.Actor{ann, root} {
		t.Run(by.ID, func(t *testing.T) {
			w := newWorld(t)
			room := w.group(chat.Public, "bob")
			m := w.post(bob, room, "hi")
			w.ok(w.DeleteRoom(w.ctx(), by, room))
			equal(t, "deleted", w.state(room).Deleted, true)
			// It is gone for everybody, whatever they ask.
			_, err := w.Room(w.ctx(), ann, room)
			check(t, err, chat.CodeNotFound, noRoom)
			_, err = w.Post(w.ctx(), ann, says(room, "hi"))
			check(t, err, chat.CodeNotFound, noRoom)
			_, err = w.JoinRoom(w.ctx(), cid, room)
			check(t, err, chat.CodeNotFound, noRoom)
			_, err = w.Message(w.ctx(), bob, m.ID)
			check(t, err, chat.CodeNotFound, noMessage)
			_, err = w.Edit(w.ctx(), bob, m.ID, "new")
			check(t, err, chat.CodeNotFound, noMessage)
			_, _, err = w.History(w.ctx(), bob, room, 0, 0, 0)
			check(t, err, chat.CodeNotFound, noRoom)
			check(t, w.LeaveRoom(w.ctx(), bob, room), chat.CodeNotFound, noRoom)
			check(t, w.AddUsers(w.ctx(), ann, room, []string{"cid"}), chat.CodeNotFound, noRoom)
			check(t, w.DeleteRoom(w.ctx(), root, room), chat.CodeNotFound, noRoom)
		})
	}
}

func TestDeleteRoomRefused(t *testing.T) {
	h := newHouse(t)
	drop := func(a chat.Actor, room func(*house) string) func(context.Context, *house) error {
		return func(ctx context.Context, h *house) error { return h.DeleteRoom(ctx, a, room(h)) }
	}
	the := func(h *house) string { return h.room }
	refused(t, h, []refusal{
		{"a member", drop(bob, the), chat.CodeForbidden, onlyCreator},
		{"a stranger", drop(cid, the), chat.CodeNotFound, noRoom},
		{"a guest", drop(gil, the), chat.CodeNotFound, noRoom},
		{"no group", drop(ann, func(h *house) string { return h.talk }), chat.CodeForbidden, noGroup},
		{"no group, an administrator", drop(root, func(h *house) string { return h.talk }), chat.CodeForbidden, noGroup},
		{"no id", drop(ann, func(*house) string { return "" }), chat.CodeInvalid, "roomId is required"},
	})
}

// TestTimesAreMilliseconds holds that what is shown is what is stored.
func TestTimesAreMilliseconds(t *testing.T) {
	w := newWorld(t, func(o *chat.Options) {
		o.Now = func() time.Time {
			return time.Date(2030, 1, 1, 12, 0, 0, 123456789, time.FixedZone("there", 3600))
		}
	})
	room := w.room("bob")
	m := w.post(ann, room, "hi")
	want := time.Date(2030, 1, 1, 11, 0, 0, 123000000, time.UTC)
	again, err := w.Message(w.ctx(), ann, m.ID)
	w.ok(err)
	if !slices.Equal([]time.Time{m.CreatedAt, again.CreatedAt, w.state(room).CreatedAt}, []time.Time{want, want, want}) {
		t.Errorf("%v, %v, want %v", m.CreatedAt, again.CreatedAt, want)
	}
}

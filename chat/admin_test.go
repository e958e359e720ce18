package chat_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/chat"
)

// acts lists what was recorded, oldest first, and shows it in a line each.
func (w *world) acts() []string {
	w.t.Helper()
	audits, _, err := w.Audits(w.ctx(), root, chat.AuditQuery{Limit: 200})
	w.ok(err)
	slices.Reverse(audits)
	return column(audits, func(a chat.Audit) string {
		line := fmt.Sprintf("%s %s", a.Actor, a.Act)
		for _, part := range []struct{ name, value string }{{"room", a.Room}, {"user", a.User}, {"message", a.Message}} {
			if part.value != "" {
				line += " " + part.name + "=" + part.value
			}
		}
		for k, v := range a.Detail {
			line += " " + k + "=" + v
		}
		return line
	})
}

// TestOnlyAdministrators asks every administrator's use case of everybody else.
func TestOnlyAdministrators(t *testing.T) {
	w := newWorld(t)
	room := w.room("bob")
	m := w.post(ann, room, "hi")
	agent := chat.Actor{ID: "dan", Role: chat.RoleAgent}
	for name, do := range map[string]func(chat.Actor) error{
		"rooms":   func(a chat.Actor) error { _, _, err := w.AdminRooms(w.ctx(), a, chat.Page{}); return err },
		"room":    func(a chat.Actor) error { _, err := w.AdminRoom(w.ctx(), a, room); return err },
		"no room": func(a chat.Actor) error { _, err := w.AdminRoom(w.ctx(), a, "no such"); return err },
		"create room": func(a chat.Actor) error {
			_, err := w.AdminCreateRoom(w.ctx(), a, chat.NewRoom{Name: "x", Users: []string{"ann"}}, "")
			return err
		},
		"delete rooms": func(a chat.Actor) error { return w.AdminDeleteRooms(w.ctx(), a, []string{room}) },
		"add":          func(a chat.Actor) error { return w.AdminAddUsers(w.ctx(), a, room, []string{"cid"}) },
		"remove":       func(a chat.Actor) error { return w.AdminRemoveUsers(w.ctx(), a, room, []string{"bob"}) },
		"messages": func(a chat.Actor) error {
			_, _, err := w.AdminMessages(w.ctx(), a, chat.MessageQuery{})
			return err
		},
		"history": func(a chat.Actor) error {
			_, _, err := w.UserMessages(w.ctx(), a, "ann", chat.MessageQuery{})
			return err
		},
		"delete messages": func(a chat.Actor) error { return w.AdminDeleteMessages(w.ctx(), a, []string{m.ID}) },
		"post":            func(a chat.Actor) error { _, err := w.AdminPost(w.ctx(), a, says(room, "x"), ""); return err },
		"post as":         func(a chat.Actor) error { _, err := w.AdminPost(w.ctx(), a, says(room, "x"), "ann"); return err },
		"users":           func(a chat.Actor) error { _, _, err := w.Users(w.ctx(), a, chat.UserQuery{}); return err },
		"account": func(a chat.Actor) error {
			_, err := w.CreateAccount(w.ctx(), a, chat.NewAccount{Username: "x", Password: "a long password"}, "")
			return err
		},
		"save users": func(a chat.Actor) error { _, err := w.SaveUsers(w.ctx(), a, []chat.User{{ID: "x"}}); return err },
		"role":       func(a chat.Actor) error { _, err := w.SetRole(w.ctx(), a, "ann", chat.RoleAdmin); return err },
		"block":      func(a chat.Actor) error { _, err := w.Block(w.ctx(), a, "ann"); return err },
		"unblock":    func(a chat.Actor) error { _, err := w.Unblock(w.ctx(), a, "ann"); return err },
		"audit":      func(a chat.Actor) error { _, _, err := w.Audits(w.ctx(), a, chat.AuditQuery{}); return err },
		"stats":      func(a chat.Actor) error { _, err := w.Stats(w.ctx(), a); return err },
		"export": func(a chat.Actor) error {
			return w.Export(w.ctx(), a, "", "", func(chat.ExportLine) error { return errTest })
		},
	} {
		for _, a := range []chat.Actor{ann, dan, gil, agent} {
			if code := chat.CodeOf(do(a)); code != chat.CodeForbidden {
				t.Errorf("%s by %s (%s): %q", name, a.ID, a.Role, code)
			}
		}
	}
	same(t, "recorded", w.acts(), nil)
	equal(t, "version", w.state(room).Version, 1)
}

// TestActsAreRecorded holds that an act is recorded with what it did, and is not
// where it did nothing.
func TestActsAreRecorded(t *testing.T) {
	w := newWorld(t)
	room := w.room("bob", "cid")
	mine, his := w.post(ann, room, "hers"), w.post(bob, room, "his")
	w.ok(w.LeaveRoom(w.ctx(), cid, room))
	do := func(err error) { t.Helper(); w.ok(err) }
	do(w.AdminAddUsers(w.ctx(), root, room, []string{"cid", "dan"}))
	check(t, w.AdminAddUsers(w.ctx(), root, room, []string{"cid"}), chat.CodeInvalid, "users array contains existing member ids")
	do(w.AdminRemoveUsers(w.ctx(), root, room, []string{"dan"}))
	name := "renamed"
	_, err := w.UpdateRoom(w.ctx(), root, room, chat.RoomChange{Name: &name})
	do(err)
	do(w.AdminDeleteMessages(w.ctx(), root, []string{his.ID}))
	check(t, w.AdminDeleteMessages(w.ctx(), root, []string{mine.ID, his.ID}), chat.CodeNotFound, "")
	_, err = w.AdminPost(w.ctx(), root, says(room, "as her"), "ann")
	do(err)
	_, err = w.AdminPost(w.ctx(), root, says(room, "as a stranger"), "dan")
	check(t, err, chat.CodeInvalid, "as must be a participant of the room")
	_, _, err = w.AdminMessages(w.ctx(), root, chat.MessageQuery{Room: room})
	do(err)
	_, err = w.SaveUsers(w.ctx(), root, []chat.User{{ID: "new", Name: "New"}})
	do(err)
	do(w.Export(w.ctx(), root, room, "", func(chat.ExportLine) error { return nil }))
	do(w.AdminDeleteRooms(w.ctx(), root, []string{room}))
	w.ok(w.LeaveRoom(w.ctx(), ann, w.room())) // others' acts are not
	in := " room=" + room
	same(t, "recorded", w.acts(), []string{
		"root members.add" + in + " users=cid,dan",
		"root members.remove" + in + " users=dan",
		"root room.update" + in,
		"root message.delete" + in + " user=bob message=" + his.ID,
		"root message.post" + in + " user=ann",
		"root messages.read" + in,
		"root user.save user=new",
		"root export" + in,
		"root room.delete" + in,
	})
}

func TestAdminRooms(t *testing.T) {
	w := newWorld(t)
	first := w.room("bob")
	made, err := w.AdminCreateRoom(w.ctx(), root, chat.NewRoom{Name: "Made", Users: []string{"cid", "bob", "cid"}}, "")
	w.ok(err)
	equal(t, "creator", made.Creator, "cid")
	same(t, "events", column(w.bus.take(), told), []string{"room-joined at=0 name=Made users=cid,bob"})
	named, err := w.AdminCreateRoom(w.ctx(), root, chat.NewRoom{Name: "Named", Users: []string{"cid"}}, "ann")
	w.ok(err)
	equal(t, "creator", named.Creator, "ann")
	equal(t, "participants", named.ParticipantCount, 2)
	rooms, count, err := w.AdminRooms(w.ctx(), root, chat.Page{})
	w.ok(err)
	equal(t, "count", count, 3)
	same(t, "newest first", column(rooms, func(r chat.RoomView) string { return r.ID }), []string{named.ID, made.ID, first})
	equal(t, "epoch", rooms[0].Epoch, w.db.Epoch())
	for name, c := range map[string]struct {
		room    chat.NewRoom
		creator string
		text    string
	}{
		"no name":         {chat.NewRoom{Users: []string{"ann"}}, "", "name is required"},
		"nobody":          {chat.NewRoom{Name: "x"}, "", "participants is required and must be a non-empty array"},
		"unknown":         {chat.NewRoom{Name: "x", Users: []string{"ann", "ghost"}}, "", "users [ghost] do not exist"},
		"unknown creator": {chat.NewRoom{Name: "x", Users: []string{"ann"}}, "ghost", "users [ghost] do not exist"},
	} {
		_, err := w.AdminCreateRoom(w.ctx(), root, c.room, c.creator)
		check(t, err, chat.CodeInvalid, c.text)
		_ = name
	}
	me := w.kind(chat.KindAssistant, "ann")
	check(t, w.AdminDeleteRooms(w.ctx(), root, []string{first, "no such"}), chat.CodeNotFound, noRoom)
	check(t, w.AdminDeleteRooms(w.ctx(), root, []string{first, me}), chat.CodeForbidden, "")
	check(t, w.AdminDeleteRooms(w.ctx(), root, nil), chat.CodeInvalid, "ids is required and must be a non-empty array")
	equal(t, "deleted by a refused call", w.state(first).Deleted, false)
	w.ok(w.AdminDeleteRooms(w.ctx(), root, []string{first, made.ID, first}))
	equal(t, "deleted", w.state(first).Deleted && w.state(made.ID).Deleted, true)
}

// TestAdminPost holds that a backend may say things as the system and as a
// participant, once a nonce.
func TestAdminPost(t *testing.T) {
	w := newWorld(t)
	room := w.room("bob")
	nonce := "order-1"
	system := says(room, "Your order has left")
	system.Nonce = &nonce
	one, err := w.AdminPost(w.ctx(), root, system, "")
	w.ok(err)
	equal(t, "type", one.Message.Type, chat.ContentSystem)
	equal(t, "sender", one.Message.Sender, "root")
	again, err := w.AdminPost(w.ctx(), root, system, "")
	w.ok(err)
	equal(t, "again", again.Message.ID, one.Message.ID)
	equal(t, "duplicate", again.Duplicate, true)
	as, err := w.AdminPost(w.ctx(), root, system, "bob") // another sender's nonce is another nonce
	w.ok(err)
	equal(t, "sender", as.Message.Sender, "bob")
	equal(t, "type", as.Message.Type, chat.ContentText)
	same(t, "events", column(w.bus.take(), told), []string{"message version=1 message=1:Your order has left", "message version=2 message=2:Your order has left"})
	equal(t, "members", w.state(room).ParticipantCount, 2) // posting takes no part
	equal(t, "root", w.member(room, "root").State, chat.MemberState(""))
	equal(t, "acts", strings.Join(w.acts(), "\n"), "root message.post room="+room+"\nroot message.post room="+room+" user=bob")
	d := says(room, "x")
	d.Type = chat.ContentSystem
	_, err = w.AdminPost(w.ctx(), root, d, "bob")
	check(t, err, chat.CodeInvalid, "A system message is nobody's: leave out as")
	_, err = w.AdminPost(w.ctx(), root, says("no such", "x"), "")
	check(t, err, chat.CodeNotFound, noRoom)
	_, err = w.Post(w.ctx(), root, d)
	check(t, err, chat.CodeForbidden, "system messages cannot be posted here")
}

// TestYourself holds that no administrator locks themself out.
func TestYourself(t *testing.T) {
	w := newWorld(t)
	_, err := w.Block(w.ctx(), root, "root")
	check(t, err, chat.CodeForbidden, "You may not block yourself")
	_, err = w.SetRole(w.ctx(), root, "root", chat.RoleUser)
	check(t, err, chat.CodeForbidden, "You may not change your own role")
}

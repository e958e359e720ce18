package chat_test

import (
	"testing"

	"parley/chat"
)

// TestOwnership holds that a room always belongs to somebody in it, if there is
// anybody: to who has taken part longest when its creator goes.
func TestOwnership(t *testing.T) {
	w := newWorld(t)
	room := w.room("cid")
	w.ok(w.AddUsers(w.ctx(), ann, room, []string{"bob"}))
	w.ok(w.AddUsers(w.ctx(), ann, room, []string{"dan"}))
	owner := func(want string) {
		t.Helper()
		equal(t, "owner", w.state(room).Creator, want)
	}
	w.ok(w.LeaveRoom(w.ctx(), bob, room))
	owner("ann") // who is still there
	w.ok(w.LeaveRoom(w.ctx(), ann, room))
	owner("cid")
	check(t, w.DeleteRoom(w.ctx(), ann, room), chat.CodeNotFound, noRoom)
	_, err := w.JoinRoom(w.ctx(), ann, room) // back, as one of many
	w.ok(err)
	owner("cid")
	w.ok(w.RemoveUsers(w.ctx(), root, room, []string{"cid", "dan"}))
	owner("ann")
	w.ok(w.LeaveRoom(w.ctx(), ann, room))
	owner("ann") // an empty room keeps its last one
	_, err = w.JoinRoom(w.ctx(), bob, room)
	w.ok(err)
	owner("bob") // and belongs to the first to come
	w.ok(w.RemoveUsers(w.ctx(), bob, room, []string{"bob"}))
	w.ok(w.AdminAddUsers(w.ctx(), root, room, []string{"dan", "ann"}))
	owner("dan")
}

// TestOwnerRemovedByAMemberWhoAdministers holds that an administrator who takes
// part may inherit like anybody.
func TestOwnerRemovedByAMemberWhoAdministers(t *testing.T) {
	w := newWorld(t)
	room := w.room("root")
	w.ok(w.AddUsers(w.ctx(), ann, room, []string{"bob"}))
	w.ok(w.RemoveUsers(w.ctx(), root, room, []string{"ann"}))
	equal(t, "owner", w.state(room).Creator, "root")
}

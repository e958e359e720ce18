package chat_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"parley/chat"
)

// house is a world for questions that change nothing: ann's private room with
// bob, from which dan was removed and eve left, cid being a stranger to it; a
// public room; a conversation of ann's and gil's, which is no group.
type house struct {
	*world
	room, public, talk       string
	mine, his, gone, outside string // messages: ann's, bob's, a tombstone, one of cid's room
}

func newHouse(t testing.TB, change ...func(*chat.Options)) *house {
	t.Helper()
	w := newWorld(t, change...)
	w.ok(w.db.EnsureUsers(w.ctx(), []chat.User{{ID: "eve", Role: chat.RoleUser}}))
	h := &house{world: w, room: w.room("bob", "dan", "eve"), public: w.group(chat.Public, "bob"), talk: w.kind(chat.KindAssistant, "ann", "gil")}
	w.ok(w.RemoveUsers(w.ctx(), ann, h.room, []string{"dan"}))
	w.ok(w.LeaveRoom(w.ctx(), actor("eve"), h.room))
	h.mine, h.his, h.gone = w.post(ann, h.room, "mine").ID, w.post(bob, h.room, "his").ID, w.post(ann, h.room, "gone").ID
	_, err := w.Delete(w.ctx(), root, h.gone) // who may even where senders may not
	w.ok(err)
	other, err := w.CreateRoom(w.ctx(), cid, chat.NewRoom{Name: "Other", Users: []string{"cid"}})
	w.ok(err)
	h.outside = w.post(cid, other, "outside").ID
	w.bus.take()
	return h
}

// refusal is something that must be answered with a code and an exact text.
type refusal struct {
	name string
	do   func(ctx context.Context, h *house) error
	code chat.Code
	text string
}

// The texts that clients match on, as the contract has them.
const (
	noRoom      = "Room does not exist or you don't have access"
	noMessage   = "Message does not exist or you don't have access"
	onlyCreator = "Only the creator of a room or an administrator may do this"
	noGroup     = "This room is not a group"
	noGuests    = "Guests may not take part in group rooms"
)

// refused asks for each, and holds that nothing was written and nobody told.
func refused(t *testing.T, h *house, list []refusal) {
	t.Helper()
	rooms := []string{h.room, h.public, h.talk}
	before := fmt.Sprint(column(rooms, h.stored))
	for _, r := range list {
		t.Run(r.name, func(t *testing.T) {
			check(t, r.do(t.Context(), h), r.code, r.text)
			if after := fmt.Sprint(column(rooms, h.stored)); after != before {
				t.Errorf("stored is\n%s\nand was\n%s", after, before)
			}
			if events := h.bus.take(); len(events) > 0 {
				t.Errorf("published %v", events)
			}
		})
	}
}

// stored tells all that is stored of a room and of the people's standing in it.
func (w *world) stored(room string) string {
	w.t.Helper()
	var all strings.Builder
	fmt.Fprintf(&all, "%+v", w.state(room))
	for _, user := range []string{"ann", "bob", "cid", "dan", "eve", "gil", "root"} {
		fmt.Fprintf(&all, " %+v", w.member(room, user))
	}
	ms, err := w.db.Changes(w.ctx(), room, 0, 1000)
	w.ok(err)
	fmt.Fprintf(&all, " %+v", ms)
	return all.String()
}

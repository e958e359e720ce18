package chat_test

import (
	"slices"
	"testing"

	"parley/chat"
)

// online is everybody who is.
type online []string

func (o online) Online(users []string) []string {
	var list []string
	for _, u := range users {
		if slices.Contains(o, u) {
			list = append(list, u)
		}
	}
	return list
}

// TestPresence is answered to participants, in the order of the participants.
func TestPresence(t *testing.T) {
	w := newWorld(t, func(o *chat.Options) { o.Presence = online{"cid", "ann", "dan", "gil"} })
	room := w.room("bob", "cid")
	got, err := w.Presence(w.ctx(), bob, room)
	w.ok(err)
	view, err := w.Room(w.ctx(), bob, room)
	w.ok(err)
	same(t, "online", got, slices.DeleteFunc(view.Participants, func(u string) bool { return u == "bob" }))
	for _, a := range []chat.Actor{dan, root} {
		_, err = w.Presence(w.ctx(), a, room)
		check(t, err, chat.CodeNotFound, noRoom)
	}
	_, err = w.Presence(w.ctx(), ann, "")
	check(t, err, chat.CodeInvalid, "")
	w.ok(w.LeaveRoom(w.ctx(), cid, room))
	got, err = w.Presence(w.ctx(), ann, room)
	w.ok(err)
	same(t, "online without cid", got, []string{"ann"})
	w.ok(w.DeleteRoom(w.ctx(), ann, room))
	_, err = w.Presence(w.ctx(), ann, room)
	check(t, err, chat.CodeNotFound, noRoom)
}

// TestPresenceOfNobody is an empty list, never nil: clients get [].
func TestPresenceOfNobody(t *testing.T) {
	for _, p := range []chat.Presence{nil, online{}} {
		w := newWorld(t, func(o *chat.Options) { o.Presence = p })
		got, err := w.Presence(w.ctx(), ann, w.room("bob"))
		w.ok(err)
		if got == nil || len(got) != 0 {
			t.Errorf("got %#v", got)
		}
	}
}

// TestPresenceOfALargeRoom is asked for those that the room lists.
func TestPresenceOfALargeRoom(t *testing.T) {
	all := online{}
	w := newWorld(t, func(o *chat.Options) { o.Presence = &all })
	users := w.users(chat.ListedParticipants + 50)
	all = append(users, "ann")
	room := w.room(users...)
	got, err := w.Presence(w.ctx(), ann, room)
	w.ok(err)
	view, err := w.Room(w.ctx(), ann, room)
	w.ok(err)
	same(t, "online", got, view.Participants)
	equal(t, "listed", len(got), chat.ListedParticipants)
}

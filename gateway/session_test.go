package gateway

import (
	"fmt"
	"slices"
	"testing"

	"parley/chat"
)

func TestResume(t *testing.T) {
	f := newFakeStore()
	f.members["ann"] = []string{"r"}
	h := testHub(f)
	s, sink := connect(t, h, "ann", "secret")
	h.Publish(f.post("r"))
	h.Publish(f.post("r"))
	seen := sink.events(chat.EventMessage)[0].Offset
	ann := chat.Identity{Actor: chat.Actor{ID: "ann"}}
	if h.Resume("secret", seen, ann, testFormat, &fakeSink{}) != nil {
		t.Error("a session that has its connection is taken over")
	}
	s.Detach()
	h.Publish(f.post("r")) // while nobody is there
	if h.Resume("guess", seen, ann, testFormat, &fakeSink{}) != nil {
		t.Error("an unknown pid is resumed")
	}
	if h.Resume("secret", seen, chat.Identity{Actor: chat.Actor{ID: "eve"}}, testFormat, &fakeSink{}) != nil {
		t.Error("another user's session is resumed")
	}
	back := &fakeSink{}
	r := h.Resume("secret", seen, ann, testFormat, back)
	if r == nil {
		t.Fatal("not resumed")
	}
	h.Publish(f.post("r"))
	r.Resumed()
	h.Publish(f.post("r"))
	var versions []int64
	for _, e := range back.events(chat.EventMessage) {
		versions = append(versions, e.Version)
	}
	if !slices.Equal(versions, []int64{2, 3, 4, 5}) {
		t.Errorf("after the first message came %v", versions)
	}
	r.Detach()
	if h.Resume("secret", "other-node.1", ann, testFormat, &fakeSink{}) != nil {
		t.Error("another life's offset is resumed")
	}
	r.Close()
	if connected, waiting := h.Sessions(); connected+waiting != 0 {
		t.Errorf("%d sessions are left connected, %d waiting", connected, waiting)
	}
}

// TestFewSessionsWait: what one user leaves behind is bounded, the oldest goes first.
func TestFewSessionsWait(t *testing.T) {
	h := testHub(newFakeStore())
	var sessions []*Session
	for i := range 3 * maxWaiting {
		s, _ := connect(t, h, "ann", fmt.Sprint(i))
		sessions = append(sessions, s)
		s.Detach()
	}
	bob, _ := connect(t, h, "bob", "bob")
	bob.Detach()
	if _, waiting := h.Sessions(); waiting != maxWaiting+1 {
		t.Errorf("%d sessions wait, want %d of one user and 1 of another", waiting, maxWaiting)
	}
	for i, s := range sessions {
		if _, ok := s.waiting(); ok != (i >= 2*maxWaiting) {
			t.Errorf("session %d waits: %v", i, ok)
		}
		s.Close()
	}
	bob.Close()
}

func TestRevocationEndsOldTokens(t *testing.T) {
	h := testHub(newFakeStore())
	s, sink := connect(t, h, "ann", "")
	_ = s.Refresh(chat.Identity{Actor: chat.Actor{ID: "ann"}, Own: true, TokenVersion: 3})
	h.Publish(chat.Event{Kind: chat.EventUserRevoked, User: "ann", TokenVersion: 3})
	if sink.ended != nil {
		t.Fatal("a token of the present version was ended")
	}
	h.Publish(chat.Event{Kind: chat.EventUserRevoked, User: "ann", TokenVersion: 4})
	if sink.ended != chat.ErrTokenExpired {
		t.Errorf("ended with %v", sink.ended)
	}
	if err := s.Refresh(chat.Identity{Actor: chat.Actor{ID: "bob"}}); chat.CodeOf(err) != chat.CodeForbidden {
		t.Errorf("another user's token: %v", err)
	}
}

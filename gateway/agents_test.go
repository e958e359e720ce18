package gateway

import (
	"fmt"
	"slices"
	"testing"

	"parley/chat"
)

// as connects somebody with a role.
func as(t *testing.T, h *Hub, user string, role chat.Role, pid string) (*Session, *fakeSink, string) {
	t.Helper()
	sink, first := &fakeSink{}, ""
	s, err := enter(h, NewSession{
		ID: fmt.Sprint(user, "/", pid), PID: pid, Format: testFormat, Sink: sink,
		Identity: chat.Identity{Actor: chat.Actor{ID: user, Role: role}},
	}, func(_ map[string]string, offset string) Frame { first = offset; return text("{}") })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, sink, first
}

func identity(user string, role chat.Role) chat.Identity {
	return chat.Identity{Actor: chat.Actor{ID: user, Role: role}}
}

// TestAgents follows who is connected, and as what.
func TestAgents(t *testing.T) {
	h := testHub(newFakeStore())
	check := func(what string, want ...string) {
		t.Helper()
		if got := h.Agents(); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	check("nobody")
	one, _, first := as(t, h, "ada", chat.RoleAgent, "p1")
	two, _, _ := as(t, h, "ada", chat.RoleAgent, "p2")
	ann, _, _ := as(t, h, "ann", chat.RoleUser, "p3")
	as(t, h, "gus", chat.RoleGuest, "p4")
	admin, _, _ := as(t, h, "eve", chat.RoleAdmin, "p5")
	check("all", "ada", "eve")
	admin.Close()
	one.Detach()
	check("another is left", "ada")
	two.Detach()
	check("waited for")
	if h.Resume("p1", first, identity("ada", chat.RoleAgent), testFormat, &fakeSink{}) != one || !one.Resumed() {
		t.Fatal("not resumed")
	}
	check("back", "ada")
	if err := one.Refresh(identity("ada", chat.RoleUser)); err != nil {
		t.Fatal(err)
	}
	if err := ann.Refresh(identity("ann", chat.RoleAdmin)); err != nil {
		t.Fatal(err)
	}
	check("roles have changed", "ann")
	ann.Close()
	_ = ann.Refresh(identity("ann", chat.RoleAdmin))
	check("over")
	connecting, err := h.Connect(t.Context(), NewSession{ID: "c", Format: testFormat, Sink: &fakeSink{}, Identity: identity("cas", chat.RoleAgent)})
	if err != nil {
		t.Fatal(err)
	}
	check("not announced yet")
	connecting.Close()
	one.Close()
	two.Close()
	if len(h.agents) != 0 {
		t.Error("something is left")
	}
}

// TestDemotedWhileAway: whoever was an agent does not recover what agents were told.
func TestDemotedWhileAway(t *testing.T) {
	h := testHub(newFakeStore())
	s, _, first := as(t, h, "ada", chat.RoleAgent, "p")
	s.Detach()
	if h.Resume("p", first, identity("ada", chat.RoleUser), testFormat, &fakeSink{}) != nil {
		t.Error("resumed")
	}
	eventually(t, "the session to go", s.Ended)
}

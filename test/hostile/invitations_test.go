package hostile

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"parley/test/harness"
)

const notValid = `{"name":"NOT_FOUND","status":404,"message":"Invitation not valid"}`

// invited returns the id of the user's newest invitation.
func (h *house) invited(t *testing.T, user string) string {
	t.Helper()
	all, _ := h.as(t, user, "user", http.MethodGet, "/chat/invitations/received?limit=1", "").json(t)["invitations"].([]any)
	if len(all) == 0 {
		t.Fatalf("%s is not invited", user)
	}
	id, _ := all[0].(map[string]any)["_id"].(string)
	return id
}

// invite invites a user to the house's room, as alice.
func (h *house) invite(t *testing.T, user string) string {
	t.Helper()
	a := h.as(t, "alice", "user", http.MethodPut, "/chat/rooms/"+h.room+"/addUsers", jsonText(t, map[string]any{"users": []string{user}}))
	if a.status != http.StatusOK || !strings.Contains(a.body, "Invitations sent") {
		t.Fatalf("invite: %d %s", a.status, a.body)
	}
	return h.invited(t, user)
}

// invitingHouse makes a house where who is added is invited. Bob and mallory accept.
func invitingHouse(t *testing.T, database string) *house {
	t.Helper()
	h := &house{ops: freeAddr(t)}
	h.Server = startInviting(t, h.ops, database)
	h.room = h.Room(t, "alice", "bob", "mallory")
	for _, user := range []string{"bob", "mallory"} {
		if a := h.as(t, user, "user", http.MethodPost, "/chat/invitations/accept/"+h.invited(t, user), ""); a.status != http.StatusOK {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	h.alice, h.bob = h.join(t, "alice"), h.join(t, "bob")
	h.talk(t)
	h.warm(t)
	h.base = h.vitals(t)
	return h
}

// TestInvitations: an invitation is its receiver's and its sender's alone, ends
// once, and is to all others as none.
func TestInvitations(t *testing.T) {
	t.Parallel()
	onDatabases(t, func(t *testing.T, database string) {
		h := invitingHouse(t, database)
		id := h.invite(t, "carol")
		for _, who := range [][2]string{{"stranger", "user"}, {"bob", "user"}, {"visitor", "guest"}, {"helper", "agent"}, {"root", "admin"}} {
			for _, guess := range []string{id, "none", strings.ToUpper(id), id + "%00", strings.Repeat("x", 300), "%ff", "%2e%2e"} {
				for _, route := range []string{"POST /chat/invitations/accept/", "GET /chat/invitations/accept/", "POST /chat/invitations/decline/", "GET /chat/invitations/decline/", "DELETE /chat/invitations/cancel/"} {
					method, path, _ := strings.Cut(route, " ")
					a := h.as(t, who[0], who[1], method, path+guess, "")
					if (a.status != http.StatusNotFound || strings.TrimSpace(a.body) != notValid) && (guess == id || a.status != http.StatusBadRequest) && a.status != http.StatusNotFound {
						t.Errorf("%s, %s%.40s: %d %s", who[0], route, guess, a.status, a.body)
					}
				}
			}
		}
		if a := h.as(t, "carol", "user", http.MethodDelete, "/chat/invitations/cancel/"+id, ""); a.status != http.StatusNotFound {
			t.Errorf("the receiver cancels: %d %s", a.status, a.body)
		}
		if a := h.as(t, "carol", "guest", http.MethodPost, "/chat/invitations/accept/"+id, ""); a.status != http.StatusForbidden {
			t.Errorf("a guest accepts: %d %s", a.status, a.body)
		}
		for _, who := range [][2]string{{"stranger", "user"}, {"visitor", "guest"}, {"carol", "user"}} {
			a := h.as(t, who[0], who[1], http.MethodPut, "/chat/rooms/"+h.room+"/addUsers", `{"users":["dave"]}`)
			if a.status != http.StatusNotFound {
				t.Errorf("%s invites: %d %s", who[0], a.status, a.body)
			}
		}
		h.invitationRaces(t)
		a := h.invite(t, "erin")
		if got := h.as(t, "alice", "user", http.MethodDelete, "/chat/rooms/"+h.Room(t, "alice", "erin"), ""); got.status != http.StatusOK {
			t.Fatalf("%d %s", got.status, got.body)
		}
		if got := h.invited(t, "erin"); got != a {
			t.Errorf("the invitation to a deleted room stands: %s", got)
		}
		h.unharmed(t)
	})
}

// invitationRaces has everybody end one invitation at once: one of them does.
func (h *house) invitationRaces(t *testing.T) {
	t.Helper()
	for i := range 8 {
		user := fmt.Sprint("racer", i)
		id := h.invite(t, user)
		var mu sync.Mutex
		var won []string
		var all sync.WaitGroup
		for range 3 {
			for _, route := range [][3]string{{user, "POST", "accept"}, {user, "GET", "decline"}, {"alice", "DELETE", "cancel"}} {
				all.Go(func() {
					a := h.as(t, route[0], "user", route[1], "/chat/invitations/"+route[2]+"/"+id, "")
					mu.Lock()
					defer mu.Unlock()
					if a.status == http.StatusOK {
						won = append(won, route[2])
					} else if a.status != http.StatusNotFound || strings.TrimSpace(a.body) != notValid {
						t.Errorf("%s: %d %s", route[2], a.status, a.body)
					}
				})
			}
		}
		all.Wait()
		in := h.as(t, user, "user", http.MethodGet, "/chat/rooms/"+h.room, "").status == http.StatusOK
		if len(won) != 1 || in != slices.Equal(won, []string{"accept"}) {
			t.Errorf("%s: %v end it, takes part: %v", user, won, in)
		}
	}
}

// TestInvitationFlood: hundreds of invitations to one user come in pages, and do
// not keep them from connecting.
func TestInvitationFlood(t *testing.T) {
	t.Parallel()
	h := invitingHouse(t, "PARLEY_DATABASE_URL=")
	const rooms = 300
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			for range rooms / 10 {
				h.as(t, "mallory", "user", http.MethodPost, "/chat/rooms", `{"roomName":"join me","users":["carol"]}`)
			}
		})
	}
	all.Wait()
	a := h.as(t, "carol", "user", http.MethodGet, "/chat/invitations/received?limit=100000", "").json(t)
	if list, _ := a["invitations"].([]any); len(list) != 200 || a["count"] != float64(rooms) {
		t.Errorf("a page of %d, of %v", len(list), a["count"])
	}
	c := h.join(t, "carol")
	if joined, _ := c.event(t, "ready")["rooms"].(map[string]any); len(joined) != 0 {
		t.Errorf("carol is in %d rooms", len(joined))
	}
	c.close()
	h.unharmed(t)
}

// startInviting starts a server that invites. An empty database is a fresh one.
func startInviting(t *testing.T, ops, database string) *harness.Server {
	t.Helper()
	env := []string{generous, "PARLEY_OPS_ADDR=" + ops, "PARLEY_EXPLICIT_ROOM_JOINS=true"}
	if database != "PARLEY_DATABASE_URL=" {
		env = append(env, database)
	}
	return harness.Start(t, env...)
}

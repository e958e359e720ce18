package api_test

import (
	"strings"
	"testing"

	"parley/api"
)

// openExplicit serves with explicit joins.
func openExplicit(t *testing.T) *door {
	return open(t, func(o *api.Options) { o.Chat.ExplicitJoins = true })
}

// invite makes a room of ann's to which bob is invited, and returns their ids.
func (d *door) invite() (room, invitation string) {
	d.t.Helper()
	room = d.room()
	list := d.must(200, "bob", "GET", "/chat/invitations/received", "").body
	_, list, _ = strings.Cut(list, `{"_id":"`)
	invitation, _, _ = strings.Cut(list, `"`)
	return room, invitation
}

func equalStatus(t *testing.T, r reply, want int) {
	t.Helper()
	if r.status != want {
		t.Errorf("got %d, want %d", r.status, want)
	}
}

// TestInvitations answers an invitation in every way, and asks who may.
func TestInvitations(t *testing.T) {
	const none = `{"invitations":[],"count":0}`
	const invalid = `{"name":"NOT_FOUND","status":404,"message":"Invitation not valid"}`
	for _, c := range []struct {
		name, user, method, path string
		result                   string
		joined                   bool
	}{
		{"accept", "bob", "POST", "/chat/invitations/accept/", "Invitation accepted", true},
		{"accept by GET", "bob", "GET", "/chat/invitations/accept/", "Invitation accepted", true},
		{"decline", "bob", "POST", "/chat/invitations/decline/", "Invitation declined", false},
		{"decline by GET", "bob", "GET", "/chat/invitations/decline/", "Invitation declined", false},
		{"cancel", "ann", "DELETE", "/chat/invitations/cancel/", "Invitation canceled successfully", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := openExplicit(t)
			room, id := d.invite()
			for _, stranger := range []string{"ann", "bob", "cid", "root"} {
				if stranger != c.user {
					check(t, d.call(stranger, c.method, c.path+id, ""), 404, invalid)
				}
			}
			check(t, d.call(c.user, c.method, c.path+"none/", ""), 404, invalid)
			check(t, d.call(c.user, c.method, c.path+"a%00b", ""), 400, "~id must be UTF-8 text without NUL")
			check(t, d.call("", c.method, c.path+id, ""), 401, "~UNAUTHORIZED")
			check(t, d.call("bob", "GET", "/chat/rooms/"+room, ""), 404, "~NOT_FOUND")
			if c.method == "GET" {
				equalStatus(t, d.call(c.user, "HEAD", c.path+id, ""), 405) // a look answers nothing
			}
			check(t, d.call(c.user, c.method, c.path+id+"/", ""), 200, `{"result":"`+c.result+`"}`)
			check(t, d.call(c.user, c.method, c.path+id, ""), 404, invalid)
			check(t, d.call("bob", "GET", "/chat/invitations/received", ""), 200, none)
			check(t, d.call("ann", "GET", "/chat/invitations/sent", ""), 200, none)
			if got := d.call("bob", "GET", "/chat/rooms/"+room, ""); (got.status == 200) != c.joined {
				t.Errorf("room: %d %s", got.status, got.body)
			}
		})
	}
}

// TestInvitationLists pins the lists, and what routes answer where users are asked first.
func TestInvitationLists(t *testing.T) {
	const none = `{"invitations":[],"count":0}`
	d := openExplicit(t)
	room, _ := d.invite()
	check(t, d.call("ann", "PUT", "/chat/rooms/"+room+"/addUsers", `{"users":["cid"]}`), 200, `{"result":"Invitations sent"}`)
	golden(t, "invitations-received", d.must(200, "bob", "GET", "/chat/invitations/received/?populate=room", "").body)
	golden(t, "invitations-sent", d.must(200, "ann", "GET", "/chat/invitations/sent?limit=9", "").body)
	check(t, d.call("ann", "GET", "/chat/invitations/sent?skip=1&limit=1", ""), 200, `~"receiver":"bob"`)
	check(t, d.call("ann", "GET", "/chat/invitations/received", ""), 200, none)
	check(t, d.call("bob", "GET", "/chat/invitations/sent", ""), 200, none)
	check(t, d.call("bob", "GET", "/chat/invitations/sent?limit=x", ""), 400, "~limit must be a whole number")
	check(t, d.call("bob", "GET", "/chat/invitations/sent?skip=-1", ""), 400, "~skip and limit must not be negative")
	check(t, d.call("", "GET", "/chat/invitations/sent", ""), 401, "~UNAUTHORIZED")
	check(t, d.call("ann", "DELETE", "/chat/invitations/accept/x", ""), 405, "~METHOD_NOT_ALLOWED")
	check(t, d.call("ann", "POST", "/chat/invitations/cancel/x", ""), 405, "~METHOD_NOT_ALLOWED")
	// An administrator adds without asking.
	check(t, d.call("root", "PUT", "/admin/chat/rooms/"+room+"/add", `{"users":["cid"]}`), 200, `{"result":"Users added"}`)
	check(t, d.call("cid", "GET", "/chat/invitations/received", ""), 200, none)
}

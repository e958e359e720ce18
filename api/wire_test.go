package api_test

import "testing"

// TestShapes pins the wire shapes: a change of one shows in the diff.
func TestShapes(t *testing.T) {
	d := open(t)
	golden(t, "room-created", d.must(200, "ann", "POST", "/chat/rooms", `{"roomName":"Empty","users":["bob"]}`).body)
	golden(t, "room-empty", d.must(200, "bob", "GET", "/chat/rooms/id1", "").body)
	d.must(200, "ann", "POST", "/chat/rooms", `{"roomName":"Talk <&> more","users":["bob"],"visibility":"public"}`)
	d.must(201, "ann", "POST", "/chat/messages", `{"roomId":"id2","message":"hello","nonce":"n1"}`)
	d.must(201, "bob", "POST", "/chat/messages", `{"roomId":"id2","message":{"contentType":"file","files":["f1"]},"replyTo":"id3"}`)
	d.must(200, "ann", "PUT", "/chat/messages/id3", `{"newMessage":"hello, <b>all</b>"}`)
	golden(t, "room", d.must(200, "ann", "GET", "/chat/rooms/id2", "").body)
	golden(t, "rooms", d.must(200, "ann", "GET", "/chat/rooms", "").body)
	golden(t, "room-changed", d.must(200, "ann", "PATCH", "/chat/rooms/id2", `{"roomName":"Talk"}`).body)
	golden(t, "message", d.must(200, "bob", "GET", "/chat/messages/id3", "").body)
	golden(t, "messages", d.must(200, "bob", "GET", "/chat/messages?roomId=id2", "").body)
	golden(t, "error", d.must(404, "cid", "GET", "/chat/rooms/id2", "").body)
}

// TestAccountShapes pins the shapes of /auth.
func TestAccountShapes(t *testing.T) {
	d := open(t)
	golden(t, "registered", d.must(201, "", "POST", "/auth/register", `{"username":"ann","password":"secret-12","name":"Ann","email":"a@b.c"}`).body)
	golden(t, "signed-in", d.must(200, "", "POST", "/auth/login", `{"username":"ann","password":"secret-12"}`).body)
	golden(t, "guest", d.must(201, "", "POST", "/auth/guest", "").body)
	golden(t, "me", d.must(200, "bob", "GET", "/auth/me", "").body)
	golden(t, "password-changed", d.must(200, "bob", "PUT", "/auth/password", `{"old":"secret-12","new":"secret-13"}`).body)
	golden(t, "logged-out", d.must(200, "bob", "POST", "/auth/logout", "").body)
	d.must(409, "", "POST", "/auth/register", `{"username":"ann","password":"secret-12"}`)
	d.must(401, "", "POST", "/auth/login", `{"username":"ann","password":"wrong"}`)
	d.must(401, "", "GET", "/auth/me", "")
}

// TestAdminShapes pins the shapes of administration that are its own.
func TestAdminShapes(t *testing.T) {
	d := open(t)
	golden(t, "admin-room-created", d.must(200, "root", "POST", "/admin/chat/rooms", `{"name":"Orders","participants":["bob"],"creator":"ann"}`).body)
	golden(t, "admin-posted", d.must(201, "root", "POST", "/admin/chat/rooms/id1/messages", `{"message":"Your order has left","nonce":"o1"}`).body)
	d.must(201, "root", "POST", "/admin/chat/rooms/id1/messages", `{"message":{"contentType":"file","files":["f1"]},"as":"bob"}`)
	golden(t, "admin-rooms", d.must(200, "root", "GET", "/admin/chat/rooms", "").body)
	golden(t, "admin-messages", d.must(200, "root", "GET", "/admin/chat/messages?sort=createdAt", "").body)
	golden(t, "admin-account", d.must(201, "root", "POST", "/admin/chat/users", `{"username":"dora","password":"secret-12","role":"agent"}`).body)
	golden(t, "admin-saved", d.must(200, "root", "POST", "/admin/chat/users/bulk", `{"users":[{"_id":"new","name":"New","email":"n@x.y"}]}`).body)
	d.must(200, "root", "PUT", "/admin/chat/users/new/block", "")
	golden(t, "admin-user", d.must(200, "root", "GET", "/admin/chat/users/new", "").body)
	golden(t, "admin-users", d.must(200, "root", "GET", "/admin/chat/users?limit=2", "").body)
	golden(t, "admin-audit", d.must(200, "root", "GET", "/admin/chat/audit?room=id1", "").body)
	golden(t, "admin-audit-user", d.must(200, "root", "GET", "/admin/chat/audit?user=new&act=user.block", "").body)
}

package api_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

// TestHistoryShapes pins the wire shapes of the caller's own conversation.
func TestHistoryShapes(t *testing.T) {
	d := openBots(t)
	golden(t, "history-empty", d.must(200, "ann", "GET", "/chat/history", "").body)
	d.say("me", "Do you have shoes?")
	room := field(t, d.must(200, "ann", "GET", "/chat/rooms/me", "").body, "_id")
	d.answer(room, "We do")
	golden(t, "history", d.must(200, "ann", "GET", "/chat/history", "").body)
	golden(t, "room-me", d.must(200, "ann", "GET", "/chat/rooms/me", "").body)
	golden(t, "history-cleared", d.must(200, "ann", "DELETE", "/chat/history", "").body)
}

// TestHistoryPages holds the order and the ends of pages, and that clearing leaves
// nothing but the numbers.
func TestHistoryPages(t *testing.T) {
	d := openBots(t)
	for _, text := range []string{"one", "two", "three", "four"} {
		d.say("me", text)
	}
	for _, c := range []struct{ query, want string }{
		{"", "one two three four 4 false"},
		{"?limit=2", "three four 4 true"},
		{"?limit=2&before=3", "one two 4 false"},
		{"?before=1", "4 false"},
		{"?before=99999999999999999999&limit=99999999999999999999&x=1", "one two three four 4 false"},
	} {
		for _, slash := range []string{"", "/"} {
			body := d.must(200, "ann", "GET", "/chat/history"+slash+c.query, "").body
			got := append(texts(t, body), field(t, body, "count"), field(t, body, "more"))
			if strings.Join(got, " ") != c.want {
				t.Errorf("%s: %s", c.query, body)
			}
		}
	}
	const invalid = `{"name":"INVALID_ARGUMENTS","status":400,"message":"`
	check(t, d.call("ann", "GET", "/chat/history?before=x", ""), 400, invalid+`before must be a whole number"}`)
	check(t, d.call("ann", "GET", "/chat/history?before=-1", ""), 400, invalid+`before, after and limit must not be negative"}`)
	check(t, d.call("bob", "GET", "/chat/history", ""), 200, `{"messages":[],"count":0,"more":false}`)
	check(t, d.call("", "GET", "/chat/history", ""), 401, "~UNAUTHORIZED")
	check(t, d.call("", "DELETE", "/chat/history", ""), 401, "~UNAUTHORIZED")
	check(t, d.call("ann", "PUT", "/chat/history", "{}"), 405, "~METHOD_NOT_ALLOWED")

	check(t, d.call("bob", "DELETE", "/chat/history/", ""), 200, `{"result":"History cleared"}`)
	check(t, d.call("ann", "GET", "/chat/history", ""), 200, `~"count":4`)
	check(t, d.call("ann", "DELETE", "/chat/history/", "rubbish"), 200, `{"result":"History cleared"}`)
	check(t, d.call("ann", "GET", "/chat/history", ""), 200, `{"messages":[],"count":0,"more":false}`)
	d.say("me", "five")
	check(t, d.call("ann", "GET", "/chat/history", ""), 200, `~"seq":5`)
}

// TestMe holds that every user route that takes a room takes me for the caller's
// own conversation, answers with its real id, and leaves it what it is.
func TestMe(t *testing.T) {
	const noGroup = `{"name":"FORBIDDEN","status":403,"message":"This room is not a group"}`
	d := openBots(t)
	for _, user := range []string{"ann", "bob", "guest"} {
		room := field(t, d.must(200, user, "GET", "/chat/rooms/me/", "").body, "_id")
		if room == "me" || len(room) != 36 {
			t.Fatalf("%s: %q", user, room)
		}
		for _, c := range []struct {
			method, path, body string
			status             int
			want               string
		}{
			{"POST", "/chat/messages", `{"roomId":"me","message":"hi","nonce":"n"}`, 201, `~"seq":1`},
			{"POST", "/chat/messages", `{"roomId":"` + room + `","message":"hi","nonce":"n"}`, 201, `~"seq":1`},
			{"GET", "/chat/messages?roomId=me", ``, 200, `~"room":"` + room + `"`},
			{"GET", "/chat/messages?roomId=me&before=1", ``, 200, `{"messages":[],"count":1}`},
			{"GET", "/chat/rooms?search=assist", ``, 200, `~"_id":"` + room + `","name":"Assistant","kind":"assistant"`},
			{"PATCH", "/chat/rooms/me", `{"roomName":"x"}`, 403, noGroup},
			{"DELETE", "/chat/rooms/me", ``, 403, noGroup},
			{"PUT", "/chat/rooms/me/addUsers", `{"users":["cid"]}`, 403, noGroup},
			{"PUT", "/chat/rooms/me/removeUsers", `{"users":["ann"]}`, 403, noGroup},
			{"PUT", "/chat/room/me/remove", `{"users":["ann"]}`, 403, noGroup},
			{"PUT", "/chat/rooms/me/join", ``, 403, noGroup},
			{"PUT", "/chat/leave/me", ``, 403, noGroup},
			{"GET", "/chat/history", ``, 200, `~"count":1`},
		} {
			check(t, d.call(user, c.method, c.path, c.body), c.status, c.want)
			if user == "ann" { // bob knows of ann's no more than of any
				hers := regexp.MustCompile(`([/=])me\b`).ReplaceAllString(c.path, "${1}"+room)
				if hers != c.path {
					check(t, d.call("bob", c.method, hers, c.body), 404, "~Room does not exist or you don't have access")
				}
			}
		}
	}
}

// texts are the messages of a list.
func texts(t *testing.T, body string) []string {
	t.Helper()
	var list struct{ Messages []struct{ Message string } }
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		t.Fatal(err)
	}
	all := make([]string, len(list.Messages))
	for i, m := range list.Messages {
		all[i] = m.Message
	}
	return all
}

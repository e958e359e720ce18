package socketio

import (
	"encoding/json"
	"regexp"
	"testing"

	"parley/chat"
)

// script plays events and writes down what each brings to whom.
type script struct {
	t       testing.TB
	w       *world
	order   []string
	clients map[string]*client
	lines   []line
}

// line is what somebody does or gets.
type line [2]any

func play(t testing.TB, users ...string) *script {
	s := &script{t: t, w: open(t), order: users, clients: map[string]*client{}}
	s.connect(users...)
	return s
}

func (s *script) connect(users ...string) {
	for _, u := range users {
		s.clients[u] = s.w.connect(u)
	}
}

// on plays one event with an ack; args is JSON without the brackets.
func (s *script) on(user, event, args string) {
	s.t.Helper()
	ack := s.clients[user].call(event, args)
	s.write(user+" emits", json.RawMessage(array(event, args)))
	s.write(user+"'s ack", ack)
	s.settle()
}

// mute plays one event without an ack.
func (s *script) mute(user, event, args string) {
	s.t.Helper()
	s.clients[user].tell(event, args)
	s.write(user+" emits without an ack", json.RawMessage(array(event, args)))
	s.clients[user].events = s.clients[user].settle()
	s.settle()
}

// does plays what happens through another door.
func (s *script) does(what string, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	s.write(what, nil)
	s.settle()
}

func (s *script) write(what string, v any) { s.lines = append(s.lines, line{what, v}) }

// settle writes down what everybody has got.
func (s *script) settle() {
	s.t.Helper()
	for _, u := range s.order {
		for _, p := range s.clients[u].settle() {
			if p.kind != '2' {
				s.t.Fatalf("%s got %c %s", u, p.kind, p.data)
			}
			s.write(u+" gets", plain(p.data))
		}
	}
}

var offsets = regexp.MustCompile(`,"[0-9a-z]+\.[0-9a-z]+"\]$`)

// plain names an offset, which differs from run to run.
func plain(data json.RawMessage) json.RawMessage {
	return offsets.ReplaceAll(data, []byte(`,"<offset>"]`))
}

// TestMessageShapes pins every form of `message` in the contract's first two rows.
func TestMessageShapes(t *testing.T) {
	s := play(t, "ann", "bob")
	r := s.w.room("ann", "bob")
	s.does("a room is made", nil)
	for _, args := range []string{
		`"` + r + `","positions, <b> & \"quotes\" €"`,
		`"` + r + `",{"contentType":"text","content":"an object behind the room","nonce":"n1"}`,
		`"` + r + `",{"contentType":"text","content":"the same nonce","nonce":"n1"}`,
		`"` + r + `",{"contentType":"file","content":"","files":["f1","f2"],"replyTo":"id3"}`,
		`"` + r + `",{"contentType":"multimedia","content":"both","files":["f1"]}`,
		`"` + r + `",{"contentType":"typing","content":true}`,
		`"` + r + `",{"contentType":"typing","content":"false"}`,
		`"` + r + `",{"content":"no contentType"}`,
		`"` + r + `",{"contentType":"poem","content":"x"}`,
		`"` + r + `",{"contentType":"system","content":"x"}`,
		`"` + r + `",{"contentType":"file"}`,
		`"` + r + `",{"contentType":"text"}`,
		`"` + r + `",{"contentType":"text","content":"x","nonce":""}`,
		`"` + r + `",{"contentType":"text","content":"x","nonce":7}`,
		`"` + r + `",{"contentType":"text","content":"x","replyTo":"nothing"}`,
		`{"roomId":"` + r + `","content":"one object"}`,
		`{"roomId":"` + r + `","message":"one object with message","nonce":"n2"}`,
		`{"roomId":"` + r + `","contentType":"file","files":["f1"]}`,
		`"text alone, to the assistant"`,
		`"me"`,
		`"` + r + `"`,
		`"` + chat.ConversationOf("ann") + `"`,
		`7`,
		`""`,
		`{"content":"an object without a room","nonce":"n1"}`,
		`{"message":"the same nonce","nonce":"n1"}`,
		`{"roomId":null,"contentType":"text","message":"no room either"}`,
		`{"roomId":"me","content":"an object to me"}`,
		`{"contentType":"typing","content":true}`,
		`{"roomId":"","content":"a room without an id"}`,
		`{"roomId":"` + r + `"}`,
		`{}`,
		`"no such room","x"`,
		`"me","in front"`,
		`"me",{"contentType":"text","content":"in front of an object"}`,
		``,
	} {
		s.on("ann", "message", args)
	}
	s.mute("ann", "message", `"`+r+`","without an ack"`)
	s.mute("ann", "message", `"no such room","without an ack"`)
	golden(t, "messages", s.lines)
}

// TestEventShapes pins every other event of a client's and its ack.
func TestEventShapes(t *testing.T) {
	s := play(t, "ann", "bob", "cid")
	r := s.w.room("ann", "bob")
	s.does("a room is made", nil)
	room := `"` + r + `"`
	s.on("ann", "message", room+`,{"contentType":"text","content":"one","nonce":"n1"}`)
	s.on("bob", "message", room+`,{"contentType":"file","files":["f3"],"replyTo":"id2"}`)
	s.on("bob", "messagesRead", room)
	s.on("ann", "messagesRead", `{"roomId":`+room+`,"seq":1}`)
	s.on("ann", "messagesRead", room)
	s.on("bob", "typing", room+`,true`)
	s.on("bob", "typing", `{"roomId":`+room+`,"typing":false}`)
	s.on("ann", "edit", `"id2","one, edited"`)
	s.on("ann", "edit", `{"messageId":"id2","text":"again"}`)
	s.on("ann", "edit", `"id3","another's"`)
	s.on("ann", "history", `{"roomId":`+room+`}`)
	s.on("ann", "history", `{"roomId":`+room+`,"before":2,"limit":1}`)
	s.on("ann", "history", `{"roomId":`+room+`,"after":1,"limit":1}`)
	s.on("bob", "delete", `"id3"`)
	s.on("ann", "delete", `{"messageId":"id2"}`)
	s.on("ann", "delete", `"id2"`)
	s.on("ann", "sync", `{"rooms":{`+room+`:""}}`)
	s.on("ann", "sync", `{"rooms":{`+room+`:"e1:3","other":"e1:1"}}`)
	s.on("ann", "sync", `{"rooms":{`+room+`:"e1:99"}}`)
	s.on("ann", "sync", `{"rooms":{`+room+`:"e0:1"}}`)
	s.on("ann", "sync", `{}`)
	s.on("cid", "join", room)
	s.on("cid", "connectToRoom", `{"roomId":`+room+`}`)
	s.on("cid", "disconnectFromRoom", room)
	s.on("ann", "message", room+`,"not for cid's socket now"`)
	s.on("cid", "connectToRoom", room)
	s.on("cid", "leave", `{"roomId":`+room+`}`)
	s.on("cid", "connectToRoom", room)
	s.on("cid", "leave", room)
	s.on("ann", "ping", ``)
	s.on("ann", "auth:refresh", `"ann"`)
	s.on("ann", "auth:refresh", `{"token":"Bearer ann"}`)
	s.on("ann", "auth:refresh", `"bob"`)
	s.on("ann", "auth:refresh", `"old"`)
	s.on("ann", "no such event", `1`)
	s.mute("ann", "join", `"no such room"`)
	s.mute("ann", "typing", room)
	golden(t, "events", s.lines)
}

// TestRoomShapes pins the events that come of what others do.
func TestRoomShapes(t *testing.T) {
	s := play(t, "ann", "bob")
	r := s.w.room("ann")
	s.does("ann makes a room", nil)
	ctx := t.Context()
	_, err := s.w.chat.AddUsers(ctx, actor("ann"), r, []string{"bob"})
	s.does("ann adds bob", err)
	_, err = s.w.chat.AddUsers(ctx, actor("ann"), r, []string{"cid", "dan"})
	s.does("ann adds cid and dan", err)
	s.does("ann removes bob", s.w.chat.RemoveUsers(ctx, actor("ann"), r, []string{"bob"}))
	_, err = s.w.chat.Post(ctx, actor("ann"), chat.Draft{Room: r, Text: "not for bob", Type: chat.ContentText})
	s.does("ann posts", err)
	s.does("dan leaves", s.w.chat.LeaveRoom(ctx, actor("dan"), r))
	s.does("ann deletes the room", s.w.chat.DeleteRoom(ctx, actor("ann"), r))
	golden(t, "rooms", s.lines)
}

// TestMeShapes pins that `me` means the caller's own conversation wherever a room's
// id is taken, and that what comes of it names the real room.
func TestMeShapes(t *testing.T) {
	s := play(t, "ann")
	s.on("ann", "sync", `{"rooms":{"me":""}}`)
	s.on("ann", "message", `"hello"`)
	s.on("ann", "connectToRoom", `"me"`)
	s.on("ann", "disconnectFromRoom", `{"roomId":"me"}`)
	s.on("ann", "message", `"me","not for this socket now"`)
	s.on("ann", "connectToRoom", `{"roomId":"me"}`)
	s.on("ann", "messagesRead", `"me"`)
	s.on("ann", "messagesRead", `"me",1`)
	s.on("ann", "typing", `"me",true`)
	s.on("ann", "presence", `"me"`)
	s.on("ann", "history", `{"roomId":"me"}`)
	s.on("ann", "sync", `{"rooms":{"me":"e1:1"}}`)
	s.on("ann", "sync", `{"rooms":{}}`)
	s.on("ann", "join", `"me"`)
	s.on("ann", "leave", `"me"`)
	s.does("the history is cleared", s.w.chat.ClearHistory(t.Context(), actor("ann")))
	s.on("ann", "sync", `{"rooms":{"me":"e1:1"}}`)
	s.on("ann", "message", `"and on"`)
	golden(t, "me", s.lines)
}

// TestReplyShapes pins what a client is told of streamed replies, how it stops one,
// and how it asks for a person.
func TestReplyShapes(t *testing.T) {
	s := play(t, "ann")
	me := chat.ConversationOf("ann")
	s.on("ann", "message", `"what?"`)
	r := s.w.reply()
	s.does("a reply begins", nil)
	r.Append("Héllo ")
	r.Append("😀")
	r.Append(" <b>")
	s.does("it goes on", nil)
	other := s.w.connect("ann")
	other.await("stream-token") // once this has come, there is nothing behind it
	s.order, s.clients["a second socket"] = append(s.order, "a second socket"), other
	r.Append("!")
	r.Ground([]chat.Source{{Document: "prices.md", Passage: "2"}})
	s.does("a second socket comes, and it goes on", nil)
	s.does("it ends", r.Close(t.Context(), chat.StatusComplete, 3, 4))
	r.Done()
	s.on("ann", "stop", `{"messageId":"`+r.ID()+`"}`)
	s.on("ann", "message", `"and more?"`)
	r = s.w.reply()
	r.Append("never en")
	s.does("another begins", nil)
	s.on("ann", "stop", `"`+r.ID()+`"`)
	s.on("ann", "stop", `"no such message"`)
	s.on("ann", "stop", ``)
	s.mute("ann", "stop", `7`)
	s.on("ann", "history", `{"roomId":"me"}`)
	s.on("ann", "human-escalation", ``)
	s.on("ann", "human-escalation", `{"reason":"it talks in circles"}`)
	s.on("ann", "human-escalation", `{"roomId":"`+me+`"}`)
	s.on("ann", "human-escalation", `"a reason","me"`)
	s.on("ann", "human-escalation", `{"roomId":"`+s.w.room("ann")+`"}`)
	s.on("ann", "human-escalation", `{"roomId":"`+chat.ConversationOf("bob")+`"}`)
	s.on("ann", "human-escalation", `{"reason":7}`)
	s.mute("ann", "human-escalation", `{"reason":"no ack"}`)
	golden(t, "replies", s.lines)
}

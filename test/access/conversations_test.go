package access_test

import (
	"fmt"

	"parley/chat"
	"parley/test/harness"
)

// conversations are routes of what one says to an assistant. The conversation is
// the member's own, and so are the session and what was said to the consulted
// chatbot; {me} is the caller's own.
var conversations = []row{
	// nobody guest user stranger member creator agent admin blocked
	{" 401    200   200  200      see    200     200   200   blk", "GET /chat/history?of={conversation}", ``},
	{" 401    200   200  200      200    200     200   200   blk", "DELETE /chat/history?of={conversation}", ``},
	{" 401    200   200  200      200    200     200   200   blk", "GET /chat/rooms/{me}", ``},
	{" 401    404   404  404      see    404     404   404   blk", "GET /chat/rooms/{conversation}", ``},
	{" 401    403   403  403      403    403     403   403   blk", "PATCH /chat/rooms/{me}", `{"roomName":"Renamed"}`},
	{" 401    404   404  404      403    404     404   403   blk", "PATCH /chat/rooms/{conversation}", `{"visibility":"public"}`},
	{" 401    403   403  403      403    403     403   403   blk", "DELETE /chat/rooms/{me}", ``},
	{" 401    404   404  404      403    404     404   403   blk", "DELETE /chat/rooms/{conversation}", ``},
	{" 401    403   403  403      403    403     403   403   blk", "PUT /chat/rooms/{me}/addUsers", `{"users":["{bystander}"]}`},
	{" 401    404   404  404      403    404     404   404   blk", "PUT /chat/rooms/{conversation}/addUsers", `{"users":["{bystander}"]}`},
	{" 401    404   404  404      403    404     404   403   blk", "PUT /chat/rooms/{conversation}/removeUsers", `{"users":["{member}"]}`},
	{" 401    404   404  404      403    404     404   404   blk", "PUT /chat/rooms/{conversation}/join", ``},
	{" 401    404   404  404      403    404     404   404   blk", "PUT /chat/leave/{conversation}", ``},

	// nobody guest user stranger member creator agent admin blocked
	{" 401    201   201  201      201    201     201   201   blk", "POST /chat/messages", `{"roomId":"{me}","message":"A word"}`},
	{" 401    404   404  404      201    404     404   404   blk", "POST /chat/messages", `{"roomId":"{conversation}","message":"A word"}`},
	{" 401    200   200  200      200    200     200   200   blk", "GET /chat/messages?roomId={me}", ``},
	{" 401    404   404  404      see    404     404   404   blk", "GET /chat/messages?roomId={conversation}", ``},
	{" 401    404   404  404      see    404     404   404   blk", "GET /chat/messages/{asked message}", ``},
	{" 401    404   404  404      see    404     404   404   blk", "GET /chat/messages/{reply message}", ``},
	{" 401    404   404  404      403    404     404   404   blk", "PATCH /chat/messages/{reply message}", `{"newMessage":"Edited"}`},

	// nobody guest user stranger member creator agent admin blocked
	{" 401    200   200  200      200    200     200   see   blk", "GET /chatbot?search={chatbot's name}", ``},
	{" 401    200   200  200      200    200     200   200   blk", "POST /chatbot/{chatbot}/session", ``},
	{" 401    404   404  404      404    404     404   404   blk", "POST /chatbot/{no chatbot}/session", ``},
	{" 401    200   200  200      see    200     200   200   blk", "POST /chatbot/{consulted}/session", ``},
	{" 401    404   404  404      200    404     404   404   blk", "DELETE /chatbot/session/{session}", ``},
}

// dialogues are the events of conversations.
var dialogues = []row{
	// nobody guest user stranger member creator agent admin blocked
	{" 401    200   200  200      200    200     200   200   blk", "message", `["{me}","A word"]`},
	{" 401    404   404  404      200    404     404   404   blk", "message", `["{conversation}","A word"]`},
	{" 401    404   404  404      see    404     404   404   blk", "history", `[{"roomId":"{conversation}"}]`},
	{" 401    gone  gone gone     see    see     gone  gone  blk", "sync", `[{"rooms":{"{conversation}":""}}]`},
	{" 401    404   404  404      200    404     404   404   blk", "connectToRoom", `["{conversation}"]`},
	{" 401    404   404  404      403    404     404   404   blk", "join", `["{conversation}"]`},
	{" 401    404   404  404      403    404     404   404   blk", "leave", `["{conversation}"]`},
	{" 401    404   404  404      200    404     404   404   blk", "stop", `["{reply message}"]`},
	{" 401    404   404  404      404    404     404   404   blk", "stop", `["{asked message}"]`},
	{" 401    404   404  404      404    404     404   404   blk", "stop", `["{member's message}"]`},
	{" 401    200   200  200      200    200     200   200   blk", "human-escalation", `[{"reason":"I need a person"}]`},
	{" 401    404   404  404      200    404     404   404   blk", "human-escalation", `[{"roomId":"{conversation}"}]`},
	{" 401    404   404  404      403    403     404   404   blk", "human-escalation", `[{"roomId":"{room}"}]`},
}

// curation are the administrators' routes of chatbots.
var curation = []row{
	// nobody guest user stranger member creator agent admin blocked
	{" 401    403   403  403      403    403     403   201   blk", "POST /chatbot", `{"name":"Another"}`},
	{" 401    403   403  403      403    403     403   see   blk", "PATCH /chatbot/{chatbot}", `{"name":"Renamed"}`},
	{" 401    403   403  403      403    403     403   404   blk", "PATCH /chatbot/{no chatbot}", `{"name":"Renamed"}`},
	{" 401    403   403  403      403    403     403   200   blk", "DELETE /chatbot/{chatbot}", ``},
	{" 401    403   403  403      403    403     403   201   blk", "POST /chatbot/{chatbot}/documents", `@Something to know`},
	{" 401    403   403  403      403    403     403   404   blk", "POST /chatbot/{no chatbot}/documents", `@Something to know`},
	{" 401    403   403  403      403    403     403   200   blk", "GET /chatbot/{chatbot}/documents", ``},
	{" 401    403   403  403      403    403     403   200   blk", "GET /chatbot/{chatbot}/documents/{document}", ``},
	{" 401    403   403  403      403    403     403   404   blk", "GET /chatbot/{consulted}/documents/{document}", ``},
	{" 401    403   403  403      403    403     403   200   blk", "DELETE /chatbot/{chatbot}/documents/{document}", ``},
	{" 401    403   403  403      403    403     403   404   blk", "DELETE /chatbot/{consulted}/documents/{document}", ``},
	{" 401    403   403  403      403    403     403   403   blk", "PUT /admin/chat/rooms/{conversation}/add", `{"users":["{bystander}"]}`},
}

// converse makes what has to do with chatbots; "" is something else.
func (h *house) converse(name string) string {
	h.t.Helper()
	switch name {
	case "me":
		return chat.Me
	case "conversation": // the member's own, in which they have been answered
		h.ids["asked message"] = h.consult(chat.Me)
		id := h.must("member", "GET /chat/rooms/me", ``)["_id"]
		h.secrets = append(h.secrets, id)
		h.ids["reply message"] = h.reply(id)
		return id
	case "asked message", "reply message": // in the conversation
		h.id("conversation")
		return h.ids[name]
	case "chatbot": // with a prompt that is the administrators'
		h.secrets = append(h.secrets, "Be kind w"+h.mark)
		return h.must("admin", "POST /chatbot", `{"name":"bot-{mark}","prompt":"Be kind w{mark}"}`)["chatbot_id"]
	case "chatbot's name":
		h.id("chatbot")
		return "bot-" + h.mark
	case "consulted": // a chatbot that has answered the member
		id := h.must("admin", "POST /chatbot", `{"name":"consulted-{mark}"}`)["chatbot_id"]
		room := h.must("member", "POST /chatbot/"+id+"/session", ``)["conversation_id"]
		h.secrets = append(h.secrets, room)
		h.consult(room)
		h.reply(room)
		return id
	case "session": // the member's
		return h.must("member", "POST /chatbot/{chatbot}/session", ``)["session_id"]
	case "document": // the chatbot's
		return h.must("admin", "POST /chatbot/{chatbot}/documents", "@Returns are free")["document_id"]
	}
	return ""
}

// consult has the member say something to an assistant.
func (h *house) consult(room string) string {
	h.t.Helper()
	text := "Between us w" + h.mark
	id := h.must("member", "POST /chat/messages", fmt.Sprintf(`{"roomId":%q,"message":%q}`, room, text))["messageId"]
	h.secrets = append(h.secrets, id, text)
	return id
}

// reply waits until the assistant has answered in the member's conversation.
func (h *house) reply(room string) string {
	h.t.Helper()
	harness.Eventually(h.t, harness.Patience, func() (bool, string) {
		a := h.must("member", "GET /chat/messages?roomId="+room, ``)
		return a["count"] == "2", "the conversation has messages: " + a["count"]
	})
	id := h.must("member", "GET /chat/rooms/"+room, ``)["lastMessage._id"]
	h.secrets = append(h.secrets, id)
	return id
}

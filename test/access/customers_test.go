package access_test

import "parley/test/harness"

// customers are routes of whoever has a conversation's key. The inquiry is that of a
// customer without a token; it waits.
var customers = []row{
	// nobody guest user stranger member creator agent admin blocked
	{" 200    200   200  200      200    200     404   404   blk", "POST /api/messages", `{"content":"A word"}`},
	{" see    see   see  see      see    see     see   see   blk", "POST /api/messages", `{"conversation":"{inquiry}","content":"A word"}`},
	{" 200    200   200  200      200    200     200   200   blk", "POST /api/messages?since=1", `{"conversation":"{inquiry}","content":"A word"}`},
	{" 200    200   200  200      200    200     409   409   blk", "POST /api/messages?since=2", `{"conversation":"{claimed inquiry}","content":"A word"}`},
	{" 200    200   200  200      200    200     404   404   blk", "POST /api/messages", `{"conversation":"{no inquiry}","content":"A word"}`},
	{" see    see   see  see      see    see     see   see   blk", "GET /api/messages/{inquiry}", ``},
	{" see    see   see  see      see    see     see   see   blk", "GET /api/messages/{claimed inquiry}", ``},
	{" 404    404   404  404      404    404     404   404   blk", "GET /api/messages/{no inquiry}", ``},
	{" 200    200   200  200      200    200     200   200   blk", "POST /api/messages/{inquiry}/escalate", `{"reason":"Please"}`},
	{" 404    404   404  404      404    404     404   404   blk", "POST /api/messages/{no inquiry}/escalate", ``},
}

// inbox are the agents' routes. The claimed inquiry is another agent's.
var inbox = []row{
	// nobody guest user stranger member creator agent admin blocked
	{" 401    403   403  403      403    403     see   see   blk", "GET /api/conversation?q={inquiry's name}", ``},
	{" 401    403   403  403      403    403     201   201   blk", "POST /api/conversation", `{"name":"Another","content":"A word"}`},
	{" 401    403   403  403      403    403     see   see   blk", "GET /api/conversation/{inquiry}", ``},
	{" 401    403   403  403      403    403     404   404   blk", "GET /api/conversation/{no inquiry}", ``},
	{" 401    403   403  403      403    403     see   see   blk", "PATCH /api/conversation/{inquiry}", `{"email":"n@shop"}`},
	{" 401    403   403  403      403    403     200   200   blk", "DELETE /api/conversation/{inquiry}", ``},
	{" 401    403   403  403      403    403     404   404   blk", "DELETE /api/conversation/{no inquiry}", ``},

	// nobody guest user stranger member creator agent admin blocked
	{" 401    403   403  403      403    403     see   see   blk", "POST /api/conversation/{inquiry}/claim", ``},
	{" 401    403   403  403      403    403     409   409   blk", "POST /api/conversation/{claimed inquiry}/claim", ``},
	{" 401    403   403  403      403    403     404   404   blk", "POST /api/conversation/{no inquiry}/claim", ``},
	{" 401    403   403  403      403    403     see   see   blk", "POST /api/conversation/{inquiry}/release", ``},
	{" 401    403   403  403      403    403     409   see   blk", "POST /api/conversation/{claimed inquiry}/release", ``},
	{" 401    403   403  403      403    403     see   see   blk", "POST /api/conversation/{inquiry}/resolve", ``},
	{" 401    403   403  403      403    403     409   see   blk", "POST /api/conversation/{claimed inquiry}/resolve", ``},
	{" 401    403   403  403      403    403     409   409   blk", "POST /api/conversation/{inquiry}/handback", ``},

	// nobody guest user stranger member creator agent admin blocked
	{" 401    403   403  403      403    403     see   see   blk", "GET /api/conversation/{claimed inquiry}/notes", ``},
	{" 401    403   403  403      403    403     404   404   blk", "GET /api/conversation/{no inquiry}/notes", ``},
	{" 401    403   403  403      403    403     201   201   blk", "POST /api/conversation/{claimed inquiry}/notes", `{"content":"A word"}`},
	{" 401    403   403  403      403    403     see   see   blk", "GET /api/conversation/{claimed inquiry}/transcript", ``},
	{" 401    403   403  403      403    403     404   404   blk", "GET /api/conversation/{no inquiry}/transcript?format=text", ``},
}

// inquire makes what has to do with customers; "" is something else.
func (h *house) inquire(name string) string {
	h.t.Helper()
	switch name {
	case "inquiry":
		return h.inquiry()
	case "inquiry's name":
		h.id("inquiry")
		return "n" + h.mark
	case "claimed inquiry": // with a note
		key := h.inquiry()
		h.tokens["colleague"] = harness.Token(h.t, "colleague-"+h.mark, "agent")
		h.must("colleague", "POST /api/conversation/"+key+"/claim", ``)
		h.must("colleague", "POST /api/conversation/"+key+"/notes", `{"content":"Noted w{mark}"}`)
		h.secrets = append(h.secrets, "colleague-"+h.mark, "Noted w"+h.mark)
		return key
	case "webhook":
		return h.must("admin", "POST /admin/chat/webhooks", `{"url":"https://shop.example","events":["conversation.resolved"]}`)["id"]
	}
	return ""
}

// inquiry begins a conversation and returns its key.
func (h *house) inquiry() string {
	h.t.Helper()
	h.must("nobody", "POST /api/messages", `{"name":"n{mark}","content":"Asked w{mark}"}`)
	list := h.must("admin", "GET /api/conversation?limit=1&q=n{mark}", ``)
	key := list["items.0.uuid"]
	h.secrets = append(h.secrets, key, list["items.0.room"], "n"+h.mark, "Asked w"+h.mark)
	return key
}

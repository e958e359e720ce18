package access_test

// unlisted are the routes that the OpenAPI document does not hold: its own, and
// those of web pages.
var unlisted = []string{
	"GET /api/openapi.json", "GET /api/docs", "GET /api/docs/{}", "GET /", "GET /console", "GET /console/{}", "GET /demo", "GET /demo/{}",
}

// rooms are routes of rooms and who takes part in them.
var rooms = []row{
	// nobody guest user stranger member creator agent admin blocked
	{" 401    403   200  200      200    200     200   200   blk", "POST /chat/rooms", `{"roomName":"Another","users":["{bystander}"]}`},
	{" 401    403   403  403      403    403     403   403   blk", "POST /chat/rooms", `{"roomName":"With a guest","users":["{guest}"]}`},
	{" 401    200   200  200      see    see     200   200   blk", "GET /chat/rooms", ``},
	{" 401    200   200  200      see    see     200   200   blk", "GET /chat/rooms?search={mark}", ``},
	{" 401    404   404  404      see    see     404   404   blk", "GET /chat/rooms/{room}", ``},
	{" 401    404   404  404      403    see     404   see   blk", "PATCH /chat/rooms/{room}", `{"roomName":"Renamed"}`},
	{" 401    404   404  404      403    see     404   see   blk", "PATCH /chat/rooms/{room}", `{"visibility":"public"}`},
	{" 401    404   404  404      403    see     404   see   blk", "PATCH /chat/rooms/{room}", `{"creator":"{member}"}`},
	{" 401    404   404  404      403    400     404   400   blk", "PATCH /chat/rooms/{room}", `{"creator":"{stranger}"}`},
	{" 401    404   404  404      404    200     404   see   blk", "PATCH /chat/rooms/{public}", `{"roomName":"Renamed"}`},
	{" 401    404   404  404      403    200     404   200   blk", "DELETE /chat/rooms/{room}", ``},
	{" 401    404   404  404      404    200     404   200   blk", "DELETE /chat/rooms/{public}", ``},

	// nobody guest user stranger member creator agent admin blocked
	{" 401    404   404  404      200    200     404   404   blk", "PUT /chat/rooms/{room}/addUsers", `{"users":["{bystander}"]}`},
	{" 401    404   404  404      200    200     404   404   blk", "PUT /chat/rooms/{room}/addUsers", `{"users":["{user}"]}`},
	{" 401    404   404  404      400    400     404   404   blk", "PUT /chat/rooms/{room}/addUsers", `{"users":["{member}"]}`},
	{" 401    404   404  404      403    403     404   404   blk", "PUT /chat/rooms/{room}/addUsers", `{"users":["{guest}"]}`},
	{" 401    404   404  404      400    400     404   404   blk", "PUT /chat/rooms/{room}/addUsers", `{"users":["{newcomer}"]}`},
	{" 401    404   404  404      403    200     404   200   blk", "PUT /chat/rooms/{room}/removeUsers", `{"users":["{member}"]}`},
	{" 401    404   404  404      403    200     404   200   blk", "PUT /chat/rooms/{room}/removeUsers", `{"users":["{creator}"]}`},
	{" 401    404   404  404      403    200     404   200   blk", "PUT /chat/room/{room}/remove", `{"users":["{member}"]}`},
	{" 401    404   200  404      200    200     404   404   blk", "PUT /chat/rooms/{room}/join", ``},
	{" 401    403   200  200      200    200     200   200   blk", "PUT /chat/rooms/{public}/join", ``},
	{" 401    404   404  404      200    200     404   404   blk", "PUT /chat/leave/{room}", ``},
	{" 401    404   404  404      404    200     404   404   blk", "PUT /chat/leave/{public}", ``},
}

// messages are routes of what is said.
var messages = []row{
	// nobody guest user stranger member creator agent admin blocked
	{" 401    404   404  404      201    201     404   404   blk", "POST /chat/messages", `{"roomId":"{room}","message":"A word"}`},
	{" 401    404   404  404      404    201     404   404   blk", "POST /chat/messages", `{"roomId":"{public}","message":"A word"}`},
	{" 401    403   403  403      403    403     403   403   blk", "POST /chat/messages", `{"roomId":"{room}","contentType":"system","content":"A word"}`},
	{" 401    404   404  404      201    201     404   404   blk", "POST /chat/messages", `{"roomId":"{room}","message":"An answer","replyTo":"{member's message}"}`},
	{" 401    -     404  404      404    404     404   404   blk", "POST /chat/messages", `{"roomId":"{own}","message":"An answer","replyTo":"{member's message}"}`},
	{" 401    -     400  400      201    201     400   400   blk", "POST /chat/messages", `{"roomId":"{own}","contentType":"file","content":"","files":["{file}"]}`},
	{" 401    404   404  404      201    400     404   404   blk", "POST /chat/messages", `{"roomId":"{room}","contentType":"file","content":"","files":["{unposted}"]}`},
	{" 401    200   200  200      see    see     200   200   blk", "GET /chat/messages", ``},
	{" 401    200   200  200      see    see     200   200   blk", "GET /chat/messages?search={word}", ``},
	{" 401    404   404  404      see    see     404   404   blk", "GET /chat/messages?roomId={room}", ``},
	{" 401    404   404  404      see    see     404   404   blk", "GET /chat/messages?roomId={room}&search={word}", ``},
	{" 401    404   404  404      see    see     404   404   blk", "GET /chat/messages?roomId={room}&after=1", ``},
	{" 401    404   404  404      404    200     404   404   blk", "GET /chat/messages?roomId={public}", ``},

	// nobody guest user stranger member creator agent admin blocked
	{" 401    404   404  404      see    see     404   404   blk", "GET /chat/messages/{member's message}", ``},
	{" 401    404   404  404      see    see     404   404   blk", "GET /chat/messages/{user's message}", ``},
	{" 401    404   404  404      404    404     404   404   blk", "GET /chat/messages/{deleted message}", ``},
	{" 401    404   404  404      200    403     404   404   blk", "PUT /chat/messages/{member's message}", `{"newMessage":"Edited"}`},
	{" 401    404   404  404      403    200     404   404   blk", "PUT /chat/messages/{creator's message}", `{"newMessage":"Edited"}`},
	{" 401    404   404  404      200    403     404   404   blk", "PATCH /chat/messages/{member's message}", `{"newMessage":"Edited"}`},
	{" 401    404   404  404      403    403     404   404   blk", "PATCH /chat/messages/{user's message}", `{"newMessage":"Edited"}`},
	{" 401    404   404  404      200    403     404   200   blk", "DELETE /chat/messages/{member's message}", ``},
	{" 401    404   404  404      403    200     404   200   blk", "DELETE /chat/messages/{creator's message}", ``},
	{" 401    404   404  404      403    403     404   200   blk", "DELETE /chat/messages/{user's message}", ``},
	{" 401    404   404  404      404    404     404   404   blk", "DELETE /chat/messages/{deleted message}", ``},
}

// uploads are routes of files. The file of the room is the member's.
var uploads = []row{
	// nobody guest user stranger member creator agent admin blocked
	{" 401    403   201  201      201    201     201   201   blk", "POST /chat/files", `@Something to keep`},
	{" 401    404   404  404      see    see     404   404   blk", "GET /chat/files/{file}", ``},
	{" 401    404   404  404      see    404     404   404   blk", "GET /chat/files/{unposted}", ``},
	{" 401    404   404  404      see    404     404   404   blk", "GET /chat/files/{withdrawn}", ``},
}

// accounts are routes of who one is. All callers but the guest have outside tokens.
var accounts = []row{
	// nobody guest user stranger member creator agent admin blocked
	{" 201    201   201  201      201    201     201   201   201", "POST /auth/register", `{"username":"{newcomer}","password":"correct horse"}`},
	{" 200    200   200  200      200    200     200   200   200", "POST /auth/login", `{"username":"{account}","password":"correct horse"}`},
	{" 201    201   201  201      201    201     201   201   201", "POST /auth/guest", `{"name":"Gil"}`},
	{" 401    200   200  200      200    200     200   200   blk", "GET /auth/me", ``},
	{" 401    409   409  409      409    409     409   409   blk", "PUT /auth/password", `{"old":"correct horse","new":"battery staple"}`},
	{" 401    200   200  200      200    200     200   200   blk", "POST /auth/logout", ``},
	{" 200    200   200  200      200    200     200   200   200", "GET /healthz", ``},
	{" 200    200   200  200      200    200     200   200   200", "GET /readyz", ``},
	{" 200    200   200  200      200    200     200   200   200", "GET /api/openapi.json", ``},
	{" 200    200   200  200      200    200     200   200   200", "GET /api/docs", ``},
	{" 404    404   404  404      404    404     404   404   404", "GET /api/docs/{no page}", ``},
	{" 200    200   200  200      200    200     200   200   200", "GET /", ``},
	{" 200    200   200  200      200    200     200   200   200", "GET /console", ``},
	{" 200    200   200  200      200    200     200   200   200", "GET /console/{no view}", ``},
	{" 200    200   200  200      200    200     200   200   200", "GET /demo", ``},
	{" 200    200   200  200      200    200     200   200   200", "GET /demo/{no view}", ``},
}

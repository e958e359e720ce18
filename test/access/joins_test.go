package access_test

// joins are for a server where who is added to a room is asked first. The
// invitation is the creator's, and the stranger's to answer.
var joins = []row{
	// nobody guest user stranger member creator agent admin blocked
	{" 401    200   200  see      200    200     200   200   blk", "GET /chat/invitations/received", ``},
	{" 401    200   200  200      200    see     200   200   blk", "GET /chat/invitations/sent", ``},
	{" 401    404   404  200      404    404     404   404   blk", "GET /chat/invitations/accept/{invitation}", ``},
	{" 401    404   404  200      404    404     404   404   blk", "POST /chat/invitations/accept/{invitation}", ``},
	{" 401    404   404  200      404    404     404   404   blk", "GET /chat/invitations/decline/{invitation}", ``},
	{" 401    404   404  200      404    404     404   404   blk", "POST /chat/invitations/decline/{invitation}", ``},
	{" 401    404   404  404      404    200     404   404   blk", "DELETE /chat/invitations/cancel/{invitation}", ``},

	// nobody guest user stranger member creator agent admin blocked
	{" 401    403   200  200      200    200     200   200   blk", "POST /chat/rooms", `{"roomName":"Another","users":["{bystander}"]}`},
	{" 401    200   200  200      see    see     200   200   blk", "GET /chat/rooms", ``},
	{" 401    404   404  404      see    see     404   404   blk", "GET /chat/rooms/{room}", ``},
	{" 401    404   200  404      200    200     404   404   blk", "PUT /chat/rooms/{room}/join", ``},
	{" 401    404   404  404      200    200     404   404   blk", "PUT /chat/rooms/{room}/addUsers", `{"users":["{bystander}"]}`},
	{" 401    404   404  404      200    200     404   404   blk", "PUT /chat/rooms/{room}/addUsers", `{"users":["{user}"]}`},
	{" 401    404   404  404      400    400     404   404   blk", "PUT /chat/rooms/{room}/addUsers", `{"users":["{member}"]}`},
	{" 401    403   403  403      403    403     403   200   blk", "PUT /admin/chat/rooms/{room}/add", `{"users":["{bystander}"]}`},
	{" 401    404   404  404      201    201     404   404   blk", "POST /chat/messages", `{"roomId":"{room}","message":"A word"}`},
}

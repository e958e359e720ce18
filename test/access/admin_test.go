package access_test

// administration are routes for administrators alone.
var administration = []row{
	// nobody guest user stranger member creator agent admin blocked
	{" 401    403   403  403      403    403     403   see   blk", "GET /admin/chat/rooms?search={mark}", ``},
	{" 401    403   403  403      403    403     403   200   blk", "POST /admin/chat/rooms", `{"name":"Another","participants":["{bystander}"]}`},
	{" 401    403   403  403      403    403     403   200   blk", "DELETE /admin/chat/rooms?ids={room}", ``},
	{" 401    403   403  403      403    403     403   see   blk", "GET /admin/chat/rooms/{room}", ``},
	{" 401    403   403  403      403    403     403   404   blk", "GET /admin/chat/rooms/{no room}", ``},
	{" 401    403   403  403      403    403     403   200   blk", "PUT /admin/chat/rooms/{room}/add", `{"users":["{bystander}"]}`},
	{" 401    403   403  403      403    403     403   403   blk", "PUT /admin/chat/rooms/{room}/add", `{"users":["{guest}"]}`},
	{" 401    403   403  403      403    403     403   200   blk", "PUT /admin/chat/rooms/{room}/remove", `{"users":["{member}"]}`},
	{" 401    403   403  403      403    403     403   200   blk", "PUT /admin/chat/room/{room}/remove", `{"users":["{member}"]}`},

	// nobody guest user stranger member creator agent admin blocked
	{" 401    403   403  403      403    403     403   see   blk", "GET /admin/chat/messages?roomId={room}", ``},
	{" 401    403   403  403      403    403     403   see   blk", "GET /admin/chat/messages?senderUser={member}", ``},
	{" 401    403   403  403      403    403     403   200   blk", "DELETE /admin/chat/messages?ids={member's message}", ``},
	{" 401    403   403  403      403    403     403   201   blk", "POST /admin/chat/rooms/{room}/messages", `{"message":"To all"}`},
	{" 401    403   403  403      403    403     403   201   blk", "POST /admin/chat/rooms/{room}/messages", `{"message":"In another's name","as":"{member}"}`},
	{" 401    403   403  403      403    403     403   400   blk", "POST /admin/chat/rooms/{room}/messages", `{"message":"In another's name","as":"{stranger}"}`},
	{" 401    403   403  403      403    403     403   see   blk", "GET /admin/chat/users/{member}/messages", ``},

	// nobody guest user stranger member creator agent admin blocked
	{" 401    403   403  403      403    403     403   see   blk", "GET /admin/chat/users?search={mark}", ``},
	{" 401    403   403  403      403    403     403   201   blk", "POST /admin/chat/users", `{"username":"{newcomer}","password":"correct horse"}`},
	{" 401    403   403  403      403    403     403   200   blk", "GET /admin/chat/users/{bystander}", ``},
	{" 401    403   403  403      403    403     403   404   blk", "GET /admin/chat/users/{newcomer}", ``},
	{" 401    403   403  403      403    403     403   200   blk", "PUT /admin/chat/users/{bystander}", `{"name":"Renamed"}`},
	{" 401    403   403  403      403    403     403   200   blk", "POST /admin/chat/users/bulk", `{"users":[{"_id":"{bystander}","name":"Renamed"}]}`},
	{" 401    403   403  403      403    403     403   200   blk", "PATCH /admin/chat/users/{account's id}", `{"role":"agent"}`},
	{" 401    403   403  403      403    403     403   409   blk", "PATCH /admin/chat/users/{bystander}", `{"role":"agent"}`},
	{" 401    403   403  403      403    403     403   403   blk", "PATCH /admin/chat/users/{admin}", `{"role":"user"}`},
	{" 401    403   403  403      403    403     403   200   blk", "PUT /admin/chat/users/{bystander}/block", ``},
	{" 401    403   403  403      403    403     403   403   blk", "PUT /admin/chat/users/{admin}/block", ``},
	{" 401    403   403  403      403    403     403   200   blk", "PUT /admin/chat/users/{blocked}/unblock", ``},

	// nobody guest user stranger member creator agent admin blocked
	{" 401    403   403  403      403    403     403   200   blk", "GET /admin/chat/webhooks", ``},
	{" 401    403   403  403      403    403     403   201   blk", "POST /admin/chat/webhooks", `{"url":"https://shop.example","events":["conversation.resolved"]}`},
	{" 401    403   403  403      403    403     403   200   blk", "DELETE /admin/chat/webhooks/{webhook}", ``},
	{" 401    403   403  403      403    403     403   404   blk", "DELETE /admin/chat/webhooks/{no webhook}", ``},
	{" 401    403   403  403      403    403     403   200   blk", "GET /admin/chat/webhooks/dead", ``},
	{" 401    403   403  403      403    403     403   404   blk", "POST /admin/chat/webhooks/dead/{no delivery}/retry", ``},

	// nobody guest user stranger member creator agent admin blocked
	{" 401    403   403  403      403    403     403   200   blk", "GET /admin/chat/audit?user={bystander}", ``},
	{" 401    403   403  403      403    403     403   200   blk", "GET /admin/chat/stats", ``},
	{" 401    403   403  403      403    403     403   see   blk", "GET /admin/chat/export?roomId={room}", ``},
}

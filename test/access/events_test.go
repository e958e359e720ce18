package access_test

// connect is the row of CONNECT itself.
const connect = "CONNECT"

// events are what a client may send over Socket.IO. Who is not let in sends the
// event all the same, and gets no answer to it.
var events = []row{
	// nobody guest user stranger member creator agent admin blocked
	{" 401    200   200  200      see    see     200   200   blk", connect, ``},
	{" 401    404   404  404      200    200     404   404   blk", "message", `["{room}","A word"]`},
	{" 401    404   404  404      404    200     404   404   blk", "message", `["{public}","A word"]`},
	{" 401    403   403  403      403    403     403   403   blk", "message", `["{room}",{"contentType":"system","content":"A word"}]`},
	{" 401    404   404  404      200    200     404   404   blk", "message", `["{room}",{"contentType":"typing","content":true}]`},
	{" 401    -     404  404      404    404     404   404   blk", "message", `["{own}",{"contentType":"text","content":"An answer","replyTo":"{member's message}"}]`},
	{" 401    -     400  400      200    200     400   400   blk", "message", `["{own}",{"contentType":"file","content":"","files":["{file}"]}]`},

	// nobody guest user stranger member creator agent admin blocked
	{" 401    404   200  404      200    200     404   404   blk", "join", `["{room}"]`},
	{" 401    403   200  200      200    200     200   200   blk", "join", `["{public}"]`},
	{" 401    404   404  404      200    200     404   404   blk", "leave", `["{room}"]`},
	{" 401    404   404  404      200    200     404   404   blk", "connectToRoom", `["{room}"]`},
	{" 401    404   404  404      404    200     404   404   blk", "connectToRoom", `["{public}"]`},
	{" 401    404   404  404      200    200     404   404   blk", "disconnectFromRoom", `["{room}"]`},
	{" 401    404   404  404      200    200     404   404   blk", "messagesRead", `["{room}"]`},
	{" 401    404   404  404      200    200     404   404   blk", "typing", `["{room}",true]`},
	{" 401    404   404  404      200    200     404   404   blk", "presence", `["{room}"]`},

	// nobody guest user stranger member creator agent admin blocked
	{" 401    404   404  404      see    403     404   404   blk", "edit", `["{member's message}","Edited"]`},
	{" 401    404   404  404      403    403     404   404   blk", "edit", `["{user's message}","Edited"]`},
	{" 401    404   404  404      see    403     404   see   blk", "delete", `["{member's message}"]`},
	{" 401    404   404  404      403    see     404   see   blk", "delete", `["{creator's message}"]`},
	{" 401    404   404  404      see    see     404   404   blk", "history", `[{"roomId":"{room}"}]`},
	{" 401    gone  gone gone     see    see     gone  gone  blk", "sync", `[{"rooms":{"{room}":""}}]`},
	{" 401    200   200  200      see    see     200   200   blk", "sync", `[{"rooms":{}}]`},
	{" 401    200   200  200      200    200     200   200   blk", "ping", `[]`},
	{" 401    200   200  200      200    200     200   200   blk", "auth:refresh", `["{token}"]`},
	{" 401    403   403  403      403    200     403   403   blk", "auth:refresh", `["{creator's token}"]`},
}

// Package rawws is the door for clients that speak JSON over a bare WebSocket
// (RFC 6455): the token-stream protocol at / and /ws, and that of chatbot sessions
// at /ws/chat/{session_id}. Each message is one JSON object in one text frame.
//
// A connection is one user in one room, their conversation with a chatbot. It
// decodes, calls use cases of chat, and shows the hub's events in its protocol's
// shapes; docs/protocol.md lists both.
//
// The library reads. Everything that goes out, the library's own control frames
// too, enters the connection's one gateway.Outbox: a pong never waits for a long
// answer to a slow client, and what is queued goes out in one write.
package rawws

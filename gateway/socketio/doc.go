// Package socketio is the Socket.IO door (protocol 5, https://socket.io/docs/v4/):
// the namespaces /chat and /chat/ on one Engine.IO endpoint.
//
// The layers: parley/gateway/engineio carries packets; zishang520's socket.io v3
// keeps namespaces, middleware, packets and acknowledgements, bound to it through
// link; a peer is one socket, which decodes events, calls one use case each and
// answers in the order in which they came. Broadcasts do not pass through the
// library: the hub encodes and frames each once and queues the same bytes to
// every connection. Nothing else imports the library.
package socketio

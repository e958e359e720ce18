// Package chat is Parley's domain: rooms, messages, users and every rule about
// them. It imports the standard library alone.
//
// [Service] holds the use cases. A transport decodes its input, calls one use
// case with the calling [Actor], and encodes the answer; who may read, post,
// invite or edit is decided here and nowhere else. Persistence is behind
// [Store], delivery to live connections behind [Bus]; both are declared here,
// where they are consumed.
//
// Every failure that a caller may learn of is an [*Error] with a [Code]; any
// other error is a fault of the server and is shown as [CodeInternal] with a
// fixed text.
package chat

// Package gateway is where live connections meet the domain. A [Session] is one
// user's connection, whatever its protocol; the [Hub] carries events from the
// bus to the sessions of this node, each room in the order of its versions; an
// [Outbox] bounds what a connection may be behind, and a [Writer] writes it;
// [Answers] come in the order of what they answer. A reply that is being written
// is passed on piece by piece; its text is held once for each room, from which
// those who come late or are slow are given what they lack. Once somebody else has
// a conversation, nothing of its bot's comes behind that news. Who has no connection
// but polls over HTTP waits by a watch; agents hear of every conversation.
//
// The protocols live in the folders below and import this package, never each
// other. Nothing here decides who may do what: that is chat's.
package gateway

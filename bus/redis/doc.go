// Package redis joins nodes that serve the same rooms, over Redis 7 or Valkey 7.2,
// one server or a cluster. It carries events from node to node, each to those nodes
// alone that have something to do with it; it knows on which nodes users are, where
// nodes are reached, and what of a rate was used elsewhere.
//
// Redis may lose everything at any time, and may be away. No message is lost by
// that: a node finds what it was not told of by its number, and reads it from the
// store. While Redis is away nodes hear of each other's messages by comparing the
// heads of rooms, some seconds late, and of presence, typing and the pieces of
// streamed replies not at all.
package redis

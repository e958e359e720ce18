// Package relay passes requests on to the node that has their connection, so that a
// balancer may send them to any. Where a connection is, its session id says; where
// that node is reached, the nodes' registry does, and nothing that a client sends.
//
// What is passed on carries a stamp that only nodes can make. The one that gets it
// never passes it on again.
package relay

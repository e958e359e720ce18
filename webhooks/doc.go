// Package webhooks tells the outside what happens in conversations: it takes the
// stored deliveries, signs each as Standard Webhooks do
// (https://www.standardwebhooks.com, version 1 signatures) and posts it to its
// webhook's address.
//
// What is queued is in the database, with when it is due and who has leased it, so
// that any node delivers what any node has queued, and a restart loses nothing. A
// delivery arrives at least once, with the same webhook-id each time; those of one
// conversation arrive at a webhook in their order: the next is sent when the one
// before was answered with a 2xx or has died of too many failures. The package
// imports chat and none of the other layers.
package webhooks

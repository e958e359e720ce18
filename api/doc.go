// Package api is Parley's HTTP door: rooms, messages, invitations, files, chatbots,
// customers who poll and the agents' inbox, accounts, administration, webhooks,
// health, the OpenAPI document and its page, on Echo with huma. It hands the live
// doors their requests as they come.
//
// A route is an operation of [huma]: its input and answer are Go types, from
// which the document is made. A handler decodes, calls one use case of
// [chat.Service] or [Accounts], encodes, and returns an error; the rules and
// their texts are the use cases' own, so nothing is validated from the schemas.
// Every failure, wherever it comes from, becomes an [Error] in one place.
package api

// Package assistant writes the replies of chatbots. A [Backend] streams one reply:
// [Upstream] from an OpenAI-compatible server, [Mock] from nothing but the
// question. Who is answered, in which order, and where the text goes is the
// runner's; what may be answered is package chat's.
//
// A reply is as complete as its upstream said it was: see [Ending].
package assistant

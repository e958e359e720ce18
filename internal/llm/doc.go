// Package llm is a small OpenAI-compatible server for tests and benchmarks:
// POST {base}/chat/completions over real HTTP, with no model behind it. What it
// answers is a [Script] that the test chooses for each request: proper streams,
// and every way in which real servers deviate, stall or break off.
//
// The shapes follow the chat completions API of OpenAI and the server-sent
// events of the HTML standard (section 9.2).
package llm

package llm

import (
	"encoding/json"
	"net/http"
)

// Message is one entry of a request's conversation.
type Message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// Request is a chat completion as it arrived.
type Request struct {
	// Number counts a server's requests from 1.
	Number int `json:"-"`
	// Path is the request's path, with its query.
	Path   string      `json:"-"`
	Header http.Header `json:"-"`
	// Body is the JSON as it was sent, to see which fields were there at all.
	Body json.RawMessage `json:"-"`

	Model         string            `json:"model"`
	Stream        bool              `json:"stream"`
	StreamOptions StreamOptions     `json:"stream_options"`
	Messages      []Message         `json:"messages"`
	User          string            `json:"user"`
	Metadata      map[string]string `json:"metadata"`
}

// StreamOptions are the options of a streamed answer.
type StreamOptions struct {
	IncludeUsage bool `json:"include_usage"`
}

// Has tells whether the body has this field, whatever its value.
func (r Request) Has(field string) bool {
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(r.Body, &fields) // it was decoded once
	_, ok := fields[field]
	return ok
}

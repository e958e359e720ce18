package assistant

import (
	"encoding/json"
	"strings"
	"sync"
)

// maxMetadata bounds a value of metadata, in bytes: OpenAI refuses longer ones.
const maxMetadata = 512

// completion is the body of a request.
type completion struct {
	Model         string            `json:"model,omitempty"`
	Messages      []wireMessage     `json:"messages"`
	Stream        bool              `json:"stream"`
	StreamOptions *streamOptions    `json:"stream_options,omitempty"`
	User          string            `json:"user,omitempty"`
	Metadata      map[string]string `json:"metadata,omitempty"`
}

type wireMessage struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

type streamOptions struct {
	IncludeUsage bool `json:"include_usage"`
}

// fields is a set of the fields that an upstream may refuse, and that a reply
// can do without.
type fields uint8

const (
	fieldUsage fields = 1 << iota // stream_options
	fieldMetadata
	fieldUser
)

// optional is the set of those of them that the request has.
func (r Request) optional() fields {
	has := fieldUsage
	if len(r.Metadata) > 0 {
		has |= fieldMetadata
	}
	if r.User != "" {
		has |= fieldUser
	}
	return has
}

// body encodes the request for an upstream without the fields in drop.
func (r Request) body(model string, drop fields) ([]byte, error) {
	c := completion{Model: model, Stream: true, Messages: make([]wireMessage, 0, len(r.Turns)+1)}
	if r.System != "" {
		c.Messages = append(c.Messages, wireMessage{"system", r.System})
	}
	for _, t := range r.Turns {
		c.Messages = append(c.Messages, wireMessage{t.Role, t.Text})
	}
	send := r.optional() &^ drop
	if send&fieldUsage != 0 {
		c.StreamOptions = &streamOptions{IncludeUsage: true}
	}
	if send&fieldUser != 0 {
		c.User = r.User
	}
	if send&fieldMetadata != 0 {
		c.Metadata = make(map[string]string, len(r.Metadata))
		for key, value := range r.Metadata {
			c.Metadata[key] = cut(value, maxMetadata)
		}
	}
	return json.Marshal(c)
}

// refusedFields finds which optional fields the text of a 400 or 422 is about:
// OpenAI takes metadata only of requests that it stores, Mistral and servers with
// strict schemas refuse what they do not know, old servers stream_options.
func refusedFields(text string) fields {
	var found fields
	for _, sign := range []struct {
		word  string
		field fields
	}{
		{"stream_options", fieldUsage},
		{"include_usage", fieldUsage},
		{"metadata", fieldMetadata},
		{`"user"`, fieldUser},
		{`'user'`, fieldUser},
		{"`user`", fieldUser},
	} {
		if strings.Contains(text, sign.word) {
			found |= sign.field
		}
	}
	return found
}

// refusals remembers which fields an upstream went without, so that it is asked
// twice only once.
type refusals struct {
	mu    sync.Mutex
	byURL map[string]fields
}

// maxRefusals bounds what is remembered; past it all is forgotten.
const maxRefusals = 256

func (f *refusals) of(url string) fields {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.byURL[url]
}

func (f *refusals) remember(url string, drop fields) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byURL == nil || len(f.byURL) >= maxRefusals {
		f.byURL = map[string]fields{}
	}
	f.byURL[url] |= drop
}

package api

import (
	"encoding/json"
	"errors"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"parley/chat"
)

// postInput is a message to be posted.
type postInput struct {
	Body struct {
		RoomID string `json:"roomId"`
		Post
	}
}

// Post is a message without its room. What it says is in message, or beside it
// where there is no message. (huma reads embedded fields of exported types alone.)
type Post struct {
	Message *messageContent `json:"message,omitempty"`
	ReplyTo string          `json:"replyTo,omitempty" doc:"Id of a message of the room"`
	Content
}

// Content is what a message says, with its type.
type Content struct {
	ContentType string   `json:"contentType,omitempty" enum:"text,file,multimedia" doc:"typing and system cannot be posted"`
	Text        string   `json:"content,omitempty"`
	Files       []string `json:"files,omitempty" nullable:"false" doc:"Ids of files"`
	Nonce       *nonce   `json:"nonce,omitempty" nullable:"false" doc:"Makes repetitions one message"`
}

func (p *Post) draft(room string) chat.Draft {
	says := p.Content
	if p.Message != nil {
		says = p.Message.Content
	}
	if says.Nonce == nil {
		says.Nonce = p.Nonce
	}
	if says.Files == nil {
		says.Files = p.Files
	}
	return chat.Draft{
		Room: room, Text: says.Text, Type: chat.ContentType(says.ContentType), Files: says.Files,
		Nonce: (*string)(says.Nonce), ReplyTo: p.ReplyTo,
	}
}

// messageContent is a text, or an object of Content.
type messageContent struct{ Content }

// UnmarshalJSON reads either form; a text is of type text.
func (c *messageContent) UnmarshalJSON(text []byte) error {
	switch text[0] {
	case '"':
		c.ContentType = string(chat.ContentText)
		return json.Unmarshal(text, &c.Text)
	case '{':
		return json.Unmarshal(text, &c.Content)
	}
	return errors.New("message must be a string or an object")
}

// Schema describes both forms to huma.
func (messageContent) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{
		{Type: huma.TypeString}, r.Schema(reflect.TypeFor[Content](), true, ""),
	}}
}

// nonce is a text. What is none is read as the empty one, for which the use case
// has the answer.
type nonce string

// UnmarshalJSON never fails.
func (n *nonce) UnmarshalJSON(text []byte) error {
	if json.Unmarshal(text, (*string)(n)) != nil {
		*n = ""
	}
	return nil
}

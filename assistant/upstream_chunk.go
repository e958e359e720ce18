package assistant

import (
	"encoding/json"
	"strings"
)

// chunk is an event of a streamed chat completion, or a whole one. Any field may
// be missing or null. Choices is an array since that reads without allocating:
// further ones, which nobody asked for, are passed over.
type chunk struct {
	Choices [1]choice       `json:"choices"`
	Usage   usage           `json:"usage"`
	Error   json.RawMessage `json:"error"`
}

type choice struct {
	Delta        said   `json:"delta"`   // of a stream
	Message      said   `json:"message"` // of an answer that is no stream
	FinishReason string `json:"finish_reason"`
}

// said is what an assistant says. What models think has two names, and is not shown.
type said struct {
	Content          string          `json:"content"`
	Reasoning        json.RawMessage `json:"reasoning"`
	ReasoningContent json.RawMessage `json:"reasoning_content"`
}

// thinks tells whether there is any thought.
func (s *said) thinks() bool {
	for _, thought := range []json.RawMessage{s.Reasoning, s.ReasoningContent} {
		if len(thought) > len(`""`) && string(thought) != "null" {
			return true
		}
	}
	return false
}

type usage struct {
	Prompt     int64 `json:"prompt_tokens"`
	Completion int64 `json:"completion_tokens"`
}

// reported tells whether the field error reports one; some servers send it empty
// with every chunk.
func reported(field json.RawMessage) bool {
	switch string(field) {
	case "", "null", "false", `""`:
		return false
	}
	return true
}

// errorText finds the words in the shapes that errors have: {"error":{"message"}},
// {"message"}, {"detail"}, a string. What has none of these comes back as it is.
func errorText(text []byte) string {
	var shape struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
		Detail  string          `json:"detail"`
	}
	var words string
	if json.Unmarshal(text, &words) == nil {
		return words
	}
	_ = json.Unmarshal(text, &shape) // what is of another shape stays empty
	switch {
	case reported(shape.Error):
		return errorText(shape.Error)
	case shape.Message != "":
		return shape.Message
	case shape.Detail != "":
		return shape.Detail
	}
	return string(text)
}

// excerpt makes an upstream's words fit for a line of the log.
func excerpt(text string) string {
	const most = 300
	text = strings.ToValidUTF8(text, "\uFFFD")
	short := cut(text, most)
	if len(short) < len(text) {
		short += "…"
	}
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return ' '
		}
		return c
	}, short)
}

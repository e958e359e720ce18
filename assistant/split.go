package assistant

import (
	"parley/assistant/passages"
	"parley/chat"
)

// Split takes a document apart into the passages that are found and quoted. It is
// chat's Splitter; its errors are for the caller.
func Split(name string, data []byte) ([]chat.Passage, error) {
	parts, err := passages.Split(name, data)
	if err != nil {
		return nil, &chat.Error{Code: chat.CodeInvalid, Message: err.Error(), Err: err}
	}
	list := make([]chat.Passage, len(parts))
	for i, p := range parts {
		list[i] = chat.Passage{Place: p.Place, Text: p.Text, Words: p.Words()}
	}
	return list, nil
}

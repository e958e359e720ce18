package wire

import "parley/chat"

// Source is a passage that a chatbot's answer rests on.
type Source struct {
	Document string `json:"document"`
	Passage  string `json:"passage"`
}

// Sources are those of a message, nil for what no chatbot has said.
func Sources(m chat.Message) []Source {
	if m.Reply == nil {
		return nil
	}
	list := make([]Source, len(m.Reply.Sources))
	for i, s := range m.Reply.Sources {
		list[i] = Source(s)
	}
	return list
}

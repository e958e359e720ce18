package chat

import "time"

// Document is a text that a chatbot's answers may be grounded in.
type Document struct {
	ID, Chatbot, Name string
	Size              int64 // bytes
	Passages          int
	CreatedAt         time.Time
}

// MaxDocument bounds a document, in bytes.
const MaxDocument = 10 << 20

// Passage is a part of a document that is found and quoted as one. Words are
// those it is found by, with repetitions; Place says where it stands.
type Passage struct {
	ID           int64
	Document     string // its id
	Place, Text  string
	Words        []string
	DocumentName string // where it was read for an answer
}

// Splitter takes a document apart. Its errors are for the caller.
type Splitter func(name string, data []byte) ([]Passage, error)

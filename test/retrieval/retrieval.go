// Package retrieval holds a small collection of documents of an invented shop and
// questions that customers might ask of it, each with the passage that answers it: by
// them tests measure how well passages are found. The questions were written before
// anything was ranked, and are not to be made easier.
package retrieval

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
)

//go:embed corpus questions.json
var files embed.FS

// Document is a file as a customer of Parley would upload it.
type Document struct {
	Name string
	Data []byte
}

// Question is answered by the passage of Document whose text has Passage in it; white
// space may differ.
type Question struct {
	Question string `json:"question"`
	Document string `json:"document"`
	Passage  string `json:"passage"`
}

// Load returns all documents, by name, and all questions.
func Load() ([]Document, []Question, error) {
	entries, err := files.ReadDir("corpus")
	if err != nil {
		return nil, nil, fmt.Errorf("retrieval: %w", err)
	}
	var documents []Document
	for _, entry := range entries {
		data, err := files.ReadFile(path.Join("corpus", entry.Name()))
		if err != nil {
			return nil, nil, fmt.Errorf("retrieval: %w", err)
		}
		documents = append(documents, Document{Name: entry.Name(), Data: data})
	}
	data, err := files.ReadFile("questions.json")
	if err != nil {
		return nil, nil, fmt.Errorf("retrieval: %w", err)
	}
	var questions []Question
	if err := json.Unmarshal(data, &questions); err != nil {
		return nil, nil, fmt.Errorf("retrieval: %w", err)
	}
	return documents, questions, nil
}

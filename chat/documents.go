package chat

import (
	"context"
	"errors"
	"io"
)

// ErrDocumentNotFound is the answer for a document that a chatbot does not have.
var ErrDocumentNotFound = &Error{Code: CodeNotFound, Message: "Document does not exist"}

// AddDocument reads a document and makes its passages searchable; for
// administrators. CodeTooLarge past MaxDocument; CodeInvalid for what is no text.
func (s *Service) AddDocument(ctx context.Context, a Actor, chatbot, name string, r io.Reader) (Document, error) {
	if err := s.curates(ctx, a, chatbot); err != nil {
		return Document{}, err
	}
	name, err := fileName(name)
	if err != nil {
		return Document{}, err
	}
	data, err := io.ReadAll(io.LimitReader(r, MaxDocument+1))
	if err != nil {
		return Document{}, err
	}
	if len(data) > MaxDocument {
		return Document{}, Errorf(CodeTooLarge, "A document has at most %d bytes", MaxDocument)
	}
	passages, err := s.Split(name, data)
	if err != nil {
		var known *Error
		if errors.As(err, &known) {
			return Document{}, err
		}
		return Document{}, Errorf(CodeInvalid, "The document cannot be read: %s", err)
	}
	d := Document{ID: s.NewID(), Chatbot: chatbot, Name: name, Size: int64(len(data)), Passages: len(passages), CreatedAt: s.now()}
	return d, s.Store.CreateDocument(ctx, d, passages, s.documentAct(a, ActDocumentCreate, d))
}

// Documents lists a chatbot's documents, newest first, and their number; for administrators.
func (s *Service) Documents(ctx context.Context, a Actor, chatbot string, p Page) ([]Document, int64, error) {
	if err := s.curates(ctx, a, chatbot); err != nil {
		return nil, 0, err
	}
	p, err := page(p)
	if err != nil {
		return nil, 0, err
	}
	return s.Store.Documents(ctx, chatbot, p)
}

// Document returns one of a chatbot's documents; for administrators.
func (s *Service) Document(ctx context.Context, a Actor, chatbot, document string) (Document, error) {
	if err := s.curates(ctx, a, chatbot); err != nil {
		return Document{}, err
	}
	if err := id("document_id", document); err != nil {
		return Document{}, err
	}
	d, err := s.Store.Document(ctx, document)
	if err == nil && d.Chatbot != chatbot {
		err = ErrDocumentNotFound
	}
	return d, err
}

// DeleteDocument removes a document with its passages; for administrators.
func (s *Service) DeleteDocument(ctx context.Context, a Actor, chatbot, document string) error {
	d, err := s.Document(ctx, a, chatbot, document)
	if err != nil {
		return err
	}
	return s.Store.DeleteDocument(ctx, d.ID, s.documentAct(a, ActDocumentDelete, d))
}

// curates admits administrators to the documents of a chatbot.
func (s *Service) curates(ctx context.Context, a Actor, chatbot string) error {
	if err := admin(a); err != nil {
		return err
	}
	if err := id("chatbot_id", chatbot); err != nil {
		return err
	}
	_, err := s.chatbot(ctx, chatbot)
	return err
}

func (s *Service) documentAct(a Actor, act Act, d Document) Audit {
	one := s.botAct(a, act, d.Chatbot)
	one.Detail["document"], one.Detail["name"] = d.ID, d.Name
	return one
}

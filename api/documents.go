package api

import (
	"context"
	"io"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"parley/chat"
	"parley/wire"
)

// Documents that come in at once: each is held in memory whole, with its passages.
const (
	maxDocuments     = 8
	maxUserDocuments = 4
)

// addedDocument is the answer to an upload.
type addedDocument struct {
	ID     string `json:"document_id"`
	Chunks int    `json:"chunks" doc:"How many passages it was cut into"`
}

// document is the wire form of a chatbot's document.
type document struct {
	ID        string `json:"document_id"`
	Name      string `json:"name"`
	Size      int64  `json:"size" doc:"Bytes"`
	Chunks    int    `json:"chunks" doc:"How many passages it was cut into"`
	CreatedAt string `json:"created_at" format:"date-time"`
}

func newDocument(d chat.Document) document {
	return document{ID: d.ID, Name: d.Name, Size: d.Size, Chunks: d.Passages, CreatedAt: wire.Time(d.CreatedAt)}
}

type listDocumentsInput struct {
	ID string `path:"id" doc:"The chatbot's id"`
	Span
}

type documentList struct {
	Documents []document `json:"documents" nullable:"false"`
	Count     int64      `json:"count" doc:"Of all, wherever the page begins"`
}

type documentInput struct {
	ID       string `path:"id" doc:"The chatbot's id"`
	Document string `path:"document_id" doc:"The document's id"`
}

const documentsPath = "/chatbot/{id}/documents"

func (s *server) documentRoutes() {
	tags := []string{tagChatbots}
	s.close(http.MethodPost, documentsPath)
	up := newUploads(chat.MaxDocument, "A document has at most %d bytes", maxDocuments, maxUserDocuments)
	s.echo.POST("/chatbot/:id/documents", func(c echo.Context) error { return s.addDocument(c, up) })
	s.huma.OpenAPI().AddOperation(s.describeAddDocument(tags))
	administered(s, huma.Operation{
		OperationID: "listDocuments", Method: http.MethodGet, Path: documentsPath, Tags: tags,
		Summary: "List a chatbot's documents, newest first", Description: "For administrators.",
	}, s.listDocuments)
	administered(s, huma.Operation{
		OperationID: "getDocument", Method: http.MethodGet, Path: documentsPath + "/{document_id}", Tags: tags,
		Summary: "Get what is known of a document", Description: "For administrators.",
	}, s.getDocument)
	administered(s, huma.Operation{
		OperationID: "deleteDocument", Method: http.MethodDelete, Path: documentsPath + "/{document_id}", Tags: tags,
		Summary: "Delete a document", Description: "For administrators. Later answers do not rest on it.",
	}, s.deleteDocument)
}

// addDocument is a plain route, as uploads of files are.
func (s *server) addDocument(c echo.Context, up *uploads) error {
	ctx := c.Request().Context()
	a := actorOf(ctx)
	return s.receive(c, a, up, func(name string, file io.Reader) (any, error) {
		d, err := s.Chat.AddDocument(ctx, a, c.Param("id"), name, file)
		return addedDocument{ID: d.ID, Chunks: d.Passages}, err
	})
}

func (s *server) describeAddDocument(tags []string) *huma.Operation {
	id := &huma.Schema{Type: huma.TypeString, Description: "The chatbot's id"}
	return &huma.Operation{
		OperationID: "addDocument", Method: http.MethodPost, Path: documentsPath, Tags: tags,
		Summary: "Give a chatbot a document",
		Description: "For administrators. Text, Markdown or HTML, by the name's ending or the content, at most 10 MiB. The first field `file` " +
			"is taken, whatever follows it is ignored. It is found from the answer on.",
		Security:    s.adminSecurity(),
		Parameters:  []*huma.Param{{Name: "id", In: "path", Description: "The chatbot's id", Required: true, Schema: id}},
		RequestBody: formOfFile(),
		Responses:   s.responses("201", &huma.Response{Description: "Created", Content: s.inJSON(reflect.TypeFor[addedDocument]())}),
	}
}

func (s *server) listDocuments(ctx context.Context, a chat.Actor, in *listDocumentsInput) (documentList, error) {
	list, total, err := s.Chat.Documents(ctx, a, in.ID, in.page())
	return documentList{Documents: shown(list, newDocument), Count: total}, err
}

func (s *server) getDocument(ctx context.Context, a chat.Actor, in *documentInput) (document, error) {
	d, err := s.Chat.Document(ctx, a, in.ID, in.Document)
	return newDocument(d), err
}

func (s *server) deleteDocument(ctx context.Context, a chat.Actor, in *documentInput) (result, error) {
	return result{"Document deleted"}, s.Chat.DeleteDocument(ctx, a, in.ID, in.Document)
}

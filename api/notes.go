package api

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/chat"
	"parley/wire"
)

// note is the wire form of a note, which no customer ever sees.
type note struct {
	ID        string `json:"id"`
	Author    string `json:"author" doc:"Id of the agent who wrote it"`
	Content   string `json:"content"`
	CreatedAt string `json:"createdAt" format:"date-time"`
}

func newNote(n chat.Note) note {
	return note{ID: n.ID, Author: n.Author, Content: n.Text, CreatedAt: wire.Time(n.CreatedAt)}
}

type listNotesInput struct {
	ConversationKey
	Span
}

type noteList struct {
	Notes []note `json:"notes" nullable:"false"`
	Count int64  `json:"count" doc:"Of all, wherever the page begins"`
}

// encode implements inPieces: a note has up to 16 KiB.
func (l noteList) encode(w io.Writer) error {
	type rest noteList
	list := l.Notes
	l.Notes = []note{}
	return encodeList(w, rest(l), "notes", list)
}

type noteInput struct {
	ConversationKey
	Body struct {
		Content string `json:"content" doc:"At most 16 KiB"`
	}
}

func (s *server) noteRoutes() {
	const path = inboxPath + "/{uuid}/notes"
	tags := []string{tagInbox}
	guarded(s, huma.Operation{
		OperationID: "listNotes", Method: http.MethodGet, Path: path, Tags: tags,
		Summary: "List the notes about a conversation, oldest first",
	}, s.listNotes)
	guarded(s, huma.Operation{
		OperationID: "addNote", Method: http.MethodPost, Path: path, Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Write a note about a conversation", Description: "For agents and administrators alone: no customer ever sees it.",
	}, s.addNote)
}

func (s *server) listNotes(ctx context.Context, a chat.Actor, in *listNotesInput) (noteList, error) {
	list, total, err := s.Chat.Notes(ctx, a, in.key(), in.page())
	return noteList{Notes: shown(list, newNote), Count: total}, err
}

func (s *server) addNote(ctx context.Context, a chat.Actor, in *noteInput) (note, error) {
	n, err := s.Chat.Note(ctx, a, in.key(), in.Body.Content)
	return newNote(n), err
}

package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/chat"
	"parley/wire"
)

// act is the wire form of what an administrator did.
type act struct {
	ID      string            `json:"_id"`
	At      string            `json:"at" format:"date-time"`
	Actor   string            `json:"actor" doc:"Id of the administrator; empty for the command line"`
	Act     string            `json:"act" example:"room.delete"`
	Room    string            `json:"room,omitempty" doc:"Id of the room it was done to"`
	User    string            `json:"user,omitempty" doc:"Id of the user it was done to"`
	Message string            `json:"message,omitempty" doc:"Id of the message it was done to"`
	Detail  map[string]string `json:"detail,omitempty" doc:"The rest: the users added, the new role, what was searched for"`
}

func newAct(a chat.Audit) act {
	return act{
		ID: a.ID, At: wire.Time(a.At), Actor: a.Actor, Act: string(a.Act),
		Room: a.Room, User: a.User, Message: a.Message, Detail: a.Detail,
	}
}

type auditInput struct {
	Actor string `query:"actor" doc:"What one administrator did"`
	Act   string `query:"act" doc:"One kind of act"`
	Room  string `query:"room" doc:"What was done to one room"`
	User  string `query:"user" doc:"What was done to one user"`
	Span
}

type auditList struct {
	Audit []act `json:"audit" nullable:"false"`
	Count int64 `json:"count" doc:"Of all, wherever the page begins; it stops at 10000"`
}

func (s *server) auditRoutes() {
	administered(s, huma.Operation{
		OperationID: "adminAudit", Method: http.MethodGet, Path: "/admin/chat/audit",
		Summary: "List what administrators did, newest first",
	}, s.audit)
}

func (s *server) audit(ctx context.Context, a chat.Actor, in *auditInput) (auditList, error) {
	page := in.page()
	acts, total, err := s.Chat.Audits(ctx, a, chat.AuditQuery{
		Actor: in.Actor, Act: chat.Act(in.Act), Room: in.Room, User: in.User, Skip: page.Skip, Limit: page.Limit,
	})
	return auditList{Audit: shown(acts, newAct), Count: total}, err
}

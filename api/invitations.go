package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/chat"
	"parley/wire"
)

// invitation is the wire form of an invitation that nobody has answered yet.
type invitation struct {
	ID        string `json:"_id"`
	Room      string `json:"room"`
	RoomName  string `json:"roomName"`
	Sender    string `json:"sender"`
	Receiver  string `json:"receiver"`
	CreatedAt string `json:"createdAt" format:"date-time"`
}

func newInvitation(i chat.Invitation) invitation {
	return invitation{
		ID: i.ID, Room: i.Room, RoomName: i.RoomName, Sender: i.Sender, Receiver: i.Receiver, CreatedAt: wire.Time(i.CreatedAt),
	}
}

type invitationsInput struct {
	Span
	Populate string `query:"populate" doc:"Accepted and ignored"`
}

type invitationList struct {
	Invitations []invitation `json:"invitations" nullable:"false"`
	Count       int64        `json:"count"`
}

type invitationInput struct {
	ID string `path:"id" doc:"The invitation's id"`
}

func (s *server) invitationRoutes() {
	guarded(s, huma.Operation{
		OperationID: "receivedInvitations", Method: http.MethodGet, Path: "/chat/invitations/received", Tags: []string{tagInvitations},
		Summary: "List the caller's invitations, newest first",
	}, s.receivedInvitations)
	guarded(s, huma.Operation{
		OperationID: "sentInvitations", Method: http.MethodGet, Path: "/chat/invitations/sent", Tags: []string{tagInvitations},
		Summary: "List the invitations that the caller has sent, newest first",
	}, s.sentInvitations)
	accept := huma.Operation{
		OperationID: "acceptInvitation", Method: http.MethodPost, Path: "/chat/invitations/accept/{id}", Tags: []string{tagInvitations},
		Summary: "Take part in the room",
	}
	decline := huma.Operation{
		OperationID: "declineInvitation", Method: http.MethodPost, Path: "/chat/invitations/decline/{id}", Tags: []string{tagInvitations},
		Summary: "Decline an invitation",
	}
	guarded(s, accept, s.acceptInvitation)
	guarded(s, decline, s.declineInvitation)
	accept.OperationID, accept.Method = "acceptInvitationByGet", http.MethodGet
	decline.OperationID, decline.Method = "declineInvitationByGet", http.MethodGet
	guarded(s, accept, s.acceptInvitation)
	guarded(s, decline, s.declineInvitation)
	guarded(s, huma.Operation{
		OperationID: "cancelInvitation", Method: http.MethodDelete, Path: "/chat/invitations/cancel/{id}", Tags: []string{tagInvitations},
		Summary: "Take back an invitation", Description: "For its sender.",
	}, s.cancelInvitation)
}

func (s *server) receivedInvitations(ctx context.Context, a chat.Actor, in *invitationsInput) (invitationList, error) {
	all, total, err := s.Chat.ReceivedInvitations(ctx, a, in.page())
	return invitationList{Invitations: shown(all, newInvitation), Count: total}, err
}

func (s *server) sentInvitations(ctx context.Context, a chat.Actor, in *invitationsInput) (invitationList, error) {
	all, total, err := s.Chat.SentInvitations(ctx, a, in.page())
	return invitationList{Invitations: shown(all, newInvitation), Count: total}, err
}

func (s *server) acceptInvitation(ctx context.Context, a chat.Actor, in *invitationInput) (result, error) {
	if wasHead(ctx) {
		return result{}, errMethod // these two change something by GET
	}
	return result{"Invitation accepted"}, s.Chat.AcceptInvitation(ctx, a, in.ID)
}

func (s *server) declineInvitation(ctx context.Context, a chat.Actor, in *invitationInput) (result, error) {
	if wasHead(ctx) {
		return result{}, errMethod
	}
	return result{"Invitation declined"}, s.Chat.DeclineInvitation(ctx, a, in.ID)
}

func (s *server) cancelInvitation(ctx context.Context, a chat.Actor, in *invitationInput) (result, error) {
	return result{"Invitation canceled successfully"}, s.Chat.CancelInvitation(ctx, a, in.ID)
}

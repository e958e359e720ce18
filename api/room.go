package api

import (
	"github.com/danielgtaylor/huma/v2"

	"parley/chat"
	"parley/wire"
)

// room is the wire form of a room as its member sees it.
type room struct {
	ID               string        `json:"_id"`
	Name             string        `json:"name"`
	Kind             string        `json:"kind" enum:"group,assistant,session,customer"`
	Participants     []string      `json:"participants" nullable:"false" doc:"The first 200 users' ids, in the order they joined"`
	ParticipantCount int           `json:"participantCount"`
	Creator          string        `json:"creator"`
	Visibility       string        `json:"visibility" enum:"private,public"`
	Seq              int64         `json:"seq" doc:"Number of the newest message"`
	Cursor           string        `json:"cursor" doc:"The room's present state, opaque"`
	Unread           int64         `json:"unread"`
	LastMessage      *wire.Message `json:"lastMessage" doc:"The newest message, without readBy; null if there is none"`
	CreatedAt        string        `json:"createdAt" format:"date-time"`
	UpdatedAt        string        `json:"updatedAt" format:"date-time"`
	Deleted          bool          `json:"deleted"`
}

// TransformSchema tells huma that a room may be without a last message.
func (room) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	return orNull(s, "lastMessage")
}

// orNull says of an object's field that is an object that it may be null.
func orNull(s *huma.Schema, field string) *huma.Schema {
	known := s.Properties[field]
	s.Properties[field] = &huma.Schema{
		Description: known.Description, OneOf: []*huma.Schema{{Ref: known.Ref}, {Type: "null"}},
	}
	return s
}

func newRoom(v chat.RoomView) room {
	r := room{
		ID: v.ID, Name: v.Name, Kind: string(v.Kind), Participants: wire.List(v.Participants),
		ParticipantCount: v.ParticipantCount, Creator: v.Creator, Visibility: string(v.Visibility),
		Seq: v.Seq, Cursor: v.Cursor(), Unread: v.Unread,
		CreatedAt: wire.Time(v.CreatedAt), UpdatedAt: wire.Time(v.UpdatedAt), Deleted: v.Deleted,
	}
	if v.LastMessage != nil {
		last := wire.NewMessage(chat.MessageView{Message: *v.LastMessage, Epoch: v.Epoch})
		r.LastMessage = &last
	}
	return r
}

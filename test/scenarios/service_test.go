package scenarios

import (
	"bytes"
	"encoding/json"
	"testing"

	"parley/chat"
)

// serviceDoor is no door but what is behind them all: it tells the rules.
type serviceDoor struct{ *chat.Service }

func (serviceDoor) Name() string { return "service" }

// arguments are every operation's, with the types that the use cases want.
type arguments struct {
	RoomID      string           `json:"roomId"`
	Text        *string          `json:"text"`
	ContentType chat.ContentType `json:"contentType"`
	Content     string           `json:"content"`
	Files       []string         `json:"files"`
	Nonce       *string          `json:"nonce"`
	ReplyTo     string           `json:"replyTo"`
	MessageID   string           `json:"messageId"`
	RoomName    *string          `json:"roomName"`
	Users       []string         `json:"users"`
	Visibility  *chat.Visibility `json:"visibility"`
	Creator     *string          `json:"creator"`
	Seq         *int64           `json:"seq"`
	Typing      bool             `json:"typing"`
	Before      int64            `json:"before"`
	After       int64            `json:"after"`
	Skip        int              `json:"skip"`
	Limit       int              `json:"limit"`
	Search      string           `json:"search"`
	Rooms       map[string]string
}

func (d serviceDoor) Do(t *testing.T, who Person, op Op) (Answer, bool) {
	t.Helper()
	text, err := json.Marshal(op.Args)
	if err != nil {
		t.Fatal(err)
	}
	var in arguments
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil || who.Role == "" {
		return Answer{}, false
	}
	err = d.do(t, who.Actor, op.Verb, in)
	if err == nil {
		return Answer{}, true
	}
	e := chat.ErrorOf(err)
	return Answer{Codes: []chat.Code{e.Code}, Text: e.Message}, true
}

func (d serviceDoor) do(t *testing.T, a chat.Actor, verb Verb, in arguments) (err error) {
	ctx, page := t.Context(), chat.Page{Skip: in.Skip, Limit: in.Limit, Search: in.Search}
	switch verb {
	case Create:
		_, err = d.CreateRoom(ctx, a, chat.NewRoom{Name: value(in.RoomName), Users: in.Users, Visibility: value(in.Visibility)})
	case Rooms:
		_, _, err = d.Rooms(ctx, a, page)
	case Room, Listen, Unlisten:
		_, err = d.Room(ctx, a, in.RoomID)
	case Update:
		_, err = d.UpdateRoom(ctx, a, in.RoomID, chat.RoomChange{Name: in.RoomName, Visibility: in.Visibility, Creator: in.Creator})
	case DeleteRoom:
		err = d.DeleteRoom(ctx, a, in.RoomID)
	case Add:
		_, err = d.AddUsers(ctx, a, in.RoomID, in.Users)
	case Remove:
		err = d.RemoveUsers(ctx, a, in.RoomID, in.Users)
	case Join:
		_, err = d.JoinRoom(ctx, a, in.RoomID)
	case Leave:
		err = d.LeaveRoom(ctx, a, in.RoomID)
	case Post:
		_, err = d.Post(ctx, a, in.draft())
	case List:
		_, _, err = d.Messages(ctx, a, chat.MessageQuery{Room: in.RoomID, Before: in.Before, After: in.After, Page: page})
	case History:
		_, _, err = d.History(ctx, a, in.RoomID, in.Before, in.After, in.Limit)
	case Message:
		_, err = d.Message(ctx, a, in.MessageID)
	case Edit:
		_, err = d.Edit(ctx, a, in.MessageID, value(in.Text))
	case Delete:
		_, err = d.Delete(ctx, a, in.MessageID)
	case Read:
		_, err = d.MarkRead(ctx, a, in.RoomID, in.Seq)
	case Typing:
		err = d.Typing(ctx, a, in.RoomID, in.Typing, "")
	case Sync:
		_, err = d.SyncRooms(ctx, a, in.Rooms)
	}
	return err
}

func (in arguments) draft() chat.Draft {
	d := chat.Draft{
		Room: in.RoomID, Type: in.ContentType, Text: in.Content, Files: in.Files, Nonce: in.Nonce, ReplyTo: in.ReplyTo,
	}
	if in.Text != nil {
		d.Type, d.Text = chat.ContentText, *in.Text
	}
	return d
}

// value is what p points to, or nothing.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

package scenarios

import (
	"bytes"
	"encoding/json"
	"strings"
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
	Reason      string  `json:"reason"`
	SessionID   string  `json:"sessionId"`
	ChatbotID   string  `json:"chatbotId"`
	DocumentID  string  `json:"documentId"`
	Name        *string `json:"name"`
	Prompt      *string `json:"prompt"`
	URL         *string `json:"url"`
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
	in.Text, in.Content = spoil(in.Text), value(spoil(&in.Content))
	do := d.do
	if talks[op.Verb] {
		do = d.talk
	}
	err = do(t, who.Actor, op.Verb, in)
	if err == nil {
		return Answer{}, true
	}
	e := chat.ErrorOf(err)
	return Answer{Codes: []chat.Code{e.Code}, Text: e.Message, Later: e.RetryAfter > 0}, true
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

// talks are the operations with chatbots.
var talks = map[Verb]bool{
	Say: true, Escalate: true, Stop: true, Own: true, Clear: true, OpenSession: true, Enter: true, CloseSession: true,
	Bots: true, MakeBot: true, ChangeBot: true, DropBot: true,
	AddDocument: true, Documents: true, Document: true, DropDocument: true,
}

func (d serviceDoor) talk(t *testing.T, a chat.Actor, verb Verb, in arguments) (err error) {
	ctx, page := t.Context(), chat.Page{Skip: in.Skip, Limit: in.Limit, Search: in.Search}
	settings := chat.ChatbotChange{Name: in.Name, Prompt: in.Prompt, URL: in.URL}
	switch verb {
	case Say:
		if in.RoomID == "" {
			in.RoomID = chat.Me
		}
		_, err = d.Post(ctx, a, in.draft())
	case Escalate:
		_, err = d.Escalate(ctx, a, in.RoomID, in.Reason)
	case Stop:
		err = d.StopReply(ctx, a, in.MessageID)
	case Own:
		_, _, _, err = d.ConversationHistory(ctx, a, in.Before, in.Limit)
	case Clear:
		err = d.ClearHistory(ctx, a)
	case OpenSession:
		_, err = d.OpenSession(ctx, a, in.ChatbotID)
	case Enter:
		_, _, err = d.EnterSession(ctx, a, in.SessionID)
	case CloseSession:
		err = d.CloseSession(ctx, a, in.SessionID)
	case Bots:
		_, _, err = d.Chatbots(ctx, a, page)
	case MakeBot:
		_, err = d.CreateChatbot(ctx, a, settings)
	case ChangeBot:
		_, err = d.UpdateChatbot(ctx, a, in.ChatbotID, settings)
	case DropBot:
		err = d.DeleteChatbot(ctx, a, in.ChatbotID)
	case AddDocument:
		_, err = d.AddDocument(ctx, a, in.ChatbotID, value(in.Name), strings.NewReader(in.Content))
	case Documents:
		_, _, err = d.Documents(ctx, a, in.ChatbotID, page)
	case Document:
		_, err = d.Document(ctx, a, in.ChatbotID, in.DocumentID)
	case DropDocument:
		err = d.DeleteDocument(ctx, a, in.ChatbotID, in.DocumentID)
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

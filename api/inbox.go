package api

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/chat"
	"parley/wire"
)

// inboxPath is where agents find conversations.
const inboxPath = "/api/conversation"

// Conversation is who a conversation is with.
type Conversation struct {
	UUID    string  `json:"uuid" doc:"Its key; a customer's is good for /api/messages too"`
	Room    string  `json:"room" doc:"The room's id, for the other doors"`
	Kind    string  `json:"kind" enum:"customer,assistant,session"`
	Name    string  `json:"name" doc:"The customer's, as given"`
	Email   string  `json:"email" doc:"The customer's, as given"`
	User    *string `json:"user" doc:"Id of the user whom it belongs to; null for a customer who never signed in"`
	State   string  `json:"state" enum:"bot,waiting,assigned,resolved"`
	Reason  string  `json:"reason" doc:"What was said when a person was last asked for"`
	Agent   *string `json:"agent" doc:"Id of who has claimed it; null if nobody has"`
	Created string  `json:"created" format:"date-time"`
	Updated string  `json:"updated" format:"date-time"`
}

func newConversation(v chat.ConversationView) Conversation {
	return Conversation{
		UUID: v.Key, Room: v.Room, Kind: string(v.Kind), Name: v.Name, Email: v.Email, User: unlessEmpty(v.User),
		State: string(v.State), Reason: v.Reason, Agent: unlessEmpty(v.Agent),
		Created: wire.Time(v.CreatedAt), Updated: wire.Time(v.UpdatedAt),
	}
}

// unlessEmpty is null for an empty text.
func unlessEmpty(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// inboxItem is a conversation as the inbox shows it.
type inboxItem struct {
	Conversation
	Unread      int64 `json:"unread" doc:"Messages that no agent has read"`
	LastMessage *Said `json:"last_message" doc:"The newest; null if there is none"`
	Place
}

// TransformSchema tells huma that there may be no last message.
func (inboxItem) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	return orNull(s, "last_message")
}

func (s *server) newInboxItem(v chat.ConversationView) inboxItem {
	item := inboxItem{Conversation: newConversation(v), Unread: v.Unread, Place: s.newPlace(v)}
	if v.Last != nil {
		last := newSaid(v, *v.Last)
		item.LastMessage = &last
	}
	return item
}

type inboxInput struct {
	State string `query:"state" doc:"bot, waiting, assigned or resolved; all without it"`
	Q     string `query:"q" doc:"A part of the name, the email, the user's id or the reason, in any case"`
	Span
}

type inboxList struct {
	Items []inboxItem `json:"items" nullable:"false"`
	Count int64       `json:"count" doc:"Of all, wherever the page begins; with q it stops at 10000"`
}

// encode implements inPieces: a last message has up to 64 KiB.
func (l inboxList) encode(w io.Writer) error {
	type rest inboxList
	list := l.Items
	l.Items = []inboxItem{}
	return encodeList(w, rest(l), "items", list)
}

type openConversationInput struct {
	Body struct {
		Contact
		Content string `json:"content" doc:"The first message"`
	}
}

type contactInput struct {
	ConversationKey
	Body Contact
}

func (s *server) inboxRoutes() {
	tags := []string{tagInbox}
	guarded(s, huma.Operation{
		OperationID: "listConversations", Method: http.MethodGet, Path: inboxPath, Tags: tags,
		Summary: "List conversations, the last changed first", Description: "Those that wait, if these alone are asked for, in the order of the queue.",
	}, s.inbox)
	guarded(s, huma.Operation{
		OperationID: "openConversation", Method: http.MethodPost, Path: inboxPath, Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Write to a customer first", Description: "The conversation is the caller's.",
	}, s.openConversation)
	const one = inboxPath + "/{uuid}"
	guarded(s, huma.Operation{
		OperationID: "getConversation", Method: http.MethodGet, Path: one, Tags: tags,
		Summary: "Get a conversation",
	}, s.turned(s.Chat.InboxItem))
	guarded(s, huma.Operation{
		OperationID: "updateConversation", Method: http.MethodPatch, Path: one, Tags: tags,
		Summary: "Change what is known of the customer",
	}, s.updateContact)
	guarded(s, huma.Operation{
		OperationID: "eraseConversation", Method: http.MethodDelete, Path: one, Tags: tags,
		Summary:     "Erase a conversation",
		Description: "Its messages, its notes, its files, the contact, and a guest's name and tokens.",
	}, s.eraseConversation)
	guarded(s, huma.Operation{
		OperationID: "claimConversation", Method: http.MethodPost, Path: one + "/claim", Tags: tags,
		Summary: "Become the one who answers", Description: "Exclusive: another agent's conversation is 409. The chatbot falls silent.",
	}, s.turned(s.Chat.Claim))
	guarded(s, huma.Operation{
		OperationID: "releaseConversation", Method: http.MethodPost, Path: one + "/release", Tags: tags,
		Summary: "Put the caller's conversation back into the queue", Description: "An administrator may release another's.",
	}, s.turned(s.Chat.Release))
	guarded(s, huma.Operation{
		OperationID: "resolveConversation", Method: http.MethodPost, Path: one + "/resolve", Tags: tags,
		Summary: "End a conversation, until its customer writes again", Description: "One that is assigned: for its agent and administrators.",
	}, s.turned(s.Chat.Resolve))
	guarded(s, huma.Operation{
		OperationID: "handBackConversation", Method: http.MethodPost, Path: one + "/handback", Tags: tags,
		Summary: "Give a conversation back to its chatbot", Description: "409 where it has none. One that is assigned: for its agent and administrators.",
	}, s.turned(s.Chat.HandBack))
}

func (s *server) inbox(ctx context.Context, a chat.Actor, in *inboxInput) (inboxList, error) {
	page := in.page()
	page.Search = in.Q
	list, total, err := s.Chat.Inbox(ctx, a, chat.ConversationQuery{State: chat.ConversationState(in.State), Page: page})
	return inboxList{Items: shown(list, s.newInboxItem), Count: total}, err
}

func (s *server) openConversation(ctx context.Context, a chat.Actor, in *openConversationInput) (inboxItem, error) {
	v, err := s.Chat.OpenConversation(ctx, a, in.Body.contact(), in.Body.Content)
	return s.newInboxItem(v), err
}

// turned is the handler of a use case that answers with the conversation as it is then.
func (s *server) turned(use func(context.Context, chat.Actor, string) (chat.ConversationView, error)) func(context.Context, chat.Actor, *ConversationKey) (inboxItem, error) {
	return func(ctx context.Context, a chat.Actor, in *ConversationKey) (inboxItem, error) {
		v, err := use(ctx, a, in.key())
		return s.newInboxItem(v), err
	}
}

func (s *server) updateContact(ctx context.Context, a chat.Actor, in *contactInput) (inboxItem, error) {
	v, err := s.Chat.UpdateContact(ctx, a, in.key(), in.Body.contact())
	return s.newInboxItem(v), err
}

func (s *server) eraseConversation(ctx context.Context, a chat.Actor, in *ConversationKey) (result, error) {
	return result{"Conversation erased"}, s.Chat.EraseConversation(ctx, a, in.key())
}

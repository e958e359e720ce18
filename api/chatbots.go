package api

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/chat"
	"parley/wire"
)

// chatbot is the wire form of a chatbot. Only administrators are shown more than
// its id and name, and nobody its key.
type chatbot struct {
	ID        string  `json:"chatbot_id"`
	Name      string  `json:"name"`
	Prompt    *string `json:"prompt,omitempty" doc:"What it is told to be; for administrators, as all that follows"`
	Model     *string `json:"model,omitempty" doc:"Empty: the server's"`
	URL       *string `json:"url,omitempty" doc:"Of its upstream; empty: the server's"`
	HasKey    *bool   `json:"hasKey,omitempty" doc:"Whether it has a key of its own for its upstream"`
	CreatedAt string  `json:"createdAt,omitempty" format:"date-time"`
	UpdatedAt string  `json:"updatedAt,omitempty" format:"date-time"`
}

func newChatbot(c chat.Chatbot) chatbot { return chatbot{ID: c.ID, Name: c.Name} }

// newAdminChatbot is a chatbot as administrators see it.
func newAdminChatbot(c chat.Chatbot) chatbot {
	hasKey := len(c.Key) > 0
	return chatbot{
		ID: c.ID, Name: c.Name, Prompt: &c.Prompt, Model: &c.Model, URL: &c.URL, HasKey: &hasKey,
		CreatedAt: wire.Time(c.CreatedAt), UpdatedAt: wire.Time(c.UpdatedAt),
	}
}

type listChatbotsInput struct {
	Span
	Search    string `query:"search" doc:"A part of the name, in any case"`
	MasterKey string `header:"masterkey" doc:"Where the server has a master key, administrators see ids and names alone without it"`
}

type chatbotList struct {
	Chatbots []chatbot `json:"chatbots" nullable:"false"`
	Count    int64     `json:"count" doc:"Of all, wherever the page begins; with search it stops at 10000"`
}

// encode implements inPieces: a prompt has up to 64 KiB.
func (l chatbotList) encode(w io.Writer) error {
	type rest chatbotList
	list := l.Chatbots
	l.Chatbots = []chatbot{}
	return encodeList(w, rest(l), "chatbots", list)
}

type chatbotInput struct {
	ID string `path:"id" doc:"The chatbot's id"`
}

// ChatbotSettings are what a chatbot is made from. What is left out is empty in a
// new one, and stays as it is in another.
type ChatbotSettings struct {
	Prompt *string `json:"prompt,omitempty" doc:"What it is told to be"`
	Model  *string `json:"model,omitempty" doc:"Empty: the server's"`
	URL    *string `json:"url,omitempty" doc:"Of an upstream that answers POST {url}/chat/completions as OpenAI's does; empty: the server's"`
	Key    *string `json:"key,omitempty" format:"password" doc:"The upstream's key, which is never shown again; empty removes it"`
}

type newChatbotInput struct {
	Body struct {
		Name *string `json:"name"`
		ChatbotSettings
	}
}

type changeChatbotInput struct {
	ID   string `path:"id" doc:"The chatbot's id"`
	Body struct {
		Name *string `json:"name,omitempty"`
		ChatbotSettings
	}
}

func (c ChatbotSettings) change(name *string) chat.ChatbotChange {
	return chat.ChatbotChange{Name: name, Prompt: c.Prompt, Model: c.Model, URL: c.URL, Key: c.Key}
}

func (s *server) chatbotRoutes() {
	tags := []string{tagChatbots}
	guarded(s, huma.Operation{
		OperationID: "listChatbots", Method: http.MethodGet, Path: "/chatbot", Tags: tags,
		Summary: "List the chatbots, oldest first", Description: "Administrators see their settings too.",
	}, s.listChatbots)
	administered(s, huma.Operation{
		OperationID: "createChatbot", Method: http.MethodPost, Path: "/chatbot", Tags: tags,
		DefaultStatus: http.StatusCreated, Summary: "Make a chatbot", Description: "For administrators.",
	}, s.createChatbot)
	administered(s, huma.Operation{
		OperationID: "updateChatbot", Method: http.MethodPatch, Path: "/chatbot/{id}", Tags: tags,
		Summary: "Change a chatbot", Description: "For administrators. Replies that are being written go on as they were begun.",
	}, s.updateChatbot)
	administered(s, huma.Operation{
		OperationID: "deleteChatbot", Method: http.MethodDelete, Path: "/chatbot/{id}", Tags: tags,
		Summary:     "Delete a chatbot, its documents and its sessions",
		Description: "For administrators. Its conversations stay. The chatbot default cannot be deleted.",
	}, s.deleteChatbot)
}

func (s *server) listChatbots(ctx context.Context, a chat.Actor, in *listChatbotsInput) (chatbotList, error) {
	form := newAdminChatbot
	if !a.Admin() || !s.unlocks(in.MasterKey) {
		a.Role, form = chat.RoleUser, newChatbot
	}
	page := in.page()
	page.Search = in.Search
	list, total, err := s.Chat.Chatbots(ctx, a, page)
	return chatbotList{Chatbots: shown(list, form), Count: total}, err
}

func (s *server) createChatbot(ctx context.Context, a chat.Actor, in *newChatbotInput) (chatbot, error) {
	c, err := s.Chat.CreateChatbot(ctx, a, in.Body.change(in.Body.Name))
	return newAdminChatbot(c), err
}

func (s *server) updateChatbot(ctx context.Context, a chat.Actor, in *changeChatbotInput) (chatbot, error) {
	c, err := s.Chat.UpdateChatbot(ctx, a, in.ID, in.Body.change(in.Body.Name))
	return newAdminChatbot(c), err
}

func (s *server) deleteChatbot(ctx context.Context, a chat.Actor, in *chatbotInput) (result, error) {
	return result{"Chatbot deleted"}, s.Chat.DeleteChatbot(ctx, a, in.ID)
}

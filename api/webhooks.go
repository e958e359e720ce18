package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/chat"
	"parley/wire"
)

const webhooksPath = adminPath + "chat/webhooks"

// webhook is the wire form of a webhook.
type webhook struct {
	ID        string   `json:"id"`
	URL       string   `json:"url"`
	Events    []string `json:"events" nullable:"false"`
	CreatedAt string   `json:"createdAt" format:"date-time"`
	Secret    string   `json:"secret,omitempty" doc:"What deliveries are signed with; it is shown where the webhook is made, and never again"`
}

func newWebhook(w chat.Webhook) webhook {
	return webhook{
		ID: w.ID, URL: w.URL, CreatedAt: wire.Time(w.CreatedAt),
		Events: shown(w.Events, func(e chat.HookEvent) string { return string(e) }),
	}
}

type webhookList struct {
	Webhooks []webhook `json:"webhooks" nullable:"false" doc:"Oldest first"`
	Count    int       `json:"count"`
}

type newWebhookInput struct {
	Body struct {
		URL    string   `json:"url" doc:"http or https, at most 2048 bytes"`
		Events []string `json:"events,omitempty" nullable:"false" doc:"Of conversation.created, conversation.escalated, conversation.assigned, conversation.resolved and message.created; all of them unless said"`
	}
}

type webhookInput struct {
	ID string `path:"id" doc:"The webhook's id"`
}

// delivery is the wire form of what could not be delivered. What it said is left
// out: it holds what customers wrote.
type delivery struct {
	ID        string `json:"id"`
	Webhook   string `json:"webhook" doc:"The webhook's id"`
	Room      string `json:"room" doc:"Id of the conversation's room"`
	Event     string `json:"event"`
	Attempts  int    `json:"attempts"`
	Problem   string `json:"problem" doc:"Why the last attempt failed"`
	CreatedAt string `json:"createdAt" format:"date-time"`
}

func newDelivery(d chat.Delivery) delivery {
	return delivery{
		ID: d.ID, Webhook: d.Webhook, Room: d.Room, Event: string(d.Event), Attempts: d.Attempts, Problem: d.Problem,
		CreatedAt: wire.Time(d.CreatedAt),
	}
}

type deadInput struct{ Span }

type deliveryList struct {
	Deliveries []delivery `json:"deliveries" nullable:"false"`
	Count      int64      `json:"count" doc:"Of all, wherever the page begins; it stops at 10000"`
}

type deliveryInput struct {
	ID string `path:"id" doc:"The delivery's id"`
}

func (s *server) webhookRoutes() {
	tags := []string{tagWebhooks}
	administered(s, huma.Operation{
		OperationID: "listWebhooks", Method: http.MethodGet, Path: webhooksPath, Tags: tags,
		Summary: "List the webhooks",
	}, s.listWebhooks)
	administered(s, huma.Operation{
		OperationID: "createWebhook", Method: http.MethodPost, Path: webhooksPath, Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Have an address told of conversations", Description: "There are at most 20.",
	}, s.createWebhook)
	administered(s, huma.Operation{
		OperationID: "deleteWebhook", Method: http.MethodDelete, Path: webhooksPath + "/{id}", Tags: tags,
		Summary: "Delete a webhook, with what was on its way there",
	}, s.deleteWebhook)
	administered(s, huma.Operation{
		OperationID: "listDeadDeliveries", Method: http.MethodGet, Path: webhooksPath + "/dead", Tags: tags,
		Summary: "List what could not be delivered, newest first",
	}, s.deadDeliveries)
	administered(s, huma.Operation{
		OperationID: "retryDelivery", Method: http.MethodPost, Path: webhooksPath + "/dead/{id}/retry", Tags: tags,
		Summary: "Have a dead delivery tried once more",
	}, s.retryDelivery)
}

func (s *server) listWebhooks(ctx context.Context, a chat.Actor, _ *none) (webhookList, error) {
	list, err := s.Chat.Hooks(ctx, a)
	return webhookList{Webhooks: shown(list, newWebhook), Count: len(list)}, err
}

func (s *server) createWebhook(ctx context.Context, a chat.Actor, in *newWebhookInput) (webhook, error) {
	events := make([]chat.HookEvent, len(in.Body.Events))
	for i, e := range in.Body.Events {
		events[i] = chat.HookEvent(e)
	}
	w, secret, err := s.Chat.CreateWebhook(ctx, a, in.Body.URL, events)
	if err != nil {
		return webhook{}, err
	}
	s.webhooksChanged()
	made := newWebhook(w)
	made.Secret = secret
	return made, nil
}

func (s *server) deleteWebhook(ctx context.Context, a chat.Actor, in *webhookInput) (result, error) {
	err := s.Chat.DeleteWebhook(ctx, a, in.ID)
	if err == nil {
		s.webhooksChanged()
	}
	return result{"Done"}, err
}

func (s *server) webhooksChanged() {
	if s.WebhooksChanged != nil {
		s.WebhooksChanged()
	}
}

func (s *server) deadDeliveries(ctx context.Context, a chat.Actor, in *deadInput) (deliveryList, error) {
	list, total, err := s.Chat.DeadDeliveries(ctx, a, in.page())
	return deliveryList{Deliveries: shown(list, newDelivery), Count: total}, err
}

func (s *server) retryDelivery(ctx context.Context, a chat.Actor, in *deliveryInput) (result, error) {
	return result{"Done"}, s.Chat.ReviveDelivery(ctx, a, in.ID)
}

package chat

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"
)

// hookBody is what a webhook is sent.
type hookBody struct {
	Type         HookEvent        `json:"type"`
	Timestamp    string           `json:"timestamp"`
	Conversation hookConversation `json:"conversation"`
	Message      *hookMessage     `json:"message,omitempty"`
}

type hookConversation struct {
	UUID   string            `json:"uuid"`
	Room   string            `json:"room"`
	Kind   RoomKind          `json:"kind"`
	State  ConversationState `json:"state"`
	Agent  string            `json:"agent"`
	Reason string            `json:"reason"`
	User   string            `json:"user"`
	Name   string            `json:"name"`
	Email  string            `json:"email"`
}

// hookMessage has the author of the polling door.
type hookMessage struct {
	ID      int64  `json:"id"`
	Date    string `json:"date"`
	Content string `json:"content"`
	Author  string `json:"author"`
	Bot     bool   `json:"bot,omitempty"`
	Status  Status `json:"status"`
}

// The authors of the polling door.
const (
	AuthorCustomer = "CUS"
	AuthorAgent    = "AGE"
)

// Author is who a message is from, as the polling door says it.
func (c ConversationView) Author(m Message) string {
	if c.RoleOf(m) == FromUser {
		return AuthorCustomer
	}
	return AuthorAgent
}

// deliveries says what the webhooks are told of a command's outcome.
func (s *Service) deliveries(out Outcome) []Delivery {
	if s.Webhooks == nil || out.Conversation == nil {
		return nil
	}
	before, after := out.Before.Conversation, *out.Conversation
	var list []Delivery
	if before == nil {
		list = s.deliver(list, HookCreated, out, nil)
		before = &Conversation{}
	}
	if out.Closed != nil {
		then := out
		then.Conversation = before // the bot wrote it while the conversation was the bot's
		if before.Key == "" {
			then.Conversation = &after
		}
		list = s.deliver(list, HookMessage, then, out.Closed)
	}
	if after.State != before.State {
		switch {
		case after.State == Waiting && (before.State == WithBot || before.State == Resolved || out.Before.Room.ID != "" && before.State == ""):
			list = s.deliver(list, HookEscalated, out, nil)
		case after.State == Assigned:
			list = s.deliver(list, HookAssigned, out, nil)
		case after.State == Resolved:
			list = s.deliver(list, HookResolved, out, nil)
		}
	}
	if m := out.Message; m != nil && m.Seq > out.Before.Room.Seq && !m.Deleted {
		list = s.deliver(list, HookMessage, out, m)
	}
	return list
}

// deliver adds one delivery for each webhook that asks for the event.
func (s *Service) deliver(list []Delivery, event HookEvent, out Outcome, m *Message) []Delivery {
	hooks := s.Webhooks.Subscribed(event)
	if len(hooks) == 0 {
		return list
	}
	now := s.now()
	body, err := json.Marshal(newHookBody(event, now, out, m))
	if err != nil {
		s.Log.Error("a webhook's body cannot be encoded", "event", event, "error", err)
		return list
	}
	for _, id := range hooks {
		list = append(list, Delivery{ID: s.NewID(), Webhook: id, Room: out.Room.ID, Event: event, Body: body, CreatedAt: now})
	}
	return list
}

func newHookBody(event HookEvent, now time.Time, out Outcome, m *Message) hookBody {
	c := *out.Conversation
	b := hookBody{Type: event, Timestamp: hookTime(now), Conversation: hookConversation{
		UUID: c.Key, Room: c.Room, Kind: out.Room.Kind, State: c.State, Agent: c.Agent, Reason: c.Reason,
		User: c.User, Name: c.Name, Email: c.Email,
	}}
	if m != nil {
		v := ConversationView{Conversation: c, Creator: out.Room.Creator}
		b.Message = &hookMessage{ID: m.Seq, Date: hookTime(m.CreatedAt), Content: m.Text, Author: v.Author(*m), Bot: m.Bot(), Status: m.Status}
	}
	return b
}

// hookTime is RFC 3339 in UTC with milliseconds, as times are on every wire.
func hookTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// CreateWebhook registers an address, for administrators; no events are all. It
// returns the secret that its deliveries are signed with, which is shown this once.
func (s *Service) CreateWebhook(ctx context.Context, a Actor, address string, events []HookEvent) (Webhook, string, error) {
	if err := admin(a); err != nil {
		return Webhook{}, "", err
	}
	if err := webhookURL(address); err != nil {
		return Webhook{}, "", err
	}
	if len(events) == 0 {
		events = HookEvents
	}
	for _, e := range events {
		if !slices.Contains(HookEvents, e) {
			return Webhook{}, "", Errorf(CodeInvalid, "events must be of: %s", joinEvents())
		}
	}
	if s.Vault == nil {
		return Webhook{}, "", ErrNoVault
	}
	w := Webhook{ID: s.NewID(), URL: address, Events: slices.Compact(slices.Sorted(slices.Values(events))), CreatedAt: s.now()}
	secret := newHookSecret()
	var err error
	if w.Secret, err = s.Vault.Seal(secret, w.ID); err != nil {
		return Webhook{}, "", err
	}
	act := s.audit(a, ActWebhookCreate)
	act.Detail = map[string]string{"webhook": w.ID}
	return w, secret, s.Store.CreateWebhook(ctx, w, act)
}

// HookSecretPrefix begins a webhook's secret, as Standard Webhooks have it; the rest
// is base64 of the key.
const HookSecretPrefix = "whsec_"

func newHookSecret() string {
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails
	return HookSecretPrefix + base64.StdEncoding.EncodeToString(key[:])
}

func joinEvents() string {
	names := make([]string, len(HookEvents))
	for i, e := range HookEvents {
		names[i] = string(e)
	}
	return strings.Join(names, ", ")
}

// webhookURL checks an address; whether it may be called is found when it is.
func webhookURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || len(address) > MaxWebhookURL {
		return Errorf(CodeInvalid, "url must be an http or https address without a user, of at most %d bytes", MaxWebhookURL)
	}
	return text("url", address)
}

// Hooks lists the registered webhooks, for administrators.
func (s *Service) Hooks(ctx context.Context, a Actor) ([]Webhook, error) {
	if err := admin(a); err != nil {
		return nil, err
	}
	return s.Store.Webhooks(ctx)
}

// DeleteWebhook forgets an address and what was on its way there.
func (s *Service) DeleteWebhook(ctx context.Context, a Actor, webhook string) error {
	if err := admin(a); err != nil {
		return err
	}
	if err := id("id", webhook); err != nil {
		return err
	}
	act := s.audit(a, ActWebhookDelete)
	act.Detail = map[string]string{"webhook": webhook}
	return s.Store.DeleteWebhook(ctx, webhook, act)
}

// DeadDeliveries lists what could not be delivered, newest first, for administrators.
func (s *Service) DeadDeliveries(ctx context.Context, a Actor, p Page) ([]Delivery, int64, error) {
	if err := admin(a); err != nil {
		return nil, 0, err
	}
	p, err := page(p)
	if err != nil {
		return nil, 0, err
	}
	return s.Store.DeadDeliveries(ctx, p)
}

// ReviveDelivery has a dead delivery tried once more.
func (s *Service) ReviveDelivery(ctx context.Context, a Actor, delivery string) error {
	if err := admin(a); err != nil {
		return err
	}
	if err := id("id", delivery); err != nil {
		return err
	}
	act := s.audit(a, ActWebhookRetry)
	act.Detail = map[string]string{"delivery": delivery}
	return s.Store.Revive(ctx, delivery, s.now(), act)
}

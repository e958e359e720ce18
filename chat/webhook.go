package chat

import (
	"context"
	"time"
)

// HookEvent names what a webhook is told of.
type HookEvent string

// The events of webhooks. All are about conversations: what is said in groups is
// told to nobody outside.
const (
	HookCreated   HookEvent = "conversation.created"
	HookEscalated HookEvent = "conversation.escalated"
	HookAssigned  HookEvent = "conversation.assigned"
	HookResolved  HookEvent = "conversation.resolved"
	HookMessage   HookEvent = "message.created"
)

// HookEvents lists every event that a webhook may ask for.
var HookEvents = []HookEvent{HookCreated, HookEscalated, HookAssigned, HookResolved, HookMessage}

// The bounds of webhooks.
const (
	MaxWebhooks   = 20
	MaxWebhookURL = 2048 // bytes
)

// Webhook is somebody else's address that is told of events.
type Webhook struct {
	ID, URL string
	Events  []HookEvent // at least one
	// Secret signs what is sent; it is sealed by the Vault under ID.
	Secret    []byte
	CreatedAt time.Time
}

// Delivery is one event on its way to one webhook. Those of a room reach a webhook
// in their order, each at least once.
type Delivery struct {
	ID      string // the same for every attempt
	Webhook string
	Room    string
	Event   HookEvent
	Body    []byte // JSON
	// Attempts were made in vain, the last with Problem, which quotes nothing of the
	// receiver's answer. Dead ones are tried no more.
	Attempts  int
	Problem   string
	Dead      bool
	CreatedAt time.Time
}

// The refusals of webhooks.
var (
	ErrWebhookNotFound  = &Error{Code: CodeNotFound, Message: "Webhook does not exist"}
	ErrDeliveryNotFound = &Error{Code: CodeNotFound, Message: "Delivery does not exist"}
)

// Webhooks knows who is to be told of what. Its methods may be called at once and
// must not block.
type Webhooks interface {
	// Subscribed returns the ids of the webhooks that ask for the event.
	Subscribed(e HookEvent) []string
	// Queued is told that deliveries were stored.
	Queued()
}

// WebhookStore keeps webhooks and what is to be delivered to them.
type WebhookStore interface {
	// CreateWebhook makes one, or answers CodeConflict where there are MaxWebhooks.
	CreateWebhook(ctx context.Context, w Webhook, acts ...Audit) error
	// Webhooks lists all, oldest first; there are at most MaxWebhooks.
	Webhooks(ctx context.Context) ([]Webhook, error)
	// DeleteWebhook removes one with its deliveries, or answers ErrWebhookNotFound.
	DeleteWebhook(ctx context.Context, id string, acts ...Audit) error
	// LeaseDeliveries takes, until the given time, deliveries that are due: of each
	// webhook and room the oldest that is not dead, where that is due and not taken.
	// At most limit of each webhook are taken at once, those taken before included.
	// Two callers never hold the same one.
	LeaseDeliveries(ctx context.Context, now, until time.Time, limit int) ([]Delivery, error)
	// Delivered removes one.
	Delivered(ctx context.Context, id string) error
	// Postpone notes a failed attempt: the delivery is due again at the given time, or,
	// with the zero time, dead.
	Postpone(ctx context.Context, id string, next time.Time, problem string) error
	// DeadDeliveries lists the dead ones, newest first, and their number (up to CountLimit).
	DeadDeliveries(ctx context.Context, p Page) ([]Delivery, int64, error)
	// Revive makes a dead one due now, behind what its room has queued since, or
	// answers ErrDeliveryNotFound.
	Revive(ctx context.Context, id string, now time.Time, acts ...Audit) error
}

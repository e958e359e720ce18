package api

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"

	"parley/chat"
	"parley/wire"
)

// customersPath is where customers poll.
const customersPath = "/api/messages"

// Polls that wait: each keeps a connection for up to half a minute.
const (
	maxWaits     = 10_000
	maxWaitsEach = 16 // of one conversation
)

// Said is a message of a conversation. (huma reads embedded fields of exported
// types alone, here and below.)
type Said struct {
	ID      int64  `json:"id" doc:"1, 2, 3, ... in its conversation, without gaps"`
	Date    string `json:"date" format:"date-time"`
	Content string `json:"content"`
	Author  string `json:"author" enum:"CUS,AGE" doc:"The customer, or who answers"`
	Bot     bool   `json:"bot,omitempty" doc:"A chatbot wrote it"`
}

func newSaid(v chat.ConversationView, m chat.Message) Said {
	return Said{ID: m.Seq, Date: wire.Time(m.CreatedAt), Content: m.Text, Author: v.Author(m), Bot: m.Bot()}
}

// Place is that of a conversation in the queue; all of it is left out of one that
// does not wait.
type Place struct {
	Position    int    `json:"position,omitempty" doc:"In the queue, from 1, while it waits; left out past the first 1000"`
	WaitSeconds *int64 `json:"waitSeconds,omitempty" doc:"How long it has waited, while it does"`
}

func (s *server) newPlace(v chat.ConversationView) Place {
	if v.State != chat.Waiting {
		return Place{}
	}
	waited := int64(v.Waited(s.Chat.Now()) / time.Second)
	return Place{v.Position, &waited}
}

// polledItem is a message as its conversation's customer gets it.
type polledItem struct {
	Conversation string `json:"conversation" doc:"The conversation's key, a random UUID: whoever has it may read and write there"`
	Said
}

// polled is what one look at a conversation finds.
type polled struct {
	Items []polledItem `json:"items" nullable:"false" doc:"Oldest first, at most 1000"`
	Count int          `json:"count" doc:"Of the items"`
	State string       `json:"state" enum:"bot,waiting,assigned,resolved" doc:"Who the conversation is with"`
	Place
}

// encode implements inPieces: 1,000 messages of 64 KiB are many megabytes.
func (p polled) encode(w io.Writer) error {
	type rest polled
	list := p.Items
	p.Items = []polledItem{}
	return encodeList(w, rest(p), "items", list)
}

func (s *server) newPolled(p chat.Polled) polled {
	items := shown(p.Messages, func(m chat.Message) polledItem { return polledItem{p.Key, newSaid(p.ConversationView, m)} })
	return polled{Items: items, Count: len(items), State: string(p.State), Place: s.newPlace(p.ConversationView)}
}

// conversationKey is a key in a body: what is no text is none.
type conversationKey string

// UnmarshalJSON never fails.
func (k *conversationKey) UnmarshalJSON(text []byte) error {
	if json.Unmarshal(text, (*string)(k)) != nil {
		*k = ""
	}
	return nil
}

// Schema describes it to huma.
func (conversationKey) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Nullable: true, Format: "uuid"}
}

// ConversationKey is the key in a path.
type ConversationKey struct {
	UUID string `path:"uuid" doc:"The conversation's key"`
}

func (k ConversationKey) key() string { return keyOf(k.UUID) }

// keyOf is a key as it is stored: some clients write UUIDs in capitals.
func keyOf(text string) string { return strings.ToLower(text) }

// Contact is what a customer says of themselves.
type Contact struct {
	Name  *string `json:"name,omitempty" nullable:"true" doc:"The customer's; null is not given"`
	Email *string `json:"email,omitempty" nullable:"true" doc:"The customer's, kept as given; null is not given"`
}

func (c Contact) contact() chat.Contact { return chat.Contact(c) }

// Since is the part of a conversation that is asked for.
type Since struct {
	Since count `query:"since" doc:"The id of the last message that is known: those above it are answered"`
}

func (s Since) seq() int64 { return max(0, s.Since.n) }

type customerPostInput struct {
	Since
	Body struct {
		Conversation conversationKey `json:"conversation,omitempty" doc:"The key of the first answer; what is none, or unknown, begins a conversation"`
		Contact
		Content string `json:"content"`
		Nonce   *nonce `json:"nonce,omitempty" nullable:"false" doc:"Makes repetitions one message; of 16 bytes or more, also repetitions of the first one"`
	}
}

type customerAnswer struct {
	Token string `header:"X-Parley-Token" doc:"A guest's token for the other doors, where the conversation was begun without one"`
	Body  polled
}

type pollInput struct {
	ConversationKey
	Since
	Wait  count  `query:"wait" doc:"Seconds, 30 at most: answers as soon as there is a message, or the state is another"`
	State string `query:"state" doc:"With wait: the state that the caller knows; without it, that at the beginning of the wait"`
}

func (in *pollInput) wait() time.Duration {
	return min(time.Duration(max(0, min(in.Wait.n, int64(chat.PollWait/time.Second))))*time.Second, chat.PollWait)
}

type escalateInput struct {
	ConversationKey
	Body struct {
		Reason string `json:"reason,omitempty" doc:"At most 1000 bytes"`
	}
}

func (s *server) customerRoutes() {
	tags := []string{tagCustomers}
	optional(s, huma.Operation{
		OperationID: "postCustomerMessage", Method: http.MethodPost, Path: customersPath, Tags: tags, Middlewares: huma.Middlewares{s.countPosts},
		Summary: "Post a message of a customer, and get what came since",
		Description: "Without a conversation one is begun; its key stands in the answer. The first user who posts with a token belongs to the " +
			"conversation from then on. An agent's post is an answer, and claims the conversation.",
	}, s.postCustomer)
	optional(s, huma.Operation{
		OperationID: "pollConversation", Method: http.MethodGet, Path: customersPath + "/{uuid}", Tags: tags,
		Summary: "Get what came since", Description: "A chatbot's answer is listed once it is whole.",
	}, s.pollCustomer)
	optional(s, huma.Operation{
		OperationID: "escalateConversation", Method: http.MethodPost, Path: customersPath + "/{uuid}/escalate", Tags: tags, Middlewares: huma.Middlewares{s.countPosts},
		Summary: "Ask for a person", Description: "The conversation comes into the agents' queue, unless it is there or somebody answers it already. No messages are listed.",
	}, s.escalateCustomer)
}

// countPosts is a middleware that charges an address for what is posted there,
// before the body is read. Agents answer many customers.
func (s *server) countPosts(ctx huma.Context, next func(huma.Context)) {
	if !agent(callerOf(ctx.Context())) {
		if err := within(s.Limits.CustomerPosts, requestOf(ctx.Context()).limitKey()); err != nil {
			s.refuse(humaecho.Unwrap(ctx), err)
			return
		}
	}
	next(ctx)
}

// agent reports whether somebody answers customers.
func agent(a *chat.Actor) bool {
	return a != nil && (a.Role == chat.RoleAgent || a.Role == chat.RoleAdmin)
}

func (s *server) postCustomer(ctx context.Context, a *chat.Actor, in *customerPostInput) (*customerAnswer, error) {
	posted, err := s.Chat.PostCustomer(ctx, a, chat.CustomerPost{
		Key: keyOf(string(in.Body.Conversation)), Contact: in.Body.contact(), Text: in.Body.Content,
		Nonce: (*string)(in.Body.Nonce), Since: in.seq(),
		New: func() error { return within(s.Limits.Guests, requestOf(ctx).limitKey()) },
	})
	if err != nil {
		return nil, err
	}
	return &customerAnswer{Token: s.guestToken(ctx, posted.Customer), Body: s.newPolled(posted.Polled)}, nil
}

// guestToken is a token of the guest's, "" if there is none. What was posted is
// stored, and is answered without.
func (s *server) guestToken(ctx context.Context, guest *chat.User) string {
	if guest == nil || s.GuestToken == nil {
		return ""
	}
	token, err := s.GuestToken(*guest)
	if err != nil {
		s.Log.LogAttrs(ctx, slog.LevelError, "no token for a customer",
			slog.String("request", requestOf(ctx).id), slog.String("error", err.Error()))
		return ""
	}
	return token
}

// pollCustomer waits only while there is a place: who gets none asks again.
func (s *server) pollCustomer(ctx context.Context, a *chat.Actor, in *pollInput) (*answer[polled], error) {
	key, wait := in.key(), in.wait()
	if wait > 0 {
		if taken, _ := s.waits.take(key); taken {
			defer s.waits.leave(key)
		} else {
			wait = 0
		}
	}
	p, err := s.Chat.Poll(ctx, a, key, chat.PollQuery{
		Since: in.seq(), Wait: wait, State: chat.ConversationState(in.State), Done: s.Draining,
	})
	return &answer[polled]{s.newPolled(p)}, err
}

func (s *server) escalateCustomer(ctx context.Context, _ *chat.Actor, in *escalateInput) (*answer[polled], error) {
	p, err := s.Chat.EscalateCustomer(ctx, in.key(), in.Body.Reason)
	return &answer[polled]{s.newPolled(p)}, err
}

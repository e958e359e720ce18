package chat

import (
	"context"
	"io"
	"log/slog"
	"runtime/debug"
	"time"
)

// Rate says whether a key may act now, and if not, when to come back.
type Rate interface {
	Allow(key string) (ok bool, retryAfter time.Duration)
}

// Presence knows who has a live connection, or had one until a moment ago.
type Presence interface {
	// Online returns those of the users who are, in their order.
	Online(users []string) []string
}

// Directory changes users in ways that concern their passwords and tokens. Each
// call stores the acts with the change, and ends the connections whose tokens
// it ends. Its errors are for the caller.
type Directory interface {
	// CreateAccount makes an account: CodeInvalid for a field outside of its
	// bounds, CodeConflict for a username that is taken.
	CreateAccount(ctx context.Context, n NewAccount, role Role, acts ...Audit) (User, error)
	// SetRole changes an account's role; CodeConflict for a user who is none.
	SetRole(ctx context.Context, id string, role Role, acts ...Audit) (User, error)
	Block(ctx context.Context, id string, acts ...Audit) (User, error)
	Unblock(ctx context.Context, id string, acts ...Audit) (User, error)
}

// Blobs keeps the bytes of files. Its methods may be called at once.
type Blobs interface {
	// Put stores what r gives under the id, and returns its size and the media
	// type that its first bytes (and, where they say nothing, the name's ending)
	// make it. It holds no more than a bounded part of it in memory. An error of r is
	// returned as it is; nothing is left behind after an error.
	Put(ctx context.Context, id, name string, r io.Reader) (size int64, mediaType string, err error)
	// Open returns the bytes, or an error in whose chain is fs.ErrNotExist. It is
	// to be closed.
	Open(ctx context.Context, id string) (io.ReadSeekCloser, error)
	// Remove forgets the bytes; an unknown id is no error.
	Remove(ctx context.Context, id string) error
}

// Options are what a Service needs. Store, Bus, Now and NewID are required.
type Options struct {
	Store Store
	Bus   Bus
	// Node names this node among several; Elsewhere carries events to the others alone.
	// Nil: there are none.
	Node      string
	Elsewhere Bus
	// Here carries events to this node's connections alone; nil: it is Bus.
	Here Bus
	// Streamed returns the text of an open reply as far as this node's connections were
	// told of it, "" for one that they were not; nil: of none.
	Streamed func(room, reply string) string
	// Listen lets this node hear of a topic until end is called; nil: it is alone.
	Listen func(t Topic) (end func())
	// Presence is asked who is online; nil: nobody is.
	Presence Presence
	// Directory keeps accounts; administrators' routes need it.
	Directory Directory
	// Blobs keeps files; nil: there are none here.
	Blobs Blobs
	Log   *slog.Logger
	Now   func() time.Time
	// NewID makes ids that sort by time (UUIDv7).
	NewID func() string
	// NewSecretID makes ids that cannot be guessed (UUIDv4), of sessions; nil: NewID's.
	NewSecretID func() string
	// Assistant answers in conversations; nil: nobody does.
	Assistant Assistant
	// Vault encrypts the keys of chatbots' upstreams; nil: none can be stored.
	Vault Vault
	// Split takes documents apart; needed to add one.
	Split Splitter
	// ReplyRate bounds the replies that a user's questions start. Nil is no bound.
	ReplyRate Rate
	// SessionGrace is how long a chatbot session outlives its socket, SessionIdle
	// how long it may be unused. Zero means the contract's figures.
	SessionGrace, SessionIdle time.Duration
	// CustomerBot is the chatbot that customers' conversations start with, "" for none.
	CustomerBot string
	// AgentGrace is how long a claim outlives the last sign of its agent. Zero means
	// the contract's figure.
	AgentGrace time.Duration
	// Agents returns the agents and administrators with a live connection to this
	// node; nil: there are none.
	Agents func() []string
	// Watch gives a channel that gets a value after each event of a room from then on
	// (several may be one), and a function that ends it; nil: nobody can wait. Version
	// is up to where the caller knows the room. It must not block.
	Watch func(room string, version int64) (news <-chan struct{}, end func())
	// Webhooks are told of conversations; nil: there are none.
	Webhooks Webhooks
	// PostRate bounds what a user may write: messages, uploads, and rooms made,
	// joined, left and added to; TypingRate bounds their typing. Nil is no bound.
	PostRate, TypingRate Rate
	// AllowEdit and AllowDelete let senders change their messages.
	AllowEdit, AllowDelete bool
	// DeleteEmptyRooms deletes a room when its last member leaves.
	DeleteEmptyRooms bool
	// OpenUsers lets ids that no user has be added to rooms; they become users.
	OpenUsers bool
	// ExplicitJoins makes invitations of what would add users to rooms.
	ExplicitJoins bool
	// MaxContent bounds a message's text in bytes of UTF-8, MaxUsers a list of
	// users in one call, MaxNonce a nonce in bytes, MaxFile a file in bytes. Zero
	// means the contract's figures.
	MaxContent, MaxUsers, MaxNonce int
	MaxFile                        int64
}

// Service is every use case of Parley. Its methods may be called at once.
type Service struct {
	Options
	replies openReplies
	queue   queue
	leases  leases
}

// NewService returns the use cases over a store and a bus.
func NewService(o Options) *Service {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.MaxContent == 0 {
		o.MaxContent = MaxContent
	}
	if o.MaxUsers == 0 {
		o.MaxUsers = MaxUsers
	}
	if o.MaxNonce == 0 {
		o.MaxNonce = MaxNonce
	}
	if o.MaxFile == 0 {
		o.MaxFile = MaxFile
	}
	if o.NewSecretID == nil {
		o.NewSecretID = o.NewID
	}
	if o.SessionGrace == 0 {
		o.SessionGrace = SessionGrace
	}
	if o.SessionIdle == 0 {
		o.SessionIdle = SessionIdle
	}
	if o.AgentGrace == 0 {
		o.AgentGrace = AgentGrace
	}
	if o.Here == nil {
		o.Here = o.Bus
	}
	if o.Listen == nil {
		o.Listen = func(Topic) func() { return func() {} }
	}
	return &Service{Options: o, queue: newQueue()}
}

// await turns a use case that answers by callback into one that waits. If ctx
// ends first the work goes on and its outcome is dropped: the caller learns
// CodeUnavailable, and a retry with the same nonce finds what was stored.
func await[T any](ctx context.Context, start func(done func(T, error))) (T, error) {
	type answer struct {
		value T
		err   error
	}
	answers := make(chan answer, 1)
	start(func(value T, err error) { answers <- answer{value, err} })
	select {
	case a := <-answers:
		return a.value, a.err
	case <-ctx.Done():
		var zero T
		return zero, ctx.Err()
	}
}

// apply submits a command, publishes the events that its outcome gives, and waits.
func (s *Service) apply(ctx context.Context, cmd Command, events func(Outcome) []Event) (Outcome, error) {
	return await(ctx, func(done func(Outcome, error)) { s.submit(cmd, events, done) })
}

// submit is apply without waiting. Events are published in the order of the
// store's answers, before the caller is told.
func (s *Service) submit(cmd Command, events func(Outcome) []Event, done func(Outcome, error)) {
	cmd.Decide, cmd.Hooks = s.freezing(cmd.Decide), s.deliveries
	s.Store.Submit(cmd, func(out Outcome, err error) {
		if err == nil {
			s.settle(out)
			s.publish(out, events)
		}
		done(out, err)
	})
}

// publish tells the bus what a command has done. A panic on the way must not keep
// the caller from the answer: what was decided is stored, and nodes read an event
// that they miss from the store.
func (s *Service) publish(out Outcome, events func(Outcome) []Event) {
	defer func() {
		if p := recover(); p != nil {
			s.Log.Error("panic while publishing", "room", out.Room.ID, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	list := turnEvents(out)
	if events != nil {
		list = append(list, events(out)...)
	}
	for _, e := range list {
		e.Epoch = s.Store.Epoch()
		s.Bus.Publish(e)
	}
}

// now is the present to the millisecond, as it is stored and shown.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }

package api

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"parley/chat"
)

// BodyLimit is the contract's bound on a JSON body, in bytes.
const BodyLimit = 1_000_000

// Options are what the HTTP door needs. Chat and Authenticate are required.
type Options struct {
	Chat *chat.Service
	// Authenticate checks the value of an Authorization header, empty if there is
	// none, and reads the Bearer scheme itself. It answers unauthenticated,
	// token_expired or blocked, and may be called at once.
	Authenticate func(ctx context.Context, credentials ...string) (chat.Identity, error)
	// Accounts serves /auth/...; nil leaves those routes out.
	Accounts Accounts
	// GuestToken makes a token for the customer who has begun a conversation, for the
	// other doors; nil: they get none.
	GuestToken func(chat.User) (string, error)
	// MaxWaits is how many polls may wait at once; zero is 10,000. One more is answered
	// at once.
	MaxWaits int
	// Draining is closed when the server is about to stop: polls that wait are
	// answered then. Nil: never.
	Draining <-chan struct{}
	// WebhooksChanged, if set, is called when a webhook was made or deleted.
	WebhooksChanged func()
	// Limits bound what costs much and needs no token.
	Limits Limits
	// Ready says why this node should get no traffic, nil if it may.
	Ready func(ctx context.Context) error
	// Realtime gets all of /realtime and below it, with the ResponseWriter of the
	// server itself, so that it may hijack; it answers CORS for its paths. Nil
	// leaves the route out.
	Realtime http.Handler
	// Raw gets the requests of the raw WebSocket doors: / where it asks for the
	// upgrade, /ws and /ws/chat/{session_id}, with and without the last slash. It
	// gets the server's own ResponseWriter too, checks Origin and method, and the log of
	// requests holds nothing of these: their query has a token. Nil: no such route.
	Raw http.Handler
	// Pages holds the built web pages, each in a directory of its own: home, console,
	// demo, widget (its files stand at /) and docs, the page of the API; and
	// placeholder.html to be shown while they are not built. What lies beside a file with
	// .br and .gz behind its name is the same, compressed. They are read at the start.
	// May be nil.
	Pages fs.FS
	// BasePath is where clients find the server behind a proxy, as [ParseBasePath]
	// returns it: all paths are answered below it too, and pages lead there.
	BasePath string
	// MasterKey, if set, is what the header masterkey must be on administrators'
	// routes, beside their token. User routes accept and ignore that header.
	MasterKey string
	// Origins may read answers from a browser; "*" is all, and the default.
	Origins []string
	// TrustedProxies may name the client's address in X-Forwarded-For, and in
	// X-Forwarded-Prefix the path that they have taken off, instead of BasePath.
	TrustedProxies []netip.Prefix
	// BodyLimit bounds a JSON body in bytes; zero is the contract's figure.
	BodyLimit int64
	// Patience is how long a client may take for one piece of an export or a transcript
	// (64 KiB) or of a file (32 KiB); zero is 30 seconds.
	Patience time.Duration
	// Version is shown in the OpenAPI document, and among the figures of the server.
	Version string
	// Stats are figures of this process, for administrators; nil: it has none.
	Stats func() NodeStats
	Log   *slog.Logger
	// Observe, if set, is told of every answered request but those of Realtime and Raw.
	// Route is the pattern, "" if none matched. It must not block.
	Observe func(method, route string, status int, took time.Duration)
}

func (o Options) withDefaults() Options {
	if len(o.Origins) == 0 {
		o.Origins = []string{"*"}
	}
	if o.BodyLimit == 0 {
		o.BodyLimit = BodyLimit
	}
	if o.MaxWaits == 0 {
		o.MaxWaits = maxWaits
	}
	if o.Patience == 0 {
		o.Patience = 30 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Version == "" {
		o.Version = "dev"
	}
	return o
}

// Accounts are the users that sign in here. Its methods may be called at once;
// their errors are [chat.Error]s, texts included. A token is Parley's own.
type Accounts interface {
	// Register makes an account, or answers conflict where the name is taken.
	Register(ctx context.Context, username, password, name, email string) (token string, u chat.User, err error)
	// Login answers unauthenticated alike for a wrong name and a wrong password.
	Login(ctx context.Context, username, password string) (token string, u chat.User, err error)
	Guest(ctx context.Context, name, email string) (token string, u chat.User, err error)
	Me(ctx context.Context, a chat.Actor) (chat.User, error)
	// ChangePassword ends all the user's tokens and gives a new one.
	ChangePassword(ctx context.Context, a chat.Actor, oldPassword, newPassword string) (token string, u chat.User, err error)
	// Logout ends all the user's tokens.
	Logout(ctx context.Context, a chat.Actor) error
}

// Limits are rates of what anybody may ask for, by the client's address (of IPv6
// the /64); nil is no bound. The rate of one account's logins is Accounts' own.
type Limits struct {
	// Logins counts logins, registrations and changes of a password.
	Logins chat.Rate
	// Guests counts guests, and conversations that customers begin.
	Guests chat.Rate
	// CustomerPosts counts what is posted to /api/messages and below it, but by agents.
	CustomerPosts chat.Rate
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/api"
	"parley/assistant"
	"parley/auth"
	"parley/bus/redis"
	"parley/chat"
	"parley/files"
	"parley/frontend"
	"parley/gateway"
	"parley/gateway/rawws"
	"parley/gateway/relay"
	"parley/gateway/socketio"
	"parley/limit"
	"parley/store"
	"parley/webhooks"
)

// server is everything that runs, wired.
type server struct {
	settings
	command *serveCommand
	store   *store.Store
	hub     *gateway.Hub
	node    string     // names this one among several
	bus     *redis.Bus // nil for one node
	relay   *relay.Relay
	auth    *auth.Service
	chat    *chat.Service
	blobs   chat.Blobs
	sockets *socketio.Server
	raw     *rawws.Server
	replies *assistant.Runner
	hooks   *webhooks.Dispatcher
	door    *door
	started time.Time
	closing chan struct{} // closed once the server is about to stop
}

// Run serves until ctx ends, then drains.
func (c *serveCommand) Run(ctx context.Context, s streams) error {
	set, err := c.check(s)
	if err != nil {
		return err
	}
	listeners, err := set.listen(ctx)
	if err != nil {
		return err
	}
	defer listeners.close()
	srv, err := c.wire(ctx, set)
	if err != nil {
		return err
	}
	return srv.serve(ctx, listeners)
}

// wire opens the database and makes the layers.
func (c *serveCommand) wire(ctx context.Context, set settings) (*server, error) {
	srv := &server{settings: set, command: c, started: time.Now(), closing: make(chan struct{})}
	var err error
	if srv.store, err = openStore(ctx, c.DatabaseURL, set.log); err != nil {
		return nil, fmt.Errorf("PARLEY_DATABASE_URL (%s): %w", redacted(c.DatabaseURL), err)
	}
	if err := srv.wireDomain(ctx); err != nil {
		return nil, errors.Join(err, srv.close(ctx))
	}
	srv.door = newDoor(set, srv.limiter("connections", set.rates.connections))
	srv.sockets, srv.raw = socketio.NewServer(srv.socketOptions()), rawws.NewServer(srv.rawOptions())
	return srv, nil
}

// wireDomain makes the use cases and what they need beside the store.
func (s *server) wireDomain(ctx context.Context) error {
	c := s.command
	var err error
	if s.blobs, err = files.Open(ctx, s.files); err != nil {
		return fmt.Errorf("PARLEY_FILES_URL: %w", err)
	}
	if err := errors.Join(s.wireNodes(), s.wireRelay()); err != nil {
		return err
	}
	s.hub = gateway.NewHub(gateway.Options{
		Store: s.store, Epoch: s.store.Epoch, Log: s.log, Among: s.among(),
		Replies: func(room string) []chat.OpenReply { return s.chat.OpenReplies(room) },
	})
	cfg := s.settings.auth
	cfg.Users, cfg.NewID, cfg.Log = s.store, uuid.NewString, s.log
	cfg.Logins = s.limiter("logins", s.rates.logins)
	cfg.Revoked = s.revoke
	if s.auth, err = auth.New(cfg); err != nil {
		return err
	}
	s.replies = s.runner()
	s.hooks, err = webhooks.New(ctx, webhooks.Options{
		Store: s.store, Vault: s.vault, Allowed: s.networks, Log: s.log, Observe: observeDelivery,
	})
	if err != nil {
		return err
	}
	o := chat.Options{
		Store: s.store, Presence: s.hub, Directory: s.directory(), Blobs: s.blobs,
		Log: s.log, Now: time.Now, NewID: newID,
		PostRate:   s.limiter("messages", s.rates.messages),
		TypingRate: s.limiter("typing", s.rates.typing),
		AllowEdit:  c.AllowEdit, AllowDelete: c.AllowDelete, DeleteEmptyRooms: c.DeleteEmptyRooms,
		OpenUsers: c.OpenUsers, ExplicitJoins: c.ExplicitRoomJoins,
		MaxContent: c.LimitContent, MaxUsers: c.LimitUsers, MaxNonce: c.LimitNonce, MaxFile: c.LimitFile,
		NewSecretID: uuid.NewString, Assistant: s.replies, Vault: s.vault, Split: assistant.Split,
		ReplyRate:    s.limiter("replies", s.rates.replies),
		SessionGrace: s.grace, SessionIdle: s.idle,
		CustomerBot: c.CustomerBot, AgentGrace: s.agentGrace, Agents: s.hub.Agents, Watch: s.hub.Watch, Webhooks: s.hooks,
	}
	s.shareNodes(&o)
	s.chat = chat.NewService(o)
	s.replies.Bind(s.chat)
	if err := s.chat.EnsureDefault(ctx); err != nil {
		return err
	}
	return s.closeLost(ctx)
}

// closeLost ends the replies that were being written when the process before this
// one ended: SQLite is one process's, so nobody else writes them.
func (s *server) closeLost(ctx context.Context) error {
	if !strings.HasPrefix(s.command.DatabaseURL, "sqlite://") {
		return nil
	}
	for {
		if n, err := s.chat.SweepReplies(ctx, 0); n == 0 || err != nil {
			return err
		}
	}
}

// runner makes what answers in conversations.
func (s *server) runner() *assistant.Runner {
	return assistant.NewRunner(assistant.Options{
		Upstream: s.upstream, Configured: s.hosted, Mock: assistant.NewMock(assistant.MockOptions{}),
		Budget: s.command.AssistantContext, Log: s.log, Observe: observeReply,
	})
}

// close ends what keeps something open.
func (s *server) close(ctx context.Context) error {
	var err error
	if s.auth != nil {
		s.auth.Close()
	}
	if blobs, ok := s.blobs.(io.Closer); ok {
		err = blobs.Close()
	}
	if s.bus != nil {
		err = errors.Join(err, s.bus.Close())
	}
	if s.relay != nil {
		s.relay.Close()
	}
	return errors.Join(err, s.store.Close(ctx))
}

// limitKeys is how many users or addresses a limiter remembers.
const limitKeys = 100_000

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func (s *server) authenticate(ctx context.Context, credentials ...string) (chat.Identity, error) {
	token, err := auth.Bearer(auth.First(credentials...))
	if err != nil {
		return chat.Identity{}, err
	}
	return s.auth.Authenticate(ctx, token)
}

func (s *server) socketOptions() socketio.Options {
	o := socketio.Options{
		Chat: s.chat, Hub: s.hub, Authenticate: s.authenticate, Admit: s.door.admit, Log: s.log,
		Engine: s.engineOptions(),
	}
	if s.command.RateLimits != "off" {
		o.EventRate = func() socketio.Limiter { return limit.NewBucket(s.rates.events, time.Now) }
		o.TypingRate = func() socketio.Limiter { return limit.NewBucket(s.rates.typing, time.Now) }
	}
	return o
}

func (s *server) rawOptions() rawws.Options {
	o := rawws.Options{
		Chat: s.chat, Hub: s.hub, Authenticate: s.authenticate, AllowOrigin: s.door.allowOrigin, Log: s.log,
		Admit: func(r *http.Request) (*chat.Error, func(), error) {
			a, err := s.door.admit(r)
			return a.Refusal, a.Release, err
		},
		MaxFrame: s.command.LimitFrame, OutboxBytes: s.command.LimitOutbox, PingInterval: s.ping, PingTimeout: s.pingWait,
	}
	if s.command.RateLimits != "off" {
		o.EventRate = func() rawws.Limiter { return limit.NewBucket(s.rates.events, time.Now) }
	}
	return o
}

func (s *server) apiOptions() api.Options {
	o := api.Options{
		Chat: s.chat, Authenticate: s.authenticate, Ready: s.ready, Realtime: s.realtime(), Raw: s.raw, Pages: frontend.Pages(),
		MasterKey: s.masterKey, Origins: s.origins, TrustedProxies: s.proxies, BasePath: s.basePath, BodyLimit: s.command.LimitFrame,
		Version: version, Log: s.log, Observe: observe, Stats: s.stats,
		Limits: api.Limits{
			Logins: s.limiter("logins-ip", s.rates.loginsIP),
			Guests: s.limiter("guests", s.rates.guests),

			CustomerPosts: s.limiter("customer-posts", s.rates.customerPosts),
		},
		GuestToken: s.guestToken, Draining: s.closing, WebhooksChanged: s.hooksChanged,
	}
	if s.command.Accounts == "local" {
		o.Accounts = accounts{s.auth}
	}
	return o
}

// sweepEvery is how often what has run out of time is looked for.
const sweepEvery = time.Second

// sweep closes the replies that lost their node and the sessions that ended by
// themselves.
func (s *server) sweep(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for ctx.Err() == nil {
		_, err := s.chat.SweepReplies(ctx, chat.ReplyLease)
		_, failed := s.chat.SweepSessions(ctx)
		if err = errors.Join(err, failed); err != nil && ctx.Err() == nil {
			s.log.Warn("cannot sweep replies and sessions", "error", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}

// ready says why this node should get no traffic.
func (s *server) ready(ctx context.Context) error {
	select {
	case <-s.closing:
		return chat.ErrClosing
	default:
	}
	return s.store.Ping(ctx)
}

// serve runs until ctx ends or a listener fails, then drains.
func (s *server) serve(ctx context.Context, l *listeners) error {
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	var work sync.WaitGroup
	for _, run := range append([]func(context.Context){
		s.hub.Run, s.sweep, s.raw.Run, s.watchUsers, s.chat.RunQueue, s.sweepAgents, s.hooks.Run,
	}, s.nodeRuns()...) {
		work.Go(func() { run(background) })
	}
	l.serveOps(s.command.OpsAddr, s.metrics(), s.log)
	failed := l.serve(api.New(s.apiOptions()), s.log)
	s.log.Info("parley serves", "version", version, "addresses", l.names(), "database", redacted(s.command.DatabaseURL))
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	return errors.Join(err, s.shutdown(l, func() {
		stop()
		work.Wait()
	}))
}

// shutdown takes no more clients, lets every queue empty, answers what was
// begun, and closes the database. What was acknowledged is stored by then.
// Clients that do not take their goodbye cost a half of the time, not the rest. idle
// ends what works in the background.
func (s *server) shutdown(l *listeners, idle func()) error {
	s.log.Info("draining", "timeout", s.drain)
	ctx, cancel := context.WithTimeout(context.Background(), s.drain)
	defer cancel()
	close(s.closing)
	var err error
	if s.bus == nil { // clients hear the ends of their replies here or nowhere
		err = s.replies.Close(ctx, s.drain/4)
	}
	s.drainSockets(ctx)
	if s.bus != nil { // they hear them on another node
		err = s.replies.Close(ctx, s.drain/4)
	}
	err = errors.Join(err, l.shutdown(ctx))
	idle()
	err = errors.Join(err, s.close(ctx))
	s.log.Info("stopped")
	return err
}

// drainSockets ends the live connections, within a half of the time.
func (s *server) drainSockets(ctx context.Context) {
	ctx, done := context.WithTimeout(ctx, s.drain/2)
	defer done()
	d := gateway.Drain{Spread: s.spread}
	if s.bus != nil {
		d.Staged, d.Notice = true, s.drain/10
		d.Spread = min(d.Spread, s.drain/4)
	}
	var others sync.WaitGroup
	others.Go(func() { s.raw.Drain(ctx, d) })
	others.Go(func() { s.drainRelay(ctx, d) })
	s.sockets.Drain(ctx, d)
	others.Wait()
}

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"parley/api"
	"parley/auth"
	"parley/chat"
	"parley/frontend"
	"parley/gateway"
	"parley/gateway/engineio"
	"parley/gateway/socketio"
	"parley/limit"
	"parley/store"
)

// server is everything that runs, wired.
type server struct {
	settings
	command *serveCommand
	store   *store.Store
	hub     *gateway.Hub
	auth    *auth.Service
	chat    *chat.Service
	sockets *socketio.Server
	door    *door
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
	srv := &server{settings: set, command: c}
	var err error
	if srv.store, err = openStore(ctx, c.DatabaseURL, set.log); err != nil {
		return nil, fmt.Errorf("PARLEY_DATABASE_URL (%s): %w", redacted(c.DatabaseURL), err)
	}
	srv.hub = gateway.NewHub(gateway.Options{Store: srv.store, Epoch: srv.store.Epoch, Log: set.log})
	srv.chat = chat.NewService(chat.Options{
		Store: srv.store, Bus: srv.hub, Log: set.log, Now: time.Now, NewID: newID,
		PostRate:  limit.New(set.rates.messages, limitKeys, time.Now),
		AllowEdit: c.AllowEdit, AllowDelete: c.AllowDelete, DeleteEmptyRooms: c.DeleteEmptyRooms,
		OpenUsers: c.OpenUsers, MaxContent: c.LimitContent, MaxUsers: c.LimitUsers, MaxNonce: c.LimitNonce,
	})
	set.auth.Users, set.auth.NewID, set.auth.Log = srv.store, uuid.NewString, set.log
	set.auth.Logins = limit.New(set.rates.logins, limitKeys, time.Now)
	set.auth.Revoked = func(u chat.User) { srv.hub.Publish(revocation(u)) }
	if srv.auth, err = auth.New(set.auth); err != nil {
		return nil, errors.Join(err, srv.store.Close(ctx))
	}
	srv.door = newDoor(set)
	srv.sockets = socketio.NewServer(srv.socketOptions())
	return srv, nil
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
		Engine: engineio.Options{
			MaxPayload: s.command.LimitFrame, OutboxBytes: s.command.LimitOutbox,
			PingInterval: s.ping, PingTimeout: s.pingWait, AllowOrigin: s.door.allowOrigin,
		},
	}
	if s.command.RateLimits != "off" {
		o.EventRate = func() socketio.Limiter { return limit.NewBucket(s.rates.events, time.Now) }
		o.TypingRate = func() socketio.Limiter { return limit.NewBucket(s.rates.typing, time.Now) }
	}
	return o
}

func (s *server) apiOptions() api.Options {
	o := api.Options{
		Chat: s.chat, Authenticate: s.authenticate, Ready: s.ready, Realtime: s.sockets, Pages: frontend.Pages(),
		MasterKey: s.masterKey, Origins: s.origins, TrustedProxies: s.proxies, BodyLimit: s.command.LimitFrame,
		Version: version, Log: s.log, Observe: observe,
		Limits: api.Limits{
			Logins: limit.New(s.rates.loginsIP, limitKeys, time.Now),
			Guests: limit.New(s.rates.guests, limitKeys, time.Now),
		},
	}
	if s.command.Accounts == "local" {
		o.Accounts = accounts{s.auth}
	}
	return o
}

// ready says why this node should get no traffic.
func (s *server) ready(ctx context.Context) error {
	if s.sockets.Draining() {
		return chat.ErrClosing
	}
	return s.store.Ping(ctx)
}

// serve runs until ctx ends or a listener fails, then drains.
func (s *server) serve(ctx context.Context, l *listeners) error {
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	go s.hub.Run(background)
	go s.watchUsers(background)
	failed := l.serve(api.New(s.apiOptions()), s.log)
	l.serveOps(s.command.OpsAddr, s.sockets, s.hub, s.log)
	s.log.Info("parley serves", "version", version, "addresses", l.names(), "database", redacted(s.command.DatabaseURL))
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	return errors.Join(err, s.shutdown(l))
}

// shutdown takes no more clients, lets every queue empty, answers what was
// begun, and closes the database. What was acknowledged is stored by then.
// Clients that do not take their goodbye cost a half of the time, not the rest.
func (s *server) shutdown(l *listeners) error {
	s.log.Info("draining", "timeout", s.drain)
	ctx, cancel := context.WithTimeout(context.Background(), s.drain)
	defer cancel()
	sockets, done := context.WithTimeout(ctx, s.drain/2)
	s.sockets.Drain(sockets, s.spread)
	done()
	err := l.shutdown(ctx)
	s.auth.Close()
	err = errors.Join(err, s.store.Close(ctx))
	s.log.Info("stopped")
	return err
}

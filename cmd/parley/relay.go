package main

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"parley/gateway"
	"parley/gateway/engineio"
	"parley/gateway/relay"
)

// realtimePath is the Socket.IO endpoint, the only one whose requests nodes pass on
// to each other.
const realtimePath = "/realtime/"

// forwarded counts the requests of Socket.IO connections that are another node's.
var forwarded = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "parley_relayed_requests_total", Help: "Requests of other nodes' Socket.IO connections.",
}, []string{"kind", "ok"})

// wireRelay has requests of other nodes' connections answered by them.
func (s *server) wireRelay() error {
	if s.bus == nil {
		return nil
	}
	for _, kind := range []relay.Kind{relay.Poll, relay.Post, relay.Socket} { // known from the start
		forwarded.WithLabelValues(string(kind), "true")
		forwarded.WithLabelValues(string(kind), "false")
	}
	var err error
	s.relay, err = relay.New(relay.Options{
		Node: s.node, Secret: s.settings.auth.Secret, Path: realtimePath, URL: s.bus.NodeURL, Log: s.log, Now: time.Now,
		Release: func(sid string) { s.sockets.Release(sid) },
		Observe: func(kind relay.Kind, ok bool) { forwarded.WithLabelValues(string(kind), strconv.FormatBool(ok)).Inc() },
	})
	return err
}

// engineOptions are those of the Socket.IO endpoint's connections.
func (s *server) engineOptions() engineio.Options {
	o := engineio.Options{
		MaxPayload: s.command.LimitFrame, OutboxBytes: s.command.LimitOutbox,
		PingInterval: s.ping, PingTimeout: s.pingWait, AllowOrigin: s.door.allowOrigin,
	}
	if s.relay != nil {
		o.Node, o.Forward = s.node, s.relay.Forward
	}
	return o
}

// drainRelay ends what passes through this node, until ctx ends.
func (s *server) drainRelay(ctx context.Context, d gateway.Drain) {
	if s.relay != nil {
		s.relay.Drain(ctx, d)
	}
}

// realtime is the Socket.IO endpoint, as clients and other nodes see it.
func (s *server) realtime() http.Handler {
	if s.relay == nil {
		return s.sockets
	}
	return s.relay.Receive(s.sockets)
}

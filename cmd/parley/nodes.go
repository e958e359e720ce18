package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"parley/bus/redis"
	"parley/chat"
	"parley/gateway"
	"parley/gateway/socketio"
	"parley/limit"
)

// nodes are the settings of a node among several.
type nodes struct {
	RedisURL     string `env:"PARLEY_REDIS_URL" help:"redis://HOST:PORT joins this node to the others on the same PostgreSQL; with ?addr=HOST:PORT for further servers of a cluster. Without it there is one node."`
	RedisURLFile string `env:"PARLEY_REDIS_URL_FILE" help:"A file that holds it."`
	NodeURL      string `env:"PARLEY_NODE_URL" help:"Where the other nodes reach this one. Without it, this machine's address and the first port."`
}

// check returns where Redis is, "" for nowhere, and where the node is reached.
func (n nodes) check(databaseURL, addr string, m *mistakes) (redisURL, nodeURL string) {
	redisURL = secretOf(n.RedisURL, n.RedisURLFile, "PARLEY_REDIS_URL", m)
	if redisURL == "" {
		return "", ""
	}
	if strings.HasPrefix(databaseURL, "sqlite://") {
		m.add("PARLEY_REDIS_URL", errors.New("needs PostgreSQL: SQLite is one process's"))
	}
	if _, err := redis.Open(redis.Options{URL: redisURL}); err != nil {
		m.add("PARLEY_REDIS_URL", err)
	}
	if n.NodeURL == "" {
		host, err := ownAddress()
		m.add("PARLEY_NODE_URL", err)
		_, port, _ := net.SplitHostPort(addr)
		return redisURL, "http://" + net.JoinHostPort(host, port)
	}
	u, err := url.Parse(n.NodeURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		m.add("PARLEY_NODE_URL", errors.New("must be http://HOST:PORT or https://HOST:PORT"))
	}
	return redisURL, strings.TrimSuffix(n.NodeURL, "/")
}

// ownAddress is the first address of this machine that others can reach.
func ownAddress() (string, error) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return "", err
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			return n.IP.String(), nil
		}
	}
	return "", errors.New("this machine has no address: say where it is reached")
}

// newNode names this node in this life of its process.
func newNode() string {
	b := make([]byte, 5)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the process instead
	return hex.EncodeToString(b)
}

// wireNodes joins this node to the others, if there are any.
func (s *server) wireNodes() error {
	if s.redisURL == "" {
		return nil
	}
	if strings.HasPrefix(s.files.URL, "file://") {
		s.log.Warn("files are kept on this machine: the other nodes do not find them, unless all share the directory", "setting", "PARLEY_FILES_URL")
	}
	s.node = newNode()
	var err error
	s.bus, err = redis.Open(redis.Options{
		URL: s.redisURL, Node: s.node, NodeURL: s.nodeURL, Log: s.log,
		Deliver: s.deliver,
		Heard:   func(ctx context.Context, topics []chat.Topic) error { return s.hub.Heard(ctx, topics) },
		Changed: func(ctx context.Context, user string, online bool, version int64) error {
			return s.hub.TellPresence(ctx, user, online, version)
		},
	})
	if err != nil {
		return fmt.Errorf("PARLEY_REDIS_URL: %w", err)
	}
	return nil
}

// among is what the hub knows of the other nodes.
func (s *server) among() gateway.Among {
	if s.bus == nil {
		return gateway.Among{}
	}
	return gateway.Among{
		Elsewhere: s.bus, Interest: s.bus, Roster: s.bus,
		AskReplies: func(room string) { s.chat.AskReplies(room) },
		RetakeSession: func(ctx context.Context, session string, entered int64) error {
			return s.chat.RetakeSession(ctx, session, entered)
		},
	}
}

// deliver takes an event from another node.
func (s *server) deliver(e chat.Event) {
	if s.chat.Hear(e) {
		s.hub.Publish(e)
	}
}

// everywhere carries events to all nodes, this one first. What is the same for all
// who are shown it is encoded here, once.
type everywhere struct {
	hub *gateway.Hub
	bus *redis.Bus
}

// Publish implements chat.Bus.
func (b everywhere) Publish(e chat.Event) {
	e.Body = socketio.Body(e)
	b.hub.Publish(e)
	b.bus.Publish(e)
}

// shareNodes has the use cases be one node's among several.
func (s *server) shareNodes(o *chat.Options) {
	o.Bus = s.hub
	if s.bus == nil {
		return
	}
	o.Bus, o.Here, o.Elsewhere, o.Node = everywhere{s.hub, s.bus}, s.hub, s.bus, s.node
	o.Streamed = s.hub.Streamed
	o.Listen = func(t chat.Topic) func() {
		s.bus.Listen(t)
		return func() { s.bus.Unlisten(t) }
	}
}

// limiter returns a limiter by key, which all nodes share by its name.
func (s *server) limiter(name string, rate limit.Rate) *limit.Limiter {
	l := limit.New(rate, limitKeys, time.Now)
	if s.bus != nil {
		s.bus.Share(name, l)
	}
	return l
}

// nodeRuns are what runs in the background of a node among several.
func (s *server) nodeRuns() []func(context.Context) {
	if s.bus == nil {
		return nil
	}
	return []func(context.Context){s.bus.Run}
}

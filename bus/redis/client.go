package redis

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Commands are short: what takes longer than this is given up, and counts as lost.
const (
	dialTimeout    = 2 * time.Second
	commandTimeout = 2 * time.Second
)

// client is the connection to Redis, which need not be there yet. Its methods may be
// called at once.
type client struct {
	options *goredis.UniversalOptions
	probing chan struct{} // of capacity one: who asks the server what it is

	mu      sync.Mutex
	redis   goredis.UniversalClient // nil before the server was reached
	cluster bool
	closed  bool
}

// newClient checks the URL, redis://[user:password@]host:port[/db] or rediss:// for
// TLS, with ?addr=host:port for each further server of a cluster, and connects to nothing.
func newClient(rawURL string) (*client, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "redis" && u.Scheme != "rediss" {
		return nil, errors.New("must be redis://HOST:PORT or rediss://HOST:PORT")
	}
	addrs := u.Query()["addr"]
	for _, addr := range addrs {
		if _, _, err := net.SplitHostPort(addr); err != nil {
			return nil, fmt.Errorf("addr: %w", err)
		}
	}
	q := u.Query()
	q.Del("addr")
	u.RawQuery = q.Encode()
	o, err := goredis.ParseURL(u.String())
	if err != nil {
		return nil, fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "redis: "))
	}
	if o.TLSConfig != nil {
		o.TLSConfig.ServerName = "" // each server of a cluster has its own
	}
	// The library would tell standard error, at each attempt, what is logged here once.
	logging.Disable()
	return &client{probing: make(chan struct{}, 1), options: &goredis.UniversalOptions{
		Addrs: append([]string{o.Addr}, addrs...), DB: o.DB, Username: o.Username, Password: o.Password, TLSConfig: o.TLSConfig,
		DialTimeout: dialTimeout, ReadTimeout: commandTimeout, WriteTimeout: commandTimeout, ContextTimeoutEnabled: true,
		// Who is told of a failure knows better what a repetition would do.
		MaxRetries: -1, DialerRetries: 1,
		MaxRedirects:             2,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}}, nil
}

// get returns the client. The first time it asks the server whether it is one of a
// cluster; an error is tried anew with the next call.
func (c *client) get(ctx context.Context) (goredis.UniversalClient, error) {
	if known, err := c.known(); known != nil || err != nil {
		return known, err
	}
	select {
	case c.probing <- struct{}{}:
		defer func() { <-c.probing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if known, err := c.known(); known != nil || err != nil {
		return known, err
	}
	var failed error
	for _, addr := range c.options.Addrs {
		cluster, err := c.probe(ctx, addr)
		if err == nil {
			return c.open(addr, cluster)
		}
		failed = errors.Join(failed, err)
	}
	return nil, failed
}

func (c *client) known() (goredis.UniversalClient, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, goredis.ErrClosed
	}
	return c.redis, nil
}

// probe asks one server whether it is one of a cluster.
func (c *client) probe(ctx context.Context, addr string) (cluster bool, err error) {
	one := goredis.NewClient(c.single(addr))
	defer one.Close()
	info, err := one.Info(ctx, "cluster").Result()
	return strings.Contains(info, "cluster_enabled:1"), err
}

func (c *client) single(addr string) *goredis.Options {
	o := *c.options
	o.Addrs = []string{addr}
	return o.Simple()
}

func (c *client) open(addr string, cluster bool) (goredis.UniversalClient, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return nil, goredis.ErrClosed
	case cluster:
		c.redis = goredis.NewClusterClient(c.options.Cluster())
	default:
		c.redis = goredis.NewClient(c.single(addr))
	}
	c.cluster = cluster
	return c.redis, nil
}

// clustered reports whether the server that was reached is one of a cluster.
func (c *client) clustered() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cluster
}

func (c *client) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.redis == nil {
		return nil
	}
	return c.redis.Close()
}

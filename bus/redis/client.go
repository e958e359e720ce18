package redis

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"
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

	mu      sync.Mutex
	redis   goredis.UniversalClient
	cluster bool
}

// newClient checks the URL, redis://[user:password@]host:port[/db] or rediss:// for
// TLS, with ?addr=host:port for each further server of a cluster, and connects to nothing.
func newClient(rawURL string) (*client, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("not a URL")
	}
	addrs := u.Query()["addr"]
	q := u.Query()
	q.Del("addr")
	u.RawQuery = q.Encode()
	o, err := goredis.ParseURL(u.String())
	if err != nil {
		return nil, fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "redis: "))
	}
	return &client{options: &goredis.UniversalOptions{
		Addrs: append([]string{o.Addr}, addrs...), DB: o.DB, Username: o.Username, Password: o.Password, TLSConfig: o.TLSConfig,
		DialTimeout: dialTimeout, ReadTimeout: commandTimeout, WriteTimeout: commandTimeout,
		MaxRetries: -1, // who is told of a failure knows better what a repetition would do
	}}, nil
}

// get returns the client. The first time it asks the server whether it is one of a
// cluster; an error is tried anew with the next call.
func (c *client) get(ctx context.Context) (goredis.UniversalClient, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.redis != nil {
		return c.redis, nil
	}
	probe := *c.options
	probe.Addrs = probe.Addrs[:1]
	one := goredis.NewClient(probe.Simple())
	info, err := one.Info(ctx, "cluster").Result()
	if err != nil {
		_ = one.Close()
		return nil, err
	}
	if !strings.Contains(info, "cluster_enabled:1") {
		c.redis = one
		return one, nil
	}
	_ = one.Close()
	c.redis, c.cluster = goredis.NewClusterClient(c.options.Cluster()), true
	return c.redis, nil
}

func (c *client) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.redis == nil {
		return nil
	}
	return c.redis.Close()
}

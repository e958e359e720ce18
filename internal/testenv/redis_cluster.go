package testenv

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Of a cluster's 16384 slots each master has a third.
const (
	masters = 3
	slots   = 16384
)

// RedisClusterServers are the three masters of a cluster of one's own; there are no replicas.
type RedisClusterServers struct {
	Masters [masters]*RedisServer
}

// RedisCluster starts a cluster that goes with the test. A machine without
// redis-server fails the test.
func RedisCluster(tb testing.TB) *RedisClusterServers {
	tb.Helper()
	c := &RedisClusterServers{}
	for i := range c.Masters {
		gossip, err := freePort()
		if err != nil {
			tb.Fatal(err)
		}
		c.Masters[i] = newRedis(tb.TempDir())
		c.Masters[i].gossip = gossip
		c.Masters[i].startFor(tb)
	}
	ctx, cancel := context.WithTimeout(tb.Context(), startTimeout)
	defer cancel()
	if err := c.join(ctx); err != nil {
		tb.Fatal(err)
	}
	return c
}

// URL names the cluster as Parley's setting does.
func (c *RedisClusterServers) URL() string {
	return c.Masters[0].URL() + "?addr=" + c.Masters[1].Addr() + "&addr=" + c.Masters[2].Addr()
}

// Client returns a client of its own for the whole cluster.
func (c *RedisClusterServers) Client() *redis.ClusterClient {
	var addrs []string
	for _, m := range c.Masters {
		addrs = append(addrs, m.Addr())
	}
	return redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs})
}

// join gives each master its slots and has them meet. It returns when all agree that
// the cluster is whole.
func (c *RedisClusterServers) join(ctx context.Context) error {
	for i, m := range c.Masters {
		client := m.Client()
		defer client.Close()
		err := client.ClusterAddSlotsRange(ctx, i*slots/masters, (i+1)*slots/masters-1).Err()
		if err == nil {
			err = client.Do(ctx, "cluster", "set-config-epoch", i+1).Err()
		}
		if err == nil && i > 0 {
			err = meet(ctx, client, c.Masters[0])
		}
		if err != nil {
			return fmt.Errorf("testenv: redis cluster: %w", err)
		}
	}
	for _, m := range c.Masters {
		if err := m.awaitWhole(ctx); err != nil {
			return err
		}
	}
	return nil
}

func meet(ctx context.Context, client *redis.Client, other *RedisServer) error {
	host, port, err := net.SplitHostPort(other.Addr())
	if err != nil {
		return err
	}
	return client.Do(ctx, "cluster", "meet", host, port, other.gossip).Err()
}

// awaitWhole waits until a master knows of all the others and their slots.
func (s *RedisServer) awaitWhole(ctx context.Context) error {
	client := s.Client()
	defer client.Close()
	for {
		info, err := client.ClusterInfo(ctx).Result()
		if err == nil && strings.Contains(info, "cluster_state:ok") && strings.Contains(info, fmt.Sprintf("cluster_known_nodes:%d", masters)) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("testenv: redis cluster does not come together: %s", info)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Move gives a slot, of which nothing is stored, to another master.
func (c *RedisClusterServers) Move(ctx context.Context, slot int, to *RedisServer) error {
	client := to.Client()
	defer client.Close()
	id, err := client.ClusterMyID(ctx).Result()
	if err == nil { // or whoever still holds the slot to be theirs might take it back
		err = client.Do(ctx, "cluster", "bumpepoch").Err()
	}
	if err == nil {
		err = client.Do(ctx, "cluster", "setslot", slot, "node", id).Err()
	}
	for _, m := range c.Masters {
		if err == nil && m != to {
			one := m.Client()
			err = one.Do(ctx, "cluster", "setslot", slot, "node", id).Err()
			_ = one.Close()
		}
	}
	if err != nil {
		return fmt.Errorf("testenv: move a slot: %w", err)
	}
	return nil
}

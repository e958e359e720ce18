package redis

import (
	"context"
	"hash/crc32"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	goredis "github.com/redis/go-redis/v9"

	"parley/chat"
)

// shardsOfCluster is how many hash tags the topics are spread over on a cluster, and so
// how many connections a node listens by. All nodes must have the same.
const shardsOfCluster = 16

// everything is the topic of what concerns all topics of a shard: each node listens to it.
const everything chat.Topic = "all"

// shard is a part of the topics, with a connection to listen by: all of them on a
// single server, those with one hash tag on a cluster, where a connection has to be to the
// server that has the tag's slot.
type shard struct {
	bus       *Bus
	name      string // of the shard, in channels
	redis     goredis.UniversalClient
	clustered bool
	outbox    outbox
	interests interests
	wake      chan struct{} // of capacity one: there is something to subscribe to
	hearing   atomic.Bool   // a connection is confirmed
}

// newShards returns the shards. Their channels hold the number of the database, whose
// keys are apart from those of others while its channels are not, or the hash tag.
func newShards(b *Bus, redis goredis.UniversalClient, clustered bool) []*shard {
	names := []string{prefix + strconv.Itoa(b.client.options.DB) + ":"}
	if clustered {
		names = names[:0]
		for i := range shardsOfCluster {
			names = append(names, prefix+"{"+strconv.Itoa(i)+"}:")
		}
	}
	shards := make([]*shard, len(names))
	for i, name := range names {
		s := &shard{bus: b, name: name, redis: redis, clustered: clustered, wake: make(chan struct{}, 1)}
		s.outbox = outbox{
			maxBytes: outboxBytes / len(names), maxParcels: outboxParcels / len(names),
			notice: b.codec.lost(), ready: make(chan struct{}, 1),
		}
		s.interests = interests{linger: b.timing.linger, wake: s.signal, topics: map[chat.Topic]*interest{}, next: map[chat.Topic]struct{}{}}
		shards[i] = s
	}
	return shards
}

// shardOf returns the topic's shard, the same on every node.
func shardOf(shards []*shard, t chat.Topic) *shard {
	if len(shards) == 1 {
		return shards[0]
	}
	return shards[crc32.ChecksumIEEE([]byte(t))%shardsOfCluster]
}

func (s *shard) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *shard) channel(t chat.Topic) string { return s.name + string(t) }

// newBackoff returns how long to wait from failure to failure: at most two seconds.
func newBackoff() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = 50*time.Millisecond, 1300*time.Millisecond
	return b
}

// pause waits, and reports false once ctx has ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

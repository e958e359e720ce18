package redis

import (
	"context"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

const (
	// publishTimeout bounds one pipeline. It is generous: what is given up may be on its way, and has
	// all who listen read the store.
	publishTimeout = 5 * time.Second
	// flushTime bounds how long what is queued is still published once the node leaves.
	flushTime = time.Second
)

// publish sends what is queued until ctx ends, one pipeline at a time, and then the rest.
// What a failed pipeline held is lost, though some of it may have arrived: nothing
// is sent twice. What came behind it waits until Redis is back.
func (s *shard) publish(ctx context.Context) {
	var batch []parcel
	failures := newBackoff()
	for ctx.Err() == nil {
		var after time.Duration
		batch, after = s.outbox.take(batch, time.Now())
		if len(batch) == 0 {
			s.await(ctx, after)
			continue
		}
		err := s.send(context.WithoutCancel(ctx), batch) // the end of the node breaks nothing off
		s.bus.link.report("publish "+s.name, err)
		if err == nil {
			failures.Reset()
		} else {
			pause(ctx, failures.NextBackOff())
		}
	}
	s.flush(ctx)
}

// await waits until there may be something to publish, after a time if that is not zero.
func (s *shard) await(ctx context.Context, after time.Duration) {
	var due <-chan time.Time
	if after > 0 {
		timer := time.NewTimer(after)
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-s.outbox.ready:
	case <-due:
	case <-ctx.Done():
	}
}

// flush publishes what is still queued, once ctx has ended.
func (s *shard) flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
	defer cancel()
	for {
		batch, _ := s.outbox.take(nil, time.Now())
		if len(batch) == 0 || s.send(ctx, batch) != nil {
			return
		}
	}
}

// send publishes a batch as one pipeline. Each command has its own outcome.
func (s *shard) send(ctx context.Context, batch []parcel) error {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	name := "publish"
	if s.clustered {
		name = "spublish"
	}
	pipe := s.redis.Pipeline()
	for _, p := range batch {
		_ = pipe.Process(ctx, goredis.NewIntCmd(ctx, name, s.channel(p.topic), p.payload)) // only queues it
	}
	commands, err := pipe.Exec(ctx)
	for i, command := range commands {
		switch {
		case command.Err() != nil:
			s.outbox.lose(batch[i].topic)
			if !batch[i].notice {
				s.bus.counts.lost.Add(1)
			}
		case !batch[i].notice:
			s.bus.counts.published.Add(1)
		}
	}
	return err
}

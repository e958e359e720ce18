package redis

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"parley/chat"
)

const (
	// pingEvery is how often a silent connection is made to speak; one that has said nothing
	// for readTimeout is gone.
	pingEvery   = 1500 * time.Millisecond
	readTimeout = 4500 * time.Millisecond
	// linger is how long a topic is still subscribed to that nobody listens to any more:
	// clients come and go, and a subscription costs a round trip and a reading of the store.
	linger = 10 * time.Second
	// lapseEvery is how often it is looked for topics that nobody listens to.
	lapseEvery = time.Second
	// subscribeBatch is how many channels are subscribed to by one command.
	subscribeBatch = 1000
)

// errMoved ends a connection whose server has lost the shard's slot to another.
var errMoved = errors.New("the shard has moved to another server")

// listen keeps a connection by which the shard's topics are heard of, until ctx ends.
// The library would connect and subscribe again by itself, but not tell, and not ask where
// a slot has gone: so each failure ends the connection for good, and another is made.
func (s *shard) listen(ctx context.Context) {
	failures := newBackoff()
	for {
		confirmed, err := s.hear(ctx)
		if ctx.Err() != nil {
			return
		}
		s.bus.link.report("listen "+s.name, err)
		if confirmed {
			failures.Reset()
		}
		if cluster, ok := s.redis.(*goredis.ClusterClient); ok {
			cluster.ReloadState(ctx)
		}
		if !pause(ctx, failures.NextBackOff()) {
			return
		}
	}
}

// hear listens by one connection until it fails, or ctx ends. It reports whether Redis has
// confirmed it.
func (s *shard) hear(ctx context.Context) (confirmed bool, err error) {
	pubsub, err := s.connect(ctx)
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithCancel(ctx)
	var keeper sync.WaitGroup
	keeper.Go(func() { s.keep(ctx, pubsub) })
	stop := context.AfterFunc(ctx, func() { _ = pubsub.Close() })
	defer func() {
		stop()
		cancel()
		_ = pubsub.Close() // it may be closed already
		keeper.Wait()
		s.hearing.Store(false)
		s.bus.deafened(s.name)
		s.interests.renew()
	}()
	for {
		received, err := pubsub.ReceiveTimeout(ctx, s.bus.timing.read)
		if err != nil {
			return s.hearing.Load(), err
		}
		switch m := received.(type) {
		case *goredis.Message:
			s.receive(m)
		case *goredis.Subscription:
			if err := s.subscribed(m); err != nil {
				return s.hearing.Load(), err
			}
		}
	}
}

// connect makes a connection, and subscribes to what each node hears of.
func (s *shard) connect(ctx context.Context) (*goredis.PubSub, error) {
	var pubsub *goredis.PubSub
	if s.clustered {
		pubsub = s.redis.SSubscribe(ctx)
	} else {
		pubsub = s.redis.Subscribe(ctx)
	}
	if err := s.subscribe(ctx, pubsub, []chat.Topic{everything}); err != nil {
		_ = pubsub.Close()
		return nil, err
	}
	return pubsub, nil
}

// keep subscribes to what is wanted and from what is not any more, and has the
// connection speak, until ctx ends or the connection fails, which it then closes.
func (s *shard) keep(ctx context.Context, pubsub *goredis.PubSub) {
	ping, lapse := time.NewTicker(s.bus.timing.ping), time.NewTicker(lapseEvery)
	defer ping.Stop()
	defer lapse.Stop()
	err := s.subscribe(ctx, pubsub, s.interests.take())
	for err == nil {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
			err = s.subscribe(ctx, pubsub, s.interests.take())
		case <-lapse.C:
			err = s.unsubscribe(ctx, pubsub, s.interests.lapse(time.Now()))
		case <-ping.C:
			err = pubsub.Ping(ctx)
		}
	}
	_ = pubsub.Close()
}

func (s *shard) subscribe(ctx context.Context, pubsub *goredis.PubSub, topics []chat.Topic) error {
	send := pubsub.Subscribe
	if s.clustered {
		send = pubsub.SSubscribe
	}
	return s.inBatches(topics, func(channels []string) error { return send(ctx, channels...) })
}

func (s *shard) unsubscribe(ctx context.Context, pubsub *goredis.PubSub, topics []chat.Topic) error {
	send := pubsub.Unsubscribe
	if s.clustered {
		send = pubsub.SUnsubscribe
	}
	return s.inBatches(topics, func(channels []string) error { return send(ctx, channels...) })
}

// inBatches calls send with the channels of topics, never with none: that would be all.
func (s *shard) inBatches(topics []chat.Topic, send func(channels []string) error) error {
	for batch := range slices.Chunk(topics, subscribeBatch) {
		channels := make([]string, len(batch))
		for i, t := range batch {
			channels[i] = s.channel(t)
		}
		if err := send(channels); err != nil {
			return err
		}
	}
	return nil
}

// subscribed takes what Redis says of a subscription. Where it ends what it was not asked to
// end, the connection is of no use any more.
func (s *shard) subscribed(m *goredis.Subscription) error {
	topic, ours := strings.CutPrefix(m.Channel, s.name)
	begun := m.Kind == "subscribe" || m.Kind == "ssubscribe"
	switch {
	case !ours:
	case chat.Topic(topic) == everything && begun:
		s.hearing.Store(true)
		s.bus.hears(s.name)
		s.bus.link.report("listen "+s.name, nil)
	case chat.Topic(topic) == everything:
		return errMoved
	case begun && s.interests.confirm(chat.Topic(topic)):
		s.bus.hearings.add(chat.Topic(topic))
	}
	return nil
}

// receive takes an envelope.
func (s *shard) receive(m *goredis.Message) {
	topic, ours := strings.CutPrefix(m.Channel, s.name)
	kind, body, err := s.bus.codec.open(m.Payload)
	switch {
	case !ours || err != nil:
		s.bus.counts.refused.Add(1)
		return
	case kind == 0:
		return
	}
	s.bus.counts.received.Add(1)
	switch t := chat.Topic(topic); {
	case kind == kindLost && t == everything:
		s.bus.hearings.add(s.interests.all()...)
	case !s.interests.wanted(t):
	case kind == kindLost:
		s.bus.hearings.add(t)
	default:
		e, err := s.bus.codec.decode(body)
		if err != nil {
			s.bus.counts.refused.Add(1)
			return
		}
		s.bus.deliver(e)
	}
}

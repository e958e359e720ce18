package redis

import "sync/atomic"

type counts struct {
	published, received, delivered, lost, refused atomic.Int64
}

// Stats are what a bus has done since it was opened, and how it stands.
type Stats struct {
	// Published are the events that Redis has taken, once for each topic, Lost those that it
	// has not: nobody was told.
	Published, Lost int64
	// Received is what came from other nodes, Delivered the events of it that were for this
	// one. Refused is what nobody could read.
	Received, Delivered, Refused int64
	// Topics is how many topics are subscribed to; it stays so for a while once nobody listens.
	Topics int
	// Connected is whether Redis is there.
	Connected bool
}

// Stats returns them.
func (b *Bus) Stats() Stats {
	s := Stats{
		Published: b.counts.published.Load(), Lost: b.counts.lost.Load(), Received: b.counts.received.Load(),
		Delivered: b.counts.delivered.Load(), Refused: b.counts.refused.Load(),
	}
	shards := b.shards.Load()
	if shards == nil {
		return s
	}
	s.Connected = b.link.up()
	for _, one := range *shards {
		s.Topics += one.interests.heard()
		s.Connected = s.Connected && one.hearing.Load()
	}
	return s
}

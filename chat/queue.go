package chat

import (
	"context"
	"time"
)

// queue tells customers who wait their place in it, whenever that changes.
type queue struct {
	dirty chan struct{} // holds one
	told  map[string]place
}

type place struct {
	position int
	epoch    int64
}

func newQueue() queue { return queue{dirty: make(chan struct{}, 1)} }

// changed says that somebody came into the queue, or left it.
func (q *queue) changed() {
	select {
	case q.dirty <- struct{}{}:
	default:
	}
}

const (
	// tellPause is how long changes of the queue are gathered before they are told.
	tellPause = 200 * time.Millisecond
	// tellEvery is how often everybody is told anew: who came in meanwhile does not
	// know their place, and what another node tells of it may be lost.
	tellEvery = 5 * time.Second
)

// RunQueue tells those who wait their place until ctx ends. One goroutine calls it.
func (s *Service) RunQueue(ctx context.Context) {
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	for {
		if err := s.tellQueue(ctx); err != nil && ctx.Err() == nil {
			s.Log.Warn("cannot tell the queue", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.queue.told = nil
		case <-s.queue.dirty:
		}
		select {
		case <-ctx.Done():
		case <-time.After(tellPause):
		}
	}
}

// tellQueue tells everybody whose place is another than they were told.
func (s *Service) tellQueue(ctx context.Context) error {
	waiting, err := s.Store.Queue(ctx, QueueShown)
	if err != nil {
		return err
	}
	told := make(map[string]place, len(waiting))
	for i, w := range waiting {
		p := place{i + 1, w.OwnerEpoch}
		told[w.Room] = p
		if s.queue.told[w.Room] == p {
			continue
		}
		c := w.Conversation
		s.Here.Publish(Event{
			Kind: EventConversationState, Room: w.Room, At: w.Version, OwnerEpoch: w.OwnerEpoch, Epoch: s.Store.Epoch(),
			Conversation: &c, Position: p.position,
		})
	}
	s.queue.told = told
	return nil
}

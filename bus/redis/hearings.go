package redis

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"parley/chat"
)

const (
	// heardBatch is of how many topics at most is told at once.
	heardBatch = 500
	// heardPause is how long topics gather: they come in flocks.
	heardPause = 5 * time.Millisecond
)

// hearings are the topics of which it is to be told that they are heard of. Its methods
// may be called at once; add does not wait.
type hearings struct {
	call   func(ctx context.Context, topics []chat.Topic) error
	wanted func(chat.Topic) bool
	log    *slog.Logger
	ready  chan struct{} // of capacity one

	mu     sync.Mutex
	topics map[chat.Topic]struct{}
}

func (h *hearings) add(topics ...chat.Topic) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range topics {
		h.topics[t] = struct{}{}
	}
	select {
	case h.ready <- struct{}{}:
	default:
	}
}

// take returns some of the topics that somebody still listens to.
func (h *hearings) take() []chat.Topic {
	h.mu.Lock()
	defer h.mu.Unlock()
	var batch []chat.Topic
	for t := range h.topics {
		if len(batch) == heardBatch {
			break
		}
		delete(h.topics, t)
		if h.wanted(t) {
			batch = append(batch, t)
		}
	}
	return batch
}

// run tells until ctx ends. What fails is told again.
func (h *hearings) run(ctx context.Context) {
	failures := newBackoff()
	for {
		select {
		case <-h.ready:
		case <-ctx.Done():
			return
		}
		if !pause(ctx, heardPause) {
			return
		}
		for batch := h.take(); len(batch) > 0; batch = h.take() {
			err := h.call(ctx, batch)
			if ctx.Err() != nil {
				return
			}
			if err == nil {
				failures.Reset()
				continue
			}
			h.log.Warn("cannot catch up with other nodes", "topics", len(batch), "error", err)
			h.add(batch...)
			if !pause(ctx, failures.NextBackOff()) {
				return
			}
		}
	}
}

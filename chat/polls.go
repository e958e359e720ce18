package chat

import (
	"context"
	"time"
)

// Poll returns a conversation and its messages above since, for whoever holds the
// key. With a wait (at most PollWait) it answers as soon as there is one, or the
// state has changed: waiting asks nothing of the store. Done ends the wait early.
func (s *Service) Poll(ctx context.Context, a *Actor, key string, since int64, wait time.Duration, done <-chan struct{}) (Polled, error) {
	if a != nil && agent(*a) == nil {
		s.leases.touch(*a)
	} else {
		a = nil
	}
	p, err := s.poll(ctx, a, key, since)
	if err != nil || len(p.Messages) > 0 || wait <= 0 || s.Watch == nil {
		return p, err
	}
	news, end := s.Watch(p.Room)
	defer end()
	timer := time.NewTimer(min(wait, PollWait))
	defer timer.Stop()
	for seen := p; ; {
		// Once before the wait: something may have come in front of the watch.
		if p, err = s.poll(ctx, a, key, since); err != nil || len(p.Messages) > 0 || p.OwnerEpoch != seen.OwnerEpoch {
			return p, err
		}
		select {
		case <-news:
		case <-timer.C:
			return p, nil
		case <-done:
			return p, nil
		case <-ctx.Done():
			return p, ctx.Err()
		}
	}
}

// poll looks once, for an agent or, where there is none, for the customer.
func (s *Service) poll(ctx context.Context, a *Actor, key string, since int64) (Polled, error) {
	if !conversationKey(key) {
		return Polled{}, ErrConversationNotFound
	}
	p, err := s.Store.Poll(ctx, key, since, PollLimit)
	switch {
	case err != nil:
		return Polled{}, err
	case a == nil && p.Kind != KindCustomer:
		return Polled{}, ErrConversationNotFound
	case a == nil && p.Blocked:
		return Polled{}, ErrBlocked
	}
	if a != nil && p.Agent == a.ID && len(p.Messages) > 0 {
		last := p.Messages[len(p.Messages)-1].Seq
		if _, err := s.MarkRead(ctx, *a, p.Room, &last); err != nil && CodeOf(err) != CodeNotFound {
			return Polled{}, err
		}
	}
	return p, nil
}

package chat

import (
	"context"
	"slices"
	"time"
)

// PollQuery says what a poller knows, and how long to wait for news.
type PollQuery struct {
	Since int64
	// Wait is at most PollWait; zero answers at once.
	Wait time.Duration
	// State is the conversation's as the poller knows it, "" if it does not: another
	// one is news.
	State ConversationState
	// Done ends the wait early.
	Done <-chan struct{}
}

// Poll returns a conversation and its messages above what is known, for whoever
// holds the key. With a wait it answers as soon as there is one, or the state is
// another: waiting asks nothing of the store.
func (s *Service) Poll(ctx context.Context, a *Actor, key string, q PollQuery) (Polled, error) {
	if a != nil && agent(*a) == nil {
		s.leases.touch(*a)
	} else {
		a = nil
	}
	p, err := s.poll(ctx, a, key, q.Since)
	if err != nil || q.Wait <= 0 || s.Watch == nil {
		return p, err
	}
	if q.State == "" {
		q.State = p.State
	}
	epoch := p.OwnerEpoch
	known := func(p Polled) bool { return len(p.Messages) == 0 && p.State == q.State && p.OwnerEpoch == epoch }
	if !known(p) {
		return p, nil
	}
	news, end := s.Watch(p.Room, p.Version)
	defer end()
	timer := time.NewTimer(min(q.Wait, PollWait))
	defer timer.Stop()
	for {
		// Once before the wait: something may have come in front of the watch.
		if p, err = s.poll(ctx, a, key, q.Since); err != nil || !known(p) {
			return p, err
		}
		select {
		case <-news:
		case <-timer.C:
			return p, nil
		case <-q.Done:
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
	p, err := s.look(ctx, key, since)
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

// look reads a conversation and its messages above since. A reply that was stopped
// before its first word is nothing to show.
func (s *Service) look(ctx context.Context, key string, since int64) (Polled, error) {
	p, err := s.Store.Poll(ctx, key, since, PollLimit)
	p.Messages = slices.DeleteFunc(p.Messages, func(m Message) bool { return m.Bot() && m.Text == "" })
	return p, err
}

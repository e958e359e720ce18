package chat

import (
	"context"
	"errors"
	"time"
)

const (
	// remoteStop is how long another node is given to end a reply, before it is closed
	// as of its last checkpoint.
	remoteStop = 2 * time.Second
	// askStop is how often it is asked, and looked whether it has: what one node tells
	// another may be lost.
	askStop = 100 * time.Millisecond
	// silentWriter is how long a reply was not stored whose node need not be asked.
	silentWriter = 3 * CheckpointEvery
)

// Hear takes an event from another node, and reports whether it concerns this node's
// live connections, too. It does not block.
func (s *Service) Hear(e Event) (live bool) {
	switch e.Kind {
	case EventQueueChanged:
		s.queue.changed()
	case EventReplyAsked:
		s.tellReplies(e.Room, e.Origin)
	case EventReplyStopped:
		s.replies.end(e.MessageID)
	case EventSilenced:
		s.silence(e.Room)
		s.replies.endIn(e.Room)
	case EventUserRevoked:
		if e.Blocked {
			s.StopRepliesTo(e.User)
		}
		return true
	case EventMessage, EventMessageDeleted: // of one that was closed under its writer
		if e.Message != nil && e.Message.Bot() {
			s.replies.closed(e.Message.ID)
		}
		return true
	default:
		return true
	}
	return false
}

// AskReplies asks the other nodes for the reply that one of them may be writing in
// a room. The answer comes as events.
func (s *Service) AskReplies(room string) {
	s.elsewhere(Event{Kind: EventReplyAsked, Room: room, Origin: s.Node})
}

// tellReplies tells another node of the replies that this one writes in a room.
func (s *Service) tellReplies(room, node string) {
	if node == "" || node == s.Node {
		return
	}
	for _, open := range s.replies.in(room) {
		m := open.Message
		e := Event{Room: room, Epoch: s.Store.Epoch(), Node: node, At: open.At}
		start, token := e, e
		start.Kind, start.Message = EventStreamStart, &m
		s.elsewhere(start)
		if open.Text != "" {
			token.Kind, token.MessageID, token.Token = EventStreamToken, m.ID, open.Text
			s.elsewhere(token)
		}
	}
}

func (s *Service) elsewhere(e Event) {
	if s.Elsewhere != nil {
		s.Elsewhere.Publish(e)
	}
}

// stopElsewhere asks another node to end what it writes in a room, and waits until
// that reply is closed, or written here after all, or its node gives no sign.
func (s *Service) stopElsewhere(ctx context.Context, ask Event, reply string) {
	if s.Elsewhere == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, remoteStop)
	defer cancel()
	tick := time.NewTicker(askStop)
	defer tick.Stop()
	var news <-chan struct{}
	if s.Watch != nil {
		heard, end := s.Watch(ask.Room, 0)
		defer end()
		news = heard
	}
	for !s.replies.has(reply) {
		m, err := s.Store.Message(ctx, reply)
		if err != nil || m.Status != StatusStreaming || s.now().Sub(m.UpdatedAt) > silentWriter {
			return
		}
		s.elsewhere(ask)
		select {
		case <-news:
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// errWrittenElsewhere keeps a command from closing a reply under a writer on another
// node: what was seen of it is known there alone.
var errWrittenElsewhere = &Error{Code: CodeUnavailable, Message: "Another node is still writing"}

// hushRounds bounds how often a command is tried for which a bot is to fall silent:
// it may begin anew between two.
const hushRounds = 5

// hushing runs a command that takes a room's bot its turn. Where another node
// writes the bot's reply, that node first ends it, with all that was seen of it; of one
// whose node gives no sign, what was last stored is kept.
func hushing[T any](ctx context.Context, s *Service, room string, run func() (T, error)) (T, error) {
	for range hushRounds - 1 {
		v, err := run()
		if !errors.Is(err, errWrittenElsewhere) {
			return v, err
		}
		r, err := s.Store.Room(ctx, room)
		if err != nil {
			return v, err
		}
		if r.OpenReply != "" {
			s.stopElsewhere(ctx, Event{Kind: EventSilenced, Room: room}, r.OpenReply)
			s.replies.waive(r.OpenReply)
		}
	}
	return run()
}

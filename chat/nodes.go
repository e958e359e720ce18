package chat

import (
	"context"
	"time"
)

// How long another node is given to end a reply, before it is closed as of its last
// checkpoint.
const remoteStop = time.Second

// Hear takes an event from another node that is meant for the use cases, not for
// live connections. It does not block.
func (s *Service) Hear(e Event) {
	switch e.Kind {
	case EventQueueChanged:
		s.queue.changed()
	case EventUserRevoked:
		if e.Blocked {
			s.StopRepliesTo(e.User)
		}
	case EventReplyAsked:
		s.tellReplies(e.Room, e.Origin)
	case EventReplyStopped:
		s.replies.end(e.MessageID)
	case EventSilenced:
		s.silence(e.Room)
		for _, open := range s.replies.in(e.Room) {
			s.replies.end(open.Message.ID)
		}
	}
}

// AskReplies asks the other nodes for the reply that one of them may be writing in
// a room. The answer comes as events.
func (s *Service) AskReplies(room string) {
	s.elsewhere(Event{Kind: EventReplyAsked, Room: room, Origin: s.Node})
}

// tellReplies tells another node of the replies that this one writes in a room.
func (s *Service) tellReplies(room, node string) {
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
// that reply is closed, or remoteStop is over: its node may be gone.
func (s *Service) stopElsewhere(ctx context.Context, ask Event, reply string) {
	if s.Elsewhere == nil || s.Watch == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, remoteStop)
	defer cancel()
	news, end := s.Watch(ask.Room, 0)
	defer end()
	s.elsewhere(ask)
	for {
		m, err := s.Store.Message(ctx, reply)
		if err != nil || m.Status != StatusStreaming {
			return
		}
		select {
		case <-news:
		case <-ctx.Done():
			return
		}
	}
}

// hush prepares for a conversation's bot to lose its turn, where another node
// writes its reply: that node ends it with all that was seen of it. Without that the
// reply would be closed as of its last checkpoint.
func (s *Service) hush(ctx context.Context, room string) {
	if s.Elsewhere == nil {
		return
	}
	r, err := s.Store.Room(ctx, room)
	if err == nil && r.OpenReply != "" && !s.replies.has(r.OpenReply) {
		s.stopElsewhere(ctx, Event{Kind: EventSilenced, Room: room}, r.OpenReply)
	}
}

package chat

import (
	"context"
	"slices"
	"strings"
	"time"
)

// changeReply changes an open reply and, where that closes it, tells the room.
func (s *Service) changeReply(ctx context.Context, room, message string, change func(*Message, Room) error) (Outcome, error) {
	return s.apply(ctx, Command{Room: room, Message: message, Decide: func(st State) (Effects, error) {
		if st.Message == nil || st.Message.Status != StatusStreaming {
			return Effects{}, ErrMessageNotFound
		}
		m := *st.Message
		if err := change(&m, st.Room); err != nil {
			return Effects{}, err
		}
		eff := Effects{Update: &m}
		if m.Status != StatusStreaming {
			active(st, &eff, m.UpdatedAt)
		}
		return eff, nil
	}}, func(out Outcome) []Event {
		if out.Message.Status == StatusStreaming {
			return nil
		}
		return []Event{{Kind: EventMessage, Room: room, Version: out.Message.Version, Message: out.Message}}
	})
}

// Earlier lists what was said in a conversation before the question, oldest
// first, out of its newest n messages. A reply stands behind its question, though
// it took its place behind those that waited.
func (s *Service) Earlier(ctx context.Context, q Question, n int) ([]Message, error) {
	ms, _, err := s.Store.Messages(ctx, MessageQuery{Room: q.Room.ID, User: q.Room.Creator, Page: Page{Limit: n}}, false)
	if err != nil {
		return nil, err
	}
	replies, questions := map[string][]Message{}, map[string]bool{}
	for _, m := range ms {
		questions[m.ID] = !m.Bot()
	}
	for _, m := range slices.Backward(ms) {
		if m.Bot() && questions[m.ReplyTo] {
			replies[m.ReplyTo] = append(replies[m.ReplyTo], m)
		}
	}
	var earlier []Message
	for _, m := range slices.Backward(ms) {
		switch {
		case m.Bot() && questions[m.ReplyTo]: // behind its question
		case (m.Sender == q.Room.Creator || m.Sender == q.Asker.ID) && m.Seq >= q.Message.Seq: // asked later
		default:
			earlier = append(append(earlier, m), replies[m.ID]...)
		}
	}
	return earlier, nil
}

// Passages finds the passages of a chatbot's documents that are best for the
// words, the best first.
func (s *Service) Passages(ctx context.Context, chatbot string, words []string, n int) ([]Passage, error) {
	if len(words) == 0 {
		return nil, nil
	}
	return s.Store.Passages(ctx, chatbot, words, n)
}

// StopReply ends a streaming reply of one of the caller's rooms, upstream too,
// and waits until it is closed. A reply that has ended already is left as it is.
func (s *Service) StopReply(ctx context.Context, a Actor, messageID string) error {
	if err := id("messageId", messageID); err != nil {
		return err
	}
	m, err := s.Store.Message(ctx, messageID)
	if err != nil {
		return err
	}
	if _, err := s.member(ctx, a, m.Room); CodeOf(err) == CodeNotFound || !m.Bot() || m.Deleted {
		return ErrMessageNotFound
	} else if err != nil {
		return err
	}
	if m.Status != StatusStreaming {
		return nil
	}
	return s.cancelReply(ctx, m.Room, messageID)
}

// StopIn ends the reply that is being written in one of the caller's rooms, if there
// is one, as StopReply does.
func (s *Service) StopIn(ctx context.Context, a Actor, room string) error {
	r, err := s.member(ctx, a, room)
	if err != nil || r.OpenReply == "" {
		return err
	}
	return s.StopReply(ctx, a, r.OpenReply)
}

// cancelReply ends an open reply. One that another node writes is ended there; of
// one whose node does not answer, what was last stored is kept.
func (s *Service) cancelReply(ctx context.Context, room, message string) error {
	if s.replies.stop(ctx, message) {
		return ctx.Err()
	}
	s.stopElsewhere(ctx, Event{Kind: EventReplyStopped, Room: room, MessageID: message}, message)
	_, err := s.changeReply(ctx, room, message, func(m *Message, _ Room) error {
		m.Status, m.UpdatedAt = StatusCancelled, s.now()
		return nil
	})
	if CodeOf(err) == CodeNotFound {
		return nil // it has ended meanwhile
	}
	return err
}

// StopRepliesTo ends the replies that this node writes to a user's questions, who
// was blocked; it does not wait. What of theirs still waits is refused by OpenReply.
func (s *Service) StopRepliesTo(user string) {
	for _, stop := range s.replies.of(user) {
		stop()
	}
}

// OpenReplies returns the replies that this node writes in the room.
func (s *Service) OpenReplies(room string) []OpenReply { return s.replies.in(room) }

// SweepReplies closes as interrupted what no node has written to for the lease: with
// the text that was last stored, or more where this node was told more. It returns how
// many it closed.
func (s *Service) SweepReplies(ctx context.Context, lease time.Duration) (int, error) {
	const most = 100
	now := s.now()
	lost, err := s.Store.StreamingBefore(ctx, now.Add(-lease), most)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, m := range lost {
		told := s.streamed(m)
		wait := lease
		if told == "" && s.Elsewhere != nil {
			wait += sweepBehind
		}
		before := now.Add(-wait)
		if s.replies.has(m.ID) || m.UpdatedAt.After(before) {
			continue
		}
		_, err := s.changeReply(ctx, m.Room, m.ID, interrupted(m.Reply, told, before, s.now()))
		switch CodeOf(err) {
		case "":
			n++
		case CodeNotFound, CodeConflict:
		default:
			return n, err
		}
	}
	return n, nil
}

// sweepBehind is how much later a node closes a reply of which it was told nothing: one
// that was told of it knows more than what was last stored.
const sweepBehind = time.Second

// streamed is what this node was told of a reply.
func (s *Service) streamed(m Message) string {
	if s.Streamed == nil {
		return ""
	}
	return s.Streamed(m.Room, m.ID)
}

// interrupted closes a reply whose writer has given no sign since before.
func interrupted(record *ReplyRecord, told string, before, now time.Time) func(*Message, Room) error {
	return func(m *Message, room Room) error {
		if m.UpdatedAt.After(before) {
			return ErrReplyOpen // its writer lives
		}
		if strings.HasPrefix(told, m.Text) {
			m.Text = told
		}
		m.Status, m.UpdatedAt = StatusInterrupted, now
		if record != nil && record.OwnerEpoch != room.OwnerEpoch {
			m.Status, m.Text = StatusCancelled, "" // nothing of a bot's comes out once it owns no more
		}
		return nil
	}
}

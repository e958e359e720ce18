package chat

import (
	"context"
)

// MarkRead moves the caller's read position in a room to seq, or to its newest
// message if seq is nil. It never goes back, nor past the newest message. It
// returns where it stands.
func (s *Service) MarkRead(ctx context.Context, a Actor, roomID string, seq *int64) (int64, error) {
	roomID, err := s.roomID(ctx, a, roomID)
	if err != nil {
		return 0, err
	}
	if seq != nil && *seq < 0 {
		return 0, Errorf(CodeInvalid, "seq must not be negative")
	}
	out, err := s.apply(ctx, Command{Room: roomID, User: a.ID, Decide: func(st State) (Effects, error) {
		if err := visible(st); err != nil {
			return Effects{}, err
		}
		m := st.Member
		if m.ReadSeq = readSeq(st, seq); m.ReadSeq == st.Member.ReadSeq {
			return Effects{}, nil
		}
		return Effects{Members: []Member{m}}, nil
	}}, func(out Outcome) []Event {
		at := readSeq(out.Before, seq)
		if at == out.Before.Member.ReadSeq || out.Room.ParticipantCount > LargeRoom {
			return nil
		}
		read := Event{Kind: EventMessagesRead, Room: roomID, At: out.Room.Version, User: a.ID, Seq: at}
		if c := out.Conversation; c != nil && c.Agent == a.ID { // the inbox counts what no agent has read
			return []Event{read, updatedEvent(out)}
		}
		return []Event{read}
	})
	if err != nil {
		return 0, err
	}
	return readSeq(out.Before, seq), nil
}

// readSeq is where a member stands who says to have read up to seq, or all.
func readSeq(st State, seq *int64) int64 {
	at := st.Room.Seq
	if seq != nil {
		at = min(at, *seq)
	}
	return max(at, st.Member.ReadSeq)
}

// Typing tells the others in a room that the caller types, or stopped. It is
// never stored, and not told in rooms of more than LargeRoom members. Origin is
// the connection that is not told.
func (s *Service) Typing(ctx context.Context, a Actor, roomID string, typing bool, origin string) error {
	if err := within(s.TypingRate, a); err != nil {
		return err
	}
	r, err := s.member(ctx, a, roomID)
	if err != nil {
		return err
	}
	if r.ParticipantCount <= LargeRoom {
		s.Bus.Publish(Event{
			Kind: EventTyping, Room: r.ID, User: a.ID, Typing: typing, Origin: origin, Epoch: s.Store.Epoch(),
		})
	}
	return nil
}

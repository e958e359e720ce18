package chat

import "context"

// How many of a conversation's messages before a question are looked through for one
// that waits, and how many behind it for its reply.
const (
	lookBefore = 50
	lookBehind = 100
)

// turnOf looks whether it is a question's turn, where other nodes answer in the same
// conversation: each has a queue of its own, and what they have in common is the
// store. It returns the room's version as of which it is, nil where there are no other
// nodes.
func (s *Service) turnOf(ctx context.Context, q Question) (asOf *int64, err error) {
	if s.Elsewhere == nil {
		return nil, nil
	}
	room, err := s.Store.Room(ctx, q.Room.ID)
	switch {
	case err != nil:
		return nil, err
	case room.OpenReply != "":
		return nil, ErrReplyOpen
	}
	ms, _, err := s.Store.Messages(ctx, MessageQuery{
		Room: room.ID, User: room.Creator, After: max(q.Message.Seq-lookBefore, 1) - 1, Before: q.Message.Seq + lookBehind,
		Page: Page{Limit: lookBefore + lookBehind},
	}, false)
	if err != nil {
		return nil, err
	}
	return &room.Version, q.turn(ms)
}

// turn says whether a question may be answered after these messages, in any order. An
// earlier one waits if nothing was said to it, nor to one behind it.
func (q Question) turn(ms []Message) error {
	replied := map[string]bool{}
	for _, m := range ms {
		if m.Bot() {
			replied[m.ReplyTo] = true
		}
	}
	if replied[q.Message.ID] {
		return ErrAnswered
	}
	var waits, settled int64 // the last of each
	for _, m := range ms {
		switch {
		case m.Bot() || m.Seq >= q.Message.Seq:
		case replied[m.ID] || m.Sender != q.Room.Creator && m.Sender != q.Asker.ID:
			settled = max(settled, m.Seq)
		case m.Text != "":
			waits = max(waits, m.Seq)
		}
	}
	if waits > settled && !q.Overdue {
		return ErrEarlierWaits
	}
	return nil
}

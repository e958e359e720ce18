package chat

import (
	"context"
)

// Edit replaces the text of one of the caller's messages.
func (s *Service) Edit(ctx context.Context, a Actor, messageID, newText string) (MessageView, error) {
	if !s.AllowEdit {
		return MessageView{}, Errorf(CodeForbidden, "Messages cannot be edited here")
	}
	if newText == "" {
		return MessageView{}, Errorf(CodeInvalid, "newMessage is required")
	}
	if err := s.content(ContentText, newText, nil); err != nil {
		return MessageView{}, err
	}
	now := s.now()
	return s.change(ctx, a, messageID, EventMessageEdited, func(st State) (Effects, error) {
		m := *st.Message
		if m.Sender != a.ID || !st.Member.Active() {
			return Effects{}, forbidden(st, "edit")
		}
		m.Text, m.EditedAt, m.UpdatedAt = newText, now, now
		return Effects{Update: &m}, nil
	})
}

// Delete makes a tombstone of a message, for its sender or an administrator.
func (s *Service) Delete(ctx context.Context, a Actor, messageID string) (MessageView, error) {
	act := s.audit(a, ActMessageDelete)
	return s.change(ctx, a, messageID, EventMessageDeleted, func(st State) (Effects, error) {
		m := *st.Message
		own := m.Sender == a.ID && st.Member.Active()
		if !own && !a.Admin() {
			return Effects{}, forbidden(st, "delete")
		}
		if own && !a.Admin() && !s.AllowDelete {
			return Effects{}, Errorf(CodeForbidden, "Messages cannot be deleted here")
		}
		eff := Effects{Update: &m}
		if a.Admin() {
			act.Room, act.Message, act.User = m.Room, m.ID, m.Sender
			eff.Audit = []Audit{act}
		}
		m.Text, m.Files, m.Deleted, m.UpdatedAt = "", nil, true, act.At
		return eff, nil
	})
}

// forbidden tells a member that a message is another's, and a stranger nothing.
func forbidden(st State, verb string) error {
	if !st.Member.Active() {
		return ErrMessageNotFound
	}
	return Errorf(CodeForbidden, "Only the sender may %s a message", verb)
}

func (s *Service) change(ctx context.Context, a Actor, messageID string, kind EventKind, decide func(State) (Effects, error)) (MessageView, error) {
	if err := id("messageId", messageID); err != nil {
		return MessageView{}, err
	}
	// A message never moves to another room, so its room may be read before it is locked.
	m, err := s.Store.Message(ctx, messageID)
	if err != nil {
		return MessageView{}, err
	}
	out, err := s.apply(ctx, Command{Room: m.Room, User: a.ID, Message: messageID, Decide: func(st State) (Effects, error) {
		if st.Message == nil || st.Message.Deleted || st.Message.Seq == 0 || st.Room.Deleted {
			return Effects{}, ErrMessageNotFound
		}
		return decide(st)
	}}, func(out Outcome) []Event {
		return []Event{{Kind: kind, Room: out.Room.ID, Version: out.Message.Version, Message: out.Message}}
	})
	if err != nil {
		return MessageView{}, err
	}
	return MessageView{Message: *out.Message, Epoch: s.Store.Epoch()}, nil
}

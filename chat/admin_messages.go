package chat

import "context"

// AdminMessages lists messages of all rooms, or of one, or of one sender, newest
// first unless q.Oldest. That it was done is recorded.
func (s *Service) AdminMessages(ctx context.Context, a Actor, q MessageQuery) ([]MessageView, int64, error) {
	if err := admin(a); err != nil {
		return nil, 0, err
	}
	p, err := page(q.Page)
	if err != nil {
		return nil, 0, err
	}
	q.Page, q.User = p, ""
	act := s.audit(a, ActMessagesRead)
	act.Room, act.User = q.Room, q.Sender
	if q.Search != "" {
		act.Detail = map[string]string{"search": q.Search}
	}
	if q.Room != "" {
		if _, err := s.AdminRoom(ctx, a, q.Room); err != nil {
			return nil, 0, err
		}
	}
	if q.Sender != "" {
		if err := id("senderUser", q.Sender); err != nil {
			return nil, 0, err
		}
	}
	ms, count, err := s.Store.Messages(ctx, q, true)
	if err != nil {
		return nil, 0, err
	}
	if err := s.Store.Record(ctx, act); err != nil {
		return nil, 0, err
	}
	views, err := s.views(ctx, ms)
	return views, count, err
}

// UserMessages lists what one user wrote, in any room, newest first.
func (s *Service) UserMessages(ctx context.Context, a Actor, user string, q MessageQuery) ([]MessageView, int64, error) {
	if err := admin(a); err != nil {
		return nil, 0, err
	}
	if err := id("id", user); err != nil {
		return nil, 0, err
	}
	if _, err := s.Store.User(ctx, user); err != nil {
		return nil, 0, err
	}
	q.Sender = user
	return s.AdminMessages(ctx, a, q)
}

// AdminDeleteMessages makes tombstones of messages; of none if one does not exist.
func (s *Service) AdminDeleteMessages(ctx context.Context, a Actor, ids []string) error {
	if err := admin(a); err != nil {
		return err
	}
	ids, err := s.idList(ids)
	if err != nil {
		return err
	}
	for _, one := range ids {
		m, err := s.Store.Message(ctx, one)
		if err != nil {
			return err
		}
		if m.Deleted || m.Seq == 0 {
			return ErrMessageNotFound
		}
	}
	for _, one := range ids {
		if _, err := s.Delete(ctx, a, one); err != nil && CodeOf(err) != CodeNotFound {
			return err
		}
	}
	return nil
}

// AdminPost posts into any room: in the name of the participant as, or, if that
// is "", as a system message of the administrator's. The rate is the
// administrator's, the nonce the sender's.
func (s *Service) AdminPost(ctx context.Context, a Actor, d Draft, as string) (Receipt, error) {
	if err := admin(a); err != nil {
		return Receipt{}, err
	}
	sender, may := as, participates
	if as == "" {
		sender, may = a.ID, existing
		d.Type = ContentSystem
	} else if d.Type == ContentSystem {
		return Receipt{}, Errorf(CodeInvalid, "A system message is nobody's: leave out as")
	}
	if err := s.draft(a, d); err != nil {
		return Receipt{}, err
	}
	if err := id("as", sender); err != nil {
		return Receipt{}, err
	}
	act := s.audit(a, ActMessagePost)
	act.Room, act.User = d.Room, as
	return await(ctx, func(done func(Receipt, error)) {
		s.post(posting{sender: sender, draft: d, may: may, acts: []Audit{act}}, done)
	})
}

// participates admits posts in the name of who takes part.
func participates(st State) error {
	if !st.Member.Active() {
		return Errorf(CodeInvalid, "as must be a participant of the room")
	}
	return nil
}

package chat

import (
	"context"
	"time"
)

// Draft is a message to be posted.
type Draft struct {
	Room    string
	Text    string
	Type    ContentType
	Files   []string
	Nonce   *string // nil for none
	ReplyTo string
	// Origin is the live connection that posts, for typing, which is not sent back to it.
	Origin string
}

// Receipt is the answer to a post: the stored message, and whether it had been
// stored before under the same nonce.
type Receipt struct {
	Message   Message
	Epoch     string
	Duplicate bool
}

// Cursor returns the room's cursor at the message's creation.
func (r Receipt) Cursor() string { return Cursor{r.Epoch, r.Message.BornVersion}.String() }

// Post stores a message and waits until it is durable.
func (s *Service) Post(ctx context.Context, a Actor, d Draft) (Receipt, error) {
	return await(ctx, func(done func(Receipt, error)) { s.PostAsync(a, d, done) })
}

// PostAsync stores a message. done is called once it is durable and published,
// in the order of the calls; it must not block. The same nonce of the same
// sender in the same room is one message: the receipt of a repetition is that
// of the first, and nothing is published.
func (s *Service) PostAsync(a Actor, d Draft, done func(Receipt, error)) {
	err := s.draft(a, d)
	if err == nil && d.Type == ContentSystem {
		err = Errorf(CodeForbidden, "%s messages cannot be posted here", d.Type)
	}
	if err != nil {
		done(Receipt{}, err)
		return
	}
	s.post(a.ID, d, visible, nil, done)
}

// post stores a checked draft for a sender whom may lets in.
func (s *Service) post(sender string, d Draft, may func(State) error, acts []Audit, done func(Receipt, error)) {
	files := s.postable(sender, d.Files)
	msg := s.message(sender, d)
	cmd := Command{Room: d.Room, User: sender, Message: d.ReplyTo, Nonce: msg.Nonce, Decide: func(st State) (Effects, error) {
		if st.Room.ID == "" || st.Room.Deleted {
			return Effects{}, ErrRoomNotFound
		}
		if st.Prior != nil {
			return Effects{}, nil
		}
		if err := may(st); err != nil {
			return Effects{}, err
		}
		if d.ReplyTo != "" && (st.Message == nil || st.Message.Deleted) {
			return Effects{}, ErrMessageNotFound
		}
		if files != nil {
			return Effects{}, files
		}
		m := msg
		return Effects{Insert: &m, Audit: acts}, nil
	}}
	s.submit(cmd, postEvents, func(out Outcome, err error) {
		if err != nil {
			done(Receipt{}, err)
			return
		}
		r := Receipt{Epoch: s.Store.Epoch()}
		if out.Message != nil {
			r.Message = *out.Message
		} else {
			r.Message, r.Duplicate = *out.Before.Prior, true
		}
		done(r, nil)
	})
}

// draft checks what can be known before the room is locked.
func (s *Service) draft(a Actor, d Draft) error {
	if err := id("roomId", d.Room); err != nil {
		return err
	}
	if err := s.content(d.Type, d.Text, d.Files); err != nil {
		return err
	}
	if d.Type == ContentTyping {
		return Errorf(CodeForbidden, "%s messages cannot be posted here", d.Type)
	}
	if err := s.nonce(d.Nonce); err != nil {
		return err
	}
	if d.ReplyTo != "" {
		if err := id("replyTo", d.ReplyTo); err != nil {
			return err
		}
	}
	return s.postRate(a)
}

func (s *Service) postRate(a Actor) error { return within(s.PostRate, a) }

func within(r Rate, a Actor) error {
	if r == nil {
		return nil
	}
	if ok, after := r.Allow(a.ID); !ok {
		return RateLimited(after)
	}
	return nil
}

// RateLimited is the refusal of a caller who may come back after a while.
func RateLimited(after time.Duration) *Error {
	return &Error{Code: CodeRateLimited, Message: "Too many requests, slow down", RetryAfter: after}
}

func (s *Service) message(sender string, d Draft) Message {
	now := s.now()
	m := Message{
		ID: s.NewID(), Room: d.Room, Sender: sender, Text: d.Text, Type: d.Type, Files: d.Files,
		ReplyTo: d.ReplyTo, Status: StatusComplete, CreatedAt: now, UpdatedAt: now,
	}
	if d.Nonce != nil {
		m.Nonce = *d.Nonce
	}
	return m
}

func postEvents(out Outcome) []Event {
	if out.Message == nil {
		return nil
	}
	return []Event{{Kind: EventMessage, Room: out.Room.ID, Version: out.Message.Version, Message: out.Message}}
}

package chat

import (
	"context"
	"sync"
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
	// Origin is the live connection that posts: typing is not sent back to it, and
	// protocols that show their own messages leave them out.
	Origin string
}

// Receipt is the answer to a post: the stored message, and whether it had been
// stored before under the same nonce.
type Receipt struct {
	Message   Message
	Epoch     string
	Duplicate bool
	// Conversation is the room's, nil if it has none.
	Conversation *Conversation
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
	d.Room = RoomOf(a, d.Room)
	err := s.draft(a, d)
	if err == nil && d.Type == ContentSystem {
		err = Errorf(CodeForbidden, "%s messages cannot be posted here", d.Type)
	}
	if err != nil {
		done(Receipt{}, err)
		return
	}
	p := posting{sender: a.ID, draft: d, may: visible, asker: &a, name: a.Name}
	if d.Room == ConversationOf(a.ID) {
		p.begin = func() (eff Effects) {
			eff.Room, eff.Members = newMe(a.ID, s.now())
			return eff
		}
	}
	s.post(p, done)
}

// posting is a checked draft on its way.
type posting struct {
	sender string
	draft  Draft
	may    func(State) error // whether the sender is let in
	acts   []Audit
	asker  *Actor // who asks, where a chatbot answers; nil: nobody does
	name   string // of the sender
	// begin, if set, makes the room where there is none.
	begin func() Effects
	// turn, if set, changes the conversation with the message.
	turn func(State, *Effects) error
}

// post stores a checked draft. In a conversation it may be a question.
func (s *Service) post(p posting, done func(Receipt, error)) {
	d := p.draft
	files := s.postable(p.sender, d.Files)
	msg := s.message(p.sender, d)
	admit := s.admission(p)
	cmd := Command{Room: d.Room, User: p.sender, Message: d.ReplyTo, Nonce: msg.Nonce, Decide: func(st State) (Effects, error) {
		var eff Effects
		if st.Room.ID == "" && p.begin != nil {
			eff = p.begin()
			st.Room, st.Member, st.Conversation = *eff.Room, eff.Members[0], eff.Conversation
		}
		eff.Audit = p.acts
		if st.Room.ID == "" || st.Room.Deleted {
			return Effects{}, ErrRoomNotFound
		}
		if st.Prior != nil {
			return Effects{}, nil
		}
		if err := p.may(st); err != nil {
			return Effects{}, err
		}
		if d.ReplyTo != "" && (st.Message == nil || st.Message.Deleted || st.Message.Seq == 0) {
			return Effects{}, ErrMessageNotFound
		}
		if files != nil {
			return Effects{}, files
		}
		if p.turn != nil {
			if err := p.turn(st, &eff); err != nil {
				return Effects{}, err
			}
		}
		reopen(st, &eff, p.sender, msg.CreatedAt)
		active(st, &eff, msg.CreatedAt)
		if err := admit(after(st, eff)); err != nil {
			return Effects{}, err
		}
		m := msg
		eff.Insert = &m
		return eff, nil
	}}
	s.submit(cmd, func(out Outcome) []Event { return postEvents(out, p) }, func(out Outcome, err error) {
		if err != nil {
			done(Receipt{}, err)
			return
		}
		r := Receipt{Epoch: s.Store.Epoch(), Conversation: out.Conversation}
		if out.Message != nil {
			r.Message = *out.Message
			s.ask(p, out, r.Message)
		} else {
			r.Message, r.Duplicate = *out.Before.Prior, true
			if unanswered(out.Before) { // its node may have ended before it came to that
				s.ask(p, out, r.Message)
			}
		}
		done(r, nil)
	})
}

// unanswered reports whether nothing was said since a repeated message, or is
// being written.
func unanswered(st State) bool {
	return !st.Prior.Deleted && st.Prior.Seq == st.Room.Seq && st.Room.OpenReply == ""
}

// after is the room and its conversation as the effects leave them.
func after(st State, eff Effects) Outcome {
	out := Outcome{Room: st.Room, Conversation: st.Conversation}
	if eff.Room != nil {
		out.Room = *eff.Room
	}
	if eff.Conversation != nil {
		out.Conversation = eff.Conversation
	}
	return out
}

// admission says whether a question may be asked, once however often a command is
// decided: a reply costs its asker. Elsewhere there is no question.
func (s *Service) admission(p posting) func(Outcome) error {
	var once sync.Once
	var refusal error
	return func(out Outcome) error {
		if !s.questions(p, out) {
			return nil
		}
		once.Do(func() {
			if refusal = s.Assistant.Admit(out.Room.ID); refusal == nil {
				refusal = within(s.ReplyRate, *p.asker)
			}
		})
		return refusal
	}
}

// questions reports whether a chatbot answers what is posted.
func (s *Service) questions(p posting, out Outcome) bool {
	if s.Assistant == nil || p.asker == nil || p.draft.Text == "" || !answered(out.Room, out.Conversation) {
		return false
	}
	return out.Room.Creator == p.asker.ID || out.Conversation != nil && out.Conversation.customer(out.Room, p.asker.ID)
}

// ask passes a stored question on.
func (s *Service) ask(p posting, out Outcome, m Message) {
	if s.questions(p, out) {
		s.Assistant.Ask(Question{Room: out.Room, Message: m, Asker: *p.asker})
	}
}

// draft checks what can be known before the room is locked, and that the sender
// keeps to their rate.
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

// postEvents tells of a message, and first of the room that it began.
func postEvents(out Outcome, p posting) []Event {
	if out.Message == nil {
		return nil
	}
	var events []Event
	if out.Before.Room.ID == "" {
		begun := joinedEvent(out, []string{out.Room.Creator})
		begun.At = 0 // in front of its first message
		events = append(events, begun)
	}
	return append(events, Event{
		Kind: EventMessage, Room: out.Room.ID, Version: out.Message.Version, Message: out.Message,
		Origin: p.draft.Origin, SenderName: p.name,
	})
}

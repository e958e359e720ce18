package chat

import "context"

// The refusals of the inbox.
var (
	ErrAssigned   = &Error{Code: CodeConflict, Message: "The conversation is another agent's"}
	ErrUnassigned = &Error{Code: CodeConflict, Message: "The conversation is not assigned"}
	ErrNoChatbot  = &Error{Code: CodeConflict, Message: "The conversation has no chatbot to go back to"}
)

// agent admits those who answer customers.
func agent(a Actor) error {
	if a.Role != RoleAgent && a.Role != RoleAdmin {
		return Errorf(CodeForbidden, "Only agents and administrators may do this")
	}
	return nil
}

// Claim makes the caller the one who answers the conversation, and lets them into
// its room. It is exclusive: another agent's is ErrAssigned, the caller's own stays
// as it is. What the bot was writing is closed as cancelled before the claim is
// told of, and nothing of the bot's comes out behind it.
func (s *Service) Claim(ctx context.Context, a Actor, key string) (ConversationView, error) {
	return s.turn(ctx, a, key, func(st State, eff *Effects) error { return s.claim(a, st, eff) })
}

// claim is the effect of an agent's claim.
func (s *Service) claim(a Actor, st State, eff *Effects) error {
	c := st.Conversation
	switch {
	case c.State == Assigned && c.Agent != a.ID:
		return ErrAssigned
	case c.State != Assigned:
		turn(st, eff, Assigned, a.ID, s.now())
	}
	return nil
}

// Release puts the caller's conversation back into the queue, in the place of its
// first wait. An administrator may release another's.
func (s *Service) Release(ctx context.Context, a Actor, key string) (ConversationView, error) {
	return s.turn(ctx, a, key, func(st State, eff *Effects) error {
		switch c := st.Conversation; {
		case c.State == Waiting:
			return nil
		case c.State != Assigned:
			return ErrUnassigned
		case c.Agent != a.ID && !a.Admin():
			return ErrAssigned
		}
		turn(st, eff, Waiting, "", s.now())
		return nil
	})
}

// Resolve ends a conversation, until its customer writes again. One that is assigned
// is resolved by its agent or an administrator.
func (s *Service) Resolve(ctx context.Context, a Actor, key string) (ConversationView, error) {
	return s.turn(ctx, a, key, func(st State, eff *Effects) error {
		c := st.Conversation
		if c.State == Assigned && c.Agent != a.ID && !a.Admin() {
			return ErrAssigned
		}
		if c.State != Resolved {
			turn(st, eff, Resolved, "", s.now())
		}
		return nil
	})
}

// HandBack gives a conversation to its chatbot, or answers ErrNoChatbot. One that is
// assigned is handed back by its agent or an administrator. What was asked meanwhile
// stays with the person who was asked; the bot answers what comes from then on.
func (s *Service) HandBack(ctx context.Context, a Actor, key string) (ConversationView, error) {
	if v, err := s.inboxed(ctx, a, key); err == nil && v.Chatbot != "" {
		if _, err := s.chatbot(ctx, v.Chatbot); CodeOf(err) == CodeNotFound {
			return ConversationView{}, ErrNoChatbot
		}
	}
	return s.turn(ctx, a, key, func(st State, eff *Effects) error {
		c := st.Conversation
		switch {
		case c.State == Assigned && c.Agent != a.ID && !a.Admin():
			return ErrAssigned
		case st.Room.Chatbot == "":
			return ErrNoChatbot
		case c.State != WithBot:
			turn(st, eff, WithBot, "", s.now())
		}
		return nil
	})
}

// turn changes the conversation with the key for an agent, and returns it as it is then.
func (s *Service) turn(ctx context.Context, a Actor, key string, decide func(State, *Effects) error) (ConversationView, error) {
	v, err := s.inboxed(ctx, a, key)
	if err != nil {
		return ConversationView{}, err
	}
	if err := s.postRate(a); err != nil {
		return ConversationView{}, err
	}
	if err := s.Store.SeenAgents(ctx, []string{a.ID}, s.now()); err != nil {
		return ConversationView{}, err
	}
	if _, err := s.changeConversation(ctx, v.Room, decide); err != nil {
		return ConversationView{}, err
	}
	return s.Store.Conversation(ctx, key)
}

// changeConversation applies a decision to a room's conversation.
func (s *Service) changeConversation(ctx context.Context, room string, decide func(State, *Effects) error) (Outcome, error) {
	cmd := Command{Room: room, Decide: func(st State) (Effects, error) {
		if st.Room.ID == "" || st.Room.Deleted || st.Conversation == nil {
			return Effects{}, ErrConversationNotFound
		}
		var eff Effects
		return eff, decide(st, &eff)
	}}
	return hushing(ctx, s, room, func() (Outcome, error) { return s.apply(ctx, cmd, nil) })
}

// MaxReason bounds the reason of an escalation, in bytes.
const MaxReason = 1000

// Escalated is what who asks for a person is told.
const Escalated = "A human agent will contact you soon."

// Escalate asks for a person in the caller's conversation: it comes into the queue,
// unless it waits there or somebody answers it already. It answers with what the
// caller is told.
func (s *Service) Escalate(ctx context.Context, a Actor, room, reason string) (string, error) {
	if err := reasonText(reason); err != nil {
		return "", err
	}
	if room == "" {
		var err error
		if room, err = s.talk(ctx, a); err != nil {
			return "", err
		}
	}
	r, err := s.member(ctx, a, room)
	if err != nil {
		return "", err
	}
	if r.Kind == KindGroup {
		return "", Errorf(CodeForbidden, "This room is not a conversation")
	}
	if err := s.postRate(a); err != nil {
		return "", err
	}
	u, err := s.Store.User(ctx, r.Creator)
	if err != nil {
		return "", err
	}
	now := s.now()
	first := Conversation{
		Room: r.ID, Key: s.NewSecretID(), Name: u.Name, Email: u.Email, State: WithBot, CreatedAt: now, UpdatedAt: now,
	}
	if u.Role != RoleGuest {
		first.User = u.ID
	}
	return Escalated, s.escalate(ctx, r.ID, reason, first)
}

// talk is the conversation that a caller means who names none: their own with the
// assistant or, if they never had that, the one they have as a customer.
func (s *Service) talk(ctx context.Context, a Actor) (string, error) {
	_, err := s.Store.Room(ctx, ConversationOf(a.ID))
	if CodeOf(err) != CodeNotFound {
		return Me, err
	}
	rooms, _, err := s.Store.RoomsOf(ctx, a.ID, Page{Limit: DefaultList})
	for _, r := range rooms {
		if r.Kind == KindCustomer && r.Creator == a.ID {
			return r.ID, nil
		}
	}
	return Me, err
}

// escalate puts a conversation into the queue; first is what it is if it was in no
// inbox yet.
func (s *Service) escalate(ctx context.Context, room, reason string, first Conversation) error {
	now := s.now()
	cmd := Command{Room: room, Decide: func(st State) (Effects, error) {
		if st.Room.ID == "" || st.Room.Deleted {
			return Effects{}, ErrRoomNotFound
		}
		if st.Conversation == nil {
			c := first
			st.Conversation = &c
		}
		if st.Conversation.State != WithBot && st.Conversation.State != Resolved {
			return Effects{}, nil
		}
		var eff Effects
		turn(st, &eff, Waiting, "", now)
		eff.Conversation.Reason = reason
		return eff, nil
	}}
	_, err := hushing(ctx, s, room, func() (Outcome, error) { return s.apply(ctx, cmd, nil) })
	return err
}

func reasonText(reason string) error {
	if len(reason) > MaxReason {
		return Errorf(CodeInvalid, "reason must be at most %d bytes", MaxReason)
	}
	return text("reason", reason)
}

package chat

import (
	"context"
	"time"
)

// The bounds of the polling door.
const (
	PollLimit   = 1000             // messages in one answer
	PollText    = 1 << 20          // characters of text in one answer, past which no message begins
	PollWait    = 30 * time.Second // the longest wait for one
	NamingNonce = 16               // bytes from which a nonce also names a new conversation
)

// CustomerPost is what is posted over the polling door.
type CustomerPost struct {
	// Key is the conversation's; what is none, or unknown, begins a new one.
	Key string
	Contact
	Text  string
	Nonce *string // nil for none
	// Since is the seq above which the answer lists messages.
	Since int64
	// New, if set, is asked before a conversation is begun; its error refuses it.
	New func() error
}

// CustomerPosted answers a post.
type CustomerPosted struct {
	Polled
	// Customer is the guest who was made for a conversation that begins with this post,
	// or with the first attempt at it: who is shown a token of theirs may also come in by
	// the other doors. Nil if the conversation was there, or the caller had a token.
	Customer *User
}

// PostCustomer posts over the polling door for whoever holds a conversation's key,
// signed in or not (a is nil then), and answers with what came since. The first user
// who posts signed in belongs to the conversation from then on. Without a
// conversation one is begun; a nonce of at least NamingNonce bytes names it, so that
// a repetition begins no second one. An agent's post claims the conversation, in
// the transaction that stores it: ErrAssigned for another agent's, CodeNotFound for none.
func (s *Service) PostCustomer(ctx context.Context, a *Actor, p CustomerPost) (CustomerPosted, error) {
	p.Contact = p.given()
	if err := p.check(); err != nil {
		return CustomerPosted{}, err
	}
	if a != nil && agent(*a) == nil {
		return s.postAgent(ctx, *a, p)
	}
	known, err := s.customers(ctx, p.Key)
	var posted CustomerPosted
	switch {
	case CodeOf(err) == CodeNotFound:
		posted.Customer, p.Key, err = s.beginCustomer(ctx, a, p)
		p.Since = 0 // what the caller knows is of another conversation
	case err == nil:
		err = s.postKnown(ctx, a, known, p)
	}
	if err != nil {
		return CustomerPosted{}, err
	}
	posted.Polled, err = s.look(ctx, p.Key, p.Since)
	return posted, err
}

// customers returns the customer's conversation with the key, as far as a post
// needs it.
func (s *Service) customers(ctx context.Context, key string) (Polled, error) {
	if !conversationKey(key) {
		return Polled{}, ErrConversationNotFound
	}
	p, err := s.Store.Poll(ctx, key, 0, 0)
	if err == nil && p.Kind != KindCustomer {
		err = ErrConversationNotFound // its key is the agents' alone
	}
	if err == nil && p.Blocked {
		err = ErrBlocked
	}
	return p, err
}

// postKnown posts to a conversation that is there.
func (s *Service) postKnown(ctx context.Context, a *Actor, v Polled, p CustomerPost) error {
	sender := Actor{ID: v.Creator, Name: v.Name, Role: RoleGuest}
	joins := a != nil && a.Role == RoleUser && v.User == "" && v.Creator != a.ID
	if a != nil && v.customer(Room{Creator: v.Creator}, a.ID) {
		sender = *a
	}
	d := Draft{Room: v.Room, Text: p.Text, Type: ContentText, Nonce: p.Nonce}
	if err := s.draft(sender, d); err != nil {
		return err
	}
	for _, caller := range []string{"", v.Creator} {
		if n, named := naming(caller, p.Nonce); named && n.room == v.Room {
			d.Nonce = &n.nonce // the first post once more
		}
	}
	now := s.now()
	gone := false // its chatbot is
	if v.State == Resolved && v.Chatbot != "" {
		_, err := s.chatbot(ctx, v.Chatbot)
		gone = CodeOf(err) == CodeNotFound
	}
	_, err := s.postAs(ctx, sender, d, posting{may: conversed, turn: func(st State, eff *Effects) error {
		if gone && st.Conversation.State == Resolved { // it is reopened to the queue
			room := st.Room
			room.Chatbot = ""
			turn(st.in(room), eff, Waiting, "", now)
			st.Conversation = eff.Conversation
		}
		c := *st.Conversation
		p.apply(&c)
		if joins && c.User == "" {
			c.User = a.ID
			eff.Members = append(eff.Members, Member{Room: v.Room, User: a.ID, State: MemberActive, JoinedAt: now})
		}
		if c != *st.Conversation {
			c.UpdatedAt = now
			eff.Conversation = &c
		}
		return nil
	}})
	return err
}

// postAs posts a checked draft for a sender and waits.
func (s *Service) postAs(ctx context.Context, sender Actor, d Draft, p posting) (Receipt, error) {
	p.sender, p.draft, p.name = sender.ID, d, sender.Name
	if agent(sender) != nil {
		p.asker = &sender
	}
	return hushing(ctx, s, d.Room, func() (Receipt, error) {
		return await(ctx, func(done func(Receipt, error)) { s.post(p, done) })
	})
}

// conversed admits whoever holds the key of a conversation.
func conversed(st State) error {
	if st.Room.ID == "" || st.Room.Deleted || st.Conversation == nil {
		return ErrConversationNotFound
	}
	return nil
}

// postAgent posts for an agent, who claims the conversation with it.
func (s *Service) postAgent(ctx context.Context, a Actor, p CustomerPost) (CustomerPosted, error) {
	v, err := s.inboxed(ctx, a, p.Key)
	if err != nil {
		return CustomerPosted{}, err
	}
	if v.State == Assigned && v.Agent != a.ID {
		return CustomerPosted{}, ErrAssigned
	}
	if err := s.Store.SeenAgents(ctx, []string{a.ID}, s.now()); err != nil {
		return CustomerPosted{}, err
	}
	d := Draft{Room: v.Room, Text: p.Text, Type: ContentText, Nonce: p.Nonce}
	if err := s.draft(a, d); err != nil {
		return CustomerPosted{}, err
	}
	_, err = s.postAs(ctx, a, d, posting{may: conversed, turn: func(st State, eff *Effects) error { return s.claim(a, st, eff) }})
	if err != nil {
		return CustomerPosted{}, err
	}
	polled, err := s.look(ctx, p.Key, p.Since)
	return CustomerPosted{Polled: polled}, err
}

// OpenConversation begins a conversation with a customer whom the caller writes to
// first. It is the caller's.
func (s *Service) OpenConversation(ctx context.Context, a Actor, contact Contact, body string) (ConversationView, error) {
	if err := agent(a); err != nil {
		return ConversationView{}, err
	}
	if err := contact.check(); err != nil {
		return ConversationView{}, err
	}
	room, now := s.NewID(), s.now()
	d := Draft{Room: room, Text: body, Type: ContentText}
	if err := s.draft(a, d); err != nil {
		return ConversationView{}, err
	}
	guest := User{ID: s.NewSecretID(), Role: RoleGuest, CreatedAt: now}
	c := Conversation{Room: room, Key: s.NewSecretID(), State: Assigned, Agent: a.ID, WaitingSince: now, CreatedAt: now, UpdatedAt: now}
	contact.apply(&c)
	guest.Name, guest.Email = c.Name, c.Email
	if err := s.Store.EnsureUsers(ctx, []User{guest}); err != nil {
		return ConversationView{}, err
	}
	if err := s.Store.SeenAgents(ctx, []string{a.ID}, now); err != nil {
		return ConversationView{}, err
	}
	r, members := newConversation(room, customerRoom, KindCustomer, guest.ID, s.customerBot(ctx), now)
	members = append(members, standing(*r, c, a.ID, MemberActive, now)...)
	_, err := s.postAs(ctx, a, d, posting{
		may: conversed, begin: func() Effects { return Effects{Room: r, Members: members, Conversation: &c} },
	})
	if err != nil {
		return ConversationView{}, err
	}
	return s.Store.Conversation(ctx, c.Key)
}

// EscalateCustomer asks for a person in the customer's conversation with the key.
func (s *Service) EscalateCustomer(ctx context.Context, key, reason string) (Polled, error) {
	if err := reasonText(reason); err != nil {
		return Polled{}, err
	}
	v, err := s.customers(ctx, key)
	if err != nil {
		return Polled{}, err
	}
	if err := s.postRate(Actor{ID: v.Creator}); err != nil {
		return Polled{}, err
	}
	if err := s.escalate(ctx, v.Room, reason, v.Conversation); err != nil {
		return Polled{}, err
	}
	return s.Store.Poll(ctx, key, 0, 0)
}

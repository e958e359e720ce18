package chat

import (
	"context"
	"time"
)

// beginCustomer begins a conversation with its first message, and returns its key,
// and the guest if its customer is one. A repetition finds what the first attempt began.
func (s *Service) beginCustomer(ctx context.Context, a *Actor, p CustomerPost) (*User, string, error) {
	room, guest := s.NewID(), s.NewSecretID()
	if p.Nonce != nil && len(*p.Nonce) >= NamingNonce && len(*p.Nonce) <= s.MaxNonce {
		caller := ""
		if a != nil {
			caller = a.ID
		}
		room = derivedID(string(KindCustomer), caller, *p.Nonce)
		guest = derivedID("customer guest", caller, *p.Nonce)
		// Whoever repeats the nonce is the customer: it is not shown to agents.
		hidden := derivedID("customer nonce", caller, *p.Nonce)
		p.Nonce = &hidden
	}
	known, err := s.Store.Room(ctx, room)
	if err != nil && CodeOf(err) != CodeNotFound {
		return nil, "", err
	}
	if known.Deleted {
		return nil, "", ErrConversationNotFound // erased
	}
	begin := known.ID == ""
	if begin && p.New != nil {
		if err := p.New(); err != nil {
			return nil, "", err
		}
	}
	customer, err := s.customer(ctx, a, guest, p, begin)
	if err != nil {
		return nil, "", err
	}
	key, err := s.postFirst(ctx, customer, room, p)
	if err != nil || customer.Role != RoleGuest {
		return nil, key, err
	}
	return &customer, key, nil
}

// customer is who begins a conversation: the caller, or a guest, made if need be.
func (s *Service) customer(ctx context.Context, a *Actor, guest string, p CustomerPost, begin bool) (User, error) {
	if a != nil {
		return s.Store.User(ctx, a.ID)
	}
	// What cannot be posted leaves no guest behind.
	if err := s.wellFormed(Draft{Room: guest, Text: p.Text, Type: ContentText, Nonce: p.Nonce}); err != nil {
		return User{}, err
	}
	u := User{ID: guest, Role: RoleGuest, CreatedAt: s.now()}
	if p.Name != nil {
		u.Name = *p.Name
	}
	if p.Email != nil {
		u.Email = *p.Email
	}
	if begin {
		if err := s.Store.EnsureUsers(ctx, []User{u}); err != nil {
			return User{}, err
		}
	}
	return s.Store.User(ctx, guest)
}

// customerRoom is what a customer's room is called in lists of rooms.
const customerRoom = "Customer chat"

// postFirst posts the first message of a conversation, or finds that it was posted,
// and returns the conversation's key.
func (s *Service) postFirst(ctx context.Context, u User, room string, p CustomerPost) (string, error) {
	if u.Blocked {
		return "", ErrBlocked
	}
	now := s.now()
	r, members := newConversation(room, customerRoom, KindCustomer, u.ID, s.customerBot(ctx), now)
	c := Conversation{
		Room: room, Key: s.NewSecretID(), Name: u.Name, Email: u.Email, State: Waiting, WaitingSince: now, CreatedAt: now, UpdatedAt: now,
	}
	if u.Role != RoleGuest {
		c.User = u.ID
	}
	if r.Chatbot != "" {
		c.State, c.WaitingSince = WithBot, time.Time{}
	}
	p.apply(&c)
	d := Draft{Room: room, Text: p.Text, Type: ContentText, Nonce: p.Nonce}
	receipt, err := s.postAs(ctx, Actor{ID: u.ID, Name: c.Name, Role: u.Role}, d, posting{
		may:   conversed,
		begin: func() Effects { return Effects{Room: r, Members: members, Conversation: &c} },
	})
	if err != nil {
		return "", err
	}
	return receipt.Conversation.Key, nil
}

// customerBot is the chatbot that a new conversation starts with, "" if there is none.
func (s *Service) customerBot(ctx context.Context) string {
	if s.CustomerBot == "" || s.Assistant == nil {
		return ""
	}
	if _, err := s.chatbot(ctx, s.CustomerBot); err != nil {
		s.Log.Warn("customers get no bot", "setting", "PARLEY_CUSTOMER_BOT", "error", err)
		return ""
	}
	return s.CustomerBot
}

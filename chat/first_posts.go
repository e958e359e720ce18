package chat

import (
	"cmp"
	"context"
	"time"
)

// beginCustomer begins a conversation with its first message, and returns its key,
// and the guest if its customer is one. A repetition finds what the first attempt began.
func (s *Service) beginCustomer(ctx context.Context, a *Actor, p CustomerPost) (*User, string, error) {
	room, guest, caller := s.NewID(), s.NewSecretID(), ""
	if a != nil {
		caller = a.ID
	}
	// What cannot be posted leaves no guest behind.
	if err := s.draft(Actor{ID: cmp.Or(caller, guest)}, Draft{Room: room, Text: p.Text, Type: ContentText, Nonce: p.Nonce}); err != nil {
		return nil, "", err
	}
	if n, named := naming(caller, p.Nonce); named {
		room, guest, p.Nonce = n.room, n.guest, &n.nonce
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
	if err != nil || a != nil { // who came with a token has one
		return nil, key, err
	}
	return &customer, key, nil
}

// named is what a nonce makes of a conversation that begins with it.
type named struct {
	room, guest string
	// nonce is the message's: whoever repeats the first is the customer, so that
	// agents are not shown it.
	nonce string
}

// naming reports whether a nonce names the conversation that it begins, and how.
func naming(caller string, nonce *string) (named, bool) {
	if nonce == nil || len(*nonce) < NamingNonce {
		return named{}, false
	}
	of := func(what string) string { return derivedID(what, caller, *nonce) }
	return named{of(string(KindCustomer)), of("customer guest"), of("customer nonce")}, true
}

// customer is who begins a conversation: the caller, or a guest, made if need be.
func (s *Service) customer(ctx context.Context, a *Actor, guest string, p CustomerPost, begin bool) (User, error) {
	if a != nil {
		return s.Store.User(ctx, a.ID)
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

package chat

import (
	"context"
	"strings"
	"unicode/utf8"
)

// Inbox lists conversations for an agent: the last changed first, those that wait,
// if these alone are asked for, in the order of the queue; and their number. Of a
// long last message there is the beginning. Without a limit there are InboxLimit.
func (s *Service) Inbox(ctx context.Context, a Actor, q ConversationQuery) ([]ConversationView, int64, error) {
	if err := agent(a); err != nil {
		return nil, 0, err
	}
	s.leases.touch(a)
	if q.State != "" && !q.State.Valid() {
		return nil, 0, Errorf(CodeInvalid, "state must be one of: bot, waiting, assigned, resolved")
	}
	most := min(q.Limit, MaxList)
	if q.Limit == 0 {
		most = InboxLimit
	}
	var err error
	if q.Page, err = page(q.Page); err != nil {
		return nil, 0, err
	}
	var list []ConversationView
	for {
		q.Limit = min(MaxList, most-len(list))
		more, count, err := s.Store.Conversations(ctx, q)
		if err != nil {
			return nil, 0, err
		}
		for i := range more {
			more[i].Last = preview(more[i].Last)
		}
		list = append(list, more...)
		if len(more) < q.Limit || len(list) >= most {
			return list, count, nil
		}
		q.Skip += len(more)
	}
}

// The bounds of the inbox: how many conversations are listed to who names no limit,
// as clients do that know no pages, and how many bytes of a last message.
const (
	InboxLimit   = 1000
	InboxPreview = 1000
)

// preview is the beginning of a message.
func preview(m *Message) *Message {
	if m == nil || len(m.Text) <= InboxPreview {
		return m
	}
	short := *m
	short.Text = strings.ToValidUTF8(m.Text[:InboxPreview], "") + "…"
	return &short
}

// InboxItem returns one conversation to an agent.
func (s *Service) InboxItem(ctx context.Context, a Actor, key string) (ConversationView, error) {
	return s.inboxed(ctx, a, key)
}

// inboxed returns the conversation with the key, for an agent.
func (s *Service) inboxed(ctx context.Context, a Actor, key string) (ConversationView, error) {
	if err := agent(a); err != nil {
		return ConversationView{}, err
	}
	s.leases.touch(a)
	if !conversationKey(key) {
		return ConversationView{}, ErrConversationNotFound
	}
	return s.Store.Conversation(ctx, key)
}

// conversationKey reports whether a text can be a conversation's key: anything else
// need not be looked for.
func conversationKey(s string) bool {
	return s != "" && len(s) <= MaxID && text("conversation", s) == nil
}

// Contact is what a customer said of themselves; nil leaves it as it is.
type Contact struct{ Name, Email *string }

// check refuses what cannot be kept.
func (c Contact) check() error {
	if c.Name != nil {
		if err := contactText("name", *c.Name, MaxName); err != nil {
			return err
		}
	}
	if c.Email != nil {
		return contactText("email", *c.Email, MaxEmail)
	}
	return nil
}

func contactText(field, s string, most int) error {
	if utf8.RuneCountInString(s) > most {
		return Errorf(CodeInvalid, "%s must have at most %d characters", field, most)
	}
	return text(field, s)
}

// given is the contact without what is empty: a form that was not filled in.
func (c Contact) given() Contact {
	if c.Name != nil && *c.Name == "" {
		c.Name = nil
	}
	if c.Email != nil && *c.Email == "" {
		c.Email = nil
	}
	return c
}

// apply changes a conversation.
func (c Contact) apply(to *Conversation) {
	if c.Name != nil {
		to.Name = *c.Name
	}
	if c.Email != nil {
		to.Email = *c.Email
	}
}

// UpdateContact changes what is known of a conversation's customer.
func (s *Service) UpdateContact(ctx context.Context, a Actor, key string, c Contact) (ConversationView, error) {
	v, err := s.inboxed(ctx, a, key)
	if err != nil {
		return v, err
	}
	if err := c.check(); err != nil {
		return v, err
	}
	if err := s.postRate(a); err != nil {
		return v, err
	}
	now := s.now()
	_, err = s.changeConversation(ctx, v.Room, func(st State, eff *Effects) error {
		changed := *st.Conversation
		c.apply(&changed)
		changed.UpdatedAt = now
		eff.Conversation = &changed
		return nil
	})
	if err != nil {
		return v, err
	}
	return s.Store.Conversation(ctx, key)
}

// Note writes a note about a conversation, for agents alone.
func (s *Service) Note(ctx context.Context, a Actor, key, body string) (Note, error) {
	v, err := s.inboxed(ctx, a, key)
	if err != nil {
		return Note{}, err
	}
	if body == "" {
		return Note{}, Errorf(CodeInvalid, "content is required")
	}
	if len(body) > MaxNote {
		return Note{}, Errorf(CodeTooLarge, "content must be at most %d bytes", MaxNote)
	}
	if err := text("content", body); err != nil {
		return Note{}, err
	}
	if err := s.postRate(a); err != nil {
		return Note{}, err
	}
	n := Note{ID: s.NewID(), Room: v.Room, Author: a.ID, Text: body, CreatedAt: s.now()}
	_, err = s.apply(ctx, Command{Room: v.Room, Decide: func(st State) (Effects, error) {
		if st.Conversation == nil || st.Room.Deleted {
			return Effects{}, ErrConversationNotFound
		}
		return Effects{Note: &n}, nil
	}}, func(out Outcome) []Event {
		return []Event{{Kind: EventNote, Room: v.Room, Conversation: out.Conversation, Note: &n}}
	})
	return n, err
}

// Notes lists a conversation's notes, oldest first, and their number.
func (s *Service) Notes(ctx context.Context, a Actor, key string, p Page) ([]Note, int64, error) {
	v, err := s.inboxed(ctx, a, key)
	if err != nil {
		return nil, 0, err
	}
	if p, err = page(p); err != nil {
		return nil, 0, err
	}
	return s.Store.Notes(ctx, v.Room, p)
}

package chat

import (
	"context"
	"net/url"
	"strings"
	"unicode/utf8"
)

// ErrChatbotNotFound is the answer for a chatbot that does not exist, or no more.
var ErrChatbotNotFound = &Error{Code: CodeNotFound, Message: "Chatbot does not exist"}

// EnsureDefault makes the chatbot that answers Me, at the first start.
func (s *Service) EnsureDefault(ctx context.Context) error {
	now := s.now()
	err := s.Store.CreateChatbot(ctx, Chatbot{ID: DefaultChatbot, Name: assistantName, CreatedAt: now, UpdatedAt: now})
	if CodeOf(err) == CodeConflict {
		return nil
	}
	return err
}

// Chatbots lists the chatbots, oldest first, and their number. Only
// administrators are shown more than ids and names.
func (s *Service) Chatbots(ctx context.Context, a Actor, p Page) ([]Chatbot, int64, error) {
	p, err := page(p)
	if err != nil {
		return nil, 0, err
	}
	list, count, err := s.Store.Chatbots(ctx, p)
	if !a.Admin() {
		for i, c := range list {
			list[i] = Chatbot{ID: c.ID, Name: c.Name}
		}
	}
	return list, count, err
}

// ChatbotChange is what a chatbot is made from or changed to; nil leaves as it is.
type ChatbotChange struct {
	Name, Prompt, Model, URL *string
	// Key replaces the upstream's key; "" removes it.
	Key *string
}

// CreateChatbot makes a chatbot; for administrators.
func (s *Service) CreateChatbot(ctx context.Context, a Actor, c ChatbotChange) (Chatbot, error) {
	if err := admin(a); err != nil {
		return Chatbot{}, err
	}
	now := s.now()
	bot := Chatbot{ID: s.NewID(), CreatedAt: now, UpdatedAt: now}
	if c.Name == nil {
		return Chatbot{}, Errorf(CodeInvalid, "name is required")
	}
	if err := s.configure(&bot, c); err != nil {
		return Chatbot{}, err
	}
	return bot, s.Store.CreateChatbot(ctx, bot, s.botAct(a, ActChatbotCreate, bot.ID))
}

// UpdateChatbot changes a chatbot; for administrators. Replies that are being
// written go on as they were begun.
func (s *Service) UpdateChatbot(ctx context.Context, a Actor, chatbot string, c ChatbotChange) (Chatbot, error) {
	if err := admin(a); err != nil {
		return Chatbot{}, err
	}
	if err := id("chatbot_id", chatbot); err != nil {
		return Chatbot{}, err
	}
	now := s.now()
	return s.Store.UpdateChatbot(ctx, chatbot, func(bot *Chatbot) error {
		bot.UpdatedAt = now
		return s.configure(bot, c)
	}, s.botAct(a, ActChatbotUpdate, chatbot))
}

// DeleteChatbot removes a chatbot with its documents and closes its sessions; for
// administrators. The conversations stay.
func (s *Service) DeleteChatbot(ctx context.Context, a Actor, chatbot string) error {
	if err := admin(a); err != nil {
		return err
	}
	if err := id("chatbot_id", chatbot); err != nil {
		return err
	}
	if chatbot == DefaultChatbot || chatbot == s.CustomerBot { // me and customers would have none
		return Errorf(CodeForbidden, "The chatbot %s cannot be deleted", chatbot)
	}
	now := s.now()
	closed, err := s.Store.DeleteChatbot(ctx, chatbot, now, s.botAct(a, ActChatbotDelete, chatbot))
	s.tellClosed(closed, false)
	return err
}

// Upstream returns a chatbot with the key of its upstream in the clear, for the
// assistant alone.
func (s *Service) Upstream(ctx context.Context, chatbot string) (bot Chatbot, key string, err error) {
	if bot, err = s.chatbot(ctx, chatbot); err != nil || len(bot.Key) == 0 {
		return bot, "", err
	}
	if s.Vault == nil {
		return bot, "", ErrNoVault
	}
	key, err = s.Vault.Open(bot.Key, bot.ID)
	return bot, key, err
}

// ErrNoVault refuses keys where nothing can encrypt them.
var ErrNoVault = &Error{Code: CodeConflict, Message: "Keys cannot be stored: PARLEY_ENCRYPTION_KEY is not set"}

// chatbot returns one that is not deleted.
func (s *Service) chatbot(ctx context.Context, chatbot string) (Chatbot, error) {
	bot, err := s.Store.Chatbot(ctx, chatbot)
	if err == nil && bot.Deleted {
		err = ErrChatbotNotFound
	}
	return bot, err
}

// configure checks a change and makes it.
func (s *Service) configure(bot *Chatbot, c ChatbotChange) error {
	before := bot.URL
	for _, f := range []struct {
		field string
		to    *string
		value *string
		max   int
	}{
		{"name", &bot.Name, c.Name, 4 * MaxName},
		{"prompt", &bot.Prompt, c.Prompt, MaxPrompt},
		{"model", &bot.Model, c.Model, 4 * MaxName},
		{"url", &bot.URL, c.URL, MaxURL},
	} {
		if f.value == nil {
			continue
		}
		if len(*f.value) > f.max {
			return Errorf(CodeInvalid, "%s must be at most %d bytes", f.field, f.max)
		}
		if err := text(f.field, *f.value); err != nil {
			return err
		}
		*f.to = *f.value
	}
	if strings.TrimSpace(bot.Name) == "" || utf8.RuneCountInString(bot.Name) > MaxName {
		return Errorf(CodeInvalid, "name is required and has at most %d characters", MaxName)
	}
	if err := upstreamURL(bot.URL); err != nil {
		return err
	}
	if bot.URL != before && len(bot.Key) > 0 && c.Key == nil {
		return Errorf(CodeInvalid, "key must be given again with another url")
	}
	return s.lock(bot, c.Key)
}

// upstreamURL refuses what is no base of an HTTP interface.
func upstreamURL(s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return Errorf(CodeInvalid, "url must be an http or https address without credentials, query or fragment")
	}
	return nil
}

// lock seals a new key.
func (s *Service) lock(bot *Chatbot, key *string) error {
	if key == nil {
		return nil
	}
	if *key == "" {
		bot.Key = nil
		return nil
	}
	if len(*key) > MaxKey || strings.ContainsFunc(*key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return Errorf(CodeInvalid, "key must be at most %d printable ASCII characters", MaxKey)
	}
	if s.Vault == nil {
		return ErrNoVault
	}
	sealed, err := s.Vault.Seal(*key, bot.ID)
	bot.Key = sealed
	return err
}

func (s *Service) botAct(a Actor, act Act, chatbot string) Audit {
	one := s.audit(a, act)
	one.Detail = map[string]string{"chatbot": chatbot}
	return one
}

package assistant

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"parley/assistant/passages"
	"parley/chat"
)

const (
	// maxEarlier is how many earlier messages are considered at most.
	maxEarlier = 100
	// bestPassages is how many passages an answer is grounded in at most.
	bestPassages = 5
	// defaultPrompt is what a chatbot without a prompt is told to be.
	defaultPrompt = "You are a helpful assistant in a chat. Answer briefly and truthfully."
	// grounding stands before the passages.
	grounding = "\n\nUse the following passages from the documents where they help, and say so if they do not answer the question:\n"
)

// request asks the chatbot's backend the question, within the budget.
func (r *Runner) request(ctx context.Context, q chat.Question) (Request, Backend, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	bot, key, err := r.opts.Chat.Upstream(ctx, q.Room.Chatbot)
	if err != nil {
		return Request{}, nil, fmt.Errorf("read chatbot: %w", err)
	}
	found, err := r.opts.Chat.Passages(ctx, bot.ID, passages.Asked(q.Message.Text), bestPassages)
	if err != nil {
		return Request{}, nil, fmt.Errorf("find passages: %w", err)
	}
	earlier, err := r.opts.Chat.Earlier(ctx, q, maxEarlier)
	if err != nil {
		return Request{}, nil, fmt.Errorf("read conversation: %w", err)
	}
	request := Request{
		URL: bot.URL, Key: key, Model: bot.Model, User: q.Asker.ID, Question: q.Message.Text,
		Metadata: map[string]string{"name": q.Asker.Name, "role": string(q.Asker.Role), "conversation": q.Room.ID},
	}
	request.assemble(r.opts.Budget, bot.Prompt, found, earlier, q.Room.Creator, q.Asker.ID)
	backend := r.opts.Mock
	if r.opts.Upstream != nil && (r.opts.Configured || bot.URL != "") {
		backend = r.opts.Upstream
	}
	return request, backend, nil
}

// assemble fills in the prompt with the best passages and the conversation, so
// that all stays within budget tokens: the prompt and the question always go, in
// full, the passages take at most half of what is left, and of the conversation
// goes what is newest, message by message, without a gap.
func (r *Request) assemble(budget int, prompt string, found []chat.Passage, earlier []chat.Message, owners ...string) {
	if prompt == "" {
		prompt = defaultPrompt
	}
	left := budget - tokens(prompt) - tokens(r.Question)
	var system strings.Builder
	system.WriteString(prompt)
	for room := left / 2; len(found) > 0; found = found[1:] {
		p := found[0]
		entry := fmt.Sprintf("\n[%d] %s, %s:\n%s\n", len(r.Sources)+1, p.DocumentName, p.Place, p.Text)
		cost := tokens(entry)
		if cost > room {
			continue // a shorter one may fit
		}
		if len(r.Sources) == 0 {
			system.WriteString(grounding)
		}
		system.WriteString(entry)
		r.Sources = append(r.Sources, chat.Source{Document: p.DocumentName, Passage: p.Place})
		room, left = room-cost, left-cost
	}
	r.System = system.String()
	r.Turns = append(turns(earlier, owners, left), Turn{"user", r.Question})
}

// turns are the newest of the earlier messages that fit, oldest first.
func turns(earlier []chat.Message, owners []string, left int) []Turn {
	var list []Turn
	for _, m := range slices.Backward(earlier) {
		if m.Text == "" {
			continue
		}
		if left -= tokens(m.Text); left < 0 {
			break
		}
		role := "assistant"
		if m.RoleIn(owners...) == chat.FromUser {
			role = "user"
		}
		list = append(list, Turn{role, m.Text})
	}
	slices.Reverse(list)
	return list
}

// tokens estimates, rather too high than too low, what a text costs: about a
// token for three letters of ASCII, one for each other character, and four around it.
func tokens(s string) int {
	runes := utf8.RuneCountInString(s)
	other := (len(s) - runes + 1) / 2 // each further byte of a character beyond ASCII, halved
	return (runes-min(runes, other))/3 + min(runes, other) + 4
}

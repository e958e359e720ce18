package chat_test

import (
	"strings"
	"testing"

	"parley/chat"
)

// fakeVault marks what it seals.
type fakeVault struct{}

func (fakeVault) Seal(secret, about string) ([]byte, error) { return []byte(about + "|" + secret), nil }

func (fakeVault) Open(sealed []byte, about string) (string, error) {
	secret, ok := strings.CutPrefix(string(sealed), about+"|")
	if !ok {
		return "", errTest
	}
	return secret, nil
}

func ptr(s string) *string { return &s }

// TestChatbots: administrators make and change them; nobody else sees more than names.
func TestChatbots(t *testing.T) {
	w, _ := newTalk(t, func(o *chat.Options) { o.Vault = fakeVault{} })
	w.ok(w.EnsureDefault(w.ctx()))
	change := chat.ChatbotChange{Name: ptr("Shop"), Prompt: ptr("Be kind."), URL: ptr("http://127.0.0.1:1/v1"), Key: ptr("sk-1")}
	_, err := w.CreateChatbot(w.ctx(), ann, change)
	check(t, err, chat.CodeForbidden, "")
	bot, err := w.CreateChatbot(w.ctx(), root, change)
	w.ok(err)
	read, key, err := w.Upstream(w.ctx(), bot.ID)
	w.ok(err)
	equal(t, "key", key, "sk-1")
	equal(t, "prompt", read.Prompt, "Be kind.")
	list, count, err := w.Chatbots(w.ctx(), ann, chat.Page{})
	w.ok(err)
	equal(t, "count", count, 2)
	same(t, "ids", column(list, func(c chat.Chatbot) string { return c.ID }), []string{chat.DefaultChatbot, bot.ID})
	equal(t, "shown to all", list[1].Prompt+list[1].URL+string(list[1].Key), "")
	for name, c := range map[string]chat.ChatbotChange{
		"no name":           {Name: ptr(" ")},
		"a file":            {URL: ptr("file:///etc/passwd")},
		"credentials":       {URL: ptr("http://a:b@host/")},
		"no host":           {URL: ptr("http:///v1")},
		"a key with a line": {Key: ptr("a\nb")},
		"NUL":               {Prompt: ptr("a\x00b")},
		"too long":          {Prompt: ptr(strings.Repeat("x", chat.MaxPrompt+1))},
	} {
		if _, err := w.UpdateChatbot(w.ctx(), root, bot.ID, c); chat.CodeOf(err) != chat.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = w.UpdateChatbot(w.ctx(), root, bot.ID, chat.ChatbotChange{Key: ptr("")})
	w.ok(err)
	_, key, err = w.Upstream(w.ctx(), bot.ID)
	w.ok(err)
	equal(t, "removed key", key, "")
	_, err = w.UpdateChatbot(w.ctx(), root, bot.ID, chat.ChatbotChange{Key: ptr("sk-2")})
	w.ok(err)
	_, err = w.UpdateChatbot(w.ctx(), root, bot.ID, chat.ChatbotChange{URL: ptr("http://elsewhere.example")})
	check(t, err, chat.CodeInvalid, "key must be given again with another url")
	s, err := w.OpenSession(w.ctx(), ann, bot.ID)
	w.ok(err)
	check(t, w.DeleteChatbot(w.ctx(), root, chat.DefaultChatbot), chat.CodeForbidden, "")
	w.bus.take()
	w.ok(w.DeleteChatbot(w.ctx(), root, bot.ID))
	equal(t, "its session", w.bus.take()[0].Origin, s.ID)
	check(t, w.DeleteChatbot(w.ctx(), root, bot.ID), chat.CodeNotFound, "")
	_, _, err = w.Upstream(w.ctx(), bot.ID)
	check(t, err, chat.CodeNotFound, "")
	without, _ := newTalk(t)
	_, err = without.CreateChatbot(without.ctx(), root, change)
	check(t, err, chat.CodeConflict, chat.ErrNoVault.Message)
}

// TestDocuments: an administrator's documents are taken apart and found by their words.
func TestDocuments(t *testing.T) {
	w, _ := newTalk(t, func(o *chat.Options) {
		o.Split = func(_ string, data []byte) ([]chat.Passage, error) {
			var list []chat.Passage
			for i, line := range strings.Split(string(data), "\n") {
				if line == "bad" {
					return nil, errTest
				}
				list = append(list, chat.Passage{Place: "line " + string(rune('1'+i)), Text: line, Words: strings.Fields(line)})
			}
			return list, nil
		}
	})
	add := func(a chat.Actor, chatbot, text string) (chat.Document, error) {
		return w.AddDocument(w.ctx(), a, chatbot, "faq.txt", strings.NewReader(text))
	}
	_, err := add(ann, chat.DefaultChatbot, "x")
	check(t, err, chat.CodeForbidden, "")
	_, err = add(root, "no-bot", "x")
	check(t, err, chat.CodeNotFound, "")
	_, err = add(root, chat.DefaultChatbot, "bad")
	check(t, err, chat.CodeInvalid, "")
	_, err = add(root, chat.DefaultChatbot, strings.Repeat("x", chat.MaxDocument+1))
	check(t, err, chat.CodeTooLarge, "")
	d, err := add(root, chat.DefaultChatbot, "we ship on monday\nreturns within thirty days")
	w.ok(err)
	equal(t, "passages", d.Passages, 2)
	found, err := w.Passages(w.ctx(), chat.DefaultChatbot, []string{"returns", "days", "unknown"}, 5)
	w.ok(err)
	equal(t, "found", len(found), 1)
	equal(t, "place", found[0].Place, "line 2")
	equal(t, "document", found[0].DocumentName, "faq.txt")
	_, err = w.Document(w.ctx(), root, "other", d.ID)
	check(t, err, chat.CodeNotFound, "")
	w.ok(w.DeleteDocument(w.ctx(), root, chat.DefaultChatbot, d.ID))
	found, err = w.Passages(w.ctx(), chat.DefaultChatbot, []string{"returns"}, 5)
	w.ok(err)
	equal(t, "found once it is deleted", len(found), 0)
	check(t, w.DeleteDocument(w.ctx(), root, chat.DefaultChatbot, d.ID), chat.CodeNotFound, "")
}

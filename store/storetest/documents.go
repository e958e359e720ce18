package storetest

import (
	"fmt"
	"strings"

	"parley/chat"
)

// document makes one of texts, whose words are what spaces part.
func (s *suite) document(chatbot, name string, texts ...string) chat.Document {
	s.Helper()
	id, at := s.next("document")
	d := chat.Document{ID: id, Chatbot: chatbot, Name: name, Size: 1 << 33, Passages: len(texts), CreatedAt: at}
	s.code("create document", s.store.CreateDocument(s.ctx(), d, passagesOf(texts...), s.act("", "")), "")
	return d
}

func passagesOf(texts ...string) (list []chat.Passage) {
	for i, t := range texts {
		list = append(list, chat.Passage{Place: fmt.Sprint("§ ", i), Text: t, Words: strings.Fields(t)})
	}
	return list
}

// passages lists the texts that are found, best first.
func (s *suite) passages(chatbot, words string, limit int) (texts []string) {
	s.Helper()
	for _, p := range must(s.store.Passages(s.ctx(), chatbot, strings.Fields(words), limit)) {
		texts = append(texts, p.Text)
	}
	return texts
}

// documents: listed, found by their words, and gone with their chatbot.
func documents(s *suite) {
	s.code("chatbot", s.store.CreateChatbot(s.ctx(), s.chatbot("bot", "Bot")), "")
	s.code("chatbot", s.store.CreateChatbot(s.ctx(), s.chatbot("other", "Other")), "")
	first := s.document("bot", "Ä first.md", "gift card lasts", "card card card and much more text", "nothing")
	empty := s.document("bot", "empty")
	second := s.document("bot", "second", "gift card", "return a card within thirty days")
	s.document("other", "others", "gift card of another")

	s.equal("stored", must(s.store.Document(s.ctx(), first.ID)), first)
	_, err := s.store.Document(s.ctx(), "none")
	s.code("unknown", err, chat.CodeNotFound)
	list, n, err := s.store.Documents(s.ctx(), "bot", chat.Page{Limit: 2})
	s.equal("newest first", []any{must(list, err), n}, []any{[]chat.Document{second, empty}, 3})
	list, n, err = s.store.Documents(s.ctx(), "bot", chat.Page{Skip: 2, Limit: 2})
	s.equal("page", []any{must(list, err), n}, []any{[]chat.Document{first}, 3})
	list, n, err = s.store.Documents(s.ctx(), "bot", chat.Page{Limit: 9, Search: "ä FIRST"})
	s.equal("search", []any{must(list, err), n}, []any{[]chat.Document{first}, 1})
	s.equal("acts", len(s.acts()), 4)

	best := must(s.store.Passages(s.ctx(), "bot", []string{"gift", "lasts", "gift", ""}, 1))
	want := chat.Passage{ID: best[0].ID, Document: first.ID, Place: "§ 0", Text: "gift card lasts", DocumentName: "Ä first.md"}
	s.equal("all of a passage", best, []chat.Passage{want})
	s.equal("the rare word weighs more", s.passages("bot", "gift card", 9),
		[]string{"gift card", "gift card lasts", "card card card and much more text", "return a card within thirty days"})
	s.equal("another's", s.passages("other", "gift", 9), []string{"gift card of another"})
	s.equal("nothing", len(s.passages("bot", "unheard of", 9))+len(s.passages("bot", "", 9))+len(s.passages("none", "gift", 9))+
		len(s.passages("bot", "gift", 0)), 0)

	s.code("delete", s.store.DeleteDocument(s.ctx(), second.ID, s.act("", "")), "")
	s.code("delete again", s.store.DeleteDocument(s.ctx(), second.ID, s.act("", "")), chat.CodeNotFound)
	_, err = s.store.Document(s.ctx(), second.ID)
	s.code("deleted", err, chat.CodeNotFound)
	s.equal("found without it", s.passages("bot", "gift", 9), []string{"gift card lasts"})
	s.equal("acts", len(s.acts()), 5)
	again := s.document("bot", "again", "gift again")
	s.equal("added behind it", len(s.passages("bot", "gift", 9)), 2)
	taken := s.store.CreateDocument(s.ctx(), again, passagesOf("gift forged"), s.act("", ""))
	s.code("taken id", taken, chat.CodeInternal)
	s.equal("of the taken id", s.passages("bot", "forged", 9), []string{})

	_, at := s.next("deletion")
	_, err = s.store.DeleteChatbot(s.ctx(), "bot", at)
	s.code("delete the chatbot", err, "")
	list, n, err = s.store.Documents(s.ctx(), "bot", chat.Page{Limit: 9})
	s.equal("its documents", []any{len(must(list, err)), n, len(s.passages("bot", "gift", 9))}, []any{0, 0, 0})
	s.equal("the other's", len(s.passages("other", "gift", 9)), 1)
	late := chat.Document{ID: "late", Chatbot: "bot", Name: "late"}
	s.code("for a deleted chatbot", s.store.CreateDocument(s.ctx(), late, passagesOf("x"), s.act("", "")), chat.CodeNotFound)
	acts := len(s.acts())
	bad := s.act("", "")
	bad.ID = s.acts()[0]
	lost := chat.Document{ID: "lost", Chatbot: "other", Name: "lost"}
	s.code("an act that cannot be recorded", s.store.CreateDocument(s.ctx(), lost, passagesOf("gift lost"), bad), chat.CodeInternal)
	s.equal("nothing without its act", []any{len(s.passages("other", "lost", 9)), len(s.acts())}, []any{0, acts})
}

// longDocuments: of many passages, more than one transaction takes.
func longDocuments(s *suite) {
	s.code("chatbot", s.store.CreateChatbot(s.ctx(), s.chatbot("bot", "Bot")), "")
	texts := make([]string, 1000)
	for i := range texts {
		texts[i] = fmt.Sprint("common half", i%2, " word", i, strings.Repeat(" filler", i%7))
	}
	long := s.document("bot", "long", texts...)
	s.equal("by a rare word", s.passages("bot", "common word777", 1), texts[777:778])
	s.equal("by a frequent one", s.passages("bot", "half1", 3), []string{texts[7], texts[21], texts[35]})
	s.code("delete", s.store.DeleteDocument(s.ctx(), long.ID), "")
	s.equal("gone", len(s.passages("bot", "common", 9)), 0)
	s.document("bot", "longer", append(texts, "last word")...)
	s.equal("again", s.passages("bot", "last common", 1), []string{"last word"})
}

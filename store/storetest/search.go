package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"parley/chat"
)

// indexed waits until everything that was stored is searchable.
func (s *suite) indexed() {
	s.Helper()
	if err := s.store.(interface{ Indexed(context.Context) error }).Indexed(s.ctx()); err != nil {
		s.Fatal(err)
	}
}

// found lists the ids and the number of what a query selects; the index is waited for.
func (s *suite) found(q chat.MessageQuery) ([]string, int64) {
	s.Helper()
	s.indexed()
	if q.Limit == 0 {
		q.Limit = 100
	}
	all, n, err := s.store.Messages(s.ctx(), q, true)
	return idsOf(must(all, err)), n
}

// finds checks what a query selects, newest first, and that the count is theirs.
func (s *suite) finds(what string, q chat.MessageQuery, want ...string) {
	s.Helper()
	ids, n := s.found(q)
	s.equal(what, []any{ids, n}, []any{want, len(want)})
}

func idsOf(messages []chat.Message) []string {
	var ids []string
	for _, m := range messages {
		ids = append(ids, m.ID)
	}
	return ids
}

func reversed(list []string) []string {
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}

// searchScripts: words of every script, whatever their case and diacritics.
func searchScripts(s *suite) {
	s.do(s.create("r", "ann"))
	for _, c := range []struct{ text, found, not string }{
		{"Der ÄRGER bleibt, café!", "ärger|ARGER|arger café|CAFE|cafe\u0301|bleibt der", "arg|ger b|kaffee"},
		{"100% sicher: snake_case back\\slash don't", "100|100%|sicher?|snake|case|slash|don't|'sicher'", "%|_|?|'|\\|10"},
		{"Ο ΟΔΥΣΣΕΥΣ γύρισε στο σπίτι του", "οδυσσεύς|Οδυσσευσ|γυρισε", "οδυ"},
		{"ПРИВЕТ мир, ёлка и Йод", "привет|МИР|елка|ЁЛКА|йод", "при"},
		{"İstanbul'da ışık, ISPARTA", "istanbul|İSTANBUL|ışık|isik|ısparta", "ista"},
		{"Große STRASSE", "strasse|straße|STRAẞE|GROSSE", "strase"},
		{"السَّلامُ عليكم إخوان", "السلام|عليكم|اخوان|السلام عليكم", "سلا"},
		{"שָׁלוֹם עולם", "שלום|עולם שָׁלוֹם", "שלו"},
		{"नमस्ते दुनिया", "नमस्ते|दुनिया", "नमसते|नम"},
		{"สวัสดีชาวโลก", "สวัสดี|โลก|ชาว|ส", "แมว|กโล"},
		{"我们今天去北京大学", "北京|大学|北京大学|京|今天 大学", "京北|上海|大北"},
		{"東京タワーでラーメンを食べた", "東京|タワー|ラーメン|食べ|ﾀﾜｰ|東", "京都|メンラ"},
		{"안녕하세요 한국어를 배웁니다", "안녕|한국어|한국|배웁니다|국어", "중국|어한"},
		{"Well done 👍🏽 🇩🇪 👩\u200d💻", "👍|👍🏿|done 👍|🇩🇪|👩\u200d💻|💻", "👎|🇫🇷"},
		{"Ｆｕｌｌ ｗｉｄｔｈ ﬁne m²", "full|width|FINE|m2", "fu"},
		{"mixed iPhone15手机 text", "iphone15|手机|手机 MIXED|iPhone15手机", "iphone"},
	} {
		id := s.do(s.post("r", "ann", c.text, "")).Message.ID
		for term := range strings.SplitSeq(c.found, "|") {
			s.finds(term+" in "+c.text, chat.MessageQuery{Room: "r", Page: chat.Page{Search: term}}, id)
		}
		for term := range strings.SplitSeq(c.not, "|") {
			s.finds(term+" in "+c.text, chat.MessageQuery{Room: "r", Page: chat.Page{Search: term}})
		}
	}
	ids, n := s.found(chat.MessageQuery{Room: "r", Page: chat.Page{Search: " ;-"}})
	s.equal("no word at all", []any{len(ids), n}, []any{0, 0})
	long := s.do(s.post("r", "ann", strings.Repeat("x", 5000)+" "+strings.Repeat("ก\u0e48", 5000)+" tail", "")).Message.ID
	s.finds("behind what is long", chat.MessageQuery{Room: "r", Page: chat.Page{Search: "tail"}}, long)
	s.finds("what is long", chat.MessageQuery{Room: "r", Page: chat.Page{Search: strings.Repeat("X", 5000)}}, long)
	s.finds("more words than count", chat.MessageQuery{Room: "r", Page: chat.Page{Search: strings.Repeat("tail ", 3000)}}, long)
	s.finds("operators", chat.MessageQuery{Room: "r", Page: chat.Page{Search: `tail" OR "done' | 'x' & * NOT ^`}})
}

// searchScopes: in a room, in all rooms of a user, everywhere; by sender; in pages.
func searchScopes(s *suite) {
	s.do(s.create("a", "ann", "bob"))
	s.do(s.create("b", "ann", "cid"))
	s.do(s.create("c", "bob", "cid"))
	var all, a, ann, anns []string // newest first
	for i := range 30 {
		room := []string{"a", "b", "c"}[i%3]
		user := map[string][]string{"a": {"ann", "bob"}, "b": {"cid", "ann"}, "c": {"bob", "cid"}}[room][i%2]
		id := s.do(s.post(room, user, fmt.Sprintf("common %d w%d", i, i%5), "")).Message.ID
		all = append(all, id)
		if room == "a" {
			a = append(a, id)
		}
		if room != "c" {
			anns = append(anns, id)
		}
		if user == "ann" {
			ann = append(ann, id)
		}
	}
	common := chat.Page{Search: "Common"}
	s.finds("room", chat.MessageQuery{Room: "a", Page: common}, reversed(a)...)
	s.finds("room, oldest first", chat.MessageQuery{Room: "a", Oldest: true, Page: common}, a...)
	s.finds("rooms of a user", chat.MessageQuery{User: "ann", Page: common}, reversed(anns)...)
	s.finds("rooms of a user, oldest first", chat.MessageQuery{User: "ann", Oldest: true, Page: common}, anns...)
	s.finds("rooms of a stranger", chat.MessageQuery{User: "eve", Page: common})
	s.finds("everything", chat.MessageQuery{Page: common}, reversed(all)...)
	s.finds("everything, oldest first", chat.MessageQuery{Oldest: true, Page: common}, all...)
	s.finds("without words", chat.MessageQuery{}, reversed(all)...)
	s.finds("without words, oldest first", chat.MessageQuery{Oldest: true}, all...)
	s.finds("sender", chat.MessageQuery{Sender: "ann"}, reversed(ann)...)
	s.finds("sender, oldest first", chat.MessageQuery{Sender: "ann", Oldest: true}, ann...)
	s.finds("unknown sender", chat.MessageQuery{Sender: "eve"})
	s.finds("sender and word", chat.MessageQuery{Sender: "ann", Page: chat.Page{Search: "18"}}, all[18])
	s.finds("sender and word in a room", chat.MessageQuery{Sender: "bob", Room: "a", Page: chat.Page{Search: "w0"}}, all[15])
	s.finds("sender in rooms of a user", chat.MessageQuery{Sender: "cid", User: "ann"}, pick(all, 28, 22, 16, 10, 4)...)
	s.finds("two words", chat.MessageQuery{Page: chat.Page{Search: "w3 common 8"}}, all[8])
	s.finds("unknown room", chat.MessageQuery{Room: "none", Page: common})
	ids, n := s.found(chat.MessageQuery{User: "ann", Page: chat.Page{Search: "common", Skip: 5, Limit: 4}})
	s.equal("page", []any{ids, n}, []any{reversed(anns)[5:9], len(anns)})
	ids, n = s.found(chat.MessageQuery{Page: chat.Page{Search: "common", Skip: 40}})
	s.equal("past the end", []any{ids, n}, []any{[]string{}, len(all)})
	for _, c := range []struct {
		before, after int64
		skip, limit   int
		want          []string
	}{
		{8, 0, 0, 3, pick(a, 6, 5, 4)},
		{8, 0, 2, 3, pick(a, 4, 3, 2)},
		{99, 0, 0, 2, pick(a, 9, 8)},
		{0, 4, 0, 3, pick(a, 6, 5, 4)},
		{0, 4, 1, 3, pick(a, 7, 6, 5)},
		{0, 99, 0, 3, nil},
		{9, 3, 0, 9, pick(a, 7, 6, 5, 4, 3)},
		{9, 3, 0, 2, pick(a, 7, 6)},
	} {
		ids, n := s.found(chat.MessageQuery{
			Room: "a", Before: c.before, After: c.after, Page: chat.Page{Search: "common", Skip: c.skip, Limit: c.limit},
		})
		s.equal(fmt.Sprint("between ", c.after, " and ", c.before), []any{ids, n}, []any{c.want, len(a)})
	}
	s.do(s.stand("a", "ann", chat.MemberRemoved))
	s.finds("after removal", chat.MessageQuery{User: "ann", Page: chat.Page{Search: "common"}}, without(reversed(anns), a)...)
	s.do(s.stand("c", "ann", chat.MemberActive))
	s.finds("after joining", chat.MessageQuery{User: "ann", Page: chat.Page{Search: "common"}}, without(reversed(all), a)...)
	s.do(s.deletion("b"))
	s.finds("after deletion of a room", chat.MessageQuery{User: "ann", Page: chat.Page{Search: "common"}}, without(without(reversed(all), a), anns)...)
	s.finds("everything that is left", chat.MessageQuery{Page: chat.Page{Search: "common"}}, without(reversed(all), without(anns, a))...)
	s.finds("everything that is left, without words", chat.MessageQuery{}, without(reversed(all), without(anns, a))...)
}

func pick(list []string, places ...int) []string {
	var picked []string
	for _, p := range places {
		picked = append(picked, list[p])
	}
	return picked
}

func without(list, drop []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(id string) bool { return slices.Contains(drop, id) })
}

// searchChanges: edits keep their place and take their new words, what is deleted
// or still streams is not found, and a message stands where its seq puts it
// whatever happened to it before it was indexed.
func searchChanges(s *suite) {
	ids := s.room("r", 6, "ann")
	search := func(what, words string, want ...string) {
		s.Helper()
		s.finds(what, chat.MessageQuery{Room: "r", Page: chat.Page{Search: words}}, want...)
	}
	search("all", "text", reversed(ids)...)
	edit := func(id, text string) {
		s.do(s.change("r", id, func(m *chat.Message) { m.Text = text }))
	}
	edit(ids[2], "text anew")
	search("edited", "anew", ids[2])
	search("no more", "3")
	search("its place", "text", reversed(ids)...)
	edit(ids[2], "nothing")
	search("without", "text", without(reversed(ids), ids[2:3])...)
	edit(ids[2], "")
	search("empty", "nothing")
	s.finds("empty, by sender", chat.MessageQuery{Sender: "ann"}, reversed(ids)...)
	edit(ids[2], "text 3")
	s.do(s.remove("r", ids[4]))
	search("deleted", "text", without(reversed(ids), ids[4:5])...)
	s.finds("deleted, by sender", chat.MessageQuery{Sender: "ann"}, without(reversed(ids), ids[4:5])...)

	// All before the index has seen any of it.
	var late []string
	for i := range 5 {
		late = append(late, s.do(s.post("r", "ann", fmt.Sprint("late ", i), "")).Message.ID)
	}
	s.do(s.remove("r", late[0]))
	edit(late[3], "late edited")
	edit(late[1], "late edited")
	search("edited at once", "late", reversed(late[1:])...)
	search("edited at once, words", "edited", late[3], late[1])
	streaming := s.do(chat.Command{Room: "r", User: "ann", Decide: func(chat.State) (chat.Effects, error) {
		id, at := s.next("message")
		return chat.Effects{Insert: &chat.Message{ID: id, Sender: "ann", Text: "late stored", Type: chat.ContentText, CreatedAt: at}}, nil
	}}).Message.ID
	search("stored", "stored", streaming)
}

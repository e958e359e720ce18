package storetest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"parley/chat"
)

func (s *suite) chatbot(id, name string) chat.Chatbot {
	_, at := s.next("chatbot")
	return chat.Chatbot{
		ID: id, Name: name, Prompt: "be\nkind \"Ä\"", Model: "m", URL: "https://example.com/v1", Key: []byte{0, 255, 1},
		CreatedAt: at, UpdatedAt: at,
	}
}

// chatbots: made, changed and deleted, with their acts.
func chatbots(s *suite) {
	one, two := s.chatbot("1", "Über uns"), s.chatbot("2", "shop")
	two.Key, two.Prompt = nil, ""
	s.code("create", s.store.CreateChatbot(s.ctx(), one, s.act("", "")), "")
	s.code("create", s.store.CreateChatbot(s.ctx(), two), "")
	s.code("taken id", s.store.CreateChatbot(s.ctx(), s.chatbot("1", "x"), s.act("", "")), chat.CodeConflict)
	s.equal("stored", must(s.store.Chatbot(s.ctx(), "1")), one)
	s.equal("stored", must(s.store.Chatbot(s.ctx(), "2")), two)
	_, err := s.store.Chatbot(s.ctx(), "none")
	s.code("unknown", err, chat.CodeNotFound)

	changed := must(s.store.UpdateChatbot(s.ctx(), "1", func(c *chat.Chatbot) error {
		c.ID, c.Name, c.Key = "forged", "ÜBER alles", nil
		return nil
	}, s.act("", "")))
	one.Name, one.Key = "ÜBER alles", nil
	s.equal("changed", changed, one)
	s.equal("changed and stored", must(s.store.Chatbot(s.ctx(), "1")), one)
	refused := errors.New("no")
	_, err = s.store.UpdateChatbot(s.ctx(), "1", func(c *chat.Chatbot) error { c.Name = "x"; return refused }, s.act("", ""))
	s.equal("refusal", errors.Is(err, refused), true)
	_, err = s.store.UpdateChatbot(s.ctx(), "none", func(*chat.Chatbot) error { return nil }, s.act("", ""))
	s.code("change of none", err, chat.CodeNotFound)

	list := func(p chat.Page) string {
		s.Helper()
		if p.Limit == 0 {
			p.Limit = 9
		}
		all, n, err := s.store.Chatbots(s.ctx(), p)
		ids := ""
		for _, c := range must(all, err) {
			ids += c.ID
		}
		return fmt.Sprint(ids, " of ", n)
	}
	s.equal("all", list(chat.Page{}), "12 of 2")
	s.equal("page", list(chat.Page{Skip: 1, Limit: 1}), "2 of 2")
	s.equal("search", list(chat.Page{Search: "über A"}), "1 of 1")
	s.equal("search in vain", list(chat.Page{Search: "nobody"}), " of 0")
	_, at := s.next("deletion")
	_, err = s.store.DeleteChatbot(s.ctx(), "1", at, s.act("", ""))
	s.code("delete", err, "")
	gone := must(s.store.Chatbot(s.ctx(), "1"))
	s.equal("deleted", []any{gone.Deleted, gone.Key, gone.UpdatedAt}, []any{true, []byte{}, at})
	s.equal("without it", list(chat.Page{}), "2 of 1")
	_, err = s.store.DeleteChatbot(s.ctx(), "1", at, s.act("", ""))
	s.code("delete again", err, chat.CodeNotFound)
	_, err = s.store.UpdateChatbot(s.ctx(), "1", func(*chat.Chatbot) error { return nil })
	s.code("change of a deleted one", err, chat.CodeNotFound)
	s.equal("acts", len(s.acts()), 3)
}

func (s *suite) session(user, chatbot string) chat.Session {
	id, at := s.next("session")
	return chat.Session{ID: id, User: user, Chatbot: chatbot, Room: "r-" + user, CreatedAt: at, UsedAt: at, SeenVersion: 4}
}

// sessions: one active for each user; the others are closed and returned.
func sessions(s *suite) {
	s.code("chatbot", s.store.CreateChatbot(s.ctx(), s.chatbot("bot", "Bot")), "")
	first, others := s.session("ann", "bot"), s.session("bob", "bot")
	s.equal("nothing to close", len(must(s.store.OpenSession(s.ctx(), first))), 0)
	s.equal("another user", len(must(s.store.OpenSession(s.ctx(), others))), 0)
	s.equal("stored", must(s.store.Session(s.ctx(), first.ID)), first)
	_, err := s.store.Session(s.ctx(), "none")
	s.code("unknown", err, chat.CodeNotFound)
	second := s.session("ann", "bot")
	closed := must(s.store.OpenSession(s.ctx(), second))
	want := first
	want.ClosedAt = second.CreatedAt
	s.equal("closed", closed, []chat.Session{want})
	s.equal("closed and stored", must(s.store.Session(s.ctx(), first.ID)), want)

	_, at := s.next("moment")
	s.code("seen", s.store.SeenSessions(s.ctx(), map[string]int64{first.ID: 7, second.ID: 7, "none": 7}, at), "")
	s.code("seen less", s.store.SeenSessions(s.ctx(), map[string]int64{second.ID: 5}, at), "")
	s.code("seen none", s.store.SeenSessions(s.ctx(), nil, at), "")
	s.equal("seen once closed", must(s.store.Session(s.ctx(), first.ID)), want)
	second.SeenAt, second.SeenVersion = at, 7
	s.equal("seen", must(s.store.Session(s.ctx(), second.ID)), second)
	second.UsedAt, second.SeenAt, second.SeenVersion = at.Add(time.Second), at.Add(2*time.Second), 9
	s.code("used", s.store.UsedSession(s.ctx(), second.ID, second.UsedAt), "")
	s.code("left", s.store.LeftSession(s.ctx(), second.ID, 9, at), "")
	s.code("left with less", s.store.LeftSession(s.ctx(), second.ID, 3, second.SeenAt), "")
	s.equal("left", must(s.store.Session(s.ctx(), second.ID)), second)

	over := must(s.store.CloseSessions(s.ctx(), []string{second.ID, first.ID, "none"}, at))
	second.ClosedAt = at
	s.equal("closed by name", over, []chat.Session{second})
	s.equal("closed again", len(must(s.store.CloseSessions(s.ctx(), []string{second.ID}, at))), 0)
	left := must(s.store.DeleteChatbot(s.ctx(), "bot", at))
	s.equal("closed with its chatbot", idsOfSessions(left), []string{others.ID})
	s.equal("is closed", must(s.store.Session(s.ctx(), others.ID)).ClosedAt, at)
}

func idsOfSessions(list []chat.Session) (ids []string) {
	for _, one := range list {
		ids = append(ids, one.ID)
	}
	return ids
}

// sessionsAtOnce: whoever opens, one is active in the end, each other one was
// closed by exactly one call, and nobody meets an error.
func sessionsAtOnce(s *suite) {
	const calls = 24
	var mu sync.Mutex
	closed := map[string]int{}
	var wg sync.WaitGroup
	all := make([]string, calls)
	for i := range calls {
		one := s.session("ann", "bot")
		all[i] = one.ID
		wg.Go(func() {
			replaced, err := s.store.OpenSession(s.ctx(), one)
			s.code("open", err, "")
			mu.Lock()
			defer mu.Unlock()
			for _, r := range replaced {
				closed[r.ID]++
			}
		})
	}
	wg.Wait()
	active := 0
	for _, id := range all {
		if must(s.store.Session(s.ctx(), id)).ClosedAt.IsZero() {
			active++
		}
		if closed[id] > 1 {
			s.Errorf("%s was closed %d times", id, closed[id])
		}
	}
	s.equal("active, closed", []int{active, len(closed)}, []int{1, calls - 1})
}

// expiredSessions: gone for the grace, or idle; one that was never seen is idle alone.
func expiredSessions(s *suite) {
	at := start.Add(time.Hour)
	open := func(user string, used, seen time.Duration) string {
		one := s.session(user, "bot")
		one.UsedAt = at.Add(used)
		if seen != 0 {
			one.SeenAt = at.Add(seen)
		}
		s.equal("open", len(must(s.store.OpenSession(s.ctx(), one))), 0)
		return one.ID
	}
	gone := open("gone", 0, -time.Minute)
	idle := open("idle", -time.Hour, -1)
	both := open("both", -time.Hour, -time.Minute)
	never := open("never", 0, 0)
	open("alive", -time.Hour+time.Millisecond, -time.Minute+time.Millisecond)
	closed := open("closed", -time.Hour, -time.Minute)
	must(s.store.CloseSessions(s.ctx(), []string{closed}, at))
	list := func(seen, used time.Duration, limit int) map[string]bool {
		ids := map[string]bool{}
		for _, id := range must(s.store.ExpiredSessions(s.ctx(), at.Add(seen), at.Add(used), limit)) {
			ids[id] = true
		}
		return ids
	}
	s.equal("expired", list(-time.Minute, -time.Hour, 9), map[string]bool{gone: true, idle: true, both: true})
	s.equal("never seen, and idle at last", list(-time.Hour, 0, 9)[never], true)
	s.equal("some", len(list(-time.Minute, -time.Hour, 2)), 2)
	s.equal("none", len(list(-2*time.Hour, -2*time.Hour, 9)), 0)
}

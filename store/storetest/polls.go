package storetest

import (
	"fmt"
	"strings"

	"parley/chat"
)

// polls: a conversation with the messages above a seq, in one look.
func polls(s *suite) {
	s.code("users", s.store.EnsureUsers(s.ctx(), []chat.User{{ID: "ann", Role: chat.RoleGuest, CreatedAt: start}}), "")
	s.do(s.talk("r", "ann", chat.Waiting))
	s.do(s.talk("q", "ann", chat.Waiting))
	s.do(s.post("q", "ann", "elsewhere", ""))
	poll := func(what string, since int64, limit int, want ...int64) chat.Polled {
		s.Helper()
		p := must(s.store.Poll(s.ctx(), "key r", since, limit))
		s.equal(what, seqs(p.Messages), want)
		s.equal(what+", head", []any{p.Conversation, p.Kind, p.Creator, p.Chatbot}, []any{s.view("r").Conversation, chat.KindCustomer, "ann", "default"})
		s.equal(what+", unread", []any{p.Unread, p.Last}, []any{0, nil})
		return p
	}
	p := poll("empty", 0, 9)
	s.equal("place", []any{p.Position, p.OwnerEpoch, p.Blocked}, []any{1, 0, false})
	var ids []string
	for i := range 5 {
		ids = append(ids, s.do(s.post("r", "ann", fmt.Sprint("text ", i+1), "nonce"+fmt.Sprint(i))).Message.ID)
	}
	p = poll("all", 0, 9, 1, 2, 3, 4, 5)
	for i, m := range p.Messages {
		whole := must(s.store.Message(s.ctx(), ids[i]))
		whole.BornVersion, whole.Version, whole.Nonce = 0, 0, ""
		s.equal("message", m, whole)
	}
	poll("page", 1, 2, 2, 3)
	poll("none asked for", 0, 0)
	poll("nothing new", 5, 9)
	poll("ahead of it", 1<<62, 9)
	poll("below", -7, 1, 1)
	s.do(s.remove("r", ids[2]))
	open, reply := s.stream("r")
	s.do(open)
	poll("no tombstones, nothing that streams", 0, 9, 1, 2, 4, 5)
	poll("page over a tombstone", 1, 2, 2, 4)
	out := s.do(s.turn("r", chat.Assigned, "eve"))
	p = poll("closed", 4, 9, 5, 6)
	s.equal("closed", []any{p.Messages[1].ID, p.Messages[1].Status, p.OwnerEpoch, p.Position, p.State, p.Agent},
		[]any{reply, chat.StatusCancelled, out.Room.OwnerEpoch, 0, chat.Assigned, "eve"})
	s.do(s.clear("r"))
	poll("cleared", 0, 9)
	s.do(s.post("r", "ann", "again", ""))
	poll("behind it", 0, 9, 7)
	for range 20 { // texts of which an answer holds sixteen, and the one that begins in front of its end
		s.do(s.post("r", "ann", strings.Repeat("x", chat.PollText/16), ""))
	}
	large := must(s.store.Poll(s.ctx(), "key r", 7, 100))
	s.equal("as much as fits", len(large.Messages), 16)
	s.equal("and the rest", len(must(s.store.Poll(s.ctx(), "key r", large.Messages[15].Seq, 100)).Messages), 4)

	_, err := s.store.UpdateUser(s.ctx(), "ann", func(u *chat.User) error { u.Blocked = true; return nil })
	s.code("block", err, "")
	s.equal("blocked", poll("blocked", 6, 1, 7).Blocked, true)
	for _, key := range []string{"", "r", "key none"} {
		_, err := s.store.Poll(s.ctx(), key, 0, 9)
		s.code("unknown", err, chat.CodeNotFound)
	}
}

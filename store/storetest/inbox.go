package storetest

import (
	"fmt"
	"time"

	"parley/chat"
)

// list returns the keys of a page of the inbox and the whole number.
func (s *suite) list(q chat.ConversationQuery) string {
	s.Helper()
	if q.Limit == 0 {
		q.Limit = 9
	}
	list, n, err := s.store.Conversations(s.ctx(), q)
	return fmt.Sprint(keys(must(list, err)), n)
}

// inbox: lists by state and by words, last changed first, with what is unread.
func inbox(s *suite) {
	for i, state := range []chat.ConversationState{chat.WithBot, chat.Waiting, chat.Waiting, chat.Assigned, chat.Resolved} {
		s.do(s.talk(fmt.Sprint("r", i), "ann", state))
	}
	s.equal("all", s.list(chat.ConversationQuery{}), "[key r4 key r3 key r2 key r1 key r0] 5")
	s.equal("page", s.list(chat.ConversationQuery{Page: chat.Page{Skip: 1, Limit: 2}}), "[key r3 key r2] 5")
	s.equal("the bot's", s.list(chat.ConversationQuery{State: chat.WithBot}), "[key r0] 1")
	s.equal("those that wait", s.list(chat.ConversationQuery{State: chat.Waiting}), "[key r1 key r2] 2")
	s.do(s.effects("r0", chat.Effects{Conversation: &chat.Conversation{
		Name: "Ärger", Email: "a@example.org", User: "u-7", State: chat.Waiting, Reason: "Übergabe 50%", WaitingSince: start,
		UpdatedAt: start.Add(time.Hour),
	}}))
	s.equal("last changed", s.list(chat.ConversationQuery{Page: chat.Page{Limit: 1}}), "[key r0] 5")
	s.equal("first in the queue", s.list(chat.ConversationQuery{State: chat.Waiting}), "[key r0 key r1 key r2] 3")
	for words, want := range map[string]string{
		"ärg": "[key r0] 1", "EXAMPLE.ORG": "[key r0] 1", "U-7": "[key r0] 1", "übergabe 50%": "[key r0] 1", "_": "[] 0",
		"name of": "[key r4 key r3 key r2 key r1] 4",
	} {
		s.equal("search "+words, s.list(chat.ConversationQuery{Page: chat.Page{Search: words, Limit: 9}}), want)
	}
	s.equal("search of those that wait", s.list(chat.ConversationQuery{State: chat.Waiting, Page: chat.Page{Search: "name", Limit: 9}}), "[key r1 key r2] 2")
	list, _, err := s.store.Conversations(s.ctx(), chat.ConversationQuery{State: chat.Waiting, Page: chat.Page{Search: "name", Limit: 9}})
	s.equal("their places", []int{must(list, err)[0].Position, list[1].Position}, []int{2, 3})
	s.unreadOfAgents()
}

// unreadOfAgents: what no agent has read, whatever the customer has.
func (s *suite) unreadOfAgents() {
	s.Helper()
	unread := func(what string, n int64, last string) {
		s.Helper()
		v := s.view("r3")
		text := ""
		if v.Last != nil {
			text = v.Last.Text
		}
		s.equal(what, []any{v.Unread, text}, []any{n, last})
		list, _, err := s.store.Conversations(s.ctx(), chat.ConversationQuery{State: chat.Assigned, Page: chat.Page{Limit: 1}})
		s.equal(what+", listed", fmt.Sprint(must(list, err)[0].Unread, list[0].Last == nil), fmt.Sprint(n, last == ""))
	}
	unread("empty", 0, "")
	s.do(s.post("r3", "ann", "one", ""))
	s.do(s.post("r3", "ann", "two", ""))
	unread("nobody has read", 2, "two")
	s.do(s.effects("r3", chat.Effects{Members: []chat.Member{{User: "eve", State: chat.MemberActive, ReadSeq: 1}}}))
	unread("one is read", 1, "two")
	s.do(s.effects("r3", chat.Effects{
		Members:      []chat.Member{{User: "signed in", State: chat.MemberActive, ReadSeq: 2}},
		Conversation: &chat.Conversation{User: "signed in", State: chat.Assigned, Agent: "eve"},
	}))
	unread("the customer under another name", 1, "two")
	s.do(s.remove("r3", s.view("r3").Last.ID))
	unread("a tombstone is no last one", 1, "one")
	s.do(s.clear("r3"))
	unread("cleared", 0, "")
}

// queue: who has waited longest comes first; places are counted so far.
func queue(s *suite) {
	const n = chat.QueueShown + 3
	cmds := make([]chat.Command, 0, n)
	for i := range n {
		cmds = append(cmds, s.talk(fmt.Sprintf("r%04d", i), "ann", chat.Waiting))
	}
	for _, a := range s.together(cmds...) {
		s.code("made", a.err, "")
	}
	place := func(room string) []int {
		s.Helper()
		return []int{s.view(room).Position, must(s.store.Poll(s.ctx(), "key "+room, 0, 0)).Position}
	}
	s.equal("first", place("r0000"), []int{1, 1})
	s.equal("last that is shown", place("r0999"), []int{1000, 1000})
	s.equal("past it", place("r1000"), []int{0, 0})
	rooms := func(limit int) (all []string) {
		s.Helper()
		for _, q := range must(s.store.Queue(s.ctx(), limit)) {
			all = append(all, fmt.Sprint(q.Room, " ", q.OwnerEpoch))
		}
		return all
	}
	s.equal("queue", rooms(2), []string{"r0000 0", "r0001 0"})
	s.equal("whole queue", len(rooms(2000)), n)
	s.do(s.turn("r0000", chat.Assigned, "eve"))
	s.equal("assigned", [][]int{place("r0000"), place("r0001"), place("r1000")}, [][]int{{0, 0}, {1, 1}, {1000, 1000}})
	s.do(s.turn("r0000", chat.Waiting, ""))
	s.equal("whose agent is gone", rooms(2), []string{"r0000 2", "r0001 0"})
	s.do(s.turn("r0000", chat.Resolved, ""))
	s.do(s.turn("r0000", chat.Waiting, ""))
	s.equal("who comes again", []any{rooms(1), place("r0000"), len(rooms(2000))}, []any{[]string{"r0001 0"}, []int{0, 0}, n})
	list, _, err := s.store.Conversations(s.ctx(), chat.ConversationQuery{State: chat.Waiting, Page: chat.Page{Skip: 998, Limit: 4}})
	var places []int
	for _, v := range must(list, err) {
		places = append(places, v.Position)
	}
	s.equal("places of a page", places, []int{999, 1000, 0, 0})
	// Who came at one time stand in the order of their rooms.
	at := start.Add(-time.Hour)
	for _, room := range []string{"r0500", "r0400"} {
		s.do(s.effects(room, chat.Effects{Conversation: &chat.Conversation{State: chat.Waiting, WaitingSince: at}}))
	}
	s.equal("at one time", []any{rooms(2), place("r0400"), place("r0500")}, []any{[]string{"r0400 0", "r0500 0"}, []int{1, 1}, []int{2, 2}})
}

// deserted: whose agent was not seen, never or not since.
func deserted(s *suite) {
	for i, agent := range []string{"eve", "fay", "gil", ""} {
		room := fmt.Sprint("r", i)
		s.do(s.talk(room, "ann", chat.Waiting))
		if agent != "" {
			s.do(s.turn(room, chat.Assigned, agent))
		}
	}
	s.do(s.talk("erased", "ann", chat.Waiting))
	s.do(s.turn("erased", chat.Assigned, "eve"))
	s.do(s.deletion("erased"))
	seen := func(at time.Time, agents ...string) {
		s.Helper()
		s.code("seen", s.store.SeenAgents(s.ctx(), agents, at), "")
	}
	list := func(t time.Time, limit int) (all []string) {
		s.Helper()
		for _, c := range must(s.store.Deserted(s.ctx(), t, limit)) {
			all = append(all, c.Room+" "+c.Agent)
		}
		return all
	}
	now := start.Add(time.Hour)
	s.equal("never seen", list(now, 9), []string{"r0 eve", "r1 fay", "r2 gil"})
	seen(now, "eve", "fay", "eve", "nobody")
	seen(now.Add(-time.Minute), "fay", "gil")
	seen(now)
	s.equal("at that time", list(now, 9), []string{"r0 eve", "r1 fay", "r2 gil"})
	s.equal("never goes back", list(now.Add(-time.Millisecond), 9), []string{"r2 gil"})
	s.equal("all seen", len(list(start, 9)), 0)
	seen(now.Add(time.Minute), "eve")
	s.equal("some", list(now, 1), []string{"r1 fay"})
}

// notes: agents' own, which take no number.
func notes(s *suite) {
	s.do(s.talk("r", "ann", chat.Waiting))
	s.do(s.talk("q", "ann", chat.Waiting))
	var want []chat.Note
	write := func(room string) chat.Command {
		id, at := s.next("note")
		n := chat.Note{ID: id, Room: room, Author: "eve", Text: "note ü " + id, CreatedAt: at}
		if room == "r" {
			want = append(want, n)
		}
		return s.effects(room, chat.Effects{Note: &n})
	}
	out := s.do(write("r"))
	s.equal("takes no number", []int64{out.Room.Seq, out.Room.Version}, []int64{0, 0})
	for _, a := range s.together(write("r"), write("q"), write("r")) {
		s.code("together", a.err, "")
	}
	page := func(room string, skip, limit int) []any {
		s.Helper()
		list, n, err := s.store.Notes(s.ctx(), room, chat.Page{Skip: skip, Limit: limit})
		return []any{must(list, err), n}
	}
	s.equal("notes", page("r", 0, 9), []any{want, 3})
	s.equal("page", page("r", 1, 1), []any{want[1:2], 3})
	s.equal("the other's", page("q", 0, 9)[1], 1)
	s.equal("none", page("none", 0, 9), []any{[]chat.Note{}, 0})
	s.code("a taken id", (<-s.submit(s.effects("r", chat.Effects{Note: &want[0]}))).err, chat.CodeInternal)
}

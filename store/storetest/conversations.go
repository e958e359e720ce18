package storetest

import (
	"fmt"
	"time"

	"parley/chat"
)

// talk makes a customer's room with a conversation whose key is "key " and the room.
func (s *suite) talk(room, customer string, state chat.ConversationState) chat.Command {
	create := s.create(room, customer)
	decide := create.Decide
	_, at := s.next("conversation")
	create.Decide = func(st chat.State) (chat.Effects, error) {
		e, err := decide(st)
		if err == nil {
			e.Room.Kind, e.Room.Chatbot, e.Room.UpdatedAt = chat.KindCustomer, "default", at
			e.Conversation = &chat.Conversation{Key: "key " + room, Name: "Name of " + room, State: state, CreatedAt: at, UpdatedAt: at}
			if state == chat.Waiting {
				e.Conversation.WaitingSince = at
			}
		}
		return e, err
	}
	return create
}

// turn changes who a conversation is with, as the service does; to claim one that is
// another's is a conflict.
func (s *suite) turn(room string, to chat.ConversationState, agent string) chat.Command {
	_, at := s.next("turn")
	return chat.Command{Room: room, Decide: func(st chat.State) (chat.Effects, error) {
		if st.Conversation == nil || st.Room.Deleted {
			return chat.Effects{}, chat.ErrConversationNotFound
		}
		r, c := st.Room, *st.Conversation
		if to == chat.Assigned && c.State == chat.Assigned {
			return chat.Effects{}, chat.ErrAssigned
		}
		e := chat.Effects{CloseReply: chat.StatusCancelled}
		if c.Agent != "" {
			e.Members = append(e.Members, chat.Member{User: c.Agent, State: chat.MemberLeft, JoinedAt: at})
		}
		if agent != "" {
			e.Members = append(e.Members, chat.Member{User: agent, State: chat.MemberActive, JoinedAt: at})
		}
		r.OwnerEpoch++
		r.UpdatedAt = at
		if to == chat.Waiting && c.State != chat.Assigned {
			c.WaitingSince = at
		}
		c.State, c.Agent, c.UpdatedAt = to, agent, at
		e.Room, e.Conversation = &r, &c
		return e, nil
	}}
}

// view returns the conversation of a room made by talk.
func (s *suite) view(room string) chat.ConversationView {
	s.Helper()
	return must(s.store.Conversation(s.ctx(), "key "+room))
}

// conversations are created with their rooms or later, and keep their key.
func conversations(s *suite) {
	made := s.do(s.talk("r", "ann", chat.WithBot))
	s.equal("before", made.Before.Conversation, nil)
	want := *made.Conversation
	s.equal("made", []any{want.Room, want.Key, want.Name, want.State}, []any{"r", "key r", "Name of r", chat.WithBot})
	v := s.view("r")
	s.equal("read", v.Conversation, want)
	s.equal("view", []any{v.Kind, v.Creator, v.Chatbot, v.Unread, v.Last, v.Position}, []any{chat.KindCustomer, "ann", "default", 0, nil, 0})

	full := chat.Conversation{
		Room: "other", Key: "forged", Name: "Änn", Email: "ann@example.org", User: "u", State: chat.Waiting, Agent: "",
		Reason: "help", WaitingSince: start.Add(time.Hour), CreatedAt: start, UpdatedAt: start.Add(2 * time.Hour),
	}
	changed := s.do(s.effects("r", chat.Effects{Conversation: &full}))
	s.equal("what it was", *changed.Before.Conversation, want)
	full.Room, full.Key, full.CreatedAt = "r", want.Key, want.CreatedAt
	s.equal("changed", *changed.Conversation, full)
	s.equal("changed and read", s.view("r").Conversation, full)
	s.equal("nothing else", *s.do(s.post("r", "ann", "hello", "")).Conversation, full)
	s.equal("seen by the next", *s.do(s.effects("r", chat.Effects{})).Before.Conversation, full)

	later := s.create("me", "bob")
	decide := later.Decide
	later.Decide = func(st chat.State) (chat.Effects, error) {
		e, err := decide(st)
		e.Room.Kind = chat.KindAssistant
		return e, err
	}
	s.equal("none yet", s.do(later).Conversation, nil)
	s.do(s.effects("me", chat.Effects{Conversation: &chat.Conversation{Key: "key me", State: chat.Waiting, User: "bob"}}))
	s.equal("later", s.view("me").User, "bob")
	if c := s.view("me"); c.CreatedAt.IsZero() || c.UpdatedAt.IsZero() {
		s.Error("no time was given:", c)
	}
	s.refusedConversations()

	_, err := s.store.Conversation(s.ctx(), "unknown")
	s.code("unknown", err, chat.CodeNotFound)
	s.equal("of a deleted room", s.do(s.deletion("r")).Conversation.Key, "key r")
	_, err = s.store.Conversation(s.ctx(), "key r")
	s.code("deleted", err, chat.CodeNotFound)
	_, err = s.store.Poll(s.ctx(), "key r", 0, 1)
	s.code("poll of a deleted one", err, chat.CodeNotFound)
	list, n, err := s.store.Conversations(s.ctx(), chat.ConversationQuery{Page: chat.Page{Limit: 9}})
	s.equal("list", []any{keys(must(list, err)), n}, []any{[]string{"key me"}, 1})
	s.equal("queue", len(must(s.store.Queue(s.ctx(), 9))), 1)
}

// refusedConversations: what cannot be applied writes nothing.
func (s *suite) refusedConversations() {
	s.Helper()
	s.room("group", 1, "ann")
	c := chat.Conversation{Key: "no", State: chat.Waiting}
	at := s.act("", "")
	for what, cmd := range map[string]chat.Command{
		"of a group":         s.effects("group", chat.Effects{Conversation: &c}),
		"without a room":     s.effects("none", chat.Effects{Conversation: &c}),
		"a note of no room":  s.effects("none", chat.Effects{Note: &chat.Note{ID: "n"}}),
		"a note of a group":  s.effects("group", chat.Effects{Note: &chat.Note{ID: "n"}}),
		"a note without id":  s.effects("r", chat.Effects{Note: &chat.Note{}}),
		"erased and written": s.effects("r", chat.Effects{Conversation: &c, Erase: true, Audit: []chat.Audit{at}}),
		"erased and noted":   s.effects("r", chat.Effects{Note: &chat.Note{ID: "n"}, Erase: true}),
		"closed to stream":   s.effects("r", chat.Effects{CloseReply: chat.StatusStreaming}),
		"closed and updated": s.effects("r", chat.Effects{CloseReply: chat.StatusCancelled, Update: &chat.Message{ID: "m"}}),
	} {
		s.code(what, (<-s.submit(cmd)).err, chat.CodeInternal)
	}
	s.equal("acts", len(s.acts()), 0)
	s.equal("group's head", s.head("ann", "group"), "0 <nil>")
}

// head is what RoomHeads says of a conversation, and Stands too.
func (s *suite) head(user, room string) string {
	s.Helper()
	for _, h := range must(s.store.RoomHeads(s.ctx(), user)) {
		if h.Room == room {
			s.equal("stands", shown(must(s.store.Stands(s.ctx(), []string{room}))[room]), shown(h))
			return shown(h)
		}
	}
	return "not there"
}

func shown(h chat.RoomHead) string {
	c := h.Conversation
	if c == nil {
		return fmt.Sprint(h.OwnerEpoch, " <nil>")
	}
	return fmt.Sprint(h.OwnerEpoch, " ", c.Key, " ", c.State, " ", toMillis(c.WaitingSince))
}

func toMillis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func keys(list []chat.ConversationView) (all []string) {
	for _, v := range list {
		all = append(all, v.Key)
	}
	return all
}

// conversationHeads: rooms come with their epoch and conversation.
func conversationHeads(s *suite) {
	s.room("group", 1, "ann")
	since := s.do(s.talk("r", "ann", chat.Waiting)).Conversation.WaitingSince
	s.equal("group", s.head("ann", "group"), "0 <nil>")
	s.equal("waiting", s.head("ann", "r"), fmt.Sprint("0 key r waiting ", since.UnixMilli()))
	s.do(s.turn("r", chat.Assigned, "eve"))
	s.equal("customer's", s.head("ann", "r"), fmt.Sprint("1 key r assigned ", since.UnixMilli()))
	s.equal("agent's", s.head("eve", "r"), fmt.Sprint("1 key r assigned ", since.UnixMilli()))
	s.do(s.turn("r", chat.Resolved, ""))
	s.equal("left", s.head("eve", "r"), "not there")
}

// claims: of two in one group, the second sees the first.
func claims(s *suite) {
	s.do(s.talk("r", "ann", chat.Waiting))
	answers := s.together(s.turn("r", chat.Assigned, "eve"), s.turn("r", chat.Assigned, "fay"), s.post("r", "eve", "hi", ""))
	s.code("first", answers[0].err, "")
	s.code("second", answers[1].err, chat.CodeConflict)
	s.equal("sees the first", []any{answers[1].Before.Conversation.Agent, answers[1].Before.Room.OwnerEpoch}, []any{"eve", 1})
	s.equal("lets her post", answers[2].Message.Seq, 1)
	s.equal("read", s.view("r").Agent, "eve")
	s.equal("before the first", answers[0].Before.Conversation.State, chat.Waiting)

	answers = s.together(
		s.talk("q", "bob", chat.WithBot), s.turn("q", chat.Assigned, "eve"), s.turn("q", chat.Waiting, ""), s.turn("q", chat.Assigned, "fay"),
		s.turn("q", chat.Assigned, "eve"),
	)
	for i, want := range []chat.Code{"", "", "", "", chat.CodeConflict} {
		s.code(fmt.Sprint("command ", i), answers[i].err, want)
	}
	v := s.view("q")
	s.equal("at the end", []any{v.State, v.Agent, must(s.store.Room(s.ctx(), "q")).OwnerEpoch}, []any{chat.Assigned, "fay", 3})
	s.equal("who was let in", []any{
		must(s.store.Member(s.ctx(), "q", "eve")).State, must(s.store.Member(s.ctx(), "q", "fay")).State,
	}, []any{chat.MemberLeft, chat.MemberActive})
}

// closedReplies: a hand-off closes what the bot writes, in front of what is said with it.
func closedReplies(s *suite) {
	s.do(s.talk("r", "ann", chat.WithBot))
	s.do(s.post("r", "ann", "question", ""))
	open, reply := s.stream("r")
	s.do(open)
	s.do(s.checkpoint("r", reply, "half an answer"))
	both := s.turn("r", chat.Assigned, "eve")
	decide := both.Decide
	id, at := s.next("message")
	both.Decide = func(st chat.State) (chat.Effects, error) {
		e, err := decide(st)
		e.Insert = &chat.Message{ID: id, Sender: "eve", Text: "I am here", Type: chat.ContentText, CreatedAt: at}
		return e, err
	}
	out := s.do(both)
	s.equal("inserted behind it", numbers(out), []int64{3, 3, 3, 3, 3})
	c := out.Closed
	s.equal("closed", []any{c.ID, c.Seq, c.Version, c.BornVersion, c.Status, c.Text, c.UpdatedAt, replyOf(*c)},
		[]any{reply, 2, 2, 2, chat.StatusCancelled, "half an answer", out.Room.UpdatedAt, begunReply})
	s.equal("room", []any{out.Room.OpenReply, out.Room.LastMessageID, out.Room.OwnerEpoch}, []any{"", id, 1})
	s.equal("room that is read", must(s.store.Room(s.ctx(), "r")), out.Room)
	stored := must(s.store.Message(s.ctx(), reply))
	s.equal("its record stays", replyOf(stored), begunReply)
	stored.Reply, c.Reply = nil, nil
	s.equal("stored", stored, *c)
	s.equal("conversation", *out.Conversation, s.view("r").Conversation)
	s.equal("who posts has read it", must(s.store.Member(s.ctx(), "r", "eve")).ReadSeq, 3)
	s.code("its writer is too late", (<-s.submit(s.finish("r", reply, "x", chat.StatusComplete))).err, chat.CodeNotFound)

	back := s.do(s.turn("r", chat.WithBot, ""))
	s.equal("nothing was open", []any{back.Closed, back.Room.Seq, back.Room.Version}, []any{nil, 3, 3})
	open, reply = s.stream("r")
	answers := s.together(open, s.checkpoint("r", reply, "more"), s.turn("r", chat.Waiting, ""), s.post("r", "ann", "next", ""),
		s.finish("r", reply, "x", chat.StatusComplete))
	c = answers[2].Closed
	s.equal("of one go", []any{c.ID, c.Seq, c.Text, replyOf(*c), answers[3].Message.Seq}, []any{reply, 4, "more", begunReply, 5})
	s.code("closed already", answers[4].err, chat.CodeNotFound)
	s.equal("stored", []any{must(s.store.Message(s.ctx(), reply)).Status, must(s.store.Room(s.ctx(), "r")).OpenReply}, []any{chat.StatusCancelled, ""})
}

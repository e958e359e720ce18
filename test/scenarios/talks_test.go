package scenarios

import (
	"maps"
	"strings"
	"sync"
	"time"

	"parley/chat"
)

// spent is a chat.Rate of which some have nothing left.
type spent struct{ users sync.Map }

func (s *spent) Allow(user string) (bool, time.Duration) {
	_, out := s.users.Load(user)
	return !out, 1500 * time.Millisecond
}

// mute is a chat.Assistant that answers nothing, and takes no more questions in
// some rooms: what it said would be stored in the middle of a scenario.
type mute struct{ full sync.Map }

func (m *mute) Admit(room string) error {
	if _, full := m.full.Load(room); full {
		return chat.RateLimited(time.Second)
	}
	return nil
}

func (*mute) Ask(chat.Question) {}
func (*mute) Forget(string)     {}

// newTalks is a house with conversations, and people of its own:
//
//	owner      whose conversation {me} has {asked} and, by the chatbot, {answer}; a
//	           session {session} in the room {sitting} with {said}, after {closed}
//	asker      in whose {busy} the reply {open} to {waits} is being written; with
//	           the session {hers}
//	cleared    whose {bare} was cleared of what had the nonce "nonce of before"
//	newcomer   who has no conversation yet: {first} will be it
//
// It stands beside the first house of all, whose rooms nothing here may touch.
func (s *server) newTalks() *house {
	s.t.Helper()
	h := s.annex()
	var users []chat.User
	for _, one := range [][2]string{{"owner", "{me}"}, {"asker", "{busy}"}, {"cleared", "{bare}"}, {"newcomer", "{first}"}} {
		u := chat.User{ID: newID(), Role: chat.RoleUser, CreatedAt: time.Now()}
		users = append(users, u)
		h.people[one[0]] = s.bearer(u)
		h.rooms = append(h.rooms, chat.ConversationOf(u.ID))
		h.call("{"+one[0]+"}", u.ID, one[1], chat.ConversationOf(u.ID))
	}
	s.must(s.store.EnsureUsers(s.t.Context(), users))
	quoted := h.people["owner"]
	quoted.Token = ` bearer "` + strings.TrimPrefix(quoted.Token, "Bearer ") + `" `
	h.people["owner, quoted"] = quoted
	h.converse()
	h.sit()
	h.before = h.look()
	h.after = h.before
	return h
}

// newLibrary is a house of a chatbot {bot} with {document}. The names of chatbots
// that a scenario makes hold {mark}, by which the house knows them.
func (s *server) newLibrary() *house {
	s.t.Helper()
	h := s.annex()
	ctx, root := h.t.Context(), h.people["admin"].Actor
	h.mark = "house " + newID()
	bot, err := h.chat.CreateChatbot(ctx, root, chat.ChatbotChange{Name: new("The bot of " + h.mark)})
	h.must(err)
	document, err := h.chat.AddDocument(ctx, root, bot.ID, "returns.txt", strings.NewReader("Returns within thirty days."))
	h.must(err)
	h.call("{mark}", h.mark, "{bot}", bot.ID, "{document}", document.ID)
	h.before = h.look()
	h.after = h.before
	return h
}

// annex is a house without rooms of its own, beside the first.
func (s *server) annex() *house {
	s.t.Helper()
	if s.first == nil {
		s.first = s.newHouse()
		s.tire()
	}
	h := &house{server: s, people: maps.Clone(s.people), beside: s.first.rooms}
	h.call(s.first.pairs...)
	return h
}

// tire adds two people: hasty has written too much, and for impatient too many
// questions wait.
func (s *server) tire() {
	s.t.Helper()
	for _, who := range []string{"hasty", "impatient"} {
		s.people[who] = s.person(who, chat.RoleUser)
		view, err := s.chat.Conversation(s.t.Context(), s.people[who].Actor)
		s.must(err)
		s.first.rooms = append(s.first.rooms, view.ID)
	}
	s.spent.users.Store("hasty", nil)
	s.mute.full.Store(chat.ConversationOf("impatient"), nil)
}

// say posts in a room, or in one's own conversation.
func (h *house) say(who, room, text string) chat.Message {
	h.t.Helper()
	r, err := h.chat.Post(h.t.Context(), h.people[who].Actor, chat.Draft{
		Room: room, Text: text, Type: chat.ContentText, Nonce: new("nonce of " + text),
	})
	h.must(err)
	return r.Message
}

// converse has the people talk to the assistant.
func (h *house) converse() {
	h.t.Helper()
	ctx := h.t.Context()
	asked, waits := h.say("owner", chat.Me, "asked"), h.say("asker", chat.Me, "waits")
	answer := h.reply("owner", asked, func(*chat.Reply) {})
	answer.Append("Because.")
	h.must(answer.Close(ctx, chat.StatusComplete, 0, 0))
	answer.Done()
	open := h.reply("asker", waits, func(r *chat.Reply) {
		if err := r.Close(ctx, chat.StatusCancelled, 0, 0); err != nil {
			h.t.Error(err)
		}
		r.Done()
	})
	open.Append("Well,")
	h.call("{asked}", asked.ID, "{waits}", waits.ID, "{answer}", answer.ID(), "{open}", open.ID())

	h.say("cleared", chat.Me, "before")
	h.must(h.chat.ClearHistory(ctx, h.people["cleared"].Actor))
}

// reply begins to answer a question. When it is to end early, end does so.
func (h *house) reply(who string, question chat.Message, end func(*chat.Reply)) (r *chat.Reply) {
	h.t.Helper()
	ctx := h.t.Context()
	room, err := h.store.Room(ctx, question.Room)
	h.must(err)
	r, err = h.chat.OpenReply(ctx, chat.Question{Room: room, Message: question, Asker: h.people[who].Actor}, func() { go end(r) })
	h.must(err)
	return r
}

// sit begins sessions.
func (h *house) sit() {
	h.t.Helper()
	begin := func(who string) chat.NewSession {
		n, err := h.chat.OpenSession(h.t.Context(), h.people[who].Actor, chat.DefaultChatbot)
		h.must(err)
		h.sessions = append(h.sessions, n.ID)
		return n
	}
	closed, session, hers := begin("owner"), begin("owner"), begin("asker")
	h.rooms = append(h.rooms, session.Room, hers.Room)
	h.call("{closed}", closed.ID, "{session}", session.ID, "{sitting}", session.Room, "{hers}", hers.ID, "{hersroom}", hers.Room)
	h.call("{said}", h.say("owner", session.Room, "said").ID)
}

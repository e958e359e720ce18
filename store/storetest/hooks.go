package storetest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"parley/chat"
)

// hooked queues a delivery to the webhook for each name with the command.
func (s *suite) hooked(cmd chat.Command, names ...string) chat.Command {
	_, at := s.next("delivery")
	cmd.Hooks = func(out chat.Outcome) (list []chat.Delivery) {
		for _, name := range names {
			list = append(list, chat.Delivery{
				ID: name, Webhook: "hook", Room: out.Room.ID, Event: chat.HookMessage, Body: fmt.Appendf(nil, `{"name":%q}`, name), CreatedAt: at,
			})
		}
		return list
	}
	return cmd
}

// delivered takes all that is queued, as it is delivered, and returns its names.
func (s *suite) delivered() (names []string) {
	s.Helper()
	now := start.Add(24 * time.Hour)
	for {
		list := must(s.store.LeaseDeliveries(s.ctx(), now, now.Add(time.Minute), 100))
		if len(list) == 0 {
			return names
		}
		for _, d := range list {
			s.equal("delivery", []any{d.Webhook, d.Event, string(d.Body), d.Attempts}, []any{"hook", chat.HookMessage, fmt.Sprintf(`{"name":%q}`, d.ID), 0})
			names = append(names, d.Room+" "+d.ID)
			s.code("delivered", s.store.Delivered(s.ctx(), d.ID), "")
		}
	}
}

func (s *suite) webhook() {
	s.Helper()
	err := s.store.CreateWebhook(s.ctx(), chat.Webhook{ID: "hook", URL: "http://x", Events: []chat.HookEvent{chat.HookMessage}, Secret: []byte("s"), CreatedAt: start})
	s.code("webhook", err, "")
}

// hooks: what a command tells webhooks is queued with what it writes, in order, or
// not at all.
func hooks(s *suite) {
	s.webhook()
	s.do(s.hooked(s.talk("r", "ann", chat.Waiting), "a1", "a2"))
	s.equal("queued", s.delivered(), []string{"r a1", "r a2"})
	var seen chat.Outcome
	turn := s.turn("r", chat.Assigned, "eve")
	turn.Hooks = func(out chat.Outcome) []chat.Delivery { seen = out; return nil }
	out := s.do(turn)
	s.equal("is shown the outcome", []any{seen.Before.Conversation.State, *seen.Conversation, seen.Room}, []any{chat.Waiting, *out.Conversation, out.Room})

	refused := errors.New("no")
	s.together(
		s.hooked(s.post("r", "ann", "1", ""), "b3", "b2"),
		s.hooked(chat.Command{Room: "r", Decide: func(chat.State) (chat.Effects, error) { return chat.Effects{}, refused }}, "refused"),
		s.hooked(s.effects("r", chat.Effects{Update: &chat.Message{ID: "none"}}), "impossible"),
		s.hooked(s.post("r", "ann", "2", ""), "b1"),
		s.hooked(s.effects("r", chat.Effects{}), "b0"),
	)
	s.equal("in order", s.delivered(), []string{"r b3", "r b2", "r b1", "r b0"})

	// One that cannot be written hurts no other, and leaves nothing.
	note := chat.Note{ID: "note"}
	s.do(s.effects("r", chat.Effects{Note: &note}))
	panics := s.post("r", "ann", "lost", "")
	panics.Hooks = func(chat.Outcome) []chat.Delivery { panic("hooks") }
	answers := s.together(
		s.hooked(s.post("r", "ann", "3", ""), "c1"),
		s.hooked(s.effects("r", chat.Effects{Note: &note}), "unwritten"),
		panics,
		s.hooked(s.post("r", "ann", "4", ""), "c2"),
	)
	for i, want := range []chat.Code{"", chat.CodeInternal, chat.CodeInternal, ""} {
		s.code(fmt.Sprint("command ", i), answers[i].err, want)
	}
	s.equal("last seq", answers[3].Message.Seq, 4)
	s.equal("after a replay", s.delivered(), []string{"r c1", "r c2"})
}

// erasures: a conversation goes with its notes and deliveries, and no other's.
func erasures(s *suite) {
	s.webhook()
	for _, room := range []string{"r", "q"} {
		s.do(s.hooked(s.talk(room, "ann", chat.Waiting), room+" waits", room+" dead"))
		s.code("dead", s.store.Postpone(s.ctx(), room+" dead", time.Time{}, "gone"), "")
		s.do(s.effects(room, chat.Effects{Note: &chat.Note{ID: "note " + room, Text: "x"}}))
		s.do(s.post(room, "ann", "text", ""))
	}
	act := s.act("r", "")
	out := s.do(s.effects("r", chat.Effects{Clear: true, Erase: true, Audit: []chat.Audit{act}}))
	s.equal("outcome", []any{out.Before.Conversation.Key, out.Conversation, out.Room.ClearedSeq}, []any{"key r", nil, 1})
	_, err := s.store.Conversation(s.ctx(), "key r")
	s.code("erased", err, chat.CodeNotFound)
	s.equal("next sees none", s.do(s.effects("r", chat.Effects{})).Before.Conversation, nil)
	s.equal("list", s.list(chat.ConversationQuery{}), "[key q] 1")
	number := func(room string) int64 {
		_, n, err := s.store.Notes(s.ctx(), room, chat.Page{Limit: 9})
		return must(n, err)
	}
	s.equal("notes", []int64{number("r"), number("q")}, []int64{0, 1})
	dead, n, err := s.store.DeadDeliveries(s.ctx(), chat.Page{Limit: 9})
	s.equal("dead deliveries", []any{must(dead, err)[0].ID, n}, []any{"q dead", 1})
	s.equal("deliveries", s.delivered(), []string{"q q waits"})
	s.equal("head", s.head("ann", "r"), "0 <nil>")

	// Within one group, what comes before the erasure goes and what comes behind it stays.
	again := chat.Conversation{Key: "again", State: chat.WithBot}
	answers := s.together(
		s.hooked(s.effects("q", chat.Effects{Note: &chat.Note{ID: "lost"}}), "lost"),
		s.talk("new", "ann", chat.Waiting),
		s.hooked(s.effects("new", chat.Effects{Note: &chat.Note{ID: "kept"}}), "kept"),
		s.hooked(s.effects("q", chat.Effects{Erase: true}), "last"),
		s.effects("q", chat.Effects{Note: &chat.Note{ID: "none"}}),
		s.effects("q", chat.Effects{Conversation: &again, Note: &chat.Note{ID: "anew"}}),
	)
	for i, want := range []chat.Code{"", "", "", "", chat.CodeInternal, ""} {
		s.code(fmt.Sprint("command ", i), answers[i].err, want)
	}
	s.equal("notes", []int64{number("q"), number("new")}, []int64{1, 1})
	names := s.delivered()
	slices.Sort(names) // rooms are told of in no order
	s.equal("deliveries", names, []string{"new kept", "q last"})
	s.equal("anew", []any{must(s.store.Conversation(s.ctx(), "again")).Room, s.list(chat.ConversationQuery{State: chat.WithBot})}, []any{"q", "[again] 1"})
	s.equal("twice", s.do(s.effects("r", chat.Effects{Erase: true})).Conversation, nil)
}

// forgotten: files that were posted in one room alone, and a user's name.
func forgotten(s *suite) {
	for _, f := range []string{"only", "both", "gone", "other"} {
		s.file(f, "ann")
	}
	s.room("r", 0, "ann")
	s.room("q", 0, "ann")
	s.do(s.share("r", "ann", "only", "both"))
	s.do(s.share("r", "ann", "only"))
	gone := s.do(s.share("r", "ann", "gone")).Message.ID
	s.do(s.share("q", "ann", "both", "other"))
	s.do(s.remove("r", gone))
	only := func(room string) []string {
		s.Helper()
		return must(s.store.FilesOnlyIn(s.ctx(), room))
	}
	s.equal("only in r", only("r"), []string{"only"})
	s.equal("only in q", only("q"), []string{"other"})
	s.equal("none", len(only("none")), 0)
	s.do(s.clear("r"))
	s.equal("cleared", []any{len(only("r")), only("q")}, []any{0, []string{"both", "other"}})
	s.code("forget", s.store.ForgetFiles(s.ctx(), []string{"only", "unknown", "only"}), "")
	s.code("forget nothing", s.store.ForgetFiles(s.ctx(), nil), "")
	_, err := s.store.File(s.ctx(), "only")
	s.code("forgotten", err, chat.CodeNotFound)
	s.equal("kept", must(s.store.File(s.ctx(), "both")).ID, "both")

	u := s.user("1", "ann")
	u.Name, u.Email = "Ann", "ann@example.org"
	s.code("user", s.store.CreateUser(s.ctx(), u), "")
	before := must(s.store.User(s.ctx(), "1"))
	s.code("anonymize", s.store.AnonymizeUser(s.ctx(), "1"), "")
	before.Name, before.Email = "", ""
	s.equal("without a name", must(s.store.User(s.ctx(), "1")), before)
	s.code("nobody", s.store.AnonymizeUser(s.ctx(), "none"), "")
}

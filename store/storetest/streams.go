package storetest

import (
	"fmt"
	"time"

	"parley/chat"
)

// bot is who streams in these tests.
var bot = chat.BotSender("default")

// stream begins a reply, with a record of its owner's epoch.
func (s *suite) stream(room string) (chat.Command, string) {
	id, at := s.next("reply")
	return s.effects(room, chat.Effects{Insert: &chat.Message{
		ID: id, Sender: bot, Type: chat.ContentText, ReplyTo: "q", Status: chat.StatusStreaming, CreatedAt: at, UpdatedAt: at,
		Reply: &chat.ReplyRecord{OwnerEpoch: 3},
	}}), id
}

// checkpoint stores the text of a reply so far.
func (s *suite) checkpoint(room, id, text string) chat.Command {
	_, at := s.next("checkpoint")
	return s.change(room, id, func(m *chat.Message) { m.Text, m.UpdatedAt = text, at })
}

// finish closes a reply as its writer does, once.
func (s *suite) finish(room, id, text string, status chat.Status) chat.Command {
	_, at := s.next("close")
	return chat.Command{Room: room, Message: id, Decide: func(st chat.State) (chat.Effects, error) {
		if st.Message == nil || st.Message.Status != chat.StatusStreaming {
			return chat.Effects{}, chat.ErrMessageNotFound
		}
		m := *st.Message
		m.Text, m.Status, m.UpdatedAt = text, status, at
		m.Reply = &chat.ReplyRecord{
			OwnerEpoch: 3, Sources: []chat.Source{{Document: "d \"1\"", Passage: "p > ä"}}, PromptTokens: 1 << 33, CompletionTokens: 7,
		}
		return chat.Effects{Update: &m}, nil
	}}
}

// replyOf is a message's reply as text; none is "none".
func replyOf(m chat.Message) string {
	if m.Reply == nil {
		return "none"
	}
	return fmt.Sprintf("%+v", *m.Reply)
}

const (
	begunReply  = "{OwnerEpoch:3 Sources:[] PromptTokens:0 CompletionTokens:0}"
	closedReply = "{OwnerEpoch:3 Sources:[{Document:d \"1\" Passage:p > ä}] PromptTokens:8589934592 CompletionTokens:7}"
)

// numbers are what a message and its room have been given.
func numbers(o chat.Outcome) []int64 {
	return []int64{o.Message.Seq, o.Message.Version, o.Message.BornVersion, o.Room.Seq, o.Room.Version}
}

// streams: a reply has no place until it closes; then it is the room's newest.
func streams(s *suite) {
	before := s.room("r", 1, "ann", "bob")
	s.do(s.read("r", "ann", 1))
	room := must(s.store.Room(s.ctx(), "r"))
	open, id := s.stream("r")
	begun := s.do(open)
	s.equal("begun", numbers(begun), []int64{0, 0, 0, 1, 1})
	want := room
	want.OpenReply = id
	s.equal("room while it streams", begun.Room, want)
	s.equal("room that is read", must(s.store.Room(s.ctx(), "r")), want)
	s.equal("its record", replyOf(*begun.Message), begunReply)
	unseen := func(what string) {
		s.Helper()
		page, n, err := s.store.Messages(s.ctx(), chat.MessageQuery{Room: "r", Page: chat.Page{Limit: 9}}, true)
		s.equal(what+", list", []any{idsOf(must(page, err)), n}, []any{before, len(before)})
		page, n, err = s.store.Messages(s.ctx(), chat.MessageQuery{User: "ann", Page: chat.Page{Limit: 9}}, true)
		s.equal(what+", feed", []any{idsOf(must(page, err)), n}, []any{before, len(before)})
		page, n, err = s.store.Messages(s.ctx(), chat.MessageQuery{Page: chat.Page{Limit: 9}}, true)
		s.equal(what+", all", []any{idsOf(must(page, err)), n}, []any{before, len(before)})
		s.equal(what+", changes", idsOf(must(s.store.Changes(s.ctx(), "r", 0, 9))), before)
		view := must(s.store.Views(s.ctx(), "ann", []string{"r"}))[0]
		s.equal(what+", view", []any{view.Unread, view.LastMessage.ID, view.ActiveAt}, []any{0, before[0], room.ActiveAt})
		s.finds(what+", search", chat.MessageQuery{Room: "r", Page: chat.Page{Search: "answer"}})
		s.finds(what+", sender", chat.MessageQuery{Sender: bot})
	}
	unseen("begun")
	half := s.do(s.checkpoint("r", id, "half an answer"))
	s.equal("checkpoint", append(numbers(half), int64(len(half.Message.Text))), []int64{0, 0, 0, 1, 1, 14})
	unseen("checkpoint")
	stored := must(s.store.Message(s.ctx(), id))
	s.equal("stored", []any{stored.Text, stored.Status, stored.UpdatedAt, replyOf(stored)},
		[]any{"half an answer", chat.StatusStreaming, half.Message.UpdatedAt, begunReply})

	s.equal("a post meanwhile", s.do(s.post("r", "bob", "meanwhile", "")).Message.Seq, 2)
	s.closes(id)
}

// closes: the reply is then the room's third message, as if it were posted now.
func (s *suite) closes(id string) {
	s.Helper()
	closed := s.do(s.finish("r", id, "the whole answer", chat.StatusComplete))
	s.equal("closed", numbers(closed), []int64{3, 3, 3, 3, 3})
	s.equal("room", []any{closed.Room.OpenReply, closed.Room.LastMessageID, closed.Room.ActiveAt}, []any{"", id, closed.Message.UpdatedAt})
	s.equal("room that is read", must(s.store.Room(s.ctx(), "r")), closed.Room)
	s.equal("answer's reply", replyOf(*closed.Message), closedReply)
	stored := must(s.store.Message(s.ctx(), id))
	s.equal("message's reply", replyOf(stored), closedReply)
	changes := must(s.store.Changes(s.ctx(), "r", 1, 9))
	s.equal("changes", seqs(changes), []int64{2, 3})
	s.equal("changes' replies", []any{replyOf(changes[0]), replyOf(changes[1])}, []any{"none", closedReply})
	stored.Reply, closed.Message.Reply = nil, nil
	s.equal("message", stored, *closed.Message)
	s.equal("unread", must(s.store.Views(s.ctx(), "ann", []string{"r"}))[0].Unread, 2)
	s.finds("search", chat.MessageQuery{Room: "r", Page: chat.Page{Search: "whole"}}, id)
	s.code("closed again", (<-s.submit(s.finish("r", id, "x", chat.StatusComplete))).err, chat.CodeNotFound)
	s.code("checkpoint of a closed one", (<-s.submit(s.change("r", id, func(m *chat.Message) { m.Status = chat.StatusStreaming }))).err, chat.CodeInternal)
	s.equal("once", numbers(s.do(s.post("r", "ann", "next", ""))), []int64{4, 4, 4, 4, 4})

	edited := s.do(s.change("r", id, func(m *chat.Message) { m.Text = "edited" }))
	s.equal("edited", []any{numbers(edited), replyOf(*edited.Message)}, []any{[]int64{3, 5, 3, 4, 5}, closedReply})
	s.do(s.remove("r", id))
	s.equal("a tombstone has none", replyOf(must(s.store.Message(s.ctx(), id))), "none")
}

// streamsOfOneGo: begun, stored and closed within one group, and with posts between.
func streamsOfOneGo(s *suite) {
	s.room("r", 0, "ann")
	first, one := s.stream("r")
	second, two := s.stream("r")
	third, three := s.stream("r")
	answers := s.together(
		first,
		s.post("r", "ann", "1", ""),
		s.checkpoint("r", one, "text"),
		s.finish("r", one, "2", chat.StatusInterrupted),
		second,
		s.post("r", "ann", "3", ""),
		s.finish("r", two, "4", chat.StatusFailed),
		s.finish("r", two, "x", chat.StatusFailed),
		third,
		s.checkpoint("r", three, "half"),
	)
	for i, want := range [][]int64{{0, 0}, {1, 1}, {0, 1}, {2, 2}, {0, 2}, {3, 3}, {4, 4}, nil, {0, 4}, {0, 4}} {
		if want == nil {
			s.code("closed twice", answers[i].err, chat.CodeNotFound)
			continue
		}
		s.code(fmt.Sprint("command ", i), answers[i].err, "")
		s.equal(fmt.Sprint("command ", i), []int64{answers[i].Message.Seq, answers[i].Room.Seq}, want)
	}
	s.equal("room", must(s.store.Room(s.ctx(), "r")).OpenReply, three)
	s.equal("stands", must(s.store.Stands(s.ctx(), []string{"r"}))["r"].OpenReply, three)
	page := must(s.store.Changes(s.ctx(), "r", 0, 9))
	s.equal("all", []any{seqs(page), page[1].ID, page[3].ID}, []any{[]int64{1, 2, 3, 4}, one, two})
	s.equal("reply", replyOf(page[3]), closedReply)
	// The next group closes what this one has left, another way than its writer.
	swept := s.do(s.change("r", three, func(m *chat.Message) { m.Status = chat.StatusInterrupted }))
	s.equal("swept", []any{numbers(swept), swept.Message.Text, replyOf(*swept.Message), swept.Room.OpenReply},
		[]any{[]int64{5, 5, 5, 5, 5}, "half", begunReply, ""})
}

// streamingBefore: what no writer has given a sign of, oldest first.
func streamingBefore(s *suite) {
	var ids []string
	for i := range 4 {
		room := fmt.Sprint("r", i)
		s.room(room, 1, "ann")
		open, id := s.stream(room)
		s.do(open)
		ids = append(ids, id)
	}
	now := s.do(s.checkpoint("r0", ids[0], "alive")).Message.UpdatedAt
	s.do(s.finish("r2", ids[2], "over", chat.StatusComplete))
	list := func(t time.Time, limit int) []string { return idsOf(must(s.store.StreamingBefore(s.ctx(), t, limit))) }
	s.equal("all", list(now, 9), []string{ids[1], ids[3], ids[0]})
	s.equal("before", list(now.Add(-time.Millisecond), 9), []string{ids[1], ids[3]})
	s.equal("some", list(now, 1), ids[1:2])
	s.equal("none", len(list(start, 9)), 0)
	s.equal("its text", must(s.store.StreamingBefore(s.ctx(), now, 9))[2].Text, "alive")
}

// conversationRooms: what a conversation's room has besides.
func conversationRooms(s *suite) {
	create := s.create("r", "ann")
	decide := create.Decide
	create.Decide = func(st chat.State) (chat.Effects, error) {
		e, err := decide(st)
		e.Room.Kind, e.Room.Chatbot, e.Room.OwnerEpoch = chat.KindAssistant, "default", 1
		e.Room.OpenReply, e.Room.ClearedSeq, e.Room.ClearedVersion = "forged", 7, 8 // are the store's
		return e, err
	}
	room := s.do(create).Room
	s.equal("made", []any{room.Kind, room.Chatbot, room.OwnerEpoch, room.OpenReply, room.ClearedSeq, room.ClearedVersion},
		[]any{chat.KindAssistant, "default", 1, "", 0, 0})
	s.equal("read", must(s.store.Room(s.ctx(), "r")), room)
	room = s.do(chat.Command{Room: "r", Decide: func(st chat.State) (chat.Effects, error) {
		st.Room.OwnerEpoch, st.Room.Chatbot = 1<<40, ""
		return chat.Effects{Room: &st.Room}, nil
	}}).Room
	s.equal("changed", []any{room.OwnerEpoch, room.Chatbot}, []any{1 << 40, ""})
	s.equal("read", must(s.store.Room(s.ctx(), "r")), room)
}

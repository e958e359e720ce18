package chat

import "time"

// turn changes who a conversation is with: it raises the owner epoch, so that
// whatever a bot began before is refused from then on, closes an open reply, and
// lets the agent in, or the one before out. It is part of a command's effects.
func turn(st State, eff *Effects, to ConversationState, agent string, now time.Time) {
	room, c := st.Room, *st.Conversation
	if eff.Room != nil {
		room = *eff.Room
	}
	if eff.Conversation != nil {
		c = *eff.Conversation
	}
	room.OwnerEpoch++
	room.UpdatedAt = now
	if c.Agent != agent {
		eff.Members = append(eff.Members, standing(room, c, c.Agent, MemberLeft, now)...)
		eff.Members = append(eff.Members, standing(room, c, agent, MemberActive, now)...)
	}
	if c.State == WithBot {
		eff.CloseReply = StatusCancelled
	}
	if to == Waiting && c.State != Assigned || to == Assigned && c.State != Waiting {
		c.WaitingSince = now // who was not waiting before an agent came waits from then on
	}
	c.State, c.Agent, c.UpdatedAt = to, agent, now
	eff.Room, eff.Conversation = &room, &c
}

// in is the state with another room.
func (st State) in(r Room) State {
	st.Room = r
	return st
}

// standing lets an agent into a conversation, or out, who is not its customer.
func standing(r Room, c Conversation, agent string, state MemberState, now time.Time) []Member {
	if agent == "" || c.customer(r, agent) {
		return nil
	}
	return []Member{{Room: r.ID, User: agent, State: state, JoinedAt: now}}
}

// reopen returns a resolved conversation in which the customer writes again to
// its bot, or to the queue where it has none.
func reopen(st State, eff *Effects, sender string, now time.Time) {
	c := st.Conversation
	if c == nil || c.State != Resolved || !c.customer(st.Room, sender) || eff.Room != nil { // its turn was another
		return
	}
	to := Waiting
	if st.Room.Chatbot != "" {
		to = WithBot
	}
	turn(st, eff, to, "", now)
}

// active moves a conversation to the front of the inbox: something was said.
func active(st State, eff *Effects, now time.Time) {
	c := eff.Conversation
	if c == nil {
		c = st.Conversation
	}
	if c != nil {
		moved := *c
		moved.UpdatedAt = now
		eff.Conversation = &moved
	}
}

// turnEvents tells what a command has changed of a conversation: first the end of
// what the bot was writing, so that nothing of it comes behind the news.
func turnEvents(out Outcome) []Event {
	before, after := out.Before.Conversation, out.Conversation
	if after == nil {
		return nil
	}
	if before == nil {
		before = &Conversation{}
	}
	var events []Event
	at := out.Before.Room.Version
	if m := out.Closed; m != nil {
		at = m.Version
		events = append(events, Event{Kind: EventMessage, Room: m.Room, Version: at, Message: m})
	}
	then := out
	then.Room.Version = at // in front of what is said with it
	if before.Agent != after.Agent {
		for _, m := range standing(out.Room, *after, before.Agent, MemberLeft, time.Time{}) {
			events = append(events, left(then, []string{m.User})...)
		}
		for _, m := range standing(out.Room, *after, after.Agent, MemberActive, time.Time{}) {
			events = append(events, joined(then, []string{m.User})...)
		}
	}
	if before.Room != "" && after.User != before.User {
		events = append(events, joined(then, []string{after.User})...)
	}
	if after.State != before.State || out.Room.OwnerEpoch != out.Before.Room.OwnerEpoch {
		events = append(events, Event{
			Kind: EventConversationState, Room: out.Room.ID, At: at, OwnerEpoch: out.Room.OwnerEpoch, Conversation: after,
		})
	}
	if *after != *before {
		events = append(events, updatedEvent(out))
	}
	return events
}

// updatedEvent tells the agents of a conversation.
func updatedEvent(out Outcome) Event {
	return Event{
		Kind: EventConversationUpdated, Room: out.Room.ID, At: out.Room.Version, OwnerEpoch: out.Room.OwnerEpoch, Conversation: out.Conversation,
	}
}

// settle does here what follows from a conversation's change: the bot writes no
// more, and the queue is told of.
func (s *Service) settle(out Outcome) {
	before, after := out.Before.Conversation, out.Conversation
	if after == nil {
		return
	}
	if out.Before.Room.ID != "" && out.Room.OwnerEpoch != out.Before.Room.OwnerEpoch {
		s.silence(out.Room.ID)
	}
	if s.Webhooks != nil {
		s.Webhooks.Queued()
	}
	if after.State != Waiting && (before == nil || before.State != Waiting) {
		return
	}
	s.queue.changed()
	if before == nil || before.State != after.State || !before.WaitingSince.Equal(after.WaitingSince) {
		s.elsewhere(Event{Kind: EventQueueChanged}) // and not with each message of who waits
	}
}

// silence drops the questions of the room that wait for its bot.
func (s *Service) silence(room string) {
	if s.Assistant != nil {
		s.Assistant.Forget(room)
	}
}

// freezing has a reply that a command closes under its writer keep all that was
// seen of it, where it is written here. Should the command come to nothing, the
// reply is cancelled all the same. Where another node may be writing it, the command
// is refused with errWrittenElsewhere, see hushing.
func (s *Service) freezing(decide func(State) (Effects, error)) func(State) (Effects, error) {
	return func(st State) (Effects, error) {
		eff, err := decide(st)
		if err == nil && eff.CloseReply != "" && st.Room.OpenReply != "" {
			frozen, ok := s.replies.freeze(st.Room.OpenReply, s.Elsewhere != nil)
			if !ok {
				return Effects{}, errWrittenElsewhere
			}
			eff.Frozen = frozen
		}
		return eff, err
	}
}

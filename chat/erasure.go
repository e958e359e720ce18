package chat

import (
	"context"
	"errors"
	"iter"
	"slices"
)

// Transcript gives a conversation to an agent, with a way to read all its messages,
// oldest first, page by page as they are asked for.
func (s *Service) Transcript(ctx context.Context, a Actor, key string) (ConversationView, iter.Seq2[Message, error], error) {
	v, err := s.inboxed(ctx, a, key)
	if err != nil {
		return v, nil, err
	}
	return v, func(yield func(Message, error) bool) {
		for after := int64(0); ; {
			ms, _, err := s.Store.Messages(ctx, MessageQuery{Room: v.Room, After: after, Oldest: after == 0, Page: Page{Limit: MaxList}}, false)
			if err != nil {
				yield(Message{}, err)
				return
			}
			if after != 0 { // the page nearest to it, newest first
				slices.Reverse(ms)
			}
			for _, m := range ms {
				if !yield(m, nil) {
					return
				}
			}
			if len(ms) < MaxList {
				return
			}
			after = ms[len(ms)-1].Seq
		}
	}, nil
}

// EraseConversation removes what a conversation holds of its customer, for an agent:
// the messages, the notes, the contact, the files that were posted there alone, and
// what was on its way to webhooks. A customer's room is deleted, and a guest's name
// and tokens with it; a user's own room stays, empty. What fails on the way can be
// tried again: the conversation goes last.
func (s *Service) EraseConversation(ctx context.Context, a Actor, key string) error {
	v, err := s.inboxed(ctx, a, key)
	if err != nil {
		return err
	}
	if err := s.postRate(a); err != nil {
		return err
	}
	act := s.audit(a, ActConversationErase)
	act.Room = v.Room
	if err := s.forget(ctx, a, v); err != nil {
		return err
	}
	for {
		_, err := s.changeConversation(ctx, v.Room, func(st State, eff *Effects) error {
			nameless := *st.Conversation // what is told of it now says no more
			nameless.Name, nameless.Email, nameless.Reason = "", "", ""
			eff.Conversation = &nameless
			if nameless.State != Resolved {
				turn(st, eff, Resolved, "", act.At)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := s.erase(ctx, v.Conversation, act); !errors.Is(err, errGoesOn) {
			return err
		}
	}
}

// errGoesOn says that a conversation was taken up again while it was being erased.
var errGoesOn = &Error{Code: CodeConflict, Message: "The conversation goes on"}

// erase removes a conversation in which nothing goes on.
func (s *Service) erase(ctx context.Context, c Conversation, act Audit) error {
	_, err := s.apply(ctx, Command{Room: c.Room, Decide: func(st State) (Effects, error) {
		if st.Conversation == nil || st.Room.Deleted {
			return Effects{}, ErrConversationNotFound
		}
		if st.Room.OpenReply != "" || st.Conversation.State != Resolved {
			return Effects{}, errGoesOn // an agent who came in would never be let out
		}
		room := st.Room
		room.OwnerEpoch++
		room.UpdatedAt = act.At
		room.Deleted = room.Kind == KindCustomer
		return Effects{Room: &room, Clear: true, Erase: true, Audit: []Audit{act}}, nil
	}}, func(out Outcome) []Event { return erasedEvents(out, c) })
	return err
}

func erasedEvents(out Outcome, c Conversation) []Event {
	cleared := Event{Kind: EventHistoryCleared, Room: out.Room.ID, Version: out.Room.Version}
	gone := Event{Kind: EventConversationDeleted, Room: out.Room.ID, Conversation: &Conversation{Room: c.Room, Key: c.Key}}
	return append(append([]Event{cleared}, deletedEvents(out)...), gone)
}

// forget removes what a conversation has outside of its room: files, and the guest
// whose it is.
func (s *Service) forget(ctx context.Context, a Actor, v ConversationView) error {
	files, err := s.Store.FilesOnlyIn(ctx, v.Room)
	if err != nil {
		return err
	}
	if s.Blobs != nil {
		for _, f := range files {
			if err := s.Blobs.Remove(ctx, f); err != nil {
				return err
			}
		}
	}
	if err := s.Store.ForgetFiles(ctx, files); err != nil {
		return err
	}
	u, err := s.Store.User(ctx, v.Creator)
	if err != nil || u.Role != RoleGuest || v.Kind != KindCustomer {
		return err
	}
	if s.Directory != nil {
		act := s.audit(a, ActUserBlock)
		act.User = u.ID
		if _, err := s.Directory.Block(ctx, u.ID, act); err != nil {
			return err
		}
	}
	return s.Store.AnonymizeUser(ctx, u.ID)
}

package chat

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"
)

// Me names, wherever a room's id is taken, the caller's own conversation with the
// assistant. Events and answers name the real room.
const Me = "me"

// DefaultChatbot answers Me; it is there from the first start.
const DefaultChatbot = "default"

// ConversationOf returns the id of the user's own conversation with the
// assistant. It is known before the room is made, so that making it twice at
// once makes one.
func ConversationOf(user string) string { return derivedID(string(KindAssistant), user) }

// RoomOf returns the room that an actor means: Me is their own conversation.
func RoomOf(a Actor, room string) string {
	if room == Me {
		return ConversationOf(a.ID)
	}
	return room
}

// derivedID is a UUID (RFC 9562, version 8) made of the parts.
func derivedID(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// botPrefix begins the sender of what a chatbot says. No user's id begins so.
const botPrefix = "bot:"

// BotSender is who the chatbot is as the sender of messages.
func BotSender(chatbot string) string { return botPrefix + chatbot }

// Reserved reports whether an id can be no user's.
func Reserved(user string) bool { return strings.HasPrefix(user, botPrefix) }

// Bot reports whether a chatbot said it.
func (m Message) Bot() bool { return Reserved(m.Sender) }

// newConversation is a room for a user and a chatbot.
func newConversation(id, name string, kind RoomKind, user, chatbot string, now time.Time) (*Room, []Member) {
	return &Room{
		ID: id, Name: name, Kind: kind, Visibility: Private, Creator: user, Chatbot: chatbot, OwnerEpoch: 1,
		CreatedAt: now, UpdatedAt: now, ActiveAt: now,
	}, []Member{{Room: id, User: user, State: MemberActive, JoinedAt: now}}
}

// assistantName is what Me is called in lists of rooms.
const assistantName = "Assistant"

// newMe is the caller's own conversation, about to be made.
func newMe(user string, now time.Time) (*Room, []Member) {
	return newConversation(ConversationOf(user), assistantName, KindAssistant, user, DefaultChatbot, now)
}

// roomID checks the id of a room that a use case was given. The caller's own
// conversation is made if it is not there yet.
func (s *Service) roomID(ctx context.Context, a Actor, room string) (string, error) {
	if err := id("roomId", room); err != nil {
		return "", err
	}
	room = RoomOf(a, room)
	if room != ConversationOf(a.ID) {
		return room, nil
	}
	_, err := s.Store.Room(ctx, room)
	if CodeOf(err) != CodeNotFound {
		return room, err
	}
	created, members := newMe(a.ID, s.now())
	return room, s.converse(ctx, *created, members)
}

// converse makes a conversation unless it is there.
func (s *Service) converse(ctx context.Context, room Room, members []Member) error {
	_, err := s.apply(ctx, Command{Room: room.ID, Decide: func(st State) (Effects, error) {
		if st.Room.ID != "" {
			return Effects{}, nil
		}
		return Effects{Room: &room, Members: members}, nil
	}}, func(out Outcome) []Event {
		if out.Before.Room.ID != "" {
			return nil
		}
		return []Event{joinedEvent(out, []string{room.Creator})}
	})
	return err
}

// Conversation returns the caller's own conversation with the assistant.
func (s *Service) Conversation(ctx context.Context, a Actor) (RoomView, error) {
	room, err := s.roomID(ctx, a, Me)
	if err != nil {
		return RoomView{}, err
	}
	return s.view(ctx, a, room)
}

// ConversationHistory lists the newest messages of the caller's own conversation
// with a seq below before (all, if that is 0), oldest first, with the number of
// all there are and whether there are more beyond.
func (s *Service) ConversationHistory(ctx context.Context, a Actor, before int64, n int) ([]MessageView, int64, bool, error) {
	ms, more, err := s.History(ctx, a, Me, before, 0, n)
	if err != nil {
		return nil, 0, false, err
	}
	_, count, err := s.Store.Messages(ctx, MessageQuery{Room: ConversationOf(a.ID), User: a.ID, Page: Page{Limit: 1}}, true)
	return ms, count, more, err
}

// ClearHistory removes every message of the caller's own conversation. An open
// reply is stopped first, and questions that wait are forgotten. Seq goes on, the
// nonces stay known, and earlier cursors cannot be served any more.
func (s *Service) ClearHistory(ctx context.Context, a Actor) error {
	room, err := s.roomID(ctx, a, Me)
	if err != nil {
		return err
	}
	if err := s.postRate(a); err != nil {
		return err
	}
	if s.Assistant != nil {
		s.Assistant.Forget(room)
	}
	for {
		out, err := s.clear(ctx, a, room)
		if !errors.Is(err, ErrReplyOpen) {
			return err
		}
		if err := s.cancelReply(ctx, room, out.Before.Room.OpenReply); err != nil {
			return err
		}
	}
}

// clear removes the messages unless a reply is open: it would stay.
func (s *Service) clear(ctx context.Context, a Actor, room string) (Outcome, error) {
	return s.apply(ctx, Command{Room: room, User: a.ID, Decide: func(st State) (Effects, error) {
		if err := visible(st); err != nil {
			return Effects{}, err
		}
		if st.Room.OpenReply != "" {
			return Effects{}, ErrReplyOpen
		}
		return Effects{Clear: true}, nil
	}}, func(out Outcome) []Event {
		return []Event{{Kind: EventHistoryCleared, Room: room, Version: out.Room.Version}}
	})
}

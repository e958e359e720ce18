package chat

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"
)

// NewSession is what a client learns of a session it has begun.
type NewSession struct {
	Session
	ChatbotName string
	// Previous are the last closed messages of the conversation, oldest first.
	Previous []Message
}

// OpenSession begins a session of the caller with a chatbot. Another active one of
// theirs is closed, and its socket told.
func (s *Service) OpenSession(ctx context.Context, a Actor, chatbot string) (NewSession, error) {
	if err := id("chatbot_id", chatbot); err != nil {
		return NewSession{}, err
	}
	if err := s.postRate(a); err != nil {
		return NewSession{}, err
	}
	bot, err := s.chatbot(ctx, chatbot)
	if err != nil {
		return NewSession{}, err
	}
	now := s.now()
	room, members := newConversation(derivedID(string(KindSession), bot.ID, a.ID), bot.Name, KindSession, a.ID, bot.ID, now)
	if err := s.converse(ctx, *room, members); err != nil {
		return NewSession{}, err
	}
	// What comes after this version is told over the session's socket.
	heads, err := s.Store.Heads(ctx, []string{room.ID})
	if err != nil {
		return NewSession{}, err
	}
	ms, _, err := s.Store.Messages(ctx, MessageQuery{Room: room.ID, User: a.ID, Page: Page{Limit: PreviousMessages}}, false)
	if err != nil {
		return NewSession{}, err
	}
	ms = slices.DeleteFunc(ms, func(m Message) bool { return m.BornVersion > heads[room.ID] })
	slices.Reverse(ms)
	session := Session{
		ID: s.NewSecretID(), User: a.ID, Chatbot: bot.ID, Room: room.ID, CreatedAt: now, UsedAt: now, SeenVersion: heads[room.ID],
	}
	closed, err := s.Store.OpenSession(ctx, session)
	if err != nil {
		return NewSession{}, err
	}
	s.tellClosed(closed, true)
	return NewSession{session, bot.Name, ms}, nil
}

// CloseSession ends one of the caller's sessions; its socket is told.
func (s *Service) CloseSession(ctx context.Context, a Actor, session string) error {
	one, err := s.session(ctx, session)
	if err != nil {
		return err
	}
	if one.User != a.ID || !one.ClosedAt.IsZero() {
		return ErrSessionNotFound
	}
	closed, err := s.Store.CloseSessions(ctx, []string{one.ID}, s.now())
	if err == nil && len(closed) == 0 {
		err = ErrSessionNotFound
	}
	s.tellClosed(closed, false)
	return err
}

// EnterSession lets the caller's socket into a session, which counts as a sign of
// life: ErrSessionNotFound, CodeForbidden for another user's, ErrSessionClosed.
func (s *Service) EnterSession(ctx context.Context, a Actor, session string) (Session, Chatbot, error) {
	one, err := s.entered(ctx, a, session)
	if err != nil {
		return Session{}, Chatbot{}, err
	}
	bot, err := s.chatbot(ctx, one.Chatbot)
	if err != nil {
		return Session{}, Chatbot{}, err
	}
	one.Entered = s.entrance(one.SeenAt)
	return one, bot, s.Store.SeenSessions(ctx, map[string]int64{one.ID: one.SeenVersion}, time.Unix(0, one.Entered))
}

// TakeSession makes the caller's socket, which hears of the session's end from here
// on, the session's only one: one that entered before it ends, on whichever node. It
// returns the session as it is now, with the errors of EnterSession.
func (s *Service) TakeSession(ctx context.Context, a Actor, entered Session) (Session, error) {
	one, err := s.entered(ctx, a, entered.ID)
	if err != nil {
		return Session{}, err
	}
	one.Entered = entered.Entered
	s.elsewhere(taken(one.User, one.ID, one.Entered))
	return one, nil
}

// RetakeSession does for a session's socket what may have been lost: it is ended if
// the session is closed, and else those that entered before it are.
func (s *Service) RetakeSession(ctx context.Context, session string, entered int64) error {
	one, err := s.session(ctx, session)
	switch {
	case CodeOf(err) == CodeNotFound:
		return nil
	case err != nil:
		return err
	case one.ClosedAt.IsZero():
		s.elsewhere(taken(one.User, one.ID, entered))
	default:
		s.Here.Publish(Event{Kind: EventSessionClosed, User: one.User, Origin: one.ID})
	}
	return nil
}

// taken ends those sockets of a session that entered before another.
func taken(user, session string, entered int64) Event {
	return Event{Kind: EventSessionClosed, User: user, Origin: session, Seq: entered, Replaced: true}
}

// entered returns an active session of the caller's.
func (s *Service) entered(ctx context.Context, a Actor, session string) (Session, error) {
	one, err := s.session(ctx, session)
	switch {
	case err != nil:
		return Session{}, err
	case one.User != a.ID:
		return Session{}, Errorf(CodeForbidden, "The session is another user's")
	case !one.ClosedAt.IsZero():
		return Session{}, ErrSessionClosed
	}
	return one, nil
}

// entrance is a number above that of who was seen before, whatever the clock of their
// node says; two who come at the same moment have different ones.
func (s *Service) entrance(seen time.Time) int64 {
	now := s.now()
	if !now.After(seen) {
		now = seen.Truncate(time.Millisecond).Add(time.Millisecond)
	}
	return now.UnixNano() + rand.Int64N(int64(time.Millisecond)) //nolint:gosec // breaks a tie
}

// SeenSessions notes that the sockets of these sessions are open now, and up to
// which version of its room each one's client is known to have seen everything.
func (s *Service) SeenSessions(ctx context.Context, seen map[string]int64) error {
	if len(seen) == 0 {
		return nil
	}
	return s.Store.SeenSessions(ctx, seen, s.now())
}

// UsedSession notes that the user has said something in the session.
func (s *Service) UsedSession(ctx context.Context, session string) error {
	return s.Store.UsedSession(ctx, session, s.now())
}

// LeftSession notes that a session's socket is gone, and up to which version of
// its room the client is known to have seen everything.
func (s *Service) LeftSession(ctx context.Context, session string, version int64) error {
	return s.Store.LeftSession(ctx, session, version, s.now())
}

// SessionReplies returns the chatbot's replies that were closed since the
// session's client was last known to have seen everything, oldest first: those
// among the last PreviousMessages messages.
func (s *Service) SessionReplies(ctx context.Context, one Session) ([]Message, error) {
	ms, _, err := s.Store.Messages(ctx, MessageQuery{Room: one.Room, User: one.User, Page: Page{Limit: PreviousMessages}}, false)
	if err != nil {
		return nil, err
	}
	ms = slices.DeleteFunc(ms, func(m Message) bool { return !m.Bot() || m.BornVersion <= one.SeenVersion })
	slices.Reverse(ms)
	for i, m := range ms {
		if ms[i], err = s.Store.Message(ctx, m.ID); err != nil { // with its sources
			return nil, err
		}
	}
	return ms, nil
}

// SweepSessions closes the sessions whose socket has been gone for the grace, and
// those idle, or without ever a socket, for longer than idle. Their sockets are told.
func (s *Service) SweepSessions(ctx context.Context) (int, error) {
	const most = 500
	now := s.now()
	ids, err := s.Store.ExpiredSessions(ctx, now.Add(-s.SessionGrace), now.Add(-s.SessionIdle), most)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	closed, err := s.Store.CloseSessions(ctx, ids, now)
	s.tellClosed(closed, false)
	return len(closed), err
}

func (s *Service) session(ctx context.Context, session string) (Session, error) {
	if id("session_id", session) != nil {
		return Session{}, ErrSessionNotFound
	}
	return s.Store.Session(ctx, session)
}

// tellClosed ends the sockets of sessions that were closed.
func (s *Service) tellClosed(closed []Session, replaced bool) {
	for _, c := range closed {
		s.Bus.Publish(Event{Kind: EventSessionClosed, User: c.User, Origin: c.ID, Replaced: replaced})
	}
}

// The defaults of a session's ends.
const (
	SessionGrace = 60 * time.Second
	SessionIdle  = 30 * time.Minute
)

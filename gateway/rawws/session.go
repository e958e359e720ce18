package rawws

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"

	"parley/chat"
	"parley/gateway"
	"parley/wire"
)

// sessionDoor is the protocol of chatbot sessions.
var sessionDoor = &door{
	enter:   (*conn).enterSession,
	untyped: (*call).say,
	handlers: map[string]func(*call){
		"human-escalation": (*call).escalate,
		"stop":             (*call).stopAll,
		"ping":             (*call).pong,
		"auth":             (*call).refresh,
	},
}

// visit is a socket's part in a chatbot session.
//
// What was written is not what has arrived: of a lost connection only what the
// client is known to have got is left out when it comes back. So a ping goes out
// behind the end of each reply, with the room's version there, and the pong, which
// brings it back, is the proof. A reply whose end was not proven comes once more
// as response_complete, with the same message_id.
type visit struct {
	id   string       // of the session
	sent atomic.Int64 // the version at the last end of a reply that went out
	seen atomic.Int64 // the last that came back
	used time.Time    // when the use was last noted; the reader's alone
}

// proof is the ping behind the end of a reply.
func (v *visit) proof(version int64) controlFrame {
	for {
		sent := v.sent.Load()
		if version <= sent || v.sent.CompareAndSwap(sent, version) {
			return pingFrame("v" + strconv.FormatInt(version, 10))
		}
	}
}

// ponged takes in a pong: perhaps a proof, of no more than was sent.
func (c *conn) ponged(payload []byte) {
	if c.visit == nil || len(payload) < 2 || payload[0] != 'v' {
		return
	}
	version, err := strconv.ParseInt(string(payload[1:]), 10, 64)
	if err == nil && version <= c.visit.sent.Load() && version > c.visit.seen.Load() {
		c.visit.seen.Store(version)
	}
}

// enterSession lets a user into their chatbot session, in place of an earlier
// socket of it. What they may have missed of it comes first.
func (c *conn) enterSession(ctx context.Context, id chat.Identity, session string) error {
	one, bot, err := c.opts().Chat.EnterSession(ctx, id.Actor, session)
	if err != nil {
		return err
	}
	c.room = one.Room
	v := &visit{id: one.ID}
	one.SeenVersion = c.server.replace(c, v, one.SeenVersion)
	format := &sessionFormat{owner: id.ID, visit: v, now: c.now}
	err = c.connect(ctx, gateway.NewSession{Identity: id, Format: format, Chatbot: one.ID, Entered: one.Entered})
	if err != nil {
		return err
	}
	// A session that is closed from here on ends this socket, too. An earlier socket
	// that was just given up may have left its word meanwhile.
	again, err := c.opts().Chat.TakeSession(ctx, id.Actor, one)
	if err != nil {
		return err
	}
	one.SeenVersion = max(one.SeenVersion, again.SeenVersion)
	missed, err := c.opts().Chat.SessionReplies(ctx, one)
	if err != nil {
		return err
	}
	if !c.session.Announce(func(cursors map[string]string, _ string) gateway.Frame {
		head, _ := chat.ParseCursor(cursors[one.Room]) // what comes behind it comes live
		return message(format.welcome(one, bot, missed, head.Version)...)
	}) {
		return errTooSlow
	}
	return nil
}

// replace makes the connection the session's socket, ends the one it had, and
// returns what the client is known to have seen: at least seen.
func (s *Server) replace(c *conn, v *visit, seen int64) int64 {
	s.mu.Lock()
	old := s.visits[v.id]
	if old != nil {
		seen = max(seen, old.visit.seen.Load())
	}
	v.seen.Store(seen)
	c.visit = v
	s.visits[v.id] = c
	s.mu.Unlock()
	if old != nil {
		old.End(errSocketReplaced)
	}
	return seen
}

// errSocketReplaced ends a session's socket after which another was opened.
var errSocketReplaced = &chat.Error{Code: chat.CodeConflict, Message: "The session was opened elsewhere"}

// leaveSession notes that the session's socket is gone.
func (c *conn) leaveSession() {
	if c.visit == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	if err := c.opts().Chat.LeftSession(ctx, c.visit.id, c.visit.seen.Load()); err != nil {
		c.opts().Log.Warn("cannot note that a session's socket is gone", "error", err)
	}
}

// say posts what the user says in the session.
func (k *call) say() {
	if kind, err := k.in.optional("message_type"); err != nil || (kind != nil && *kind != "text") {
		k.fail(chat.Errorf(chat.CodeInvalid, "message_type must be text"))
		return
	}
	k.use()
	k.post("message", func(r chat.Receipt) any {
		return messageReceivedWire{"message_received", r.Message.ID, wire.Time(r.Message.CreatedAt)}
	})
}

// usedEvery is how often, at most, a session's use is noted.
const usedEvery = 5 * time.Second

// use notes that the session is used.
func (k *call) use() {
	now := k.now()
	if now.Sub(k.visit.used) < min(usedEvery, k.opts().Chat.SessionIdle/4) {
		return
	}
	k.visit.used = now
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	if err := k.opts().Chat.UsedSession(ctx, k.visit.id); err != nil {
		k.opts().Log.Warn("cannot note that a session is used", "error", err)
	}
}

// stopAll ends the reply that is being written: clients of this door learn its id
// only at its end.
func (k *call) stopAll() {
	k.do(func(ctx context.Context) (any, error) {
		return nil, k.opts().Chat.StopIn(ctx, k.actor(), k.room)
	})
}

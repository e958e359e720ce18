package rawws

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"parley/chat"
	"parley/gateway"
	"parley/wire"
)

// requestTimeout bounds one use case that is waited for.
const requestTimeout = 8 * time.Second

// door is one of the two protocols.
type door struct {
	// enter lets a user in: it gives the connection its room and its session, and
	// lets the session's events flow.
	enter func(c *conn, ctx context.Context, id chat.Identity, session string) error
	// handlers has every type of message that a client may send; untyped takes
	// those that have none, nil if there are none.
	handlers map[string]func(*call)
	untyped  func(*call)
}

// call is one incoming message on its way to an answer. A handler decodes, calls
// one use case and answers, exactly once.
type call struct {
	*conn
	in    fields
	place *gateway.Answer
}

// receive handles one message, in the order in which they came.
func (c *conn) receive(data []byte, binary bool) {
	if c.session != nil && c.session.Ended() {
		return
	}
	place := c.answers.Next()
	if place == nil {
		return // the connection has ended
	}
	k := &call{conn: c, place: place}
	defer func() {
		if r := recover(); r != nil {
			c.opts().Log.Error("panic in a message's handler", "panic", r, "stack", string(debug.Stack()))
			k.fail(errors.New("panic"))
		}
	}()
	if err := c.allow(); err != nil {
		k.fail(err)
		return
	}
	handle, err := k.handler(data, binary)
	if err != nil {
		k.fail(err)
		return
	}
	handle(k)
}

// handler decodes a message and says who handles it.
func (k *call) handler(data []byte, binary bool) (func(*call), error) {
	if binary {
		return nil, chat.Errorf(chat.CodeInvalid, "A message must come in a text frame")
	}
	var err error
	if k.in, err = decode(data); err != nil {
		return nil, err
	}
	if !k.in.given("type") && k.door.untyped != nil {
		return k.door.untyped, nil
	}
	kind, err := k.in.str("type")
	if err != nil {
		return nil, err
	}
	handle, ok := k.door.handlers[kind]
	if !ok {
		return nil, chat.Errorf(chat.CodeInvalid, "Unknown type")
	}
	return handle, nil
}

// allow takes from the connection's rate.
func (c *conn) allow() error {
	if c.opts().EventRate == nil {
		return nil
	}
	if c.events == nil {
		c.events = c.opts().EventRate()
	}
	if ok, after := c.events.Allow(); !ok {
		return chat.RateLimited(after)
	}
	return nil
}

func (k *call) actor() chat.Actor { return k.session.Actor() }

// ok answers with a body, nil for nothing.
func (k *call) ok(body any) {
	k.place.Done(func() {
		if body != nil {
			k.Send(message(body))
		}
	})
}

// fail answers with an error.
func (k *call) fail(err error) {
	e := chat.ErrorOf(err)
	if e.Code == chat.CodeInternal {
		k.opts().Log.Error("a message failed", "error", err)
	}
	k.ok(errorOf(e, k.now()))
}

// do runs a use case that is waited for, after all earlier messages have taken
// effect, and answers with what it returns. It ends with the connection.
func (k *call) do(run func(ctx context.Context) (any, error)) {
	if !k.place.Settled() || k.session.Ended() {
		return // nobody waits, and the user may have been shut out
	}
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	defer k.work(nil)
	if !k.work(cancel) {
		return
	}
	body, err := run(ctx)
	if err != nil {
		k.fail(err)
		return
	}
	k.ok(body)
}

// pong answers a ping of the protocol's own.
func (k *call) pong() { k.ok(pongWire{"pong", wire.Time(k.now())}) }

// escalate asks for a person in the connection's conversation.
func (k *call) escalate() {
	reason, err := k.in.optional("reason")
	k.do(func(ctx context.Context) (any, error) {
		if err != nil {
			return nil, err
		}
		if reason == nil {
			reason = new(string)
		}
		said, err := k.opts().Chat.Escalate(ctx, k.actor(), k.room, *reason)
		return escalatedWire{"human-escalation-response", said, wire.Time(k.now())}, err
	})
}

// refresh extends the connection with a new token of the same user. There is no
// answer but an error.
func (k *call) refresh() {
	token, err := k.in.str("token")
	k.do(func(ctx context.Context) (any, error) {
		if err != nil {
			return nil, err
		}
		id, err := k.opts().Authenticate(ctx, token)
		if err != nil {
			return nil, err
		}
		return nil, k.session.Refresh(id)
	})
}

package socketio

import (
	"context"

	"parley/chat"
	"parley/wire"
)

type startWire struct {
	MessageID string `json:"messageId"`
	Room      string `json:"room"`
}

type tokenWire struct {
	MessageID string `json:"messageId"`
	Room      string `json:"room"`
	Token     string `json:"token"`
	Offset    int    `json:"offset"`
}

type endWire struct {
	MessageID string        `json:"messageId"`
	Room      string        `json:"room"`
	Message   string        `json:"message"`
	Status    chat.Status   `json:"status"`
	Seq       int64         `json:"seq"`
	Cursor    string        `json:"cursor"`
	Sources   []wire.Source `json:"sources,omitempty"`
}

// streamWire is the one argument of an event of a streamed reply.
func streamWire(e chat.Event) any {
	switch e.Kind {
	case chat.EventStreamStart:
		return startWire{e.Message.ID, e.Room}
	case chat.EventStreamToken:
		return tokenWire{e.MessageID, e.Room, e.Token, e.Offset}
	}
	m := e.Message
	return endWire{
		MessageID: m.ID, Room: e.Room, Message: m.Text, Status: m.Status, Seq: m.Seq,
		Cursor: chat.Cursor{Epoch: e.Epoch, Version: m.Version}.String(), Sources: wire.Sources(*m),
	}
}

// stop ends a reply. That takes as long as its writer needs to close it: what the
// client posts behind it is stored meanwhile.
func (c *call) stop() {
	id, err := c.fields("messageId").str("messageId")
	if err != nil {
		c.fail(err)
		return
	}
	a := c.actor()
	go func() {
		defer c.recovers("stop")
		if !c.ack.Settled() {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
		defer cancel()
		if err := c.peer.opts().Chat.StopReply(ctx, a, id); err != nil {
			c.fail(err)
			return
		}
		c.ok(okWire{true})
	}()
}

type escalatedWire struct {
	Ok        bool   `json:"ok,omitempty"`
	Message   string `json:"message"`
	Timestamp string `json:"timestamp"`
}

// escalate asks for a person; the answer is an event too.
func (c *call) escalate() {
	f := c.fields("reason", "roomId")
	c.do(func(ctx context.Context) (any, error) {
		reason, err := f.str("reason")
		if err != nil {
			return nil, err
		}
		room, err := f.str("roomId")
		if err != nil {
			return nil, err
		}
		service := c.peer.opts().Chat
		said, err := service.Escalate(ctx, c.actor(), room, reason)
		if err != nil {
			return nil, err
		}
		answer := escalatedWire{Message: said, Timestamp: wire.Time(service.Now())}
		c.peer.emit("human-escalation-response", answer)
		answer.Ok = true
		return answer, nil
	})
}

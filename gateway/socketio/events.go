package socketio

import (
	"context"

	"parley/chat"
	"parley/gateway"
	"parley/wire"
)

// handlers has every event that a client may send. A handler decodes, calls one
// use case and answers through its call, exactly once.
var handlers = map[string]func(*call){
	"message":            (*call).message,
	"join":               (*call).join,
	"leave":              (*call).leave,
	"connectToRoom":      (*call).connectToRoom,
	"disconnectFromRoom": (*call).disconnectFromRoom,
	"messagesRead":       (*call).messagesRead,
	"typing":             (*call).typing,
	"presence":           (*call).presence,
	"edit":               (*call).edit,
	"delete":             (*call).deleteMessage,
	"history":            (*call).history,
	"sync":               (*call).sync,
	"stop":               (*call).stop,
	"human-escalation":   (*call).escalate,
	"ping":               (*call).ping,
	"auth:refresh":       (*call).refresh,
}

type okWire struct {
	Ok bool `json:"ok"`
}

type placeWire struct {
	Ok     bool   `json:"ok"`
	Room   string `json:"room"`
	Seq    int64  `json:"seq"`
	Cursor string `json:"cursor"`
}

func (c *call) join() {
	room, err := c.fields("roomId").str("roomId")
	c.do(func(ctx context.Context) (any, error) {
		if err != nil {
			return nil, err
		}
		if _, err := c.peer.opts().Chat.JoinRoom(ctx, c.actor(), room); err != nil {
			return nil, err
		}
		return c.listen(ctx, room)
	})
}

func (c *call) connectToRoom() {
	room, err := c.fields("roomId").str("roomId")
	c.do(func(ctx context.Context) (any, error) {
		if err != nil {
			return nil, err
		}
		return c.listen(ctx, room)
	})
}

// listen subscribes this socket to a room of its user's. Whether it is one is
// checked once more when the subscription stands: from there on a removal ends it.
func (c *call) listen(ctx context.Context, room string) (any, error) {
	room = chat.RoomOf(c.actor(), room)
	var view chat.RoomView
	err := c.peer.opts().Hub.Listen(c.peer.session, room, func() (head chat.RoomHead, err error) {
		view, err = c.peer.opts().Chat.Room(ctx, c.actor(), room)
		return chat.RoomHead{Room: view.ID, Version: view.Version, Members: view.ParticipantCount}, err
	})
	if err != nil {
		return nil, err
	}
	return placeWire{true, view.ID, view.Seq, view.Cursor()}, nil
}

func (c *call) leave() {
	room, err := c.fields("roomId").str("roomId")
	c.do(func(ctx context.Context) (any, error) {
		if err != nil {
			return nil, err
		}
		return okWire{true}, c.peer.opts().Chat.LeaveRoomLive(ctx, c.actor(), room)
	})
}

func (c *call) disconnectFromRoom() {
	room, err := c.fields("roomId").str("roomId")
	c.do(func(ctx context.Context) (any, error) {
		if err != nil {
			return nil, err
		}
		view, err := c.peer.opts().Chat.Room(ctx, c.actor(), room)
		if err != nil {
			return nil, err
		}
		c.peer.opts().Hub.Unlisten(c.peer.session, view.ID)
		return okWire{true}, nil
	})
}

func (c *call) messagesRead() {
	f := c.fields("roomId", "seq")
	c.do(func(ctx context.Context) (any, error) {
		room, err := f.str("roomId")
		if err != nil {
			return nil, err
		}
		seq, err := f.number("seq")
		if err != nil {
			return nil, err
		}
		at, err := c.peer.opts().Chat.MarkRead(ctx, c.actor(), room, seq)
		return struct {
			Ok   bool   `json:"ok"`
			Room string `json:"room"`
			Seq  int64  `json:"seq"`
		}{true, chat.RoomOf(c.actor(), room), at}, err
	})
}

func (c *call) typing() {
	f := c.fields("roomId", "typing")
	c.do(func(ctx context.Context) (any, error) {
		room, err := f.str("roomId")
		if err != nil {
			return nil, err
		}
		typing, err := f.flag("typing", true)
		if err != nil {
			return nil, err
		}
		return okWire{true}, c.setTyping(ctx, room, typing)
	})
}

func (c *call) setTyping(ctx context.Context, room string, typing bool) error {
	return c.peer.opts().Chat.Typing(ctx, c.actor(), room, typing, c.peer.session.ID)
}

func (c *call) presence() {
	room, err := c.fields("roomId").str("roomId")
	c.do(func(ctx context.Context) (any, error) {
		if err != nil {
			return nil, err
		}
		online, err := c.peer.opts().Chat.Presence(ctx, c.actor(), room)
		return struct {
			Ok     bool     `json:"ok"`
			Online []string `json:"online"`
		}{true, online}, err
	})
}

func (c *call) edit() {
	f := c.fields("messageId", "text")
	c.do(func(ctx context.Context) (any, error) {
		id, err := f.str("messageId")
		if err != nil {
			return nil, err
		}
		text, err := f.str("text")
		if err != nil {
			return nil, err
		}
		m, err := c.peer.opts().Chat.Edit(ctx, c.actor(), id, text)
		return struct {
			Ok bool `json:"ok"`
			editedWire
		}{true, editedWire{m.ID, m.Text, m.Room, m.Seq, m.Cursor(), wire.Time(m.EditedAt)}}, err
	})
}

func (c *call) deleteMessage() {
	f := c.fields("messageId")
	c.do(func(ctx context.Context) (any, error) {
		id, err := f.str("messageId")
		if err != nil {
			return nil, err
		}
		m, err := c.peer.opts().Chat.Delete(ctx, c.actor(), id)
		return struct {
			Ok bool `json:"ok"`
			deletedWire
		}{true, deletedWire{m.ID, m.Room, m.Seq, m.Cursor()}}, err
	})
}

func (c *call) ping() {
	now := struct {
		Ok        bool   `json:"ok"`
		Timestamp string `json:"timestamp"`
	}{true, wire.Time(c.peer.opts().Chat.Now())}
	c.ack.Done(func() {
		c.peer.emit("pong", struct {
			Timestamp string `json:"timestamp"`
		}{now.Timestamp})
		if c.reply != nil {
			c.reply([]any{now}, nil)
		}
	})
}

func (c *call) refresh() {
	token, err := c.fields("token").str("token")
	c.do(func(ctx context.Context) (any, error) {
		if err != nil {
			return nil, err
		}
		id, err := c.peer.opts().Authenticate(ctx, token)
		if err != nil {
			return nil, err
		}
		return okWire{true}, c.peer.session.Refresh(id)
	})
}

var _ gateway.Sink = (*peer)(nil)

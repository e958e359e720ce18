package rawws

import (
	"context"

	"parley/chat"
	"parley/gateway"
	"parley/wire"
)

// tokenDoor is the token-stream protocol: the caller's own conversation.
var tokenDoor = &door{
	enter: (*conn).enterConversation,
	handlers: map[string]func(*call){
		"chat":             (*call).chat,
		"stop":             (*call).stop,
		"sync":             (*call).sync,
		"human-escalation": (*call).escalate,
		"ping":             (*call).pong,
		"auth":             (*call).refresh,
	},
}

// enterConversation lets a user into their own conversation, which is made if it
// is not there yet.
func (c *conn) enterConversation(ctx context.Context, id chat.Identity, _ string) error {
	view, err := c.opts().Chat.Conversation(ctx, id.Actor)
	if err != nil {
		return err
	}
	c.room = view.ID
	format := &tokenFormat{owner: id.Actor, now: c.now}
	if err := c.connect(ctx, gateway.NewSession{Identity: id, Format: format}); err != nil {
		return err
	}
	if !c.session.Announce(func(cursors map[string]string, _ string) gateway.Frame {
		return message(connectionWire{
			"connection", "Connected to chatbot server", c.room, cursors[c.room], wire.Time(c.now()),
		})
	}) {
		return errTooSlow
	}
	return nil
}

// chat posts. The next message is handled while this one is being stored; the
// store keeps their order.
func (k *call) chat() {
	k.post("content", func(r chat.Receipt) any {
		return receivedWire{"chat-received", r.Message.ID, r.Message.Nonce, r.Message.Seq, r.Cursor(), wire.Time(k.now())}
	})
}

// post posts the text of a field, and answers with what received makes of it.
func (k *call) post(field string, received func(chat.Receipt) any) {
	d, err := k.in.draft(field)
	if err != nil {
		k.fail(err)
		return
	}
	d.Room, d.Origin = k.room, k.id
	k.opts().Chat.PostAsync(k.actor(), d, func(r chat.Receipt, err error) {
		if err != nil {
			k.fail(err)
			return
		}
		k.ok(received(r))
	})
}

// stop ends a reply. What is left of its stream is the answer.
func (k *call) stop() {
	id, err := k.in.str("messageId")
	k.do(func(ctx context.Context) (any, error) {
		if err != nil {
			return nil, err
		}
		return nil, k.opts().Chat.StopReply(ctx, k.actor(), id)
	})
}

// sync tells what has changed since a cursor. What changes from then on has come,
// or comes, as an event: the connection gets all since it was made.
func (k *call) sync() {
	cursor, err := k.in.str("cursor")
	k.do(func(ctx context.Context) (any, error) {
		if err != nil {
			return nil, err
		}
		rooms, err := k.opts().Chat.SyncRooms(ctx, k.actor(), map[string]string{k.room: cursor})
		if err != nil {
			return nil, err
		}
		since := rooms[k.room]
		if since.Resync || since.Gone {
			return resyncWire{"synced", true}, nil
		}
		return syncedWire{"synced", synced(since.Messages, k.actor().ID), since.Cursor.String(), since.More}, nil
	})
}

func synced(views []chat.MessageView, owner string) []any {
	shown := make([]any, len(views))
	for i, v := range views {
		if v.Deleted {
			shown[i] = goneWire{v.ID, v.Seq, true}
		} else {
			shown[i] = changedWire{v.ID, v.RoleIn(owner), v.Text, v.Status, v.Seq}
		}
	}
	return shown
}

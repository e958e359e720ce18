package socketio

import (
	"context"
	"maps"

	"parley/chat"
	"parley/wire"
)

type postedWire struct {
	Ok bool `json:"ok"`
	wire.Receipt
}

// message posts. The next event is handled while this one is being stored; the
// store keeps their order.
func (c *call) message() {
	d, err := c.draft()
	if err != nil {
		c.fail(err)
		return
	}
	if d.Type == chat.ContentTyping {
		c.do(func(ctx context.Context) (any, error) {
			return okWire{true}, c.setTyping(ctx, d.Room, d.Text != "false")
		})
		return
	}
	d.Origin = c.peer.session.ID
	c.peer.opts().Chat.PostAsync(c.actor(), d, func(r chat.Receipt, err error) {
		if err != nil {
			c.fail(err)
			return
		}
		c.peer.session.StopTyping(r.Message.Room)
		if r.Duplicate {
			c.repeat(r)
		}
		c.ok(postedWire{true, wire.NewReceipt(r)})
	})
}

// repeat shows a message once more to the socket that sent it again: it may
// have missed it the first time.
func (c *call) repeat(r chat.Receipt) {
	kind := chat.EventMessage
	if r.Message.Deleted {
		kind = chat.EventMessageDeleted
	}
	e := chat.Event{Kind: kind, Room: r.Message.Room, Version: r.Message.Version, Epoch: r.Epoch, Message: &r.Message}
	if frame, ok := c.peer.format().Encode(e, ""); ok {
		c.peer.session.Send(frame)
	}
}

// draft reads the forms of `message`: (roomId, text), (roomId, object), (object)
// and (text). What names no room goes to the caller's own conversation. Only
// Conduit's form, an object behind a room, has to name its contentType.
func (c *call) draft() (chat.Draft, error) {
	switch len(c.args) {
	case 0:
		return chat.Draft{}, chat.Errorf(chat.CodeInvalid, "message needs a text")
	case 1:
		return c.lone()
	}
	object, ok := c.args[1].(map[string]any)
	if !ok {
		return fields{"roomId": c.args[0], "content": c.args[1]}.draft(chat.ContentText)
	}
	f := fields(maps.Clone(object))
	f["roomId"] = c.args[0]
	return f.draft("")
}

// lone reads a message that has no room in front of it. A room's id in the place of
// the text is a mistake, by which a client would tell the assistant where it is.
func (c *call) lone() (chat.Draft, error) {
	f := maps.Clone(c.fields("content"))
	if text, ok := c.args[0].(string); ok && c.ownRoom(text) {
		return chat.Draft{}, chat.Errorf(chat.CodeInvalid, "message needs a text behind the roomId")
	}
	if f["roomId"] == nil {
		f["roomId"] = chat.Me
	}
	return f.draft(chat.ContentText)
}

// ownRoom reports whether a text is the id of a room of the caller's. That is known
// without asking the store, so that messages keep their pace.
func (c *call) ownRoom(text string) bool {
	a := c.actor()
	return text == chat.ConversationOf(a.ID) || c.peer.opts().Hub.TakesPart(a.ID, text)
}

// draft reads a message; missing is the type of one that names none.
func (f fields) draft(missing chat.ContentType) (d chat.Draft, err error) {
	if d.Room, err = f.str("roomId"); err != nil {
		return d, err
	}
	contentType, err := f.str("contentType")
	if err != nil {
		return d, err
	}
	if d.Type = chat.ContentType(contentType); d.Type == "" {
		d.Type = missing
	}
	if d.Text, err = f.content(); err != nil {
		return d, err
	}
	if d.Files, err = f.texts("files"); err != nil {
		return d, err
	}
	if d.Nonce, err = f.optional("nonce"); err != nil {
		return d, chat.Errorf(chat.CodeInvalid, "When provided, nonce must be a non-empty string")
	}
	d.ReplyTo, err = f.str("replyTo")
	return d, err
}

// content is the text, which a typing message may leave to a boolean.
func (f fields) content() (string, error) {
	if flag, ok := f["content"].(bool); ok && f["contentType"] == string(chat.ContentTyping) {
		if flag {
			return "true", nil
		}
		return "false", nil
	}
	if f["content"] == nil {
		return f.str("message")
	}
	return f.str("content")
}

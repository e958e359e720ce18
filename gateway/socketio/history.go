package socketio

import (
	"context"

	"parley/chat"
	"parley/wire"
)

func (c *call) history() {
	f := c.fields("roomId")
	c.do(func(ctx context.Context) (any, error) {
		room, err := f.str("roomId")
		if err != nil {
			return nil, err
		}
		before, err := f.whole("before")
		if err != nil {
			return nil, err
		}
		after, err := f.whole("after")
		if err != nil {
			return nil, err
		}
		limit, err := f.whole("limit")
		if err != nil {
			return nil, err
		}
		ms, more, err := c.peer.opts().Chat.History(ctx, c.actor(), room, before, after, int(min(limit, chat.MaxList)))
		return struct {
			Ok       bool  `json:"ok"`
			Messages []any `json:"messages"`
			More     bool  `json:"more"`
		}{true, wire.Messages(ms), more}, err
	})
}

// syncWire is what a room's entry of `sync` may hold.
type syncWire struct {
	Messages *[]any `json:"messages,omitempty"`
	Cursor   string `json:"cursor,omitempty"`
	More     *bool  `json:"more,omitempty"`
	New      bool   `json:"new,omitempty"`
	Resync   bool   `json:"resync,omitempty"`
	Gone     bool   `json:"gone,omitempty"`
}

func (c *call) sync() {
	f := c.fields("rooms")
	c.do(func(ctx context.Context) (any, error) {
		cursors, err := f.cursors()
		if err != nil {
			return nil, err
		}
		me := ""
		if _, named := cursors[chat.Me]; named {
			me = chat.RoomOf(c.actor(), chat.Me)
		}
		rooms, err := c.peer.opts().Chat.SyncRooms(ctx, c.actor(), cursors)
		answer := make(map[string]syncWire, len(rooms))
		for id, s := range rooms {
			answer[id] = synced(s)
		}
		return struct {
			Ok    bool                `json:"ok"`
			Rooms map[string]syncWire `json:"rooms"`
			Me    string              `json:"me,omitempty"` // the real id, where it was named
		}{true, answer, me}, err
	})
}

func synced(s chat.Sync) syncWire {
	switch {
	case s.Resync:
		return syncWire{Resync: true}
	case s.Gone:
		return syncWire{Gone: true}
	case s.New:
		return syncWire{Cursor: s.Cursor.String(), New: true}
	}
	messages := wire.Messages(s.Messages)
	return syncWire{Messages: &messages, Cursor: s.Cursor.String(), More: &s.More}
}

// cursors reads {rooms: {roomId: cursor}}; a null cursor is the start.
func (f fields) cursors() (map[string]string, error) {
	switch rooms := f["rooms"].(type) {
	case nil:
		return nil, nil
	case map[string]any:
		cursors := make(map[string]string, len(rooms))
		for id := range rooms {
			c, err := fields(rooms).str(id)
			if err != nil {
				return nil, chat.Errorf(chat.CodeInvalid, "a cursor must be a string")
			}
			cursors[id] = c
		}
		return cursors, nil
	}
	return nil, chat.Errorf(chat.CodeInvalid, "rooms must be an object of cursors")
}

package socketio

import (
	"time"

	"parley/chat"
	"parley/wire"
)

// stateWire tells whom a conversation is with; the rest is for who waits.
type stateWire struct {
	Room        string                 `json:"room"`
	State       chat.ConversationState `json:"state"`
	Position    int                    `json:"position,omitempty"` // in the queue, from 1, where it is known
	WaitSeconds *int64                 `json:"waitSeconds,omitempty"`
}

type updatedWire struct {
	UUID   string                 `json:"uuid"`
	Room   string                 `json:"room"`
	State  chat.ConversationState `json:"state"`
	Agent  string                 `json:"agent"`
	Reason string                 `json:"reason"`
}

type goneWire struct {
	UUID string `json:"uuid"`
	Room string `json:"room"`
}

type notedWire struct {
	UUID string   `json:"uuid"`
	Room string   `json:"room"`
	Note noteWire `json:"note"`
}

type noteWire struct {
	ID        string `json:"id"`
	Author    string `json:"author"`
	Content   string `json:"content"`
	CreatedAt string `json:"createdAt"`
}

func newState(e chat.Event, now time.Time) stateWire {
	c := e.Conversation
	w := stateWire{Room: e.Room, State: c.State}
	if c.State == chat.Waiting {
		waited := int64(c.Waited(now) / time.Second)
		w.Position, w.WaitSeconds = e.Position, &waited
	}
	return w
}

// inboxWire is what agents are told of conversations.
func inboxWire(e chat.Event) any {
	c := e.Conversation
	switch e.Kind {
	case chat.EventConversationUpdated:
		return updatedWire{c.Key, e.Room, c.State, c.Agent, c.Reason}
	case chat.EventNote:
		n := e.Note
		return notedWire{c.Key, e.Room, noteWire{n.ID, n.Author, n.Text, wire.Time(n.CreatedAt)}}
	}
	return goneWire{c.Key, e.Room}
}

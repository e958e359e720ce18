package rawws

import (
	"time"

	"parley/chat"
	"parley/gateway"
	"parley/wire"
)

// stateWire tells whom the conversation is with; what stands between is for who waits.
type stateWire struct {
	Type        string                 `json:"type"`
	State       chat.ConversationState `json:"state"`
	Position    int                    `json:"position,omitempty"` // in the queue, from 1, where it is known
	WaitSeconds *int64                 `json:"waitSeconds,omitempty"`
	Timestamp   string                 `json:"timestamp"`
}

// conversationState shows who a conversation is with, at both doors.
func conversationState(e chat.Event, now time.Time) gateway.Frame {
	c := e.Conversation
	w := stateWire{Type: "conversation-state", State: c.State, Timestamp: wire.Time(now)}
	if c.State == chat.Waiting {
		waited := int64(c.Waited(now) / time.Second)
		w.Position, w.WaitSeconds = e.Position, &waited
	}
	return message(w)
}

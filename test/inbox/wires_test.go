package inbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"parley/test/harness"
)

// body has the fields of what every wire tells.
type body struct {
	Type      string `json:"type"`
	ID        string `json:"_id"`
	MessageID string `json:"messageId"`
	SessionID string `json:"message_id"`
	Room      string `json:"room"`
	Sender    string `json:"sender"`
	Message   any    `json:"message"`
	Token     string `json:"token"`
	Chunk     string `json:"chunk"`
	Content   string `json:"content"`
	Whole     string `json:"full_response"`
	Status    string `json:"status"`
	Role      string `json:"role"`
	State     string `json:"state"`
	Position  int    `json:"position"`
	Seq       int64  `json:"seq"`
}

// text is the message, where it is one.
func (b body) text() string {
	s, _ := b.Message.(string)
	return s
}

// ofSocketIO understands the packets of a Socket.IO connection, as far as they are
// about one room; "" is any.
func ofSocketIO(room func() string) func(string) []heard {
	return func(raw string) []heard {
		payload, event := strings.CutPrefix(raw, "42/chat,")
		if !event {
			if strings.HasPrefix(raw, "43/chat,") {
				return []heard{{Kind: answered}}
			}
			return nil
		}
		var args []json.RawMessage
		var name string
		var b body
		if json.Unmarshal([]byte(payload), &args) != nil || len(args) == 0 || json.Unmarshal(args[0], &name) != nil {
			return nil
		}
		if len(args) > 1 {
			_ = json.Unmarshal(args[1], &b)
		}
		if r := room(); r != "" && b.Room != "" && b.Room != r {
			return nil
		}
		switch name {
		case "ready":
			return []heard{{Kind: readiness}}
		case "stream-start":
			return []heard{{Kind: started, Bot: true, ID: b.MessageID}}
		case "stream-token":
			return []heard{{Kind: token, Bot: true, ID: b.MessageID, Text: b.Token}}
		case "stream-end":
			return []heard{{Kind: ended, Bot: true, ID: b.MessageID, Text: b.text(), Status: b.Status, Seq: b.Seq}}
		case "message":
			return []heard{{Kind: said, Bot: strings.HasPrefix(b.Sender, "bot:"), ID: b.ID, Text: b.text(), Status: b.Status, Seq: b.Seq}}
		case "conversation-state":
			return []heard{{Kind: newState, State: b.State, Position: b.Position}}
		case "conversation-note":
			return []heard{{Kind: noted}}
		}
		return nil
	}
}

// ofTokens understands the frames of the token-stream protocol.
func ofTokens() func(string) []heard {
	persons, texts := map[string]bool{}, map[string]string{}
	return func(raw string) []heard {
		var b body
		_ = json.Unmarshal([]byte(raw), &b)
		person := persons[b.MessageID]
		switch b.Type {
		case "connection":
			return []heard{{Kind: readiness}}
		case "stream-start":
			if persons[b.MessageID] = b.Role == "agent"; b.Role != "agent" {
				return []heard{{Kind: started, Bot: true, ID: b.MessageID}}
			}
		case "stream-token":
			if texts[b.MessageID] += b.Token; !person {
				return []heard{{Kind: token, Bot: true, ID: b.MessageID, Text: b.Token}}
			}
		case "stream-end":
			if !person {
				return []heard{{Kind: ended, Bot: true, ID: b.MessageID, Text: texts[b.MessageID], Status: b.Status}}
			}
		case "message":
			return []heard{{Kind: said, ID: b.MessageID, Text: b.Content}}
		case "conversation-state":
			return []heard{{Kind: newState, State: b.State, Position: b.Position}}
		case "chat-received", "human-escalation-response", "pong", "error":
			return []heard{{Kind: answered}}
		}
		return nil
	}
}

// ofSession understands the frames of a chatbot session.
func ofSession() func(string) []heard {
	person := false
	return func(raw string) []heard {
		var b body
		_ = json.Unmarshal([]byte(raw), &b)
		switch b.Type {
		case "session_info":
			return []heard{{Kind: readiness}}
		case "response_start":
			if person = b.Role == "agent"; !person {
				return []heard{{Kind: started, Bot: true}}
			}
		case "response_chunk":
			if !person {
				return []heard{{Kind: token, Bot: true, Text: b.Chunk}}
			}
		case "response_complete":
			if person {
				person = false
				return []heard{{Kind: said, ID: b.SessionID, Text: b.Whole}}
			}
			return []heard{{Kind: ended, Bot: true, ID: b.SessionID, Text: b.Whole, Status: b.Status}}
		case "conversation-state":
			return []heard{{Kind: newState, State: b.State, Position: b.Position}}
		case "message_received", "human-escalation-response", "pong", "error":
			return []heard{{Kind: answered}}
		}
		return nil
	}
}

// ofPolls understands answers of the polling door. The messages of one that brings
// the news were there in front of it; those of one that tells of the bot are behind it.
func ofPolls(raw string) []heard {
	var a answer
	_ = json.Unmarshal([]byte(raw), &a)
	var things []heard
	for _, i := range a.Items {
		things = append(things, heard{
			Kind: said, Bot: i.Bot, ID: fmt.Sprint(i.seq()), Seq: i.seq(), Text: i.Content, Author: i.Author,
		})
	}
	state := heard{Kind: newState, State: a.State, Position: a.Position}
	if taken(a.State) {
		return append(things, state)
	}
	return append([]heard{state}, things...)
}

// event is an event packet that asks for an ack.
func event(args ...any) string {
	b, _ := json.Marshal(args)
	return "42/chat,1" + string(b)
}

// frame is a frame of a raw door.
func frame(fields map[string]any) string {
	b, _ := json.Marshal(fields)
	return string(b)
}

// anyRoom takes in what is told of every room.
func anyRoom() string { return "" }

// agentsToken is a token of somebody who answers customers.
func agentsToken(t *testing.T, name string) string {
	t.Helper()
	return harness.Token(t, name, "agent")
}

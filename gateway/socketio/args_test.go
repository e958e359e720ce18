package socketio

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"parley/chat"
)

// TestArguments has, for every event, what its arguments may not be. All is
// answered, and nothing ends the connection.
func TestArguments(t *testing.T) {
	w := open(t)
	r := w.room("ann")
	c := w.connect("ann")
	const (
		roomID  = "roomId must be a string"
		missing = "roomId is required"
		whole   = " must be a whole number"
	)
	for _, tt := range []struct{ event, args, message string }{
		{"message", ``, "message needs a text"},
		{"message", `null`, "text messages need to have content"},
		{"message", `{"roomId":"","content":"x"}`, missing},
		{"message", `{"roomId":"me"}`, "text messages need to have content"},
		{"message", `"R"`, "message needs a text behind the roomId"},
		{"message", `7`, "content must be a string"},
		{"message", `["a"]`, "content must be a string"},
		{"message", `7,"x"`, roomID},
		{"message", `null,"x"`, missing},
		{"message", `"R",null`, "text messages need to have content"},
		{"message", `"R",7`, "content must be a string"},
		{"message", `"R",""`, "text messages need to have content"},
		{"message", `"R",["x"]`, "content must be a string"},
		{"message", `{"roomId":7,"content":"x"}`, roomID},
		{"message", `{"roomId":"R","content":{}}`, "content must be a string"},
		{"message", `{"roomId":"R","message":1}`, "message must be a string"},
		{"message", `{"roomId":"R","content":"x","contentType":1}`, "contentType must be a string"},
		{"message", `{"roomId":"R","content":"x","files":"f"}`, "files must be an array of strings"},
		{"message", `{"roomId":"R","content":"x","files":[1]}`, "files must be an array of strings"},
		{"message", `{"roomId":"R","content":"x","replyTo":[]}`, "replyTo must be a string"},
		{"message", `{"roomId":"R","content":"x","nonce":""}`, "When provided, nonce must be a non-empty string"},
		{"message", `{"roomId":"R","content":true}`, "content must be a string"},
		{"message", `"R",{"contentType":"typing","content":7}`, "content must be a string"},
		{"join", ``, missing},
		{"join", `7`, roomID},
		{"join", `{}`, missing},
		{"join", `{"roomId":[]}`, roomID},
		{"leave", ``, missing},
		{"leave", `false`, roomID},
		{"connectToRoom", ``, missing},
		{"connectToRoom", `7`, roomID},
		{"disconnectFromRoom", ``, missing},
		{"disconnectFromRoom", `[]`, roomID},
		{"messagesRead", ``, missing},
		{"messagesRead", `7`, roomID},
		{"messagesRead", `"R","1"`, "seq" + whole},
		{"messagesRead", `"R",1.5`, "seq" + whole},
		{"messagesRead", `"R",1e300`, "seq" + whole},
		{"messagesRead", `"R",-1`, "seq must not be negative"},
		{"presence", ``, missing},
		{"presence", `7`, roomID},
		{"typing", ``, missing},
		{"typing", `7,true`, roomID},
		{"typing", `"R","true"`, "typing must be a boolean"},
		{"typing", `{"roomId":"R","typing":1}`, "typing must be a boolean"},
		{"edit", ``, "newMessage is required"},
		{"edit", `7,"x"`, "messageId must be a string"},
		{"edit", `"m",7`, "text must be a string"},
		{"edit", `null,"x"`, "messageId is required"},
		{"edit", `"m"`, "newMessage is required"},
		{"delete", ``, "messageId is required"},
		{"delete", `7`, "messageId must be a string"},
		{"history", ``, missing},
		{"history", `7`, roomID},
		{"history", `{"roomId":"R","before":"2"}`, "before" + whole},
		{"history", `{"roomId":"R","after":0.5}`, "after" + whole},
		{"history", `{"roomId":"R","limit":"all"}`, "limit" + whole},
		{"history", `{"roomId":"R","limit":-1}`, "before, after and limit must not be negative"},
		{"stop", ``, "messageId is required"},
		{"stop", `7`, "messageId must be a string"},
		{"human-escalation", `7`, "reason must be a string"},
		{"human-escalation", `{"roomId":7}`, roomID},
		{"human-escalation", `{"reason":"` + strings.Repeat("x", chat.MaxReason+1) + `"}`, "reason must be at most 1000 bytes"},
		{"sync", `{"rooms":[]}`, "rooms must be an object of cursors"},
		{"sync", `{"rooms":{"R":7}}`, "a cursor must be a string"},
		{"sync", `{"rooms":{"R":"nonsense"}}`, "cursor is not one that this server gave"},
		{"auth:refresh", `7`, "token must be a string"},
		{"auth:refresh", `{"token":[]}`, "token must be a string"},
		{"", ``, "Unknown event"},
		{"toString", ``, "Unknown event"},
	} {
		args := replaceRoom(tt.args, r)
		ack := c.call(tt.event, args)
		var got errorWire
		if err := json.Unmarshal(ack, &got); err != nil || got.Ok || got.Error.Code != chat.CodeInvalid || got.Error.Message != tt.message {
			t.Errorf("%s: %s, want invalid: %s", array(tt.event, args), ack, tt.message)
		}
	}
	for event := range handlers {
		if _, ok := accepted[event]; !ok {
			t.Errorf("%s is not tried", event)
		}
	}
}

// accepted has arguments for every event that differ from the usual ones and are
// taken: extra ones, nulls, unknown fields.
var accepted = map[string][]string{
	"message":            {`"x"`, `"me"`, `{"content":"x"}`, `{"roomId":null,"message":"x","contentType":null}`, `"R","x",null`, `"R","x","extra"`, `{"roomId":"R","content":null,"message":"x","nonce":null,"files":null,"replyTo":null,"colour":"red"}`},
	"join":               {`"R"`, `{"roomId":"R","x":1}`, `"R",7`},
	"connectToRoom":      {`"R"`, `{"roomId":"R"}`},
	"messagesRead":       {`"R"`, `"R",null`, `"R",0`, `"R",99999999`, `{"roomId":"R","seq":1.0}`},
	"typing":             {`"R"`, `"R",null`, `"R",false`, `{"roomId":"R"}`},
	"presence":           {`"R"`, `"R",null`, `{"roomId":"R","x":1}`},
	"history":            {`"R"`, `{"roomId":"R","limit":9999999,"before":null}`},
	"sync":               {``, `null`, `{}`, `{"rooms":null}`, `{"rooms":{"R":null}}`, `{"rooms":{"R":""}}`},
	"ping":               {``, `1`, `{}`},
	"auth:refresh":       {`"ann"`, `{"token":"ann"}`},
	"edit":               nil, // in the golden files
	"delete":             nil,
	"stop":               nil,
	"human-escalation":   {``, `null`, `{}`, `{"reason":null,"roomId":null}`, `"why","me"`, `"why",null,7`, `{"roomId":"","x":1}`},
	"leave":              nil,
	"disconnectFromRoom": {`"R"`, `{"roomId":"R"}`},
}

func TestAcceptedArguments(t *testing.T) {
	w := open(t)
	r := w.room("ann")
	c := w.connect("ann")
	for event, list := range accepted {
		for _, args := range list {
			if ack := c.call(event, replaceRoom(args, r)); code(ack) != "" {
				t.Errorf("%s: %s", array(event, args), ack)
			}
		}
	}
}

func replaceRoom(args, room string) string {
	return strings.ReplaceAll(args, `"R"`, strconv.Quote(room))
}

package scenarios

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/internal/sioclient"
)

// patience bounds the wait for an answer.
const patience = 20 * time.Second

// socketDoor is the Socket.IO door. Each operation has a connection of its own.
type socketDoor struct{ url string }

func (socketDoor) Name() string { return "socketio" }

// events are the operations' events, with their arguments by position. Those
// without positions take one object.
var events = map[Verb]struct {
	name      string
	positions []string
}{
	Post:     {"message", nil},
	Join:     {"join", []string{"roomId"}},
	Leave:    {"leave", []string{"roomId"}},
	Listen:   {"connectToRoom", []string{"roomId"}},
	Unlisten: {"disconnectFromRoom", []string{"roomId"}},
	Read:     {"messagesRead", []string{"roomId", "seq"}},
	Typing:   {"typing", []string{"roomId", "typing"}},
	Edit:     {"edit", []string{"messageId", "text"}},
	Delete:   {"delete", []string{"messageId"}},
	History:  {"history", nil},
	Sync:     {"sync", nil},
	Say:      {"message", nil},
	Escalate: {"human-escalation", nil},
	Stop:     {"stop", []string{"messageId"}},
}

func (d socketDoor) Do(t *testing.T, who Person, op Op) (Answer, bool) {
	t.Helper()
	e, ok := events[op.Verb]
	if text, _ := op.Args["text"].(string); !ok || op.Verb == Post && !posts(op.Args) || strings.Contains(text, broken) {
		return Answer{}, false
	}
	s := &socket{acks: make(chan json.RawMessage, 1), errors: make(chan [2]json.RawMessage, 1)}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var auth any
	if who.Token != "" {
		auth = map[string]string{"token": who.Token}
	}
	conn, err := sioclient.Dial(ctx, sioclient.Options{URL: d.url, Auth: auth, Handler: s})
	var refusal *sioclient.ConnectError
	if errors.As(err, &refusal) {
		return connectAnswer(t, refusal), true
	}
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	s.Conn = conn
	a := s.ask(t, e.name, inPositions(op, e.positions))
	if len(a.Codes) > 0 {
		// Once more without an ack, and as one object where there is the choice.
		once := []any{op.Args}
		if op.Verb == Post || op.Verb == Say {
			once = inPositions(op, nil)
		}
		s.tell(t, a, e.name, once)
	}
	return a, true
}

// posts reports whether the arguments are a message to a room.
func posts(args Args) bool {
	return args["roomId"] != nil && args["contentType"] != "typing"
}

// inPositions lists the arguments as the event has them.
func inPositions(op Op, positions []string) []any {
	switch op.Verb {
	case Post:
		return postArgs(op.Args)
	case Say:
		return sayArgs(op.Args)
	}
	if positions == nil {
		return []any{op.Args}
	}
	list := make([]any, len(positions))
	for i, name := range positions {
		list[i] = op.Args[name]
	}
	return list
}

// postArgs chooses a form of `message`: a text behind the room, an object behind
// the room, or, for a text with a nonce, one object.
func postArgs(args Args) []any {
	object := maps.Clone(args)
	text, isText := object["text"]
	delete(object, "text")
	switch {
	case isText && len(object) == 1:
		return []any{args["roomId"], text}
	case isText:
		object["message"] = text
		return []any{object}
	}
	delete(object, "roomId")
	return []any{args["roomId"], object}
}

// sayArgs is a lone text, one object that names no room, or, in a session, what
// goes to its room.
func sayArgs(args Args) []any {
	object := maps.Clone(args)
	delete(object, "sessionId")
	if object["roomId"] != nil {
		return postArgs(object)
	}
	text, isText := object["text"].(string)
	if isText && len(object) == 1 {
		return []any{text}
	}
	object["content"] = object["text"]
	delete(object, "text")
	return []any{object}
}

// socket is a connected client.
type socket struct {
	*sioclient.Conn
	acks   chan json.RawMessage
	errors chan [2]json.RawMessage // an exception and the conduit_error behind it

	exception json.RawMessage
}

// Event implements sioclient.Handler.
func (s *socket) Event(args []byte) {
	var event []json.RawMessage
	if json.Unmarshal(args, &event) != nil || len(event) < 2 {
		return
	}
	switch string(event[0]) {
	case `"exception"`:
		s.exception = event[1]
	case `"conduit_error"`:
		s.errors <- [2]json.RawMessage{s.exception, event[1]}
	}
}

// Ack implements sioclient.Handler.
func (s *socket) Ack(_ uint64, args []byte) { s.acks <- json.RawMessage(strings.Clone(string(args))) }

func (s *socket) emit(t *testing.T, id uint64, name string, args []any) {
	t.Helper()
	if err := s.Emit(id, []byte(encode(t, append([]any{name}, args...)))); err != nil {
		t.Fatal(err)
	}
}

// wait takes what comes from the channel.
func wait[T any](t *testing.T, s *socket, from <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-s.Done():
		t.Fatalf("the connection ended before the %s: %v", what, s.Err())
	case <-time.After(patience):
		t.Fatalf("no %s in time", what)
	}
	return v
}

// ask emits an event with an ack and returns the answer.
func (s *socket) ask(t *testing.T, name string, args []any) Answer {
	t.Helper()
	s.emit(t, 1, name, args)
	text := wait(t, s, s.acks, "ack")
	var acks []struct {
		Ok    *bool
		Error *struct {
			Code         chat.Code
			Message      string
			RetryAfterMs int64
		}
	}
	if err := json.Unmarshal(text, &acks); err != nil || len(acks) != 1 || acks[0].Ok == nil || *acks[0].Ok == (acks[0].Error != nil) {
		t.Fatalf("ack %s", text)
	}
	if e := acks[0].Error; e != nil {
		return Answer{Codes: []chat.Code{e.Code}, Text: e.Message, Later: e.RetryAfterMs > 0}
	}
	return Answer{}
}

// tell emits an event without an ack, and wants its refusal as two events.
func (s *socket) tell(t *testing.T, want Answer, name string, args []any) {
	t.Helper()
	s.emit(t, 0, name, args)
	got := wait(t, s, s.errors, "exception")
	exception := struct {
		Status  string
		Code    chat.Code
		Message string
	}{}
	conduit := struct {
		Code     int
		Details  string
		Metadata *struct{}
	}{}
	if err := errors.Join(json.Unmarshal(got[0], &exception), json.Unmarshal(got[1], &conduit)); err != nil {
		t.Fatalf("%s %s: %v", got[0], got[1], err)
	}
	if exception.Status != "error" || exception.Code != want.Codes[0] || exception.Message != want.Text {
		t.Errorf("exception %s, ack was %+v", got[0], want)
	}
	if conduit.Code != contract[want.Codes[0]].grpc || conduit.Details != want.Text || conduit.Metadata == nil {
		t.Errorf("conduit_error %s, ack was %+v", got[1], want)
	}
}

// connectAnswer reads a CONNECT_ERROR: its message begins with the code's number
// and name and ends with the text.
func connectAnswer(t *testing.T, refusal *sioclient.ConnectError) Answer {
	t.Helper()
	var data struct{ Code chat.Code }
	if err := json.Unmarshal(refusal.Data, &data); err != nil {
		t.Fatalf("%v: %v", refusal, err)
	}
	head, text, _ := strings.Cut(refusal.Message, ": ")
	number, _, _ := strings.Cut(head, " ")
	if number != strconv.Itoa(contract[data.Code].grpc) {
		t.Errorf("%q does not begin with the number of %s", refusal.Message, data.Code)
	}
	return Answer{Codes: []chat.Code{data.Code}, Text: text}
}

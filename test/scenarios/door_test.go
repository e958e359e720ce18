// Package scenarios holds that Parley has one set of rules: one table of what
// people may and may not do runs through every door, and each answers with the
// same code, writes the same, and, refusing, writes nothing.
package scenarios

import (
	"testing"

	"parley/chat"
)

// Door is one way into Parley. It speaks as a client would, and knows of the
// server nothing but the wire contract.
type Door interface {
	// Name is what the table calls the door.
	Name() string
	// Do performs op as a person, waits for the answer and tells it. It returns
	// false, with nothing sent, if the door has no form for the operation, its
	// arguments or the person. What the contract says of all answers of this door
	// (names, numbers, statuses) it checks by itself. One call at a time.
	Do(t *testing.T, who Person, op Op) (Answer, bool)
}

// Person is somebody who comes to a door.
type Person struct {
	// Actor is who the token says they are; zero if it is a bad one.
	chat.Actor
	// Token is sent as it stands; "" sends none.
	Token string
}

// Op is one thing to do. Args are called as in the contract, ids included, and
// may be of any kind that JSON has:
//
//	Post       roomId, text, or contentType content files, and nonce replyTo
//	Edit       messageId text        Delete, Message  messageId
//	Create     roomName users visibility
//	Update     roomId roomName visibility creator
//	Add Remove roomId users          Read    roomId seq
//	History    roomId before after limit
//	List       roomId before after skip limit search
//	Rooms      skip limit search     Typing  roomId typing
//	Sync       rooms: {roomId: cursor}
//	Say        text nonce, and roomId sessionId for a session's conversation
//	Escalate   reason roomId, and sessionId for a session's conversation
//	Stop       messageId             Own     before limit
//	Enter CloseSession  sessionId    OpenSession  chatbotId
//	MakeBot    name prompt url       Bots    skip limit search
//	ChangeBot  chatbotId name prompt url
//	DropBot, Documents  chatbotId    AddDocument  chatbotId name content
//	Document, DropDocument  chatbotId documentId
//
// Clear takes none and the others take a roomId.
type Op struct {
	Verb Verb
	Args Args
}

// Args are an operation's arguments by name.
type Args map[string]any

// Verb names an operation.
type Verb string

// The operations.
const (
	Create     Verb = "create a room"
	Rooms      Verb = "list rooms"
	Room       Verb = "get a room"
	Update     Verb = "change a room"
	DeleteRoom Verb = "delete a room"
	Add        Verb = "add users"
	Remove     Verb = "remove users"
	Join       Verb = "join"
	Leave      Verb = "leave"
	Listen     Verb = "connect to a room"
	Unlisten   Verb = "disconnect from a room"
	Post       Verb = "post"
	List       Verb = "list messages"
	History    Verb = "read history"
	Message    Verb = "get a message"
	Edit       Verb = "edit"
	Delete     Verb = "delete a message"
	Read       Verb = "mark as read"
	Typing     Verb = "type"
	Sync       Verb = "sync"

	Say          Verb = "talk to the assistant"
	Escalate     Verb = "ask for a person"
	Stop         Verb = "stop a reply"
	Own          Verb = "read one's own conversation"
	Clear        Verb = "clear one's own conversation"
	OpenSession  Verb = "begin a session"
	Enter        Verb = "enter a session"
	CloseSession Verb = "close a session"
	Bots         Verb = "list chatbots"
	MakeBot      Verb = "make a chatbot"
	ChangeBot    Verb = "change a chatbot"
	DropBot      Verb = "delete a chatbot"
	AddDocument  Verb = "add a document"
	Documents    Verb = "list documents"
	Document     Verb = "get a document"
	DropDocument Verb = "delete a document"
)

// Answer is what a door said.
type Answer struct {
	// Codes are those that the answer can stand for, none if it was a yes. A door
	// that shows some codes alike names them all.
	Codes []chat.Code
	// Text is what a refusal says to people.
	Text string
	// Later is whether a refusal says when to come back.
	Later bool
}

// lacks names the doors that have no form for something, and why.
type lacks map[string]string

// The reasons why not every door is asked.
var (
	noEvent  = lacks{"socketio": "the contract has no event for it"}
	noRoute  = lacks{"http": "the contract has no route for it"}
	neither  = both(noEvent, noRoute)
	typed    = lacks{"service": "its arguments have types"}
	vouched  = lacks{"service": "its caller's token was checked"}
	inPath   = lacks{"http": "the argument stands in the path"}
	ownTalk  = lacks{"socketio": "without a room it goes to one's own conversation"}
	isTyping = lacks{"socketio": "there it is the typing event"}
	binaries = lacks{"socketio": "a text frame that is no UTF-8 ends the connection"}
)

// verbLacks says which doors have no form for an operation at all.
var verbLacks = map[Verb]lacks{
	Create: noEvent, Rooms: noEvent, Room: noEvent, Update: noEvent, DeleteRoom: noEvent, Add: noEvent, Remove: noEvent,
	List: noEvent, Message: noEvent, Clear: noEvent, OpenSession: noEvent, CloseSession: noEvent,
	Bots: noEvent, MakeBot: noEvent, ChangeBot: noEvent, DropBot: noEvent,
	AddDocument: noEvent, Documents: noEvent, Document: noEvent, DropDocument: noEvent,
	Listen: noRoute, Unlisten: noRoute, History: noRoute, Read: noRoute, Typing: noRoute, Sync: noRoute,
	Escalate: noRoute, Stop: noRoute, Own: noEvent, Enter: neither,
}

// missing says why a door is not asked to do something, "" if it is.
func missing(door string, op Op, also ...lacks) string {
	for _, l := range append(also, verbLacks[op.Verb], rawLacks(op)) {
		if why := l[door]; why != "" {
			return why
		}
	}
	return ""
}

// rawLacks says of the raw doors, each of which is for one conversation, whether
// the operation is about another, or none.
func rawLacks(op Op) lacks {
	l := lacks{"token": "it is for one's own conversation alone", "session": "it is for a session alone"}
	room, elsewhere := op.Args["roomId"]
	rooms, _ := op.Args["rooms"].(Args)
	_, mine := rooms["me"]
	switch op.Verb {
	case Say, Escalate, Enter:
		if op.Args["sessionId"] != nil {
			delete(l, "session")
		} else if !elsewhere || room == "me" {
			delete(l, "token")
		}
	case Stop:
		delete(l, "token")
	case Sync:
		if mine && len(rooms) == 1 {
			delete(l, "token")
		}
	}
	return l
}

func both(a, b lacks) lacks {
	all := lacks{}
	for _, l := range []lacks{a, b} {
		for door, why := range l {
			all[door] = why
		}
	}
	return all
}

package scenarios

import (
	"strings"
)

// changing edits and deletes messages.
var changing = []scenario{
	{name: "one's own", who: "creator", verb: Edit, args: of("{mine}", "text", "new"), version: 1},
	{name: "another's", who: "member", verb: Edit, args: of("{mine}", "text", "new"), code: forbidden, text: "Only the sender may edit a message"},
	{name: "a member's as the creator", who: "creator", verb: Edit, args: of("{his}", "text", "new"), code: forbidden, text: "Only the sender may edit a message"},
	{name: "as a stranger", who: "stranger", verb: Edit, args: of("{mine}", "text", "new"), code: notFound, text: noMessage},
	{name: "as one removed", who: "removed", verb: Edit, args: of("{mine}", "text", "new"), code: notFound, text: noMessage},
	{name: "as a guest", who: "guest", verb: Edit, args: of("{mine}", "text", "new"), code: notFound, text: noMessage},
	{name: "as an administrator", who: "admin", verb: Edit, args: of("{mine}", "text", "new"), code: notFound, text: noMessage},
	{name: "unknown", who: "creator", verb: Edit, args: of("none", "text", "new"), code: notFound, text: noMessage},
	{name: "deleted", who: "creator", verb: Edit, args: of("{gone}", "text", "new"), code: notFound, text: noMessage},
	{name: "of a long id", who: "creator", verb: Edit, args: of(longID, "text", "new"), code: invalid, text: "messageId must be at most 255 bytes"},
	{name: "to nothing", who: "creator", verb: Edit, args: of("{mine}", "text", ""), code: invalid, text: "newMessage is required"},
	{name: "without a text", who: "creator", verb: Edit, args: of("{mine}"), code: invalid, text: "newMessage is required"},
	{name: "too large", who: "creator", verb: Edit, args: of("{mine}", "text", strings.Repeat("a", 64<<10+1)), code: tooLarge, text: "content must be at most 65536 bytes"},

	{name: "one's own", who: "member", verb: Delete, args: of("{his}"), version: 1},
	{name: "as an administrator", who: "admin", verb: Delete, args: of("{his}"), version: 1},
	{name: "another's", who: "member", verb: Delete, args: of("{mine}"), code: forbidden, text: "Only the sender may delete a message"},
	{name: "a member's as the creator", who: "creator", verb: Delete, args: of("{his}"), code: forbidden, text: "Only the sender may delete a message"},
	{name: "as a stranger", who: "stranger", verb: Delete, args: of("{mine}"), code: notFound, text: noMessage},
	{name: "as one who left", who: "left", verb: Delete, args: of("{mine}"), code: notFound, text: noMessage},
	{name: "unknown", who: "admin", verb: Delete, args: of("none"), code: notFound, text: noMessage},
	{name: "deleted", who: "creator", verb: Delete, args: of("{gone}"), code: notFound, text: noMessage},
}

// members come and go.
var members = []scenario{
	{name: "what is public", who: "stranger", verb: Join, args: in("{public}")},
	{name: "as a member", who: "member", verb: Join, args: in("{room}")},
	{name: "as one who left", who: "left", verb: Join, args: in("{room}")},
	{name: "as a stranger", who: "stranger", verb: Join, args: in("{room}"), code: notFound, text: noRoom},
	{name: "as one removed", who: "removed", verb: Join, args: in("{room}"), code: notFound, text: noRoom},
	{name: "as an administrator", who: "admin", verb: Join, args: in("{room}"), code: notFound, text: noRoom},
	{name: "what is public, as a guest", who: "guest", verb: Join, args: in("{public}"), code: forbidden, text: noGuests},
	{name: "as a guest", who: "guest", verb: Join, args: in("{room}"), code: notFound, text: noRoom},
	{name: "a conversation", who: "creator", verb: Join, args: in("{talk}"), code: forbidden, text: noGroup},
	{name: "unknown", who: "member", verb: Join, args: in("none"), code: notFound, text: noRoom},
	{name: "nothing", who: "member", verb: Join, args: Args{}, code: invalid, text: "roomId is required", lacks: inPath},

	{name: "as a member", who: "member", verb: Leave, args: in("{room}")},
	{name: "as the creator", who: "creator", verb: Leave, args: in("{room}")},
	{name: "as a stranger", who: "stranger", verb: Leave, args: in("{public}"), code: notFound, text: noRoom},
	{name: "as one who left", who: "left", verb: Leave, args: in("{room}"), code: notFound, text: noRoom},
	{name: "as one removed", who: "removed", verb: Leave, args: in("{room}"), code: notFound, text: noRoom},
	{name: "a conversation", who: "guest", verb: Leave, args: in("{talk}"), code: forbidden, text: noGroup},
	{name: "unknown", who: "member", verb: Leave, args: in("none"), code: notFound, text: noRoom},

	{name: "as a member", who: "member", verb: Listen, args: in("{room}")},
	{name: "a conversation, as a guest", who: "guest", verb: Listen, args: in("{talk}")},
	{name: "as a stranger", who: "stranger", verb: Listen, args: in("{public}"), code: notFound, text: noRoom},
	{name: "as one removed", who: "removed", verb: Listen, args: in("{room}"), code: notFound, text: noRoom},
	{name: "as an administrator", who: "admin", verb: Listen, args: in("{room}"), code: notFound, text: noRoom},
	{name: "unknown", who: "member", verb: Listen, args: in("none"), code: notFound, text: noRoom},
	{name: "nothing", who: "member", verb: Listen, args: Args{}, code: invalid, text: "roomId is required"},
	{name: "as a member", who: "member", verb: Unlisten, args: in("{room}")},
	{name: "as a stranger", who: "stranger", verb: Unlisten, args: in("{public}"), code: notFound, text: noRoom},
	{name: "unknown", who: "member", verb: Unlisten, args: in("none"), code: notFound, text: noRoom},

	{name: "as the creator", who: "creator", verb: Add, args: in("{room}", "users", list("cid", "root"))},
	{name: "as a member", who: "member", verb: Add, args: in("{room}", "users", list("cid"))},
	{name: "one removed", who: "member", verb: Add, args: in("{room}", "users", list("dan"))},
	{name: "one who left", who: "member", verb: Add, args: in("{room}", "users", list("eve", "eve"))},
	{name: "nobody", who: "creator", verb: Add, args: in("{room}"), code: invalid, text: needUsers},
	{name: "an empty list", who: "creator", verb: Add, args: in("{room}", "users", list()), code: invalid, text: needUsers},
	{name: "the unknown", who: "creator", verb: Add, args: in("{room}", "users", list("x", "cid", "y")), code: invalid, text: "users [x,y] do not exist"},
	{name: "a member", who: "creator", verb: Add, args: in("{room}", "users", list("cid", "bob")), code: invalid, text: "users array contains existing member ids"},
	{name: "a guest", who: "creator", verb: Add, args: in("{room}", "users", list("{guest}")), code: forbidden},
	{name: "oneself, removed", who: "removed", verb: Add, args: in("{room}", "users", list("dan")), code: notFound, text: noRoom},
	{name: "as a stranger", who: "stranger", verb: Add, args: in("{public}", "users", list("cid")), code: notFound, text: noRoom},
	{name: "as an administrator", who: "admin", verb: Add, args: in("{room}", "users", list("root")), code: notFound, text: noRoom},
	{name: "to a conversation", who: "creator", verb: Add, args: in("{talk}", "users", list("bob")), code: forbidden, text: noGroup},
	{name: "to an unknown room", who: "creator", verb: Add, args: in("none", "users", list("cid")), code: notFound, text: noRoom},

	{name: "as the creator", who: "creator", verb: Remove, args: in("{room}", "users", list("bob"))},
	{name: "as an administrator", who: "admin", verb: Remove, args: in("{room}", "users", list("ann", "bob"))},
	{name: "one who left", who: "creator", verb: Remove, args: in("{room}", "users", list("eve"))},
	{name: "nobody", who: "creator", verb: Remove, args: in("{room}"), code: invalid, text: needUsers},
	{name: "as a member", who: "member", verb: Remove, args: in("{room}", "users", list("bob")), code: forbidden, text: onlyCreator},
	{name: "as a stranger", who: "stranger", verb: Remove, args: in("{public}", "users", list("bob")), code: notFound, text: noRoom},
	{name: "from a conversation", who: "creator", verb: Remove, args: in("{talk}", "users", list("{guest}")), code: forbidden, text: noGroup},
	{name: "from an unknown room", who: "admin", verb: Remove, args: in("none", "users", list("bob")), code: notFound, text: noRoom},
}

// rooms are made, changed and deleted.
var rooms = []scenario{
	{name: "with others", who: "member", verb: Create, args: Args{"roomName": "New", "users": list("ann")}},
	{name: "alone", who: "stranger", verb: Create, args: Args{"roomName": "New", "users": list("cid"), "visibility": "public"}},
	{name: "without a name", who: "member", verb: Create, args: Args{"users": list("ann")}, code: invalid, text: "roomName is required"},
	{name: "of a blank name", who: "member", verb: Create, args: Args{"roomName": " ", "users": list("ann")}, code: invalid, text: "roomName is required"},
	{name: "of a long name", who: "member", verb: Create, args: Args{"roomName": strings.Repeat("n", 256), "users": list("ann")}, code: invalid, text: "roomName must be at most 255 characters"},
	{name: "without users", who: "member", verb: Create, args: Args{"roomName": "New"}, code: invalid, text: needUsers},
	{name: "with the unknown", who: "member", verb: Create, args: Args{"roomName": "New", "users": list("a", "ann", "b")}, code: invalid, text: "users [a,b] do not exist"},
	{name: "with a guest", who: "member", verb: Create, args: Args{"roomName": "New", "users": list("{guest}")}, code: forbidden},
	{name: "of a wrong visibility", who: "member", verb: Create, args: Args{"roomName": "New", "users": list("ann"), "visibility": "open"}, code: invalid, text: "visibility must be private or public"},
	{name: "as a guest", who: "guest", verb: Create, args: Args{"roomName": "New", "users": list("ann")}, code: forbidden, text: noGuests},

	{name: "one's own", who: "member", verb: Rooms, args: Args{"search": "ROOM", "skip": 1}},
	{name: "negative", who: "member", verb: Rooms, args: Args{"limit": -1}, code: invalid, text: "skip and limit must not be negative"},
	{name: "as a member", who: "member", verb: Room, args: in("{room}")},
	{name: "as a stranger", who: "stranger", verb: Room, args: in("{public}"), code: notFound, text: noRoom},
	{name: "as one removed", who: "removed", verb: Room, args: in("{room}"), code: notFound, text: noRoom},
	{name: "as an administrator", who: "admin", verb: Room, args: in("{room}"), code: notFound, text: noRoom},
	{name: "unknown", who: "member", verb: Room, args: in("none"), code: notFound, text: noRoom},

	{name: "all of it", who: "creator", verb: Update, args: in("{room}", "roomName", "New", "visibility", "public", "creator", "bob")},
	{name: "nothing", who: "creator", verb: Update, args: in("{room}")},
	{name: "as an administrator", who: "admin", verb: Update, args: in("{room}", "roomName", "New")},
	{name: "as a member", who: "member", verb: Update, args: in("{room}", "roomName", "New"), code: forbidden, text: onlyCreator},
	{name: "as a stranger", who: "stranger", verb: Update, args: in("{public}", "roomName", "New"), code: notFound, text: noRoom},
	{name: "to a blank name", who: "creator", verb: Update, args: in("{room}", "roomName", ""), code: invalid, text: "roomName is required"},
	{name: "to a wrong visibility", who: "creator", verb: Update, args: in("{room}", "visibility", "open"), code: invalid, text: "visibility must be private or public"},
	{name: "to a creator outside", who: "creator", verb: Update, args: in("{room}", "creator", "cid"), code: invalid, text: "creator must be a participant of the room"},
	{name: "a conversation", who: "creator", verb: Update, args: in("{talk}", "roomName", "New"), code: forbidden, text: noGroup},
	{name: "unknown", who: "admin", verb: Update, args: in("none", "roomName", "New"), code: notFound, text: noRoom},

	{name: "as the creator", who: "creator", verb: DeleteRoom, args: in("{room}")},
	{name: "as an administrator", who: "admin", verb: DeleteRoom, args: in("{room}")},
	{name: "as a member", who: "member", verb: DeleteRoom, args: in("{room}"), code: forbidden, text: onlyCreator},
	{name: "as a stranger", who: "stranger", verb: DeleteRoom, args: in("{public}"), code: notFound, text: noRoom},
	{name: "a conversation", who: "admin", verb: DeleteRoom, args: in("{talk}"), code: forbidden, text: noGroup},
	{name: "unknown", who: "admin", verb: DeleteRoom, args: in("none"), code: notFound, text: noRoom},
}

// wrongKinds are arguments that are not of the kind they should be; the doors
// have their own words for it.
var wrongKinds = []scenario{
	{name: "a number for a room", who: "member", verb: Post, args: Args{"roomId": 7, "text": "hi"}, code: invalid, lacks: typed},
	{name: "an object for a room", who: "member", verb: Post, args: Args{"roomId": Args{"a": 1}, "content": "hi", "contentType": "text"}, code: invalid, lacks: typed},
	{name: "a number for a type", who: "member", verb: Post, args: in("{room}", "contentType", 7, "content", "hi"), code: invalid, lacks: typed},
	{name: "a number for content", who: "member", verb: Post, args: object("text", "content", 7), code: invalid, lacks: typed},
	{name: "a list for content", who: "member", verb: Post, args: object("text", "content", list("hi")), code: invalid, lacks: typed},
	{name: "a text for files", who: "member", verb: Post, args: object("file", "files", "f1"), code: invalid, lacks: typed},
	{name: "numbers for files", who: "member", verb: Post, args: object("file", "files", list(1)), code: invalid, lacks: typed},
	{name: "a number for a nonce", who: "member", verb: Post, args: with("nonce", 7), code: invalid, text: needNonce, lacks: typed},
	{name: "an object for a nonce", who: "member", verb: Post, args: object("text", "content", "hi", "nonce", Args{"a": 1}), code: invalid, text: needNonce, lacks: typed},
	{name: "a number for a reply", who: "member", verb: Post, args: with("replyTo", 7), code: invalid, lacks: typed},
	{name: "a number for a text", who: "creator", verb: Edit, args: of("{mine}", "text", 7), code: invalid, lacks: typed},
	{name: "a number for a message", who: "creator", verb: Delete, args: Args{"messageId": 7}, code: invalid, lacks: both(typed, inPath)},
	{name: "a list for a room", who: "member", verb: Join, args: Args{"roomId": list("{room}")}, code: invalid, lacks: both(typed, inPath)},
	{name: "a text for a seq", who: "member", verb: Read, args: in("{room}", "seq", "2"), code: invalid, lacks: typed},
	{name: "a fraction for a seq", who: "member", verb: Read, args: in("{room}", "seq", 1.5), code: invalid, lacks: typed},
	{name: "a text for a boolean", who: "member", verb: Typing, args: in("{room}", "typing", "yes"), code: invalid, lacks: typed},
	{name: "a text for a number", who: "member", verb: History, args: in("{room}", "before", "3"), code: invalid, lacks: typed},
	{name: "a fraction for a number", who: "member", verb: History, args: in("{room}", "limit", 1.5), code: invalid, lacks: typed},
	{name: "a text for a limit", who: "member", verb: List, args: in("{room}", "limit", "ten"), code: invalid, lacks: typed},
	{name: "a fraction for a limit", who: "member", verb: Rooms, args: Args{"limit": 1.5}, code: invalid, lacks: typed},
	{name: "a list for rooms", who: "member", verb: Sync, args: Args{"rooms": list("{room}")}, code: invalid, lacks: typed},
	{name: "a number for a cursor", who: "member", verb: Sync, args: Args{"rooms": Args{"{room}": 2}}, code: invalid, lacks: typed},
	{name: "a number for a name", who: "member", verb: Create, args: Args{"roomName": 7, "users": list("ann")}, code: invalid, lacks: typed},
	{name: "a text for users", who: "member", verb: Create, args: Args{"roomName": "New", "users": "ann"}, code: invalid, text: needUsers, lacks: typed},
	{name: "numbers for users", who: "creator", verb: Add, args: in("{room}", "users", list(1)), code: invalid, lacks: typed},
	{name: "a number for a visibility", who: "creator", verb: Update, args: in("{room}", "visibility", 7), code: invalid, lacks: typed},
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

package scenarios

import (
	"strings"

	"parley/chat"
)

// The texts that clients match on.
const (
	noToken     = "No 'Authorization' header or 'accessToken' cookie present"
	badToken    = "Token is expired or otherwise not valid"
	noRoom      = "Room does not exist or you don't have access"
	noMessage   = "Message does not exist or you don't have access"
	needUsers   = "users is required and must be a non-empty array"
	needNonce   = "When provided, nonce must be a non-empty string"
	wrongType   = "Invalid contentType, must be one of: text, file, typing, multimedia, system"
	onlyCreator = "Only the creator of a room or an administrator may do this"
	noGroup     = "This room is not a group"
	noGuests    = "Guests may not take part in group rooms"
)

const (
	invalid   = chat.CodeInvalid
	forbidden = chat.CodeForbidden
	notFound  = chat.CodeNotFound
	tooLarge  = chat.CodeTooLarge
)

var longID = strings.Repeat("i", chat.MaxID+1)

// hi is a text to a room.
func hi(room string) Args { return Args{"roomId": room, "text": "hi"} }

// with is a text to {room} with more arguments.
func with(pairs ...any) Args {
	args := hi("{room}")
	for i := 0; i < len(pairs); i += 2 {
		args[pairs[i].(string)] = pairs[i+1]
	}
	return args
}

// object is a message to {room} that is no plain text.
func object(contentType string, pairs ...any) Args {
	args := with(append([]any{"contentType", contentType}, pairs...)...)
	delete(args, "text")
	return args
}

func in(room string, pairs ...any) Args {
	args := Args{"roomId": room}
	for i := 0; i < len(pairs); i += 2 {
		args[pairs[i].(string)] = pairs[i+1]
	}
	return args
}

func of(message string, pairs ...any) Args {
	args := in("", pairs...)
	delete(args, "roomId")
	args["messageId"] = message
	return args
}

func list(items ...any) []any { return append([]any{}, items...) }

// callers come with every kind of token.
var callers = []scenario{
	{name: "without a token", who: "nobody", verb: Post, args: hi("{room}"), code: chat.CodeUnauthenticated, text: noToken, lacks: vouched},
	{name: "with rubbish", who: "rubbish", verb: Post, args: hi("{room}"), code: chat.CodeUnauthenticated, text: badToken, lacks: vouched},
	{name: "with another scheme", who: "other scheme", verb: Post, args: hi("{room}"), code: chat.CodeUnauthenticated, text: badToken, lacks: vouched},
	{name: "with a forged token", who: "forger", verb: Post, args: hi("{room}"), code: chat.CodeUnauthenticated, text: badToken, lacks: vouched},
	{name: "with an expired token", who: "expired", verb: Post, args: hi("{room}"), code: chat.CodeTokenExpired, text: badToken, lacks: vouched},
	{name: "signed out", who: "signed out", verb: Post, args: hi("{room}"), code: chat.CodeUnauthenticated, text: badToken, lacks: vouched},
	{name: "blocked", who: "blocked", verb: Post, args: hi("{room}"), code: chat.CodeBlocked, lacks: vouched},
	{name: "with a token in quotes", who: "creator, quoted", verb: Post, args: hi("{room}"), seq: 1, version: 1},
	{name: "as the creator", who: "creator", verb: Post, args: hi("{room}"), seq: 1, version: 1},
	{name: "as a member", who: "member", verb: Post, args: hi("{room}"), seq: 1, version: 1},
	{name: "as a guest in a conversation", who: "guest", verb: Post, args: hi("{talk}"), seq: 1, version: 1},
	{name: "as a stranger", who: "stranger", verb: Post, args: hi("{room}"), code: notFound, text: noRoom},
	{name: "as a stranger to what is public", who: "stranger", verb: Post, args: hi("{public}"), code: notFound, text: noRoom},
	{name: "as one removed", who: "removed", verb: Post, args: hi("{room}"), code: notFound, text: noRoom},
	{name: "as one who left", who: "left", verb: Post, args: hi("{room}"), code: notFound, text: noRoom},
	{name: "as a guest", who: "guest", verb: Post, args: hi("{room}"), code: notFound, text: noRoom},
	{name: "as an administrator", who: "admin", verb: Post, args: hi("{room}"), code: notFound, text: noRoom},
	{name: "as an agent", who: "agent", verb: Post, args: hi("{talk}"), code: notFound, text: noRoom},
}

// posting has every kind of message.
var posting = []scenario{
	{name: "with a nonce", who: "member", verb: Post, args: with("nonce", "n"), seq: 1, version: 1},
	{name: "the nonce again", who: "member", verb: Post, args: with("nonce", "nonce of his")},
	{name: "another's nonce", who: "member", verb: Post, args: with("nonce", "nonce of mine"), seq: 1, version: 1},
	{name: "the nonce of a tombstone", who: "creator", verb: Post, args: with("nonce", "nonce of gone")},
	{name: "null nonce", who: "member", verb: Post, args: with("nonce", nil), seq: 1, version: 1},
	{name: "longest nonce", who: "member", verb: Post, args: with("nonce", strings.Repeat("n", 128)), seq: 1, version: 1},
	{name: "reply", who: "member", verb: Post, args: with("replyTo", "{mine}"), seq: 1, version: 1},
	{name: "files", who: "member", verb: Post, args: object("file", "files", list("f1", "f2")), seq: 1, version: 1},
	{name: "multimedia", who: "member", verb: Post, args: object("multimedia", "content", "see", "files", list("f1")), seq: 1, version: 1},
	{name: "an object of text", who: "member", verb: Post, args: object("text", "content", "hi", "nonce", "n"), seq: 1, version: 1},
	{name: "largest", who: "member", verb: Post, args: with("text", strings.Repeat("ü", 32<<10)), seq: 1, version: 1},
	{name: "no room", who: "member", verb: Post, args: Args{"text": "hi"}, code: invalid, text: "roomId is required", lacks: ownTalk},
	{name: "empty room", who: "member", verb: Post, args: hi(""), code: invalid, text: "roomId is required"},
	{name: "unknown room", who: "member", verb: Post, args: hi("none"), code: notFound, text: noRoom},
	{name: "a message for a room", who: "member", verb: Post, args: hi("{mine}"), code: notFound, text: noRoom},
	{name: "room of a long id", who: "member", verb: Post, args: hi(longID), code: invalid, text: "roomId must be at most 255 bytes"},
	{name: "NUL in the room", who: "member", verb: Post, args: hi("a\x00"), code: invalid, text: "roomId must be UTF-8 text without NUL"},
	{name: "empty", who: "member", verb: Post, args: with("text", ""), code: invalid, text: "text messages need to have content"},
	{name: "NUL", who: "member", verb: Post, args: with("text", "a\x00b"), code: invalid, text: "content must be UTF-8 text without NUL"},
	{name: "too large", who: "member", verb: Post, args: with("text", strings.Repeat("a", 64<<10+1)), code: tooLarge, text: "content must be at most 65536 bytes"},
	{name: "too large in bytes", who: "member", verb: Post, args: with("text", strings.Repeat("ü", 32<<10)+"a"), code: tooLarge, text: "content must be at most 65536 bytes"},
	{name: "no type", who: "member", verb: Post, args: in("{room}", "content", "hi"), code: invalid, text: "Message must contain contentType property"},
	{name: "empty type", who: "member", verb: Post, args: object("", "content", "hi"), code: invalid, text: "Message must contain contentType property"},
	{name: "wrong type", who: "member", verb: Post, args: object("gif", "content", "hi"), code: invalid, text: wrongType},
	{name: "empty object of text", who: "member", verb: Post, args: object("text"), code: invalid, text: "text messages need to have content"},
	{name: "file without files", who: "member", verb: Post, args: object("file", "content", "x"), code: invalid, text: "Files are required for file messages"},
	{name: "file of no files", who: "member", verb: Post, args: object("file", "files", list()), code: invalid, text: "Files are required for file messages"},
	{name: "multimedia without files", who: "member", verb: Post, args: object("multimedia", "content", "x"), code: invalid, text: "Files are required for multimedia messages"},
	{name: "multimedia without content", who: "member", verb: Post, args: object("multimedia", "files", list("f1")), code: invalid, text: "multimedia messages need to have content"},
	{name: "empty file", who: "member", verb: Post, args: object("file", "files", list("f1", "")), code: invalid, text: "files is required"},
	{name: "unknown file", who: "member", verb: Post, args: object("file", "files", list("f1", "none")), code: invalid, text: "files [none] do not exist"},
	{name: "another's file", who: "member", verb: Post, args: object("file", "files", list("hers")), code: invalid, text: "files [hers] do not exist"},
	{name: "file into another's room", who: "stranger", verb: Post, args: object("file", "files", list("f1")), code: notFound, text: noRoom},
	{name: "system", who: "creator", verb: Post, args: object("system", "content", "x"), code: forbidden, text: "system messages cannot be posted here"},
	{name: "typing", who: "member", verb: Post, args: object("typing", "content", "true"), code: forbidden, text: "typing messages cannot be posted here", lacks: isTyping},
	{name: "empty nonce", who: "member", verb: Post, args: with("nonce", ""), code: invalid, text: needNonce},
	{name: "long nonce", who: "member", verb: Post, args: with("nonce", strings.Repeat("n", 129)), code: invalid, text: "nonce must be at most 128 bytes"},
	{name: "reply to nothing", who: "member", verb: Post, args: with("replyTo", "none"), code: notFound, text: noMessage},
	{name: "reply to a tombstone", who: "member", verb: Post, args: with("replyTo", "{gone}"), code: notFound, text: noMessage},
	{name: "reply into another room", who: "stranger", verb: Post, args: in("{outside}", "text", "hi", "replyTo", "{mine}"), code: notFound, text: noMessage},
	{name: "reply to a room", who: "member", verb: Post, args: with("replyTo", "{room}"), code: notFound, text: noMessage},
}

// reading leaves all as it is, but for read positions.
var reading = []scenario{
	{name: "all", who: "member", verb: List, args: Args{}},
	{name: "of a room", who: "member", verb: List, args: in("{room}", "before", 3, "after", 1, "limit", 5)},
	{name: "limit above the maximum", who: "member", verb: List, args: in("{room}", "limit", 100000)},
	{name: "of a room, as a stranger", who: "stranger", verb: List, args: in("{room}"), code: notFound, text: noRoom},
	{name: "of what is public, as a stranger", who: "stranger", verb: List, args: in("{public}"), code: notFound, text: noRoom},
	{name: "of a room, as one removed", who: "removed", verb: List, args: in("{room}"), code: notFound, text: noRoom},
	{name: "of a room, as an administrator", who: "admin", verb: List, args: in("{room}"), code: notFound, text: noRoom},
	{name: "of an unknown room", who: "member", verb: List, args: in("none"), code: notFound, text: noRoom},
	{name: "before without a room", who: "member", verb: List, args: Args{"before": 3}, code: invalid, text: "before and after need a roomId"},
	{name: "negative before", who: "member", verb: List, args: in("{room}", "before", -1), code: invalid, text: "before and after must not be negative"},
	{name: "negative skip", who: "member", verb: List, args: in("{room}", "skip", -1), code: invalid, text: "skip and limit must not be negative"},

	{name: "of a room", who: "member", verb: History, args: in("{room}", "before", 3, "limit", 1)},
	{name: "limit above the maximum", who: "member", verb: History, args: in("{room}", "limit", 100000)},
	{name: "as a guest in a conversation", who: "guest", verb: History, args: in("{talk}")},
	{name: "as a stranger", who: "stranger", verb: History, args: in("{room}"), code: notFound, text: noRoom},
	{name: "as one removed", who: "removed", verb: History, args: in("{room}"), code: notFound, text: noRoom},
	{name: "as one who left", who: "left", verb: History, args: in("{room}"), code: notFound, text: noRoom},
	{name: "as a guest", who: "guest", verb: History, args: in("{room}"), code: notFound, text: noRoom},
	{name: "of an unknown room", who: "member", verb: History, args: in("none"), code: notFound, text: noRoom},
	{name: "of no room", who: "member", verb: History, args: Args{}, code: invalid, text: "roomId is required"},
	{name: "negative after", who: "member", verb: History, args: in("{room}", "after", -1), code: invalid, text: "before, after and limit must not be negative"},
	{name: "negative limit", who: "member", verb: History, args: in("{room}", "limit", -1), code: invalid, text: "before, after and limit must not be negative"},

	{name: "one's own", who: "creator", verb: Message, args: of("{mine}")},
	{name: "another's", who: "member", verb: Message, args: of("{mine}")},
	{name: "as a stranger", who: "stranger", verb: Message, args: of("{mine}"), code: notFound, text: noMessage},
	{name: "as one removed", who: "removed", verb: Message, args: of("{mine}"), code: notFound, text: noMessage},
	{name: "as an administrator", who: "admin", verb: Message, args: of("{mine}"), code: notFound, text: noMessage},
	{name: "deleted", who: "creator", verb: Message, args: of("{gone}"), code: notFound, text: noMessage},
	{name: "unknown", who: "creator", verb: Message, args: of("none"), code: notFound, text: noMessage},
	{name: "of a long id", who: "creator", verb: Message, args: of(longID), code: invalid, text: "messageId must be at most 255 bytes"},

	{name: "up to a message", who: "creator", verb: Read, args: in("{room}", "seq", 2)},
	{name: "all", who: "creator", verb: Read, args: in("{room}")},
	{name: "past the newest", who: "creator", verb: Read, args: in("{room}", "seq", 99)},
	{name: "as a stranger", who: "stranger", verb: Read, args: in("{room}"), code: notFound, text: noRoom},
	{name: "as one removed", who: "removed", verb: Read, args: in("{room}", "seq", 1), code: notFound, text: noRoom},
	{name: "negative", who: "creator", verb: Read, args: in("{room}", "seq", -1), code: invalid, text: "seq must not be negative"},
	{name: "no room", who: "creator", verb: Read, args: Args{}, code: invalid, text: "roomId is required"},

	{name: "in a room", who: "member", verb: Typing, args: in("{room}", "typing", true)},
	{name: "as a stranger", who: "stranger", verb: Typing, args: in("{room}", "typing", true), code: notFound, text: noRoom},
	{name: "as one who left", who: "left", verb: Typing, args: in("{room}", "typing", false), code: notFound, text: noRoom},
	{name: "nowhere", who: "member", verb: Typing, args: Args{}, code: invalid, text: "roomId is required"},

	{name: "from the start", who: "member", verb: Sync, args: Args{"rooms": Args{"{room}": ""}}},
	{name: "nothing named", who: "stranger", verb: Sync, args: Args{}},
	{name: "from a cursor", who: "member", verb: Sync, args: Args{"rooms": Args{"{room}": "{epoch}:2"}}},
	{name: "others' rooms", who: "stranger", verb: Sync, args: Args{"rooms": Args{"{room}": "", "none": "{epoch}:1"}}},
	{name: "a forgotten future", who: "member", verb: Sync, args: Args{"rooms": Args{"{room}": "{epoch}:99"}}},
	{name: "no cursor", who: "member", verb: Sync, args: Args{"rooms": Args{"{room}": "12"}}, code: invalid, text: "cursor is not one that this server gave"},
	{name: "negative cursor", who: "member", verb: Sync, args: Args{"rooms": Args{"{room}": "{epoch}:-1"}}, code: invalid, text: "cursor is not one that this server gave"},
}

package scenarios

import (
	"strings"

	"parley/chat"
)

const (
	noSession   = "Session does not exist"
	noTalk      = "This room is not a conversation"
	badCursor   = "cursor is not one that this server gave"
	slowDown    = "Too many requests, slow down"
	limited     = chat.CodeRateLimited
	twoToNinety = "1237940039285380274899124224"
)

// say is a text to the assistant, with more arguments.
func say(text any, pairs ...any) Args {
	args := in("", pairs...)
	delete(args, "roomId")
	args["text"] = text
	return args
}

// sit is a text in the owner's session.
func sit(text any, pairs ...any) Args {
	args := say(text, pairs...)
	args["roomId"], args["sessionId"] = "{sitting}", "{session}"
	return args
}

// since asks what has changed in one's own conversation.
func since(cursor any) Args { return Args{"rooms": Args{"me": cursor}} }

// comers come with every kind of token to their own conversation, and to a session.
var comers = []scenario{
	{name: "without a token", who: "nobody", verb: Say, args: say("hi"), code: chat.CodeUnauthenticated, text: noToken, lacks: vouched},
	{name: "with rubbish", who: "rubbish", verb: Say, args: say("hi"), code: chat.CodeUnauthenticated, text: badToken, lacks: vouched},
	{name: "with another scheme", who: "other scheme", verb: Say, args: say("hi"), code: chat.CodeUnauthenticated, text: badToken, lacks: vouched},
	{name: "with a forged token", who: "forger", verb: Say, args: say("hi"), code: chat.CodeUnauthenticated, text: badToken, lacks: vouched},
	{name: "with an expired token", who: "expired", verb: Say, args: say("hi"), code: chat.CodeTokenExpired, text: badToken, lacks: vouched},
	{name: "signed out", who: "signed out", verb: Say, args: say("hi"), code: chat.CodeUnauthenticated, text: badToken, lacks: vouched},
	{name: "blocked", who: "blocked", verb: Say, args: say("hi"), code: chat.CodeBlocked, lacks: vouched},
	{name: "without a token, in a session", who: "nobody", verb: Say, args: sit("hi"), code: chat.CodeUnauthenticated, text: noToken, lacks: vouched},
	{name: "with rubbish, in a session", who: "rubbish", verb: Say, args: sit("hi"), code: chat.CodeUnauthenticated, text: badToken, lacks: vouched},
	{name: "with an expired token, in a session", who: "expired", verb: Say, args: sit("hi"), code: chat.CodeTokenExpired, text: badToken, lacks: vouched},
	{name: "blocked, in a session", who: "blocked", verb: Say, args: sit("hi"), code: chat.CodeBlocked, lacks: vouched},
	{name: "with a token in quotes", who: "owner, quoted", verb: Say, args: say("hi"), seq: 1, version: 1},
	{name: "as the owner", who: "owner", verb: Say, args: say("hi"), seq: 1, version: 1},
	{name: "for the first time", who: "newcomer", verb: Say, args: say("hi"), seq: 1, version: 1},
	{name: "while a reply is written", who: "asker", verb: Say, args: say("hi"), seq: 1, version: 1},
	{name: "as the owner, by name", who: "owner", verb: Post, args: hi("me"), seq: 1, version: 1},
	{name: "as the owner, by id", who: "owner", verb: Post, args: hi("{me}"), seq: 1, version: 1},
	{name: "in a session", who: "owner", verb: Say, args: sit("hi"), seq: 1, version: 1},
}

// talking has every kind of text.
var talking = []scenario{
	{name: "largest", who: "owner", verb: Say, args: say(strings.Repeat("ü", 32<<10)), seq: 1, version: 1},
	{name: "what looks like markup", who: "owner", verb: Say, args: say("<b>\u2028&\\ \U0001F600"), seq: 1, version: 1},
	{name: "empty", who: "owner", verb: Say, args: say(""), code: invalid, text: "text messages need to have content"},
	{name: "NUL", who: "owner", verb: Say, args: say("a\x00b"), code: invalid, text: "content must be UTF-8 text without NUL"},
	{name: "broken UTF-8", who: "owner", verb: Say, args: say("a" + broken), code: invalid, lacks: binaries},
	{name: "too large", who: "owner", verb: Say, args: say(strings.Repeat("a", 64<<10+1)), code: tooLarge, text: "content must be at most 65536 bytes"},
	{name: "too large in bytes", who: "owner", verb: Say, args: say(strings.Repeat("ü", 32<<10) + "a"), code: tooLarge, text: "content must be at most 65536 bytes"},
	{name: "who wrote too much", who: "hasty", verb: Say, args: say("hi"), code: limited, text: slowDown},
	{name: "who asked too much", who: "impatient", verb: Say, args: say("hi"), code: limited, text: slowDown},
	{name: "what is empty, of who wrote too much", who: "hasty", verb: Say, args: say(""), code: invalid},

	{name: "largest, in a session", who: "owner", verb: Say, args: sit(strings.Repeat("ü", 32<<10)), seq: 1, version: 1},
	{name: "empty, in a session", who: "owner", verb: Say, args: sit(""), code: invalid, text: "text messages need to have content"},
	{name: "NUL, in a session", who: "owner", verb: Say, args: sit("\x00"), code: invalid, text: "content must be UTF-8 text without NUL"},
	{name: "broken UTF-8, in a session", who: "owner", verb: Say, args: sit("a" + broken), code: invalid, lacks: binaries},
	{name: "too large, in a session", who: "owner", verb: Say, args: sit(strings.Repeat("a", 64<<10+1)), code: tooLarge, text: "content must be at most 65536 bytes"},

	{name: "a type that is none", who: "owner", verb: Post, args: Args{"roomId": "me", "contentType": "gif", "content": "hi"}, code: invalid, text: wrongType},
	{name: "a system message", who: "owner", verb: Post, args: Args{"roomId": "me", "contentType": "system", "content": "hi"}, code: forbidden},
	{name: "a reply to the answer", who: "owner", verb: Post, args: in("me", "text", "hi", "replyTo", "{answer}"), seq: 1, version: 1},
	{name: "a reply into another's", who: "owner", verb: Post, args: in("me", "text", "hi", "replyTo", "{waits}"), code: notFound, text: noMessage},
	{name: "a reply to what is being written", who: "asker", verb: Post, args: in("me", "text", "hi", "replyTo", "{open}"), code: notFound, text: noMessage},
	{name: "a reply to what was cleared", who: "cleared", verb: Post, args: in("me", "text", "hi", "replyTo", "{mine}"), code: notFound, text: noMessage},
}

// repeating sends nonces once more.
var repeating = []scenario{
	{name: "a nonce", who: "owner", verb: Say, args: say("hi", "nonce", "n"), seq: 1, version: 1},
	{name: "the nonce again", who: "owner", verb: Say, args: say("other", "nonce", "nonce of asked")},
	{name: "the nonce again, of who asked too much", who: "asker", verb: Say, args: say("other", "nonce", "nonce of waits")},
	{name: "another's nonce", who: "owner", verb: Say, args: say("hi", "nonce", "nonce of waits"), seq: 1, version: 1},
	{name: "the nonce of what was cleared", who: "cleared", verb: Say, args: say("other", "nonce", "nonce of before")},
	{name: "null nonce", who: "owner", verb: Say, args: say("hi", "nonce", nil), seq: 1, version: 1},
	{name: "longest nonce", who: "owner", verb: Say, args: say("hi", "nonce", strings.Repeat("n", 128)), seq: 1, version: 1},
	{name: "long nonce", who: "owner", verb: Say, args: say("hi", "nonce", strings.Repeat("n", 129)), code: invalid, text: "nonce must be at most 128 bytes"},
	{name: "empty nonce", who: "owner", verb: Say, args: say("hi", "nonce", ""), code: invalid, text: needNonce},
	{name: "NUL in the nonce", who: "owner", verb: Say, args: say("hi", "nonce", "a\x00"), code: invalid, text: "nonce must be UTF-8 text without NUL"},
	{name: "a nonce, in a session", who: "owner", verb: Say, args: sit("hi", "nonce", "n"), seq: 1, version: 1},
	{name: "the nonce again, in a session", who: "owner", verb: Say, args: sit("other", "nonce", "nonce of said")},
	{name: "a nonce of one's own conversation, in a session", who: "owner", verb: Say, args: sit("hi", "nonce", "nonce of asked"), seq: 1, version: 1},
	{name: "long nonce, in a session", who: "owner", verb: Say, args: sit("hi", "nonce", strings.Repeat("n", 129)), code: invalid, text: "nonce must be at most 128 bytes"},
	{name: "empty nonce, in a session", who: "owner", verb: Say, args: sit("hi", "nonce", ""), code: invalid, text: needNonce},
}

// escalating asks for a person.
var escalating = []scenario{
	{name: "as the owner", who: "owner", verb: Escalate, args: Args{}},
	{name: "with a reason", who: "owner", verb: Escalate, args: Args{"reason": "I am lost"}},
	{name: "by name", who: "owner", verb: Escalate, args: in("me", "reason", "")},
	{name: "in a session", who: "owner", verb: Escalate, args: in("{sitting}", "sessionId", "{session}", "reason", "I am lost")},
	{name: "in another conversation", who: "guest", verb: Escalate, args: in("{talk}")},
	{name: "longest reason", who: "owner", verb: Escalate, args: Args{"reason": strings.Repeat("r", 1000)}},
	{name: "long reason", who: "owner", verb: Escalate, args: Args{"reason": strings.Repeat("r", 1001)}, code: invalid, text: "reason must be at most 1000 bytes"},
	{name: "long reason, in a session", who: "owner", verb: Escalate, args: in("{sitting}", "sessionId", "{session}", "reason", strings.Repeat("r", 1001)), code: invalid, text: "reason must be at most 1000 bytes"},
	{name: "NUL in the reason", who: "owner", verb: Escalate, args: Args{"reason": "a\x00"}, code: invalid, text: "reason must be UTF-8 text without NUL"},
	{name: "a number for a reason", who: "owner", verb: Escalate, args: Args{"reason": 7}, code: invalid, lacks: typed},
	{name: "a list for a reason, in a session", who: "owner", verb: Escalate, args: in("{sitting}", "sessionId", "{session}", "reason", list()), code: invalid, lacks: typed},
	{name: "in a group", who: "member", verb: Escalate, args: in("{room}"), code: forbidden, text: noTalk},
	{name: "in another's conversation", who: "stranger", verb: Escalate, args: in("{me}"), code: notFound, text: noRoom},
	{name: "in an unknown room", who: "owner", verb: Escalate, args: in("none"), code: notFound, text: noRoom},
	{name: "as an administrator", who: "admin", verb: Escalate, args: in("{me}"), code: notFound, text: noRoom},
}

// stopping ends replies.
var stopping = []scenario{
	{name: "one's own", who: "asker", verb: Stop, args: of("{open}"), seq: 1, version: 1},
	{name: "what has ended", who: "owner", verb: Stop, args: of("{answer}")},
	{name: "another's", who: "owner", verb: Stop, args: of("{open}"), code: notFound, text: noMessage},
	{name: "another's that has ended", who: "asker", verb: Stop, args: of("{answer}"), code: notFound, text: noMessage},
	{name: "another's, as an administrator", who: "admin", verb: Stop, args: of("{open}"), code: notFound, text: noMessage},
	{name: "a question", who: "asker", verb: Stop, args: of("{waits}"), code: notFound, text: noMessage},
	{name: "another's question", who: "asker", verb: Stop, args: of("{asked}"), code: notFound, text: noMessage},
	{name: "a message of a group", who: "member", verb: Stop, args: of("{his}"), code: notFound, text: noMessage},
	{name: "a room", who: "asker", verb: Stop, args: of("{busy}"), code: notFound, text: noMessage},
	{name: "what is unknown", who: "asker", verb: Stop, args: of("none"), code: notFound, text: noMessage},
	{name: "of a long id", who: "asker", verb: Stop, args: of(longID), code: invalid, text: "messageId must be at most 255 bytes"},
	{name: "NUL", who: "asker", verb: Stop, args: of("a\x00"), code: invalid, text: "messageId must be UTF-8 text without NUL"},
	{name: "nothing", who: "asker", verb: Stop, args: Args{}, code: invalid, text: "messageId is required"},
	{name: "the empty id", who: "asker", verb: Stop, args: of(""), code: invalid, text: "messageId is required"},
}

// wrongTalk are arguments that are not of the kind they should be.
var wrongTalk = []scenario{
	{name: "a number", who: "owner", verb: Say, args: say(7, "nonce", "n"), code: invalid, lacks: typed},
	{name: "an object", who: "owner", verb: Say, args: say(Args{"a": list(Args{})}, "nonce", "n"), code: invalid, lacks: typed},
	{name: "null", who: "owner", verb: Say, args: say(nil, "nonce", "n"), code: invalid},
	{name: "a list, in a session", who: "owner", verb: Say, args: sit(list("hi")), code: invalid, lacks: typed},
	{name: "null, in a session", who: "owner", verb: Say, args: sit(nil, "nonce", "n"), code: invalid},
	{name: "a number for a nonce", who: "owner", verb: Say, args: say("hi", "nonce", 7), code: invalid, text: needNonce, lacks: typed},
	{name: "a number for a nonce, in a session", who: "owner", verb: Say, args: sit("hi", "nonce", 7), code: invalid, text: needNonce, lacks: typed},
	{name: "a number", who: "owner", verb: Stop, args: Args{"messageId": 7}, code: invalid, lacks: typed},
	{name: "a number", who: "owner", verb: Sync, args: since(7), code: invalid, lacks: typed},
	{name: "a list", who: "owner", verb: Sync, args: since(list()), code: invalid, lacks: typed},
	{name: "a text for a number", who: "owner", verb: Own, args: Args{"before": "three"}, code: invalid, lacks: typed},
}

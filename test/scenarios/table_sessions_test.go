package scenarios

// sitIn is a session by its id.
func sitIn(session string) Args { return Args{"sessionId": session} }

// sessions are begun, entered and closed.
var sessions = []scenario{
	{name: "one's own", who: "owner", verb: Enter, args: sitIn("{session}")},
	{name: "one closed", who: "owner", verb: Enter, args: sitIn("{closed}"), code: notFound, text: "The session is closed"},
	{name: "another's", who: "asker", verb: Enter, args: sitIn("{session}"), code: forbidden, text: "The session is another user's"},
	{name: "another's, closed", who: "asker", verb: Enter, args: sitIn("{closed}"), code: forbidden, text: "The session is another user's"},
	{name: "another's, as an administrator", who: "admin", verb: Enter, args: sitIn("{session}"), code: forbidden, text: "The session is another user's"},
	{name: "one unknown", who: "owner", verb: Enter, args: sitIn("none"), code: notFound, text: noSession},
	{name: "a room", who: "owner", verb: Enter, args: sitIn("{sitting}"), code: notFound, text: noSession},
	{name: "one of a long id", who: "owner", verb: Enter, args: sitIn(longID), code: notFound, text: noSession},
	{name: "NUL", who: "owner", verb: Enter, args: sitIn("a\x00"), code: notFound, text: noSession},

	{name: "with the default chatbot", who: "owner", verb: OpenSession, args: Args{"chatbotId": "default"}},
	{name: "as a guest", who: "guest", verb: OpenSession, args: Args{"chatbotId": "default"}},
	{name: "with an unknown chatbot", who: "owner", verb: OpenSession, args: Args{"chatbotId": "none"}, code: notFound, text: noBot},
	{name: "with a session", who: "owner", verb: OpenSession, args: Args{"chatbotId": "{session}"}, code: notFound, text: noBot},
	{name: "with one of a long id", who: "owner", verb: OpenSession, args: Args{"chatbotId": longID}, code: invalid, text: "chatbot_id must be at most 255 bytes"},
	{name: "by who wrote too much", who: "hasty", verb: OpenSession, args: Args{"chatbotId": "default"}, code: limited, text: slowDown},
	{name: "without a token", who: "nobody", verb: OpenSession, args: Args{"chatbotId": "default"}, lacks: vouched, code: "unauthenticated", text: noToken},

	{name: "one's own", who: "owner", verb: CloseSession, args: sitIn("{session}")},
	{name: "one closed", who: "owner", verb: CloseSession, args: sitIn("{closed}"), code: notFound, text: noSession},
	{name: "another's", who: "asker", verb: CloseSession, args: sitIn("{session}"), code: notFound, text: noSession},
	{name: "another's, as an administrator", who: "admin", verb: CloseSession, args: sitIn("{session}"), code: notFound, text: noSession},
	{name: "one unknown", who: "owner", verb: CloseSession, args: sitIn("none"), code: notFound, text: noSession},
	{name: "one of a long id", who: "owner", verb: CloseSession, args: sitIn(longID), code: notFound, text: noSession},

	{name: "in another's", who: "asker", verb: Post, args: hi("{sitting}"), code: notFound, text: noRoom},
	{name: "in a session's id", who: "owner", verb: Post, args: hi("{session}"), code: notFound, text: noRoom},
}

// ownReading leaves all as it is.
var ownReading = []scenario{
	{name: "from the start", who: "owner", verb: Sync, args: since("")},
	{name: "from a cursor", who: "owner", verb: Sync, args: since("{epoch}:1")},
	{name: "where it was cleared", who: "cleared", verb: Sync, args: since("{epoch}:1")},
	{name: "ahead", who: "owner", verb: Sync, args: since("{epoch}:99")},
	{name: "far ahead", who: "owner", verb: Sync, args: since("{epoch}:9223372036854775807")},
	{name: "of another epoch", who: "owner", verb: Sync, args: since("another:1")},
	{name: "another's conversation", who: "asker", verb: Sync, args: Args{"rooms": Args{"{me}": ""}}},
	{name: "before the start", who: "owner", verb: Sync, args: since("{epoch}:-1"), code: invalid, text: badCursor},
	{name: "too far ahead", who: "owner", verb: Sync, args: since("{epoch}:" + twoToNinety), code: invalid, text: badCursor},
	{name: "a number alone", who: "owner", verb: Sync, args: since("12"), code: invalid, text: badCursor},
	{name: "without an epoch", who: "owner", verb: Sync, args: since(":1"), code: invalid, text: badCursor},
	{name: "forged", who: "owner", verb: Sync, args: since("{epoch}:1:1"), code: invalid, text: badCursor},
	{name: "NUL", who: "owner", verb: Sync, args: since("\x00:1")},

	{name: "all", who: "owner", verb: Own, args: Args{}},
	{name: "a part", who: "owner", verb: Own, args: Args{"before": 2, "limit": 1}},
	{name: "limit above the maximum", who: "asker", verb: Own, args: Args{"limit": 100000}},
	{name: "as a guest", who: "guest", verb: Own, args: Args{}},
	{name: "negative before", who: "owner", verb: Own, args: Args{"before": -1}, code: invalid},
	{name: "negative limit", who: "owner", verb: Own, args: Args{"limit": -1}, code: invalid},
	{name: "by name", who: "owner", verb: History, args: in("me")},
	{name: "by name", who: "owner", verb: List, args: in("me")},
	{name: "by name", who: "owner", verb: Room, args: in("me")},
	{name: "by name", who: "owner", verb: Listen, args: in("me")},
	{name: "the answer", who: "owner", verb: Message, args: of("{answer}")},
	{name: "what is being written", who: "asker", verb: Message, args: of("{open}"), code: notFound, text: noMessage},
	{name: "what was cleared", who: "cleared", verb: History, args: in("me", "before", 2)},
}

// clearing forgets one's own conversation.
var clearing = []scenario{
	{name: "one's own", who: "owner", verb: Clear, args: Args{}, version: 1},
	{name: "what is cleared", who: "cleared", verb: Clear, args: Args{}, version: 1},
	{name: "by who wrote too much", who: "hasty", verb: Clear, args: Args{}, code: limited, text: slowDown},
	{name: "without a token", who: "nobody", verb: Clear, args: Args{}, lacks: vouched, code: "unauthenticated", text: noToken},
}

// intruding goes into another's conversation by its real id.
var intruding = []scenario{
	{name: "into another's", who: "asker", verb: Post, args: hi("{me}"), code: notFound, text: noRoom},
	{name: "into another's, as an administrator", who: "admin", verb: Post, args: hi("{me}"), code: notFound, text: noRoom},
	{name: "into another's, as an agent", who: "agent", verb: Post, args: hi("{me}"), code: notFound, text: noRoom},
	{name: "another's conversation", who: "asker", verb: Room, args: in("{me}"), code: notFound, text: noRoom},
	{name: "of another's conversation", who: "asker", verb: List, args: in("{me}"), code: notFound, text: noRoom},
	{name: "of another's conversation", who: "asker", verb: History, args: in("{me}"), code: notFound, text: noRoom},
	{name: "another's conversation", who: "asker", verb: Listen, args: in("{me}"), code: notFound, text: noRoom},
	{name: "another's conversation", who: "asker", verb: Read, args: in("{me}"), code: notFound, text: noRoom},
	{name: "in another's conversation", who: "asker", verb: Typing, args: in("{me}", "typing", true), code: notFound, text: noRoom},
	{name: "another's answer", who: "asker", verb: Message, args: of("{answer}"), code: notFound, text: noMessage},
	{name: "another's question", who: "asker", verb: Edit, args: of("{asked}", "text", "new"), code: notFound, text: noMessage},
	{name: "another's question", who: "asker", verb: Delete, args: of("{asked}"), code: notFound, text: noMessage},
	{name: "one's answer", who: "owner", verb: Edit, args: of("{answer}", "text", "new"), code: forbidden, text: "Only the sender may edit a message"},
	{name: "one's answer", who: "owner", verb: Delete, args: of("{answer}"), code: forbidden, text: "Only the sender may delete a message"},
	{name: "one's question", who: "owner", verb: Edit, args: of("{asked}", "text", "new"), version: 1},
	{name: "one's question", who: "owner", verb: Delete, args: of("{asked}"), version: 1},
}

// noGroups does with conversations what is for groups.
var noGroups = []scenario{
	{name: "to one's own", who: "owner", verb: Add, args: in("{me}", "users", list("bob")), code: forbidden, text: noGroup},
	{name: "to one's own, by name", who: "owner", verb: Add, args: in("me", "users", list("bob")), code: forbidden, text: noGroup},
	{name: "to a session", who: "owner", verb: Add, args: in("{sitting}", "users", list("bob")), code: forbidden, text: noGroup},
	{name: "oneself to another's", who: "asker", verb: Add, args: in("{me}", "users", list("{asker}")), code: notFound, text: noRoom},
	{name: "from one's own", who: "owner", verb: Remove, args: in("{me}", "users", list("{owner}")), code: forbidden, text: noGroup},
	{name: "from another's, as an administrator", who: "admin", verb: Remove, args: in("{me}", "users", list("{owner}")), code: forbidden, text: noGroup},
	{name: "one's own", who: "owner", verb: Leave, args: in("{me}"), code: forbidden, text: noGroup},
	{name: "one's own, by name", who: "owner", verb: Leave, args: in("me"), code: forbidden, text: noGroup},
	{name: "a session", who: "owner", verb: Leave, args: in("{sitting}"), code: forbidden, text: noGroup},
	{name: "another's", who: "asker", verb: Join, args: in("{me}"), code: notFound, text: noRoom},
	{name: "one's own", who: "owner", verb: Update, args: in("{me}", "roomName", "New"), code: forbidden, text: noGroup},
	{name: "one's own, by name", who: "owner", verb: Update, args: in("me", "visibility", "public"), code: forbidden, text: noGroup},
	{name: "another's", who: "asker", verb: Update, args: in("{me}", "roomName", "New"), code: notFound, text: noRoom},
	{name: "one's own", who: "owner", verb: DeleteRoom, args: in("{me}"), code: forbidden, text: noGroup},
	{name: "a session", who: "owner", verb: DeleteRoom, args: in("{sitting}"), code: forbidden, text: noGroup},
	{name: "another's, as an administrator", who: "admin", verb: DeleteRoom, args: in("{me}"), code: forbidden, text: noGroup},
}

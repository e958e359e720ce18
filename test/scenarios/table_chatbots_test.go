package scenarios

import "strings"

const (
	noBot      = "Chatbot does not exist"
	noDocument = "Document does not exist"
)

func bot(id string, pairs ...any) Args {
	args := say(nil, pairs...)
	delete(args, "text")
	args["chatbotId"] = id
	return args
}

// chatbots are made and changed by administrators.
var chatbots = []scenario{
	{name: "as a user", who: "member", verb: Bots, args: Args{}},
	{name: "as a guest", who: "guest", verb: Bots, args: Args{"limit": 1, "search": "assist"}},
	{name: "as an administrator", who: "admin", verb: Bots, args: Args{"skip": 1}},
	{name: "negative", who: "member", verb: Bots, args: Args{"skip": -1}, code: invalid, text: "skip and limit must not be negative"},
	{name: "without a token", who: "nobody", verb: Bots, args: Args{}, lacks: vouched, code: "unauthenticated", text: noToken},

	{name: "as an administrator", who: "admin", verb: MakeBot, args: Args{"name": "Another of {mark}", "prompt": "Be kind.", "url": "http://127.0.0.1:1/v1"}},
	{name: "as a user", who: "member", verb: MakeBot, args: Args{"name": "Another of {mark}"}, code: forbidden},
	{name: "as a guest", who: "guest", verb: MakeBot, args: Args{"name": "Another of {mark}"}, code: forbidden},
	{name: "as an agent", who: "agent", verb: MakeBot, args: Args{"name": "Another of {mark}"}, code: forbidden},
	{name: "without a token", who: "nobody", verb: MakeBot, args: Args{"name": "Another of {mark}"}, lacks: vouched, code: "unauthenticated", text: noToken},
	{name: "without a name", who: "admin", verb: MakeBot, args: Args{}, code: invalid},
	{name: "of a blank name", who: "admin", verb: MakeBot, args: Args{"name": "  "}, code: invalid, text: "name is required and has at most 200 characters"},
	{name: "of a long name", who: "admin", verb: MakeBot, args: Args{"name": "{mark}" + strings.Repeat("n", 200)}, code: invalid, text: "name is required and has at most 200 characters"},
	{name: "NUL in the prompt", who: "admin", verb: MakeBot, args: Args{"name": "{mark}", "prompt": "\x00"}, code: invalid, text: "prompt must be UTF-8 text without NUL"},
	{name: "of a file for an upstream", who: "admin", verb: MakeBot, args: Args{"name": "{mark}", "url": "file:///etc/passwd"}, code: invalid},
	{name: "of credentials in the URL", who: "admin", verb: MakeBot, args: Args{"name": "{mark}", "url": "http://a:b@example.org/"}, code: invalid},

	{name: "as an administrator", who: "admin", verb: ChangeBot, args: bot("{bot}", "prompt", "Be kind.")},
	{name: "as a user", who: "member", verb: ChangeBot, args: bot("{bot}", "prompt", "Be evil."), code: forbidden},
	{name: "the default, as an agent", who: "agent", verb: ChangeBot, args: bot("default", "prompt", "Be evil."), code: forbidden},
	{name: "to a blank name", who: "admin", verb: ChangeBot, args: bot("{bot}", "name", ""), code: invalid, text: "name is required and has at most 200 characters"},
	{name: "one unknown", who: "admin", verb: ChangeBot, args: bot("none", "prompt", "x"), code: notFound, text: noBot},
	{name: "one unknown, as a user", who: "member", verb: ChangeBot, args: bot("none", "prompt", "x"), code: forbidden},

	{name: "as an administrator", who: "admin", verb: DropBot, args: bot("{bot}")},
	{name: "as a user", who: "member", verb: DropBot, args: bot("{bot}"), code: forbidden},
	{name: "as an agent", who: "agent", verb: DropBot, args: bot("{bot}"), code: forbidden},
	{name: "the default", who: "admin", verb: DropBot, args: bot("default"), code: forbidden, text: "The chatbot default cannot be deleted"},
	{name: "one unknown", who: "admin", verb: DropBot, args: bot("none"), code: notFound, text: noBot},
}

// documents are added and read by administrators.
var documents = []scenario{
	{name: "as an administrator", who: "admin", verb: AddDocument, args: bot("{bot}", "name", "faq.txt", "content", "We ship on Mondays.")},
	{name: "as a user", who: "member", verb: AddDocument, args: bot("{bot}", "name", "faq.txt", "content", "x"), code: forbidden},
	{name: "as a guest", who: "guest", verb: AddDocument, args: bot("{bot}", "name", "faq.txt", "content", "x"), code: forbidden},
	{name: "as an agent", who: "agent", verb: AddDocument, args: bot("default", "name", "faq.txt", "content", "x"), code: forbidden},
	{name: "without a token", who: "nobody", verb: AddDocument, args: bot("{bot}", "name", "faq.txt", "content", "x"), lacks: vouched, code: "unauthenticated", text: noToken},
	{name: "to an unknown chatbot", who: "admin", verb: AddDocument, args: bot("none", "name", "faq.txt", "content", "x"), code: notFound, text: noBot},
	{name: "of nothing", who: "admin", verb: AddDocument, args: bot("{bot}", "name", "faq.txt", "content", ""), code: invalid},
	{name: "no text", who: "admin", verb: AddDocument, args: bot("{bot}", "name", "faq.txt", "content", "%PDF-1.7\n"), code: invalid},

	{name: "as an administrator", who: "admin", verb: Documents, args: bot("{bot}")},
	{name: "as a user", who: "member", verb: Documents, args: bot("{bot}"), code: forbidden},
	{name: "of an unknown chatbot", who: "admin", verb: Documents, args: bot("none"), code: notFound, text: noBot},
	{name: "as an administrator", who: "admin", verb: Document, args: bot("{bot}", "documentId", "{document}")},
	{name: "as a user", who: "member", verb: Document, args: bot("{bot}", "documentId", "{document}"), code: forbidden},
	{name: "of another chatbot", who: "admin", verb: Document, args: bot("default", "documentId", "{document}"), code: notFound, text: noDocument},
	{name: "unknown", who: "admin", verb: Document, args: bot("{bot}", "documentId", "none"), code: notFound, text: noDocument},
	{name: "as an administrator", who: "admin", verb: DropDocument, args: bot("{bot}", "documentId", "{document}")},
	{name: "as a user", who: "member", verb: DropDocument, args: bot("{bot}", "documentId", "{document}"), code: forbidden},
	{name: "of another chatbot", who: "admin", verb: DropDocument, args: bot("default", "documentId", "{document}"), code: notFound, text: noDocument},
	{name: "unknown", who: "admin", verb: DropDocument, args: bot("{bot}", "documentId", "none"), code: notFound, text: noDocument},
}

// wrongBots are arguments that are not of the kind they should be.
var wrongBots = []scenario{
	{name: "a number for a name", who: "admin", verb: MakeBot, args: Args{"name": 7}, code: invalid, lacks: typed},
	{name: "a list for a prompt", who: "admin", verb: ChangeBot, args: bot("{bot}", "prompt", list("x")), code: invalid, lacks: typed},
	{name: "a text for a limit", who: "admin", verb: Documents, args: bot("{bot}", "limit", "ten"), code: invalid, lacks: typed},
}

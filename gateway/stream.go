package gateway

import (
	"slices"
	"unicode/utf16"

	"parley/chat"
)

// stream is a reply of a room while it is written, as far as this node knows it.
// Every session of the room that has a connection was either given all of it, or
// stands in behind, at the place up to which it was. The room's lock guards it.
type stream struct {
	id     string
	about  chat.Event // that it has begun
	start  *encoder   // of about
	epoch  int64      // the conversation's owner epoch under which it began
	text   []byte     // so far; only ever grows
	units  int        // of text, in UTF-16
	behind map[*Session]mark
}

// mark is a place in a stream's text; the zero mark stands before its beginning.
type mark struct {
	started      bool
	bytes, units int
}

// newStream returns a stream of which nobody has got anything.
func newStream(start chat.Event) *stream {
	return &stream{
		id: start.Message.ID, about: start, start: passing(start), epoch: begunUnder(*start.Message), behind: map[*Session]mark{},
	}
}

// end is where the text stands.
func (st *stream) end() mark { return mark{true, len(st.text), st.units} }

// news returns what a token brings that is not in the text yet. It reports false
// if something before it is missing.
func (st *stream) news(token string, offset int) (string, bool) {
	return after(st.units, token, offset)
}

// after returns what a token brings behind a text of so many code units.
func after(units int, token string, offset int) (string, bool) {
	known := units - offset
	if offset < 0 || known < 0 {
		return "", false
	}
	for i, r := range token {
		if known <= 0 {
			return token[i:], true
		}
		known -= utf16.RuneLen(r)
	}
	return "", true
}

// token is the event of a piece of the text.
func (st *stream) token(at mark, piece string) chat.Event {
	return chat.Event{
		Kind: chat.EventStreamToken, Room: st.about.Room, At: st.about.At, Epoch: st.about.Epoch,
		MessageID: st.id, Token: piece, Offset: at.units,
	}
}

// arrears is one round of giving sessions what they have not got of a stream. What
// several are to get is encoded once.
type arrears struct {
	st     *stream
	final  *string           // the whole text, once the reply is closed
	tokens map[mark]*encoder // nil where there is nothing
}

// frames are the stream from a place on: its start, if need be, and the rest of
// the text as one token. A final text that does not go on from what was given is
// left to its message.
func (a *arrears) frames(at mark, f Format) []Frame {
	var list []Frame
	if !at.started {
		if frame, ok := a.st.start.frame(f); ok {
			list = append(list, frame)
		}
	}
	if enc := a.token(at); enc != nil {
		if frame, ok := enc.frame(f); ok {
			list = append(list, frame)
		}
	}
	return list
}

// token is the rest of the text from a place on, nil where there is none.
func (a *arrears) token(at mark) *encoder {
	enc, known := a.tokens[at]
	if known {
		return enc
	}
	if rest := a.rest(at); rest != "" {
		enc = passing(a.st.token(at, rest))
	}
	if a.tokens == nil {
		a.tokens = map[mark]*encoder{}
	}
	a.tokens[at] = enc
	return enc
}

func (a *arrears) rest(at mark) string {
	switch {
	case a.final == nil:
		return string(a.st.text[at.bytes:])
	case len(*a.final) > at.bytes && (*a.final)[:at.bytes] == string(a.st.text[:at.bytes]):
		return (*a.final)[at.bytes:]
	}
	return ""
}

// opening is the event that a reply has begun, made of what is known of it later.
func opening(m chat.Message, at int64, epoch string) chat.Event {
	m.Text, m.Status, m.Seq, m.Version, m.BornVersion = "", chat.StatusStreaming, 0, 0, 0
	m.Reply = &chat.ReplyRecord{OwnerEpoch: begunUnder(m)}
	m.Deleted = false
	return chat.Event{Kind: chat.EventStreamStart, Room: m.Room, At: at, Epoch: epoch, Message: &m}
}

// begunUnder is the owner epoch under which a reply was begun, 0 if it is not told.
func begunUnder(m chat.Message) int64 {
	if m.Reply == nil {
		return 0
	}
	return m.Reply.OwnerEpoch
}

// stream returns the room's open stream with the id, or nil.
func (r *room) stream(id string) *stream {
	if i := r.streamAt(id); i >= 0 {
		return r.streams[i]
	}
	return nil
}

func (r *room) streamAt(id string) int {
	return slices.IndexFunc(r.streams, func(st *stream) bool { return st.id == id })
}

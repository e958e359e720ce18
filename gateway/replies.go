package gateway

import (
	"slices"

	"parley/chat"
)

// beginStream takes in that a reply has begun, unless that is known, or has been
// overtaken by its end or by the end of the bot's turn.
func (r *room) beginStream(e chat.Event) {
	if r.stream(e.Message.ID) == nil && !r.over(*e.Message) {
		st := r.open(e)
		r.catchUp(st)
		r.takeEarly(st)
	}
}

// over reports whether nothing more is to come of a reply.
func (r *room) over(m chat.Message) bool {
	return begunUnder(m) < r.ownerEpoch || r.hub.ended.has(m.ID)
}

// open adds a stream, of which the room's sessions have got nothing yet.
func (r *room) open(start chat.Event) *stream {
	st := newStream(start)
	r.ownerEpoch = max(r.ownerEpoch, st.epoch)
	for _, s := range r.sessions {
		st.behind[s] = mark{}
	}
	r.streams = append(r.streams, st)
	r.hub.streams.Add(1)
	return st
}

// takeToken takes in a piece of a reply. Where something before it was missed, that is
// taken from the writer, if it is here, and else asked for, while the piece is kept.
func (r *room) takeToken(e chat.Event) {
	if r.hub.ended.has(e.MessageID) {
		return
	}
	if r.addToken(e) {
		return
	}
	if r.takeReplies(true); !r.addToken(e) && r.hub.opts.Among.AskReplies != nil {
		r.early.keep(e)
		r.askReplies()
	}
}

// maxStream bounds, in bytes, what is kept of a reply that is told piece by piece. What
// goes beyond is in its message.
const maxStream = 16 << 20

// addToken adds a piece to its stream. It reports false if something before it is
// missing.
func (r *room) addToken(e chat.Event) bool {
	st := r.stream(e.MessageID)
	if st == nil {
		return false
	}
	news, ok := st.news(e.Token, e.Offset)
	if news != "" && len(st.text)+len(news) <= maxStream {
		r.grow(st, news, chat.UTF16Len(news))
		r.takeEarly(st)
	}
	return ok
}

// takeReplies takes in the replies that are being written in the room, as they
// stand: they may be ahead of tokens that are still on their way. One whose end
// has been heard of does not come back to life; of one whose end comes later, the
// room will hear. Unless their turn has come by the room's order, those that are
// begun once a person has handed the conversation back wait for that news.
func (r *room) takeReplies(due bool) {
	if r.hub.opts.Replies == nil {
		return
	}
	for _, reply := range r.hub.opts.Replies(r.id) {
		early := !due && r.ownerEpoch > 0 && begunUnder(reply.Message) > r.ownerEpoch
		if early || r.over(reply.Message) {
			continue
		}
		st := r.stream(reply.Message.ID)
		if st == nil {
			st = r.open(opening(reply.Message, r.head, r.hub.opts.Epoch()))
		}
		if len(reply.Text) > len(st.text) {
			r.grow(st, reply.Text[len(st.text):], reply.Units-st.units)
		} else if len(st.behind) > 0 {
			r.pace()
		}
	}
}

// grow adds to a stream's text and passes that on to all who have got what was
// before it: one frame, encoded once. Whose client is behind gets it later.
func (r *room) grow(st *stream, news string, units int) {
	from := st.end()
	st.text = append(st.text, news...)
	st.units += units
	enc := passing(st.token(from, news))
	for _, s := range r.sessions {
		if len(st.behind) > 0 {
			if _, ok := st.behind[s]; ok {
				continue
			}
		}
		frame, ok := enc.frame(s.format)
		if !ok {
			continue
		}
		// Who is away or held back here will be made to begin anew, by restart.
		if s.offer(frame) == slow {
			st.behind[s] = from
		}
	}
	r.catchUp(st)
}

// endStream passes on the message that a reply has become, or that this was
// deleted meanwhile: behind all that is missing of its stream, whether or not a
// client is behind or announced, and in front of the stream's end. A reply that
// this node has not heard of is given whole.
func (r *room) endStream(e chat.Event) {
	m := e.Message
	r.hub.ended.add(m.ID)
	st := r.stream(m.ID)
	if st == nil {
		st = newStream(opening(*m, e.Version, e.Epoch))
		for _, s := range r.sessions {
			st.behind[s] = mark{}
		}
	}
	rest := arrears{st: st}
	if !m.Deleted {
		rest.final = &m.Text
	}
	r.ownerEpoch = max(r.ownerEpoch, st.epoch)
	r.give(&rest)
	r.sendAll(r.hub.encoder(e))
	r.sendEnd(m, e.Version, e.Epoch)
}

// silence ends the streams that were begun under an older owner epoch. Each has
// ended with its message, which comes in front of the news: only one whose message
// was lost, and is not in the store any more, is still here. It ends as it stands.
func (r *room) silence(epoch int64) {
	for _, st := range slices.Clone(r.streams) {
		if st.epoch < epoch {
			m := *st.about.Message
			m.Text, m.Status, m.Version = string(st.text), chat.StatusCancelled, r.head
			r.hub.ended.add(m.ID)
			r.give(&arrears{st: st})
			r.sendEnd(&m, r.head, r.hub.opts.Epoch())
		}
	}
}

// sendEnd tells the end of a stream.
func (r *room) sendEnd(m *chat.Message, at int64, epoch string) {
	r.sendAll(r.hub.encoder(chat.Event{Kind: chat.EventStreamEnd, Room: r.id, At: at, Epoch: epoch, Message: m}))
}

// give gives everybody what they have not got of a stream, which is open no more.
func (r *room) give(rest *arrears) {
	for _, s := range r.sessions {
		r.conclude(rest, s)
	}
	r.early.drop(rest.st.id)
	if i := r.streamAt(rest.st.id); i >= 0 {
		r.streams = slices.Delete(r.streams, i, i+1)
		r.hub.streams.Add(-1)
	}
}

// conclude gives one session what it has not got of a stream. How it stands may
// change while that is put together.
func (r *room) conclude(rest *arrears, s *Session) {
	for {
		stands := s.stance()
		if stands == away {
			return
		}
		at, behind := rest.st.behind[s]
		switch {
		case stands == holding:
			at = mark{}
		case !behind:
			at = rest.st.end()
		}
		if s.conclude(rest.frames(at, s.format), stands == holding) {
			return
		}
	}
}

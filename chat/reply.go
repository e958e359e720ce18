package chat

import (
	"context"
	"sync"
	"time"
	"unicode/utf16"
)

// ReplyLease is how long a streamed reply stands without a sign of its writer:
// its UpdatedAt, which each checkpoint renews. Then any node closes it.
const ReplyLease = 5 * time.Second

// CheckpointEvery is how often the text of an open reply is stored.
const CheckpointEvery = 900 * time.Millisecond

// Assistant answers what is asked in conversations that a chatbot answers. Its
// methods may be called at once and must not block.
type Assistant interface {
	// Admit returns nil, a CodeRateLimited error where too many questions wait in the
	// room, or CodeUnavailable. It is called while the room is locked.
	Admit(room string) error
	// Ask is told of every stored question, in the order of its room, and perhaps
	// again of one that its asker repeats before it was answered.
	Ask(q Question)
	// Forget drops the questions of the room that wait.
	Forget(room string)
}

// Question is a stored message that a chatbot is to answer.
type Question struct {
	Room    Room
	Message Message
	Asker   Actor
	// Overdue says that earlier questions of the conversation, which other nodes have to
	// answer, are not waited for any more: those give no sign.
	Overdue bool
}

// Source names a passage that an answer is grounded in: the document's name and
// the place in it.
type Source struct {
	Document, Passage string
}

// ReplyRecord is what is kept of a streamed reply besides its message.
type ReplyRecord struct {
	// OwnerEpoch is the conversation's at the time the reply was begun.
	OwnerEpoch int64
	Sources    []Source
	// What the upstream counted, in tokens; zero where it did not say.
	PromptTokens, CompletionTokens int64
}

// Reply is a streamed reply while it is written, on the node that writes it. Its
// writer calls Append, from one goroutine, and at the end Close and Done, once;
// Checkpoint and Snapshot may be called at any time.
type Reply struct {
	service *Service
	room    Room
	asked   Message
	stop    func() // ends its writing
	unheard func() // what other nodes ask of it
	closed  chan struct{}

	mu      sync.Mutex
	silent  bool    // closed, perhaps under its writer: no more of it comes out
	message Message // without its text
	record  ReplyRecord
	text    []byte
	units   int // of text, in UTF-16
}

// OpenReply is an open reply as it stands: the message without its text, and the
// text so far, of Units code units of UTF-16.
type OpenReply struct {
	Message Message
	Text    string
	Units   int
	At      int64 // the room's version when it began
}

var (
	// ErrReplyOpen refuses a second reply in one conversation.
	ErrReplyOpen = &Error{Code: CodeConflict, Message: "Another reply is still being written"}
	// ErrEarlierWaits refuses a reply while another node has an earlier question of the
	// conversation to answer, perhaps: it may have forgotten it, or be gone.
	ErrEarlierWaits = &Error{Code: CodeConflict, Message: "An earlier question is not answered yet"}
	// ErrAnswered refuses a second reply to a question.
	ErrAnswered = &Error{Code: CodeConflict, Message: "The question is answered already"}
	// ErrNotOwner refuses a bot that does not own the conversation any more.
	ErrNotOwner = &Error{Code: CodeConflict, Message: "The conversation is not the assistant's any more"}
)

// OpenReply stores an empty streaming reply to the question and tells the room.
// stop is called when the reply is to end early; the writer then closes it. It
// refuses with ErrReplyOpen, with ErrNotOwner once the conversation's owner epoch
// has moved on, with CodeNotFound where room or question are gone, and with
// ErrBlocked for an asker who was blocked meanwhile; among several nodes also with
// ErrEarlierWaits and ErrAnswered.
func (s *Service) OpenReply(ctx context.Context, q Question, stop func()) (*Reply, error) {
	asker, err := s.Store.User(ctx, q.Asker.ID)
	if err != nil && CodeOf(err) != CodeNotFound {
		return nil, err
	}
	if asker.Blocked {
		return nil, ErrBlocked
	}
	asOf, err := s.turnOf(ctx, q)
	if err != nil {
		return nil, err
	}
	now := s.now()
	record := ReplyRecord{OwnerEpoch: q.Room.OwnerEpoch}
	m := Message{
		ID: s.NewID(), Room: q.Room.ID, Sender: BotSender(q.Room.Chatbot), Type: ContentText, ReplyTo: q.Message.ID,
		Status: StatusStreaming, CreatedAt: now, UpdatedAt: now, Reply: &record,
	}
	out, err := s.apply(ctx, Command{Room: q.Room.ID, Message: q.Message.ID, Decide: func(st State) (Effects, error) {
		switch {
		case st.Room.ID == "" || st.Room.Deleted:
			return Effects{}, ErrRoomNotFound
		case st.Room.OwnerEpoch != q.Room.OwnerEpoch, !answered(st.Room, st.Conversation):
			return Effects{}, ErrNotOwner
		case st.Message == nil || st.Message.Deleted:
			return Effects{}, ErrMessageNotFound // deleted or cleared while it waited
		case st.Room.OpenReply != "", asOf != nil && st.Room.Version != *asOf:
			return Effects{}, ErrReplyOpen // or one that was, since it was looked whose turn it is
		}
		insert := m
		return Effects{Insert: &insert}, nil
	}}, func(out Outcome) []Event {
		return []Event{{Kind: EventStreamStart, Room: out.Room.ID, At: out.Room.Version, Message: out.Message}}
	})
	if err != nil {
		return nil, err
	}
	r := &Reply{
		service: s, room: out.Room, asked: *out.Before.Message, stop: stop, closed: make(chan struct{}),
		unheard: s.Listen(RoomTopic(out.Room.ID)),
		message: *out.Message, record: record,
	}
	s.replies.add(r)
	return r, nil
}

// ID returns the reply's message id.
func (r *Reply) ID() string { return r.message.ID }

// Asked returns the question as it was when the reply was begun: it may have been
// edited while it waited.
func (r *Reply) Asked() Message { return r.asked }

// Ground notes the passages that the reply rests on.
func (r *Reply) Ground(sources []Source) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.record.Sources = sources
}

// Append adds a piece of text and tells the room. It must not be empty. Of a closed
// reply nobody hears any more.
func (r *Reply) Append(token string) {
	r.mu.Lock()
	if r.silent {
		r.mu.Unlock()
		return
	}
	offset := r.units
	r.text = append(r.text, token...)
	r.units += UTF16Len(token)
	r.mu.Unlock()
	r.service.Bus.Publish(Event{
		Kind: EventStreamToken, Room: r.room.ID, At: r.room.Version, Epoch: r.service.Store.Epoch(),
		MessageID: r.message.ID, Token: token, Offset: offset,
	})
}

// freeze ends the writing, and returns what was written. Whoever closes the reply
// now, its writer too, closes it with that.
func (r *Reply) freeze() *Frozen {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.silent = true
	r.stop()
	return &Frozen{string(r.text), r.record}
}

func (r *Reply) ended() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.silent
}

// Snapshot returns the reply as it stands.
func (r *Reply) Snapshot() OpenReply {
	r.mu.Lock()
	defer r.mu.Unlock()
	return OpenReply{Message: r.message, Text: string(r.text), Units: r.units, At: r.room.Version}
}

// Checkpoint stores the text so far and renews the lease. ErrNotOwner and
// CodeNotFound mean that nothing more will be stored of this reply.
func (r *Reply) Checkpoint(ctx context.Context) error {
	return r.write(ctx, StatusStreaming)
}

// Close ends the reply with its honest status, and what the upstream counted. It
// takes its place in the room, and the room is told. A reply that was closed
// already, by a node that held it for lost, stays as it is.
func (r *Reply) Close(ctx context.Context, status Status, promptTokens, completionTokens int64) error {
	r.mu.Lock()
	r.record.PromptTokens, r.record.CompletionTokens = promptTokens, completionTokens
	r.mu.Unlock()
	return r.write(ctx, status)
}

// Done ends the node's part in the reply, whether or not it could be closed.
func (r *Reply) Done() {
	r.service.replies.remove(r)
	r.unheard()
	close(r.closed)
}

func (r *Reply) write(ctx context.Context, status Status) error {
	r.mu.Lock()
	text, record, now := string(r.text), r.record, r.service.now()
	r.mu.Unlock()
	_, err := r.service.changeReply(ctx, r.room.ID, r.message.ID, func(m *Message, room Room) error {
		if room.OwnerEpoch != record.OwnerEpoch {
			return ErrNotOwner
		}
		m.Text, m.Status, m.UpdatedAt, m.Reply = text, status, now, &record
		return nil
	})
	if err == nil && status != StatusStreaming {
		r.mu.Lock()
		r.silent = true
		r.mu.Unlock()
	}
	return err
}

// UTF16Len counts the code units that a text has in UTF-16, as JavaScript does.
func UTF16Len(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

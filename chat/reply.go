package chat

import (
	"context"
	"slices"
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
	closed  chan struct{}

	mu      sync.Mutex
	message Message // Text is what was last stored
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
}

var (
	// ErrReplyOpen refuses a second reply in one conversation.
	ErrReplyOpen = &Error{Code: CodeConflict, Message: "Another reply is still being written"}
	// ErrNotOwner refuses a bot that does not own the conversation any more.
	ErrNotOwner = &Error{Code: CodeConflict, Message: "The conversation is not the assistant's any more"}
)

// OpenReply stores an empty streaming reply to the question and tells the room.
// stop is called when the reply is to end early; the writer then closes it. It
// refuses with ErrReplyOpen, with ErrNotOwner once the conversation's owner epoch
// has moved on, with CodeNotFound where room or question are gone, and with
// ErrBlocked for an asker who was blocked meanwhile.
func (s *Service) OpenReply(ctx context.Context, q Question, stop func()) (*Reply, error) {
	asker, err := s.Store.User(ctx, q.Asker.ID)
	if err != nil && CodeOf(err) != CodeNotFound {
		return nil, err
	}
	if asker.Blocked {
		return nil, ErrBlocked
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
		case st.Room.OwnerEpoch != q.Room.OwnerEpoch:
			return Effects{}, ErrNotOwner
		case st.Message == nil || st.Message.Deleted:
			return Effects{}, ErrMessageNotFound // deleted or cleared while it waited
		case st.Room.OpenReply != "":
			return Effects{}, ErrReplyOpen
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

// Append adds a piece of text and tells the room. It must not be empty.
func (r *Reply) Append(token string) {
	r.mu.Lock()
	offset := r.units
	r.text = append(r.text, token...)
	r.units += UTF16Len(token)
	r.mu.Unlock()
	r.service.Bus.Publish(Event{
		Kind: EventStreamToken, Room: r.room.ID, At: r.room.Version, Epoch: r.service.Store.Epoch(),
		MessageID: r.message.ID, Token: token, Offset: offset,
	})
}

// Snapshot returns the reply as it stands.
func (r *Reply) Snapshot() OpenReply {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.message
	m.Text = ""
	return OpenReply{Message: m, Text: string(r.text), Units: r.units}
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
	close(r.closed)
}

func (r *Reply) write(ctx context.Context, status Status) error {
	r.mu.Lock()
	text, record, now := string(r.text), r.record, r.service.now()
	r.mu.Unlock()
	_, err := r.service.closeReply(ctx, r.room.ID, r.message.ID, func(m *Message, room Room) error {
		if room.OwnerEpoch != record.OwnerEpoch {
			return ErrNotOwner
		}
		m.Text, m.Status, m.UpdatedAt, m.Reply = text, status, now, &record
		return nil
	})
	return err
}

// closeReply changes an open reply and, where that closes it, tells the room.
func (s *Service) closeReply(ctx context.Context, room, message string, change func(*Message, Room) error) (Outcome, error) {
	return s.apply(ctx, Command{Room: room, Message: message, Decide: func(st State) (Effects, error) {
		if st.Message == nil || st.Message.Status != StatusStreaming {
			return Effects{}, ErrMessageNotFound
		}
		m := *st.Message
		if err := change(&m, st.Room); err != nil {
			return Effects{}, err
		}
		return Effects{Update: &m}, nil
	}}, func(out Outcome) []Event {
		if out.Message.Status == StatusStreaming {
			return nil
		}
		return []Event{{Kind: EventMessage, Room: room, Version: out.Message.Version, Message: out.Message}}
	})
}

// Earlier lists what was said in a conversation before the question, oldest
// first, out of its newest n messages. A reply stands behind its question, though
// it took its place behind those that waited.
func (s *Service) Earlier(ctx context.Context, q Question, n int) ([]Message, error) {
	ms, _, err := s.Store.Messages(ctx, MessageQuery{Room: q.Room.ID, User: q.Room.Creator, Page: Page{Limit: n}}, false)
	if err != nil {
		return nil, err
	}
	replies, questions := map[string][]Message{}, map[string]bool{}
	for _, m := range ms {
		questions[m.ID] = !m.Bot()
	}
	for _, m := range slices.Backward(ms) {
		if m.Bot() && questions[m.ReplyTo] {
			replies[m.ReplyTo] = append(replies[m.ReplyTo], m)
		}
	}
	var earlier []Message
	for _, m := range slices.Backward(ms) {
		switch {
		case m.Bot() && questions[m.ReplyTo]: // behind its question
		case m.Sender == q.Room.Creator && m.Seq >= q.Message.Seq: // asked later
		default:
			earlier = append(append(earlier, m), replies[m.ID]...)
		}
	}
	return earlier, nil
}

// Passages finds the passages of a chatbot's documents that are best for the
// words, the best first.
func (s *Service) Passages(ctx context.Context, chatbot string, words []string, n int) ([]Passage, error) {
	if len(words) == 0 {
		return nil, nil
	}
	return s.Store.Passages(ctx, chatbot, words, n)
}

// StopReply ends a streaming reply of one of the caller's rooms, upstream too,
// and waits until it is closed. A reply that has ended already is left as it is.
func (s *Service) StopReply(ctx context.Context, a Actor, messageID string) error {
	if err := id("messageId", messageID); err != nil {
		return err
	}
	m, err := s.Store.Message(ctx, messageID)
	if err != nil {
		return err
	}
	if _, err := s.member(ctx, a, m.Room); CodeOf(err) == CodeNotFound || !m.Bot() || m.Deleted {
		return ErrMessageNotFound
	} else if err != nil {
		return err
	}
	if m.Status != StatusStreaming {
		return nil
	}
	return s.cancelReply(ctx, m.Room, messageID)
}

// cancelReply ends an open reply. One that this node does not write is closed as
// of its last checkpoint; its writer finds that out with its next.
func (s *Service) cancelReply(ctx context.Context, room, message string) error {
	if s.replies.stop(ctx, message) {
		return ctx.Err()
	}
	_, err := s.closeReply(ctx, room, message, func(m *Message, _ Room) error {
		m.Status, m.UpdatedAt = StatusCancelled, s.now()
		return nil
	})
	if CodeOf(err) == CodeNotFound {
		return nil // it has ended meanwhile
	}
	return err
}

// StopRepliesTo ends the replies that this node writes to a user's questions, who
// was blocked; it does not wait. What of theirs still waits is refused by OpenReply.
func (s *Service) StopRepliesTo(user string) {
	for _, stop := range s.replies.of(user) {
		stop()
	}
}

// OpenReplies returns the replies that this node writes in the room.
func (s *Service) OpenReplies(room string) []OpenReply { return s.replies.in(room) }

// SweepReplies closes as interrupted what no node has written to for the lease:
// its text is what was last stored. It returns how many it closed.
func (s *Service) SweepReplies(ctx context.Context, lease time.Duration) (int, error) {
	const most = 100
	before := s.now().Add(-lease)
	lost, err := s.Store.StreamingBefore(ctx, before, most)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, m := range lost {
		if s.replies.has(m.ID) {
			continue
		}
		record := m.Reply
		_, err := s.closeReply(ctx, m.Room, m.ID, func(m *Message, room Room) error {
			if m.UpdatedAt.After(before) {
				return ErrReplyOpen // its writer lives
			}
			m.Status, m.UpdatedAt = StatusInterrupted, s.now()
			if record != nil && record.OwnerEpoch != room.OwnerEpoch {
				m.Status, m.Text = StatusCancelled, "" // nothing of a bot's comes out once it owns no more
			}
			return nil
		})
		switch CodeOf(err) {
		case "":
			n++
		case CodeNotFound, CodeConflict:
		default:
			return n, err
		}
	}
	return n, nil
}

// openReplies are those that this node writes.
type openReplies struct {
	mu     sync.Mutex
	byID   map[string]*Reply
	byRoom map[string]*Reply
}

func (o *openReplies) add(r *Reply) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.byID == nil {
		o.byID, o.byRoom = map[string]*Reply{}, map[string]*Reply{}
	}
	o.byID[r.message.ID], o.byRoom[r.room.ID] = r, r
}

func (o *openReplies) remove(r *Reply) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.byID, r.message.ID)
	if o.byRoom[r.room.ID] == r {
		delete(o.byRoom, r.room.ID)
	}
}

func (o *openReplies) has(id string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.byID[id] != nil
}

func (o *openReplies) in(room string) []OpenReply {
	o.mu.Lock()
	r := o.byRoom[room]
	o.mu.Unlock()
	if r == nil {
		return nil
	}
	return []OpenReply{r.Snapshot()}
}

// of returns the stop functions of the replies to a user's questions.
func (o *openReplies) of(user string) []func() {
	o.mu.Lock()
	defer o.mu.Unlock()
	var stops []func()
	for _, r := range o.byID {
		if r.room.Creator == user {
			stops = append(stops, r.stop)
		}
	}
	return stops
}

// stop ends a reply's writing and waits until it is closed, or ctx ends. It
// reports false for one that is not written here.
func (o *openReplies) stop(ctx context.Context, id string) bool {
	o.mu.Lock()
	r := o.byID[id]
	o.mu.Unlock()
	if r == nil {
		return false
	}
	r.stop()
	select {
	case <-r.closed:
	case <-ctx.Done():
	}
	return true
}

// UTF16Len counts the code units that a text has in UTF-16, as JavaScript does.
func UTF16Len(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

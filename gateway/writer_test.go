package gateway

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/chat"
)

// writer writes replies, one at a time in each room, as the domain does, over a
// bus that may lose, double and delay their tokens.
type writer struct {
	hub   *Hub
	store *fakeStore

	mu   sync.Mutex
	open map[string]*chat.OpenReply // by room
	made int
	all  map[string]chat.Message // by id, once closed
}

// streamHub returns a hub whose replies are the writer's.
func streamHub() (*Hub, *fakeStore, *writer) {
	w := &writer{store: newFakeStore(), open: map[string]*chat.OpenReply{}, all: map[string]chat.Message{}}
	w.hub = NewHub(Options{
		Store: w.store, Epoch: func() string { return "e" }, Replies: w.replies,
		GapDelay: 5 * time.Millisecond, CompareEvery: 20 * time.Millisecond, PresenceGrace: never,
	})
	return w.hub, w.store, w
}

func (w *writer) replies(room string) []chat.OpenReply {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r := w.open[room]; r != nil {
		return []chat.OpenReply{*r}
	}
	return nil
}

// begin opens a reply and returns its event.
func (w *writer) begin(room string) chat.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.made++
	m := chat.Message{ID: fmt.Sprint("reply-", w.made), Room: room, Sender: chat.BotSender("default"), Status: chat.StatusStreaming}
	m.Reply = &chat.ReplyRecord{OwnerEpoch: w.store.stand(room).OwnerEpoch}
	w.open[room] = &chat.OpenReply{Message: m}
	return chat.Event{Kind: chat.EventStreamStart, Room: room, At: w.head(room), Epoch: "e", Message: &m}
}

func (w *writer) head(room string) int64 {
	heads, _ := w.store.Heads(nil, []string{room}) //nolint:staticcheck // it asks nobody
	return heads[room]
}

// say adds a token to the room's open reply and returns its event.
func (w *writer) say(room, token string) chat.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.open[room]
	e := chat.Event{Kind: chat.EventStreamToken, Room: room, At: w.head(room), Epoch: "e", MessageID: r.Message.ID, Token: token, Offset: r.Units}
	r.Text += token
	r.Units += chat.UTF16Len(token)
	return e
}

// text is the room's open reply so far.
func (w *writer) text(room string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.open[room].Text
}

// end stores the reply with a text and returns its event. Until done is called, it
// is still named as open.
func (w *writer) end(room, final string, status chat.Status) (e chat.Event, done func()) {
	w.mu.Lock()
	r := w.open[room]
	m := r.Message
	m.Text, m.Status = final, status
	e = w.store.add(m)
	w.all[m.ID] = *e.Message
	w.mu.Unlock()
	return e, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.open[room] == r {
			delete(w.open, room)
		}
	}
}

// finish closes the reply as it stands, and tells of it.
func (w *writer) finish(room string) {
	e, done := w.end(room, w.text(room), chat.StatusComplete)
	w.hub.Publish(e)
	done()
}

// add stores a message as the room's next.
func (f *fakeStore) add(m chat.Message) chat.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := int64(len(f.changes[m.Room]) + 1)
	m.Seq, m.Version, m.BornVersion = n, n, n
	f.changes[m.Room] = append(f.changes[m.Room], m)
	return chat.Event{Kind: chat.EventMessage, Room: m.Room, Version: n, Epoch: "e", Message: &m}
}

// streamFormat writes what matters of a stream.
type streamFormat struct{}

type piece struct {
	Kind    chat.EventKind
	ID      string
	Token   string
	Offset  int
	Text    string
	Status  chat.Status
	State   chat.ConversationState
	Version int64
	Named   string // the event's offset, for recovery
}

func (streamFormat) Encode(e chat.Event, offset string) (Frame, bool) {
	p := piece{Kind: e.Kind, ID: e.MessageID, Token: e.Token, Offset: e.Offset, Version: e.Version, Named: offset}
	if e.Message != nil {
		p.ID, p.Text, p.Status = e.Message.ID, e.Message.Text, e.Message.Status
	}
	if e.Conversation != nil {
		p.State = e.Conversation.State
	}
	b, _ := json.Marshal(p)
	return NewFrame(b), true
}

// reader is a client of one connection. It checks, piece by piece, that each
// stream comes as start, tokens that join, message and end.
type reader struct {
	mu      sync.Mutex
	backlog int
	back    bool // its session was resumed: what ended meanwhile has no start
	person  bool // the last that it was told is that the bot has no turn
	pieces  []piece
	streams map[string]*seen
	faults  []string
	ended   *chat.Error
	last    string // offset for recovery
}

type seen struct {
	start, message, end bool
	text                string
	units, tokens       int
}

// again is the reader of the same client's next connection, to which it comes back.
func (r *reader) again() *reader {
	r.mu.Lock()
	defer r.mu.Unlock()
	back := newReader()
	back.back, back.last, back.person = true, r.last, r.person
	return back
}

func newReader() *reader { return &reader{streams: map[string]*seen{}} }

func (r *reader) End(why *chat.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = why
}

func (r *reader) Backlog() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.backlog
}

// slow has much wait to be written to the client, or nothing.
func (r *reader) slow(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.backlog = 0; on {
		r.backlog = streamBacklog + 1
	}
}

func (r *reader) Send(f Frame) {
	var p piece
	_ = json.Unmarshal(f.Text(), &p)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pieces = append(r.pieces, p)
	if p.Named != "" {
		r.last = p.Named
	}
	if p.Kind == chat.EventConversationState {
		r.person = p.State != chat.WithBot
	}
	if !strings.HasPrefix(p.ID, "reply-") {
		return
	}
	st := r.streams[p.ID]
	if st == nil {
		st = &seen{}
		r.streams[p.ID] = st
	}
	r.check(!r.person, "behind the news", p)
	switch p.Kind {
	case chat.EventStreamStart:
		r.check(!st.start && !st.message && p.Named == "", "start", p)
		st.start = true
	case chat.EventStreamToken:
		r.check(st.start && !st.message && p.Offset == st.units && p.Token != "" && p.Named == "", "token", p)
		st.text += p.Token
		st.units += chat.UTF16Len(p.Token)
		st.tokens++
	case chat.EventMessage:
		r.check((st.start || r.back) && !st.message && !st.end && p.Named != "", "message", p)
		r.check(!st.start || p.Status == chat.StatusInterrupted || p.Status == chat.StatusCancelled || p.Text == st.text, "text", p)
		st.message = true
	case chat.EventStreamEnd:
		follows := st.message && r.pieces[len(r.pieces)-2].Kind == chat.EventMessage
		cut := r.back && !st.start && !st.message // the connection was lost between both
		silenced := p.Status == chat.StatusCancelled && st.start && !st.message && p.Text == st.text
		r.check((follows || cut || silenced) && !st.end && p.Named != "", "end", p)
		st.end = true
	}
}

func (r *reader) check(ok bool, what string, p piece) {
	if !ok {
		st := *r.streams[p.ID]
		r.faults = append(r.faults, fmt.Sprintf("%s: %.300q after %.300q", what, fmt.Sprintf("%+v", p), fmt.Sprintf("%+v", st)))
	}
}

// stream is what came of one stream.
func (r *reader) stream(id string) seen {
	r.mu.Lock()
	defer r.mu.Unlock()
	if st := r.streams[id]; st != nil {
		return *st
	}
	return seen{}
}

// whole reports whether the stream has come to its end.
func (r *reader) whole(id string) bool { return r.stream(id).end }

// sound fails the test if anything was wrong, or a stream that began did not end.
func (r *reader) sound(t testing.TB, name string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.faults {
		t.Errorf("%s: %s", name, f)
	}
	for id, st := range r.streams {
		if (st.start || st.message) && !st.end {
			t.Errorf("%s: %s has no end: %+v", name, id, *st)
		}
	}
}

// attend connects a reader who takes part in the rooms.
func (w *writer) attend(t testing.TB, n NewSession) (*Session, *reader) {
	t.Helper()
	s, r := w.enter(t, n)
	if !s.Announce(func(_ map[string]string, offset string) Frame { return announced(offset) }) {
		t.Fatal("not announced")
	}
	return s, r
}

func announced(offset string) Frame {
	b, _ := json.Marshal(piece{Kind: "ready", Named: offset})
	return NewFrame(b)
}

// enter connects one who is not announced yet.
func (w *writer) enter(t testing.TB, n NewSession) (*Session, *reader) {
	t.Helper()
	r := newReader()
	n.Format, n.Sink = streamFormat{}, r
	if n.Identity.ID == "" {
		n.Identity = chat.Identity{Actor: chat.Actor{ID: "ann"}}
	}
	s, err := w.hub.Connect(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return s, r
}

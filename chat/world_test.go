package chat_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/chat"
	"parley/internal/testenv"
	"parley/store"
)

// begin is when the clock of every world starts.
var begin = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// The people of every world. Root administers; gil is a guest.
var (
	ann  = actor("ann")
	bob  = actor("bob")
	cid  = actor("cid")
	dan  = actor("dan")
	gil  = chat.Actor{ID: "gil", Role: chat.RoleGuest}
	root = chat.Actor{ID: "root", Role: chat.RoleAdmin}
)

func actor(id string) chat.Actor { return chat.Actor{ID: id, Name: id, Role: chat.RoleUser} }

// world is the use cases over a real database on disk, with a bus that records.
type world struct {
	*chat.Service
	t   testing.TB
	url string
	db  *store.Store
	bus *recorder
}

// recorder is a bus that keeps what is published.
type recorder struct {
	mu     sync.Mutex
	events []chat.Event
	// before, if set, is called with each event before it is kept.
	before func(chat.Event)
}

func (r *recorder) Publish(e chat.Event) {
	r.mu.Lock()
	before := r.before
	r.mu.Unlock()
	if before != nil {
		before(e)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

// hook sets before while others may publish.
func (r *recorder) hook(f func(chat.Event)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.before = f
}

// take returns what was published since the last look.
func (r *recorder) take() []chat.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	events := r.events
	r.events = nil
	return events
}

// newWorld opens a fresh database with the people in it. Each look at the clock
// moves it by a second; ids count.
func newWorld(t testing.TB, change ...func(*chat.Options)) *world {
	t.Helper()
	w := &world{t: t, url: testenv.SQLite(t), bus: &recorder{}}
	if err := store.MigrateUp(t.Context(), w.url); err != nil {
		t.Fatal(err)
	}
	w.db = w.open()
	var users []chat.User
	for _, a := range []chat.Actor{ann, bob, cid, dan, gil, root} {
		users = append(users, chat.User{ID: a.ID, Name: a.ID, Role: a.Role, CreatedAt: begin})
	}
	if err := w.db.EnsureUsers(t.Context(), users); err != nil {
		t.Fatal(err)
	}
	var ids, ticks atomic.Int64
	o := chat.Options{
		Store: w.db, Bus: w.bus, AllowEdit: true, AllowDelete: true,
		Now:   func() time.Time { return begin.Add(time.Duration(ticks.Add(1)) * time.Second) },
		NewID: func() string { return fmt.Sprintf("id-%06d", ids.Add(1)) },
	}
	for _, f := range change {
		f(&o)
	}
	w.Service = chat.NewService(o)
	return w
}

// open returns a further store over the same database, with connections of its own.
func (w *world) open() *store.Store {
	w.t.Helper()
	s, err := store.Open(w.t.Context(), store.Options{URL: w.url, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			w.t.Error(err)
		}
	})
	return s
}

func (w *world) ctx() context.Context { return w.t.Context() }

// AddUsers adds users, or invites them where joins are explicit.
func (w *world) AddUsers(ctx context.Context, a chat.Actor, room string, ids []string) error {
	_, err := w.Service.AddUsers(ctx, a, room, ids)
	return err
}

// users makes n users and returns their ids.
func (w *world) users(n int) []string {
	w.t.Helper()
	ids, users := make([]string, n), make([]chat.User, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("user-%04d", i)
		users[i] = chat.User{ID: ids[i], Name: ids[i], Role: chat.RoleUser, CreatedAt: begin}
	}
	w.ok(w.db.EnsureUsers(w.ctx(), users))
	return ids
}

// room is a private group of ann's with the others, its events forgotten.
func (w *world) room(others ...string) string {
	w.t.Helper()
	return w.group(chat.Private, others...)
}

func (w *world) group(v chat.Visibility, others ...string) string {
	w.t.Helper()
	id, err := w.CreateRoom(w.ctx(), ann, chat.NewRoom{Name: "The room", Users: append([]string{ann.ID}, others...), Visibility: v})
	w.ok(err)
	w.bus.take()
	return id
}

// kind is a room of another kind than group, which no use case makes yet.
func (w *world) kind(k chat.RoomKind, members ...string) string {
	w.t.Helper()
	room := chat.Room{ID: w.NewID(), Name: string(k), Kind: k, Visibility: chat.Private, Creator: members[0], CreatedAt: begin, UpdatedAt: begin, ActiveAt: begin}
	eff := chat.Effects{Room: &room}
	for _, m := range members {
		eff.Members = append(eff.Members, chat.Member{Room: room.ID, User: m, State: chat.MemberActive, JoinedAt: begin})
	}
	w.submit(chat.Command{Room: room.ID, Decide: func(chat.State) (chat.Effects, error) { return eff, nil }})
	return room.ID
}

func (w *world) submit(cmd chat.Command) chat.Outcome {
	w.t.Helper()
	type answer struct {
		out chat.Outcome
		err error
	}
	answers := make(chan answer, 1)
	w.db.Submit(cmd, func(out chat.Outcome, err error) { answers <- answer{out, err} })
	a := <-answers
	w.ok(a.err)
	return a.out
}

// post stores a text.
func (w *world) post(a chat.Actor, room, text string) chat.Message {
	w.t.Helper()
	r, err := w.Post(w.ctx(), a, says(room, text))
	w.ok(err)
	return r.Message
}

// uploaded makes files of the user's, of which nothing but the ids matters.
func (w *world) uploaded(owner string, ids ...string) []string {
	w.t.Helper()
	for _, id := range ids {
		w.ok(w.db.CreateFile(w.ctx(), chat.File{ID: id, Owner: owner, Name: id, Type: "text/plain", Size: 1, CreatedAt: begin}))
	}
	return ids
}

// says is the draft of a text.
func says(room, text string) chat.Draft {
	return chat.Draft{Room: room, Text: text, Type: chat.ContentText}
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// state is the room as it is stored.
func (w *world) state(room string) chat.Room {
	w.t.Helper()
	r, err := w.db.Room(w.ctx(), room)
	w.ok(err)
	return r
}

func (w *world) member(room, user string) chat.Member {
	w.t.Helper()
	m, err := w.db.Member(w.ctx(), room, user)
	w.ok(err)
	return m
}

// cursor is the wire form of a version in the present epoch.
func (w *world) cursor(version int64) string {
	return chat.Cursor{Epoch: w.db.Epoch(), Version: version}.String()
}

// check wants err to have the code and, unless want is "", the exact text.
func check(t testing.TB, err error, code chat.Code, text string) {
	t.Helper()
	e := chat.ErrorOf(err)
	switch {
	case e == nil && code == "":
	case e == nil || code == "":
		t.Errorf("got %v, want %s", err, code)
	case e.Code != code || (text != "" && e.Message != text):
		t.Errorf("got %s %q, want %s %q", e.Code, e.Message, code, text)
	}
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func same[T comparable](t testing.TB, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// column takes one figure of each item.
func column[T, C any](items []T, of func(T) C) []C {
	list := make([]C, len(items))
	for i, item := range items {
		list[i] = of(item)
	}
	return list
}

func seqs(ms []chat.MessageView) []int64 {
	return column(ms, func(m chat.MessageView) int64 { return m.Seq })
}

func texts(ms []chat.MessageView) []string {
	return column(ms, func(m chat.MessageView) string { return m.Text })
}

// upTo counts from one number to the other, in either direction.
func upTo(from, to int64) []int64 {
	var list []int64
	step := int64(1)
	if from > to {
		step = -1
	}
	for n := from; n != to+step; n += step {
		list = append(list, n)
	}
	return list
}

var errTest = errors.New("a fault of the test's")

// counting is a store that counts its polls; at, if set, is told of each.
type counting struct {
	chat.Store
	polls atomic.Int64
	at    func(n int64)
}

func (c *counting) Poll(ctx context.Context, key string, since int64, limit int) (chat.Polled, error) {
	n := c.polls.Add(1)
	p, err := c.Store.Poll(ctx, key, since, limit)
	if c.at != nil {
		c.at(n)
	}
	return p, err
}

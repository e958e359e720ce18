package socketio

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/chat"
	"parley/gateway"
	"parley/store"
)

var update = flag.Bool("update", false, "write the golden files")

func TestMain(m *testing.M) {
	if spec := os.Getenv(audienceEnv); spec != "" {
		attend(spec)
		return
	}
	flag.Parse()
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// start is the time of everything that is stored.
var start = time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)

// users are there from the start; their tokens are their names. Ada is an agent.
var users = []string{"ann", "bob", "cid", "dan", "ada"}

// world is a node on loopback: the real store, domain, hub and door.
type world struct {
	*httptest.Server
	t     testing.TB
	store *sqlite
	chat  *chat.Service
	hub   *gateway.Hub
	door  *Server
	bot   *bot
	later atomic.Int64 // how far the clock was moved
}

// sqlite is the real store in an epoch that golden files can name.
type sqlite struct {
	*store.Store
	gate   atomic.Pointer[chan struct{}]
	heads  func() // runs in RoomHeads, if set
	member func() // runs in Member, if set
}

func (s *sqlite) Member(ctx context.Context, room, user string) (chat.Member, error) {
	if s.member != nil {
		s.member()
	}
	return s.Store.Member(ctx, room, user)
}

func (s *sqlite) RoomHeads(ctx context.Context, user string) ([]chat.RoomHead, error) {
	if s.heads != nil {
		s.heads()
	}
	return s.Store.RoomHeads(ctx, user)
}

func (s *sqlite) Epoch() string { return "e1" }

// hold keeps the store from answering what is submitted until the returned
// function is called.
func (s *sqlite) hold() func() {
	gate := make(chan struct{})
	s.gate.Store(&gate)
	return func() {
		if s.gate.CompareAndSwap(&gate, nil) {
			close(gate)
		}
	}
}

func (s *sqlite) Submit(c chat.Command, done func(chat.Outcome, error)) {
	s.Store.Submit(c, func(o chat.Outcome, err error) {
		if gate := s.gate.Load(); gate != nil {
			<-*gate
		}
		done(o, err)
	})
}

func open(t testing.TB, change ...func(*Options)) *world {
	t.Helper()
	return openHub(t, gateway.Options{}, change...)
}

// openHub is open with a hub of its own figures.
func openHub(t testing.TB, h gateway.Options, change ...func(*Options)) *world {
	t.Helper()
	w := &world{t: t, store: openStore(t), bot: &bot{asked: make(chan chat.Question, 100)}}
	log := slog.New(slog.DiscardHandler)
	h.Store, h.Epoch, h.Log = w.store, w.store.Epoch, log
	h.Replies = func(room string) []chat.OpenReply { return w.chat.OpenReplies(room) }
	w.hub = gateway.NewHub(h)
	var ids atomic.Int64
	w.chat = chat.NewService(chat.Options{
		Store: w.store, Bus: w.hub, Presence: w.hub, Assistant: w.bot, AllowEdit: true, AllowDelete: true, Log: log,
		Now:   func() time.Time { return start.Add(time.Duration(w.later.Load())) },
		NewID: func() string { return fmt.Sprintf("id%d", ids.Add(1)) },
	})
	o := Options{Chat: w.chat, Hub: w.hub, Authenticate: authenticate, Log: log}
	for _, f := range change {
		f(&o)
	}
	w.door = NewServer(o)
	w.Server = httptest.NewServer(w.door)
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // cuts what is left
		w.door.Drain(ctx, gateway.Drain{})
		w.Server.Close()
	})
	return w
}

func openStore(t testing.TB) *sqlite {
	t.Helper()
	ctx := context.Background()
	url := "sqlite://" + filepath.Join(t.TempDir(), "parley.db")
	if err := store.MigrateUp(ctx, url); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(ctx, store.Options{URL: url, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	var all []chat.User
	for _, id := range users {
		all = append(all, chat.User{ID: id, Name: strings.ToUpper(id), Role: actor(id).Role, CreatedAt: start})
	}
	if err := s.EnsureUsers(ctx, all); err != nil {
		t.Fatal(err)
	}
	for id, owner := range map[string]string{"f1": "ann", "f2": "ann", "f3": "bob"} {
		if err := s.CreateFile(ctx, chat.File{ID: id, Owner: owner, Name: id, CreatedAt: start}); err != nil {
			t.Fatal(err)
		}
	}
	return &sqlite{Store: s}
}

// authenticate takes names for tokens. One with a duration behind a colon holds
// that long.
func authenticate(_ context.Context, credentials ...string) (chat.Identity, error) {
	token := ""
	for _, c := range credentials {
		if token == "" {
			token = strings.TrimPrefix(c, "Bearer ")
		}
	}
	name, span, _ := strings.Cut(token, ":")
	switch name {
	case "":
		return chat.Identity{}, chat.ErrNoToken
	case "old":
		return chat.Identity{}, fmt.Errorf("authenticate: %w", chat.ErrTokenExpired)
	case "blocked":
		return chat.Identity{}, chat.ErrBlocked
	case "broken":
		return chat.Identity{}, fmt.Errorf("the store is down")
	case "ann", "bob", "cid", "dan", "ada":
		id := chat.Identity{Actor: actor(name)}
		if d, err := time.ParseDuration(span); err == nil {
			id.Expires = time.Now().Add(d)
		}
		return id, nil
	}
	return chat.Identity{}, chat.ErrBadToken
}

func actor(name string) chat.Actor {
	a := chat.Actor{ID: name, Name: strings.ToUpper(name), Role: chat.RoleUser}
	if name == "ada" {
		a.Role = chat.RoleAgent
	}
	return a
}

// room makes a public room and returns its id.
func (w *world) room(creator string, users ...string) string {
	w.t.Helper()
	id, err := w.chat.CreateRoom(w.t.Context(), actor(creator), chat.NewRoom{
		Name: "Talk <&>", Users: append(users, creator), Visibility: chat.Public,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// golden compares a list, an entry a line, with testdata/name.golden.json.
func golden[T any](t testing.TB, name string, list []T) {
	t.Helper()
	var b bytes.Buffer
	for i, v := range list {
		b.WriteString(map[bool]string{true: "[\n  ", false: ",\n  "}[i == 0])
		b.Write(encode(v))
	}
	b.WriteString("\n]\n")
	path := filepath.Join("testdata", name+".golden.json")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("%s differs (-update writes it):\n%s", path, b.String())
	}
}

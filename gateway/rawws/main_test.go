package rawws

import (
	"bytes"
	"context"
	"encoding/json"
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

	"parley/chat"
	"parley/gateway"
	"parley/internal/testenv"
	"parley/store"
)

var update = flag.Bool("update", false, "write the golden files")

func TestMain(m *testing.M) { testenv.Main(m) }

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// start is where the clock of what is stored stands until a test moves it.
var start = time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)

// users are there from the start; their tokens are their names. Ada is an agent.
var users = []string{"ann", "bob", "cid", "dan", "ada"}

// world is a node on loopback: the real store, domain, hub and doors.
type world struct {
	*httptest.Server
	t     testing.TB
	store *sqlite
	chat  *chat.Service
	hub   *gateway.Hub
	doors *Server
	bot   *bot
	later atomic.Int64 // how far the clock was moved
}

// sqlite is the real store in an epoch that golden files can name.
type sqlite struct{ *store.Store }

func (s *sqlite) Epoch() string { return "e1" }

// bot is told the questions, and answers none by itself.
type bot struct{ asked chan chat.Question }

func (*bot) Admit(string) error    { return nil }
func (b *bot) Ask(q chat.Question) { b.asked <- q }
func (*bot) Forget(string)         {}

func openWorld(t testing.TB, change ...func(*Options)) *world {
	t.Helper()
	w := &world{t: t, store: openStore(t), bot: &bot{asked: make(chan chat.Question, 10_000)}}
	log := slog.New(slog.DiscardHandler)
	w.hub = gateway.NewHub(gateway.Options{
		Store: w.store, Epoch: w.store.Epoch, Log: log, PresenceGrace: time.Millisecond,
		Replies: func(room string) []chat.OpenReply { return w.chat.OpenReplies(room) },
	})
	var ids, secrets atomic.Int64
	w.chat = chat.NewService(chat.Options{
		Store: w.store, Bus: w.hub, Presence: w.hub, AllowEdit: true, AllowDelete: true, Log: log, Assistant: w.bot,
		Now:         func() time.Time { return start.Add(time.Duration(w.later.Load())) },
		NewID:       func() string { return fmt.Sprintf("id%d", ids.Add(1)) },
		NewSecretID: func() string { return fmt.Sprintf("secret%d", secrets.Add(1)) },
	})
	if err := w.chat.EnsureDefault(t.Context()); err != nil {
		t.Fatal(err)
	}
	o := Options{Chat: w.chat, Hub: w.hub, Authenticate: authenticate, Log: log}
	for _, f := range change {
		f(&o)
	}
	w.doors = NewServer(o)
	w.Server = httptest.NewServer(w.doors)
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // cuts what is left
		w.doors.Drain(ctx, gateway.Drain{})
		w.Close()
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
	case "panic":
		panic("authenticate")
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

// session begins a chatbot session of the user's.
func (w *world) session(user string) string {
	w.t.Helper()
	s, err := w.chat.OpenSession(w.t.Context(), actor(user), chat.DefaultChatbot)
	if err != nil {
		w.t.Fatal(err)
	}
	return s.ID
}

// reply is an answer that a test writes.
type reply struct {
	*chat.Reply
	w       *world
	stopped chan struct{}
}

// reply begins to answer the next question.
func (w *world) reply() *reply {
	w.t.Helper()
	select {
	case q := <-w.bot.asked:
		r := &reply{w: w, stopped: make(chan struct{}, 100)}
		one, err := w.chat.OpenReply(w.t.Context(), q, func() { r.stopped <- struct{}{} })
		if err != nil {
			w.t.Fatal(err)
		}
		r.Reply = one
		return r
	case <-time.After(patience):
		w.t.Fatal("nothing was asked")
		return nil
	}
}

func (r *reply) say(words ...string) *reply {
	for _, word := range words {
		r.Append(word)
	}
	return r
}

func (r *reply) end(status chat.Status) {
	r.w.t.Helper()
	if err := r.Close(r.w.t.Context(), status, 1, 2); err != nil {
		r.w.t.Fatal(err)
	}
	r.Done()
}

// post says something through another door.
func (w *world) post(user, room, text string) {
	w.t.Helper()
	if _, err := w.chat.Post(w.t.Context(), actor(user), chat.Draft{Room: room, Text: text, Type: chat.ContentText}); err != nil {
		w.t.Fatal(err)
	}
}

// personPosts has an administrator write in a conversation.
func (w *world) personPosts(room string) error {
	_, err := w.chat.AdminPost(w.t.Context(), chat.Actor{ID: "dan", Role: chat.RoleAdmin},
		chat.Draft{Room: room, Text: "A person here", Type: chat.ContentSystem}, "")
	return err
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

// field returns a text field of an object.
func field(object json.RawMessage, name string) string {
	var f map[string]any
	_ = json.Unmarshal(object, &f)
	s, _ := f[name].(string)
	return s
}
